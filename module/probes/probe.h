/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the questions here are asked with. A question is one file: its first comment
 * dates and tells it, and each #if in it is one answer. ask.sh compiles every answer
 * with the kernel's own flags; exactly one has to compile. 1 is the newest form.
 * So an answer that compiles anyway, or on no kernel, is an error of the build.
 */
#ifndef PFNMAP_PROBE_H
#define PFNMAP_PROBE_H

struct probe_other;

/* PROBE_ABSENT(name): the kernel's headers have no such function, nor macro. */
#define PROBE_ABSENT(_name)	struct probe_other *_name(struct probe_other *)

/* PROBE_NO_MEMBER(type, name): a struct has none of that name (-fms-extensions). */
#define PROBE_NO_MEMBER(_type, _name)					\
	struct probe_no_##_name {					\
		struct _type;						\
		int _name;						\
	}

#endif /* PFNMAP_PROBE_H */
