// SPDX-License-Identifier: GPL-2.0-only
/* What explain prints: paragraphs for people, rows for programs. */
#include "explain.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "array.h"
#include "flags.h"
#include "memtype/memtype.h"
#include "table.h"
#include "text.h"
#include "tracking.h"

#define WIDTH	100
#define INDENT	32

enum {
	ABOUT,
	WHAT,
	ANSWER,
	WHY,
	INSTEAD,
	START,
	BYTES,
	LEVEL,
	PHYSICAL,
	WRITABLE,
	SPECIAL,
};

static const struct column columns[] = {
	[ABOUT] = { "about", COLUMN_TEXT },
	[WHAT] = { "what", COLUMN_TEXT },
	[ANSWER] = { "answer", COLUMN_TEXT },
	[WHY] = { "why", COLUMN_TEXT },
	[INSTEAD] = { "instead", COLUMN_TEXT },
	[START] = { "start", COLUMN_TEXT },
	[BYTES] = { "bytes", COLUMN_NUMBER },
	[LEVEL] = { "level", COLUMN_TEXT },
	[PHYSICAL] = { "physical", COLUMN_TEXT },
	[WRITABLE] = { "writable", COLUMN_BOOL },
	[SPECIAL] = { "special", COLUMN_BOOL },
};

struct report {
	const struct device *device;
	struct table *table;	/* NULL for people */
};

/**
 * report_new() - begin to explain
 * @device: open device
 * @json: for programs
 *
 * Return: the report, for report_end()
 */
struct report *report_new(const struct device *device, bool json)
{
	struct report *report = calloc(1, sizeof(*report));

	if (!report)
		abort();
	report->device = device;
	if (json)
		report->table = table_new(columns, ARRAY_SIZE(columns), true);
	return report;
}

/* Words from a column on, in lines of WIDTH. */
static void print_words(const char *text, size_t at)
{
	size_t len;

	while (*text) {
		len = strcspn(text, " ");
		if (at > INDENT && at + 1 + len > WIDTH)
			at = printf("\n%*s", INDENT, "") - 1;
		else if (at > INDENT)
			at += printf(" ");
		at += printf("%.*s", (int)len, text);
		text += len;
		text += strspn(text, " ");
	}
	putchar('\n');
}

static void print_row(const char *what, const char *answer, const char *why, const char *instead)
{
	size_t at;

	at = printf("  %-18s %-10s ", what, answer);
	for (; at < INDENT; at++)
		putchar(' ');
	print_words(why && *why ? why : "", at);
	if (!instead)
		return;
	printf("%*s", INDENT, "");
	fputs("Instead:", stdout);
	print_words(instead, INDENT + strlen("Instead:"));
}

static void row(struct report *report, const char *about, const char *what,
		const struct verdict *verdict)
{
	if (!report->table) {
		print_row(what, verdict->answer, verdict->why, verdict->instead);
		return;
	}
	table_row(report->table);
	table_set(report->table, ABOUT, "%s", about);
	table_set(report->table, WHAT, "%s", what);
	table_set(report->table, ANSWER, "%s", verdict->answer);
	if (verdict->why)
		table_set(report->table, WHY, "%s", verdict->why);
	if (verdict->instead)
		table_set(report->table, INSTEAD, "%s", verdict->instead);
}

static void place(struct report *report, uint64_t start, uint64_t bytes)
{
	if (!report->table)
		return;
	table_set(report->table, START, "0x%" PRIx64, start);
	table_set(report->table, BYTES, "%" PRIu64, bytes);
}

static const char *mode_of(const struct report *report, uint32_t mode)
{
	return catalog_name(&report->device->catalog, PFNMAP_TEST_KIND_CACHE_MODE, mode);
}

static void heading(const struct target *target, const struct vma *vma)
{
	char *name = process_name(target->pid);

	printf("0x%" PRIx64 "-0x%" PRIx64 " of process %" PRIu32 " (%s): %s\n", vma->start,
	       vma->end, target->pid ? target->pid : (uint32_t)getpid(), name ? name : "?",
	       *vma->path ? vma->path : "anonymous memory");
	free(name);
}

static void show_tracked(struct report *report, const struct pfnmap_test_inspect *at)
{
	char answer[32], *why = NULL;
	int len = 0;

	snprintf(answer, sizeof(answer), "%s", tracking_name(at->tracking));
	switch (at->tracking) {
	case PFNMAP_TEST_TRACK_CTX:
		len = asprintf(&why, "The VMA holds the mode of 0x%llx-0x%llx, which %u VMA%s, as "
			       "long as one of them lives.", at->track_start,
			       at->track_start + at->track_bytes, at->track_refs,
			       at->track_refs == 1 ? " has" : "s share");
		break;
	case PFNMAP_TEST_TRACK_VM_PAT:
		len = asprintf(&why, "VM_PAT: the VMA holds the mode of its memory until it is "
			       "unmapped, or zapped.");
		break;
	default:
		len = asprintf(&why, "The VMA holds no mode in PAT's tree.");
	}
	row(report, "vma", "tracked",
	    &(struct verdict){ answer, len < 0 ? NULL : why, NULL });
	if (len >= 0)
		free(why);
}

/**
 * report_vma() - report what kind of mapping a VMA is
 * @report: the report
 * @target: the range, and its process
 * @vma: the mapping by name
 * @at: what INSPECT says there
 */
void report_vma(struct report *report, const struct target *target, const struct vma *vma,
		const struct pfnmap_test_inspect *at)
{
	char *flags = flags_text(inspect_flags, at->flags, ",");
	char offset[32];

	if (!report->table)
		heading(target, vma);
	snprintf(offset, sizeof(offset), "0x%" PRIx64, vma->offset);
	row(report, "vma", "file", &(struct verdict){ *vma->path ? vma->path : "-", NULL, NULL });
	place(report, vma->start, vma->end - vma->start);
	row(report, "vma", "offset", &(struct verdict){ offset, NULL, NULL });
	row(report, "vma", "flags", &(struct verdict){ flags ? flags : "?", NULL, NULL });
	row(report, "vma", "mode asked for",
	    &(struct verdict){ mode_of(report, at->prot_mode), NULL, NULL });
	show_tracked(report, at);
	free(flags);
}

/* Describes the pages or pfns of a part, in a text that the caller frees. */
static char *memory_of(const struct part *part)
{
	uint64_t physical = part->at.pfn * sysconf(_SC_PAGESIZE);
	char *flags, *owner, *text = NULL;
	bool ram;
	int len;

	if (!(part->facts & FACT_PRESENT))
		return strdup("Nothing is mapped here yet.");
	if (!(part->facts & FACT_STRUCT_PAGE)) {
		owner = iomem_owner(physical, &ram);
		len = asprintf(&text, "A pfn without a struct page: %s.",
			       owner ? owner : "memory that nobody claims");
		free(owner);
		return len < 0 ? NULL : text;
	}
	flags = flags_text(folio_flags, part->at.folio_flags, ", ");
	len = asprintf(&text, "%s: %s%s%s%s; %u references, mapped %u times, order %u.",
		       part->facts & FACT_PAGE ? "A page" :
		       part->facts & FACT_ZERO ? "Zeros that everybody shares" :
		       "A pfn, whose struct page users of pages do not get",
		       part->at.pgmap ? "page map " : "System RAM",
		       part->at.pgmap ? pgmap_name(part->at.pgmap) : "",
		       flags && *flags ? ", " : "", flags ? flags : "", part->at.refs,
		       part->at.mapcount, part->at.order);
	free(flags);
	return len < 0 ? NULL : text;
}

/**
 * report_part() - entries of the same kind
 * @report: the report
 * @part: the entries
 */
void report_part(struct report *report, const struct part *part)
{
	bool present = part->facts & FACT_PRESENT;
	const char *level = present ? catalog_name(&report->device->catalog,
						   PFNMAP_TEST_KIND_LEVEL, part->at.level) : "none";
	uint64_t physical = part->at.pfn * sysconf(_SC_PAGESIZE);
	const char *answer = present ? mode_of(report, part->at.cache_mode) : "-";
	char where[64], *memory = memory_of(part);

	snprintf(where, sizeof(where), "0x%" PRIx64, part->start);
	if (!report->table) {
		printf("  0x%" PRIx64 ", %" PRIu64 " bytes: %s", part->start,
		       part->end - part->start, level);
		if (present)
			printf(" %s%s%s, physical 0x%" PRIx64 "%s", answer,
			       part->facts & FACT_WRITABLE ? ", writable" : "",
			       part->facts & FACT_SPECIAL ? ", special" : "", physical,
			       part->contiguous ? "" : " and elsewhere");
		printf("\n%*s", INDENT, "");
		print_words(memory ? memory : "", INDENT);
		free(memory);
		return;
	}
	row(report, "entries", where, &(struct verdict){ answer, memory, NULL });
	place(report, part->start, part->end - part->start);
	table_set(report->table, LEVEL, "%s", level);
	if (present) {
		table_set(report->table, PHYSICAL, "0x%" PRIx64, physical);
		table_set_bool(report->table, WRITABLE, part->facts & FACT_WRITABLE);
		table_set_bool(report->table, SPECIAL, part->facts & FACT_SPECIAL);
	}
	free(memory);
}

/**
 * report_held() - who holds the memory, and in which mode
 * @report: the report
 * @held: the reservations
 */
void report_held(struct report *report, const struct holdings *held)
{
	const struct holding *item;
	char where[64];
	size_t i;

	for (i = 0; i < held->n; i++) {
		item = &held->items[i];
		snprintf(where, sizeof(where), "0x%" PRIx64, item->start);
		if (report->table) {
			row(report, "held", where,
			    &(struct verdict){ item->mode, item->holders, NULL });
			place(report, item->start, item->end - item->start);
			continue;
		}
		printf("  held 0x%" PRIx64 "-0x%" PRIx64 " %s:\n%*s", item->start, item->end,
		       item->mode, INDENT, "");
		print_words(item->holders ? item->holders : "?", INDENT);
	}
}

static void ask(struct report *report, const struct part *part, const struct question *question)
{
	struct verdict verdict;
	char *why;

	judge(question->use, part->facts, &verdict);
	if (part->facts & question->refused && !strcmp(verdict.answer, "ok"))
		verdict = question->refusal;
	if (asprintf(&why, "%s %s", question->how, verdict.why) < 0)
		return;
	verdict.why = why;
	/* The rule has the better advice, unless pfns are the reason. */
	if (question->instead && part->facts & PFNS && strcmp(verdict.answer, "ok"))
		verdict.instead = question->instead;
	row(report, "question", question->name, &verdict);
	place(report, part->start, part->end - part->start);
	free(why);
}

/**
 * report_uses() - what the kernel would do
 * @report: the report
 * @part: entries; the answers are for the first one
 */
void report_uses(struct report *report, const struct part *part)
{
	const struct question *question;
	struct verdict verdict;
	enum use use;

	for (use = 0; use < USES; use++) {
		judge(use, part->facts, &verdict);
		if (use == USE_MODE)
			verdict.answer = part->facts & FACT_PRESENT ?
					 mode_of(report, part->at.cache_mode) : "-";
		row(report, "use", use_names[use], &verdict);
		place(report, part->start, part->end - part->start);
	}
	for (question = questions; question->name; question++)
		ask(report, part, question);
}

/**
 * report_refused() - a file that could not be mapped
 * @report: the report
 * @file: its name
 * @err: -errno
 * @why: in a sentence
 */
void report_refused(struct report *report, const char *file, int err, const char *why)
{
	if (!report->table)
		printf("%s can't be mapped\n", file);
	row(report, "use", "mmap", &(struct verdict){ text_errno(err), why, NULL });
}

/**
 * report_note() - add a note
 * @report: the report
 * @text: a sentence
 */
void report_note(struct report *report, const char *text)
{
	row(report, "note", "", &(struct verdict){ "", text, NULL });
}

/**
 * report_end() - print and free
 * @report: the report
 * @status: exit status so far. If this is not 0, report_end() prints no JSON
 *
 * Return: exit status
 */
int report_end(struct report *report, int status)
{
	struct table *table = report->table;

	free(report);
	if (table && status)
		table_free(table);
	else if (table)
		return table_print(table);
	return fflush(stdout) ? EXIT_FAILURE : status;
}
