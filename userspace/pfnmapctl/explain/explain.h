/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * explain: what the kernel would make of any process's mapping, and why. look.c gathers facts
 * from INSPECT, rules.c judges by the facts, held.c finds who holds the memory's mode.
 */
#ifndef EXPLAIN_H
#define EXPLAIN_H

#include "ctl.h"
#include "process.h"

/*
 * Facts: the lower half has PFNMAP_TEST_INSPECT_* of the VMA. Each bit of the upper half is about
 * one entry, or sums up several fields.
 */
#define FACT(n)			((uint64_t)1 << (32 + (n)))
#define FACT_PRESENT		FACT(0)		/* the entry is present */
#define FACT_WRITABLE		FACT(1)
#define FACT_SPECIAL		FACT(2)
#define FACT_PAGE		FACT(3)		/* GUP finds a page */
#define FACT_STRUCT_PAGE	FACT(4)		/* GUP may refuse it */
#define FACT_ANON_PAGE		FACT(5)
#define FACT_ZONE_DEVICE	FACT(6)
#define FACT_P2PDMA		FACT(7)
#define FACT_ZERO		FACT(8)		/* the zero page, or the huge zero folio */
#define FACT_PMD		FACT(9)		/* a PMD maps the entry's memory */
#define FACT_PUD		FACT(10)
#define FACT_FOLLOWED		FACT(11)	/* by follow_pfnmap_start() */
#define FACT_OTHER_MODE		FACT(12)	/* than vm_page_prot asks for */
#define FACT_COW		FACT(13)	/* the VMA: a private one that may be written to */
#define FACT_SECRETMEM		FACT(14)
#define FACT_DIRTY_TRACKED	FACT(15)	/* GUP refuses longterm pins for writing */
#define FACT_TRACKED		FACT(16)	/* PAT tracks a range for the VMA */
#define FACT_VM_PAT		FACT(17)	/* as kernels before 6.16 do */
#define FACT_FIRST_COPIED	FACT(18)	/* the VMA's first page is a private copy */
#define FACT_HELD		FACT(19)	/* PAT's tree has a reservation of the memory */
#define FACT_NO_BUFFER		FACT(20)	/* io_uring registers no memory of this file */

/* Mapped as page frame numbers: get_user_pages() refuses such a VMA. */
#define PFNS			(PFNMAP_TEST_INSPECT_IO | PFNMAP_TEST_INSPECT_PFNMAP)

/* What may happen to a mapping. */
enum use {
	USE_READ,
	USE_WRITE,
	USE_PIN,
	USE_PIN_WRITE,
	USE_LONGTERM,
	USE_LONGTERM_WRITE,
	USE_DIRECT_WRITE,
	USE_DIRECT_READ,
	USE_PROCESS_VM,
	USE_PTRACE,
	USE_FOLLOW,
	USE_HMM,
	USE_FORK,
	USE_MOVE,
	USE_GROW,
	USE_MODE,
	USES,
};

/* What the kernel makes of a use. */
struct verdict {
	const char *answer;
	const char *why;
	const char *instead;	/* or NULL */
};

/* A question that people ask. */
struct question {
	const char *name;
	enum use use;
	const char *how;	/* which functions of the kernel it goes by */
	const char *instead;	/* advice if pfns are the reason for a refusal; NULL: the rule's */
	uint64_t refused;	/* facts of which any refuses what the use allows */
	struct verdict refusal;
};

/* Consecutive entries of one VMA with the same facts. */
struct part {
	uint64_t start;
	uint64_t end;
	struct pfnmap_test_inspect at;	/* of the first entry */
	uint64_t facts;
	bool contiguous;		/* in physical memory */
};

/* The range to explain. */
struct target {
	const struct device *device;
	uint32_t pid;		/* 0: this process */
	uint64_t start;
	uint64_t end;
};

/* look.c */
#define PARTS_MAX	64
int parts_get(const struct target *target, const struct vma *vma, struct part *parts, size_t *n);

/* facts.c */
uint64_t facts_of(const struct device *device, const struct vma *vma,
		  const struct pfnmap_test_inspect *at, const struct pfnmap_test_inspect *first);
extern const char * const use_names[USES];

/* rules.c */
extern const struct question questions[];
void judge(enum use use, uint64_t facts, struct verdict *verdict);

/* held.c */
struct holding {
	uint64_t start;		/* physical */
	uint64_t end;
	char mode[32];
	char *holders;
};

struct holdings {
	struct holding *items;
	size_t n;
};

int holdings_get(struct holdings *list, const struct target *target, uint64_t start,
		 uint64_t end);
void holdings_free(struct holdings *list);

/* show.c */
struct report;
struct report *report_new(const struct device *device, bool json);
void report_vma(struct report *report, const struct target *target, const struct vma *vma,
		const struct pfnmap_test_inspect *at);
void report_part(struct report *report, const struct part *part);
void report_held(struct report *report, const struct holdings *held);
void report_uses(struct report *report, const struct part *part);
void report_refused(struct report *report, const char *file, int err, const char *why);
void report_note(struct report *report, const char *text);
int report_end(struct report *report, int status);

#endif
