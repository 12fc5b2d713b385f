/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Macros for the questions here. A question is one file: its first comment
 * dates the question, and each #if is one answer; 1 is the form of the newest kernel.
 * A kernel with backports may have two forms: an older answer says that the newer form is
 * absent, so the newest is taken.
 * ask.sh compiles every answer with the kernel's own flags. If none compiles, or more
 * than one, ask.sh names the question and the build stops.
 */
#ifndef PFNMAP_PROBE_H
#define PFNMAP_PROBE_H

struct probe_other;

/* PROBE_ABSENT(name): the kernel's headers have no function or macro of this name. */
#define PROBE_ABSENT(_name)	struct probe_other *_name(struct probe_other *)

/* PROBE_NO_MEMBER(type, name): a struct has no member of this name (-fms-extensions). */
#define PROBE_NO_MEMBER(_type, _name)					\
	struct probe_no_##_name {					\
		struct _type;						\
		int _name;						\
	}

#endif /* PFNMAP_PROBE_H */
