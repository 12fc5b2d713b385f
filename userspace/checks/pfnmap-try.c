// SPDX-License-Identifier: GPL-2.0-only
/*
 * Test driver: runs the steps that its arguments name, in order, in one process,
 * and prints what the system answers to each. try.h has the form of a step.
 */
#include "try.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"

struct catalog catalog;

static const struct verb * const tables[] = {
	access_verbs,
	advice_verbs,
	core_verbs,
	file_verbs,
	folio_verbs,
	futex_verbs,
	guess_verbs,
	inspect_verbs,
	io_verbs,
	ioctl_verbs,
	kpage_verbs,
	kvm_verbs,
	leaves_verbs,
	log_verbs,
	map_verbs,
	module_verbs,
	peek_verbs,
	poison_verbs,
	proc_files_verbs,
	proc_verbs,
	query_verbs,
	race_verbs,
	ring_verbs,
	scan_verbs,
	splice_verbs,
	stall_verbs,
	sys_verbs,
	time_verbs,
	uffd_verbs,
	vfio_verbs,
};

static const struct verb *verb_find(const char *name)
{
	const struct verb *verb;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(tables); i++)
		for (verb = tables[i]; verb->name; verb++)
			if (!strcmp(verb->name, name))
				return verb;
	return NULL;
}

static void run_here(const char *text)
{
	char *copy = strdup(text);
	const struct verb *verb;
	struct step step;

	if (!copy)
		abort();
	step_parse(&step, copy);
	verb = verb_find(step.verb);
	if (!verb && strpbrk(text, " \t"))
		malformed("unknown step '%s'; each step is an argument of its own", step.verb);
	if (!verb)
		malformed("unknown step '%s'; 'pfnmap-try help' lists all", step.verb);
	step_check(&step, verb->form);
	verb->run(&step);
	fflush(stdout);
	free(copy);
}

/*
 * CHILD/STEP runs the step in that child, and waits until the step ends. CHILD&/STEP does not wait:
 * `join` does. vfork/STEP runs the step in a child that shares our memory. nth/STEP;STEP... and
 * fail/STEP;STEP... make one of the steps fail: try-nth.c has their form.
 */
void run_step(const char *text)
{
	size_t len = strcspn(text, "/:=");
	char *child;

	if (text[len] != '/') {
		run_here(text);
		return;
	}
	step_begin(text);
	child = strndup(text, len);
	if (!child)
		abort();
	text += len + 1;
	if (!strcmp(child, "vfork"))
		children_vfork(text);
	else if (len && child[len - 1] == '&')
		children_start(strndupa(child, len - 1), text);
	else if (!run_nth(child, text))
		children_run(child, text);
	free(child);
}

static void print_help(const struct verb *verb)
{
	printf("%s%s%s\n", verb->name, *verb->form ? ":" : "", verb->form);
	if (*verb->help)
		printf("\t%s\n", verb->help);
}

static const char usage[] =
	"usage: pfnmap-try STEP...\n"
	"       pfnmap-try help [VERB]\n";

static bool is_help(const char *text)
{
	return !strcmp(text, "help") || !strcmp(text, "--help") || !strcmp(text, "-h");
}

/* help [VERB] */
static int tell(const char *name)
{
	const struct verb *verb = name ? verb_find(name) : NULL;
	size_t i;

	if (name && !verb) {
		fprintf(stderr, "pfnmap-try: there is no step '%s'; 'pfnmap-try help' lists all\n",
			name);
		return EXIT_MALFORMED;
	}
	if (verb) {
		print_help(verb);
		return EXIT_SUCCESS;
	}
	fputs(usage, stdout);
	printf("\nRuns steps in one process, in order. Prints what the system answers to each.\n"
	       "A STEP is [HANDLE=]VERB[:TARGET][,KEY=VALUE][,WORD]..., as in\n"
	       "\tpfnmap-try a=open set:a,region=ram m=mmap:a,len=0x1000 read:m\n\n");
	for (i = 0; i < ARRAY_SIZE(tables); i++)
		for (verb = tables[i]; verb->name; verb++)
			print_help(verb);
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	int i;

	if (argc < 2) {
		fputs(usage, stderr);
		return EXIT_MALFORMED;
	}
	if (is_help(argv[1]) && argc <= 3)
		return tell(argv[2]);
	for (i = 1; i < argc; i++)
		run_step(argv[i]);
	children_reap_all();
	handle_free_all();
	catalog_free(&catalog);
	return EXIT_SUCCESS;
}
