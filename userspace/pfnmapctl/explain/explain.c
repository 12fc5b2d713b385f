// SPDX-License-Identifier: GPL-2.0-only
/* explain: the command. */
#include "explain.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fault.h"
#include "file.h"
#include "text.h"

enum {
	OPT_FILE = 0x100,
	OPT_OFFSET,
	OPT_LENGTH,
	OPT_PRIVATE,
	OPT_READ_ONLY,
	OPT_SYNC,
	OPT_TOUCH,
};

struct explain {
	struct common *common;
	struct file file;
	struct device device;
	struct target target;
};

static const struct argp_option options[] = {
	{ "file", OPT_FILE, "PATH", 0, "Map the file at PATH, and explain the mapping", 0 },
	{ "offset", OPT_OFFSET, "BYTES", 0, "With --file: where in the file (0)", 0 },
	{ "length", OPT_LENGTH, "BYTES", 0, "With --file: how much (a page)", 0 },
	{ "private", OPT_PRIVATE, NULL, 0, "With --file: MAP_PRIVATE", 0 },
	{ "read-only", OPT_READ_ONLY, NULL, 0,
	  "With --file: neither open nor map the file for writing", 0 },
	{ "sync", OPT_SYNC, NULL, 0,
	  "With --file: open the file with O_SYNC, as for uncached /dev/mem", 0 },
	{ "touch", OPT_TOUCH, NULL, 0,
	  "With --file: read a word of each page first; a device may react to a read", 0 },
	{ 0 }
};

/* As /proc/PID/maps has it: 7f00-8f00, or with 0x. */
static bool parse_hex(const char *text, size_t len, uint64_t *value)
{
	char digits[24], *end;

	if (!len || len >= sizeof(digits))
		return false;
	memcpy(digits, text, len);
	digits[len] = '\0';
	if (!strchr("0123456789abcdefABCDEF", digits[0]))
		return false;
	errno = 0;
	*value = strtoull(digits, &end, 16);
	return !errno && !*end;
}

static void parse_place(struct argp_state *state, struct target *target, const char *text)
{
	size_t len = strcspn(text, "-");
	bool range = text[len];

	if (!parse_hex(text, len, &target->start) ||
	    (range && !parse_hex(text + len + 1, strlen(text + len + 1), &target->end)))
		argp_error(state, "'%s' is neither an address nor a range such as 7f00-8f00, in "
			   "hexadecimal", text);
	if (!range)
		target->end = target->start == UINT64_MAX ? target->start : target->start + 1;
	else if (target->end <= target->start)
		argp_error(state, "'%s' ends before it begins", text);
}

static void parse_pid(struct argp_state *state, struct target *target, const char *text)
{
	uint64_t pid;

	if (text_number(text, &pid) || !pid || pid > INT32_MAX)
		argp_error(state, "'%s' is not the number of a process", text);
	else
		target->pid = pid;
}

static error_t parse_arg(struct argp_state *state, struct explain *explain, char *arg)
{
	if (explain->file.path || state->arg_num > 1)
		return refuse_argument(state, arg);
	if (state->arg_num)
		parse_place(state, &explain->target, arg);
	else
		parse_pid(state, &explain->target, arg);
	return 0;
}

static void check_args(struct argp_state *state, const struct explain *explain)
{
	const struct file *file = &explain->file;

	if (file->path && explain->target.pid)
		argp_error(state, "either a process or --file");
	else if (!file->path && !explain->target.end)
		argp_error(state, "which process and address? See /proc/PID/maps; or --file");
	else if (!file->path && (file->offset || file->length || file->private ||
				 file->read_only || file->sync || file->touch))
		argp_error(state, "these options go with --file");
}

static error_t explain_parse(int key, char *arg, struct argp_state *state)
{
	struct explain *explain = state->input;
	struct file *file = &explain->file;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = explain->common;
		return 0;
	case OPT_FILE:
		file->path = arg;
		return 0;
	case OPT_OFFSET:
		file->offset = parse_bytes(state, "--offset", arg);
		return 0;
	case OPT_LENGTH:
		file->length = parse_bytes(state, "--length", arg);
		return 0;
	case OPT_PRIVATE:
		file->private = true;
		return 0;
	case OPT_READ_ONLY:
		file->read_only = true;
		return 0;
	case OPT_SYNC:
		file->sync = true;
		return 0;
	case OPT_TOUCH:
		file->touch = true;
		return 0;
	case ARGP_KEY_ARG:
		return parse_arg(state, explain, arg);
	case ARGP_KEY_END:
		check_args(state, explain);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const char *advice_of(int err)
{
	switch (-err) {
	case ESRCH:
		return "the process has ended, or is a kernel thread: name another";
	case EACCES:
		return "ptrace's rules forbid it: run pfnmapctl with CAP_SYS_PTRACE";
	case EFAULT:
		return "nothing is mapped there: see /proc/PID/maps";
	case ENOTTY:
		return "the module is too old: build both anew, unload, and load";
	case EOPNOTSUPP:
		return "the module does not find mm_access(): use a kernel with CONFIG_KPROBES";
	default:
		return NULL;
	}
}

static int explain_held(struct report *report, const struct target *target, struct part *part)
{
	uint64_t page = sysconf(_SC_PAGESIZE), physical = part->at.pfn * page;
	struct holdings held;
	int status;

	/* System RAM is never in the tree. */
	if (!part->contiguous || (part->facts & FACT_STRUCT_PAGE && !part->at.pgmap))
		return 0;
	status = holdings_get(&held, target, physical, physical + (part->end - part->start));
	if (held.n)
		part->facts |= FACT_HELD;
	report_held(report, &held);
	holdings_free(&held);
	return status;
}

/* Explains one VMA. Parts with the same facts and mode share one list of uses. */
static int explain_vma(struct report *report, const struct target *target, const struct vma *vma)
{
	static struct part parts[PARTS_MAX];
	size_t n, i, j;
	int err;

	err = parts_get(target, vma, parts, &n);
	if (err)
		return fail(err, advice_of(err), "INSPECT of 0x%" PRIx64, vma->start);
	report_vma(report, target, vma, &parts[0].at);
	for (i = 0; i < n; i++) {
		report_part(report, &parts[i]);
		err = explain_held(report, target, &parts[i]);
		if (err)
			return err;
		for (j = 0; j < i; j++)
			if (parts[j].facts == parts[i].facts &&
			    parts[j].at.cache_mode == parts[i].at.cache_mode)
				break;
		if (j == i)
			report_uses(report, &parts[i]);
	}
	if (n == PARTS_MAX)
		report_note(report, "There are more entries here, of other kinds. Ask for a "
			    "smaller range.");
	return 0;
}

/* Explains what is mapped of a range. Fails if nothing is. */
static int explain_range(struct report *report, const struct target *target)
{
	struct pfnmap_test_inspect at;
	bool any = false;
	struct vmas vmas;
	int status = 0;
	size_t i;
	int err;

	/* A user who may not look gets EACCES here, and not "nothing is mapped". */
	err = pfnmap_inspect(target->device->fd, target->pid, target->start, &at);
	if (err && err != -EFAULT)
		return fail(err, advice_of(err), "process %" PRIu32, target->pid);
	err = vmas_get(&vmas, target->pid);
	for (i = 0; !err && !status && i < vmas.n; i++) {
		if (vmas.items[i].end <= target->start || vmas.items[i].start >= target->end ||
		    !strcmp(vmas.items[i].path, "[vsyscall]"))
			continue;
		any = true;
		status = explain_vma(report, target, &vmas.items[i]);
	}
	vmas_free(&vmas);
	if (err)
		return fail(err, advice_of(err), "/proc/%" PRIu32 "/maps", target->pid);
	if (!any)
		return fail(EFAULT, advice_of(-EFAULT), "0x%" PRIx64, target->start);
	return status;
}

/* mmap failed, so there is no mapping to look at. Say which reservations may be in the way. */
static int explain_refusal(struct report *report, const struct explain *explain, int err)
{
	struct holdings held;
	uint64_t start;
	int status;

	report_refused(report, explain->file.path, err, file_refusal(err));
	if (!file_physical(&explain->file, &start))
		return 0;
	status = holdings_get(&held, &explain->target, start, start + explain->file.length);
	report_held(report, &held);
	holdings_free(&held);
	return status;
}

static int run(struct explain *explain, struct report *report)
{
	struct file *file = &explain->file;
	int err, status;

	if (!file->path)
		return explain_range(report, &explain->target);
	err = file_map(file);
	if (err && !file->opened)
		return fail(err, NULL, "open %s", file->path);
	if (err)
		return explain_refusal(report, explain, err);
	explain->target.start = (uintptr_t)file->at;
	explain->target.end = explain->target.start + file->length;
	status = explain_range(report, &explain->target);
	munmap(file->at, file->length);
	return status;
}

/**
 * cmd_explain() - what the kernel makes of a mapping, and why
 * @common: options
 * @argc: number of arguments
 * @argv: arguments
 *
 * Return: exit status
 */
int cmd_explain(struct common *common, int argc, char **argv)
{
	static const struct argp_child children[] = { { &common_argp, 0, NULL, 0 }, { 0 } };
	static const struct argp argp = {
		.options = options, .parser = explain_parse, .children = children,
		.args_doc = "PID ADDRESS|START-END\n--file=PATH",
		.doc = "Say what a mapping is, who holds its memory's cache mode, what pinning, "
		       "O_DIRECT, fork and others would make of it, and why.\n"
		       "\vThe mapping may be any process's. The command neither touches nor "
		       "changes it. Addresses are hexadecimal, with or without 0x, as in /proc/PID/maps.",
	};
	struct explain explain = { .common = common };
	struct report *report;
	int status;

	status = command_parse(&argp, argc, argv, &explain);
	if (status)
		return status;
	status = device_open(&explain.device, common);
	if (status)
		return status;
	explain.target.device = &explain.device;
	report = report_new(&explain.device, common->json);
	status = report_end(report, run(&explain, report));
	device_close(&explain.device);
	return status;
}
