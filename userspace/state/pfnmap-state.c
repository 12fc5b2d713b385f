// SPDX-License-Identifier: GPL-2.0-only
/*
 * pfnmap-state: the state that a test must leave as it was: the memtype list, taint, and the
 * module's reference count. tests/helpers/common.bash runs it on the target after each test.
 *
 *	pfnmap-state note FILE MARK
 *		notes the state in FILE, and writes MARK to the log
 *	pfnmap-state check FILE MARK NEXT REPORTS [LEAK...]
 *		says what is not as noted, prints "log:" and the log since MARK, and notes all
 *		anew, with NEXT as the mark; exit status 1 if anything is not as noted
 *	pfnmap-state log MARK
 *		the log since MARK
 *	pfnmap-state memtypes
 *		the memtype list alone
 *
 * REPORTS is a folder: check prints and removes the reports that programs have left there,
 * such as ASan's. A LEAK is an entry of the memtype list that the test has lost on purpose.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <unistd.h>

#include "pfnmap_client.h"

#define DEVICE		"/dev/pfnmap_test"
#define MEMTYPE_LIST	"/sys/kernel/debug/x86/pat_memtype_list"
#define TAINTED		"/proc/sys/kernel/tainted"
#define REFCNT		"/sys/module/pfnmap_test/refcnt"

/* The taint of a kernel that went wrong: bits 9, 7 and 5, W, D and B. */
#define TAINT_BITS	0x2a0UL

/* What syslog(2) takes: see the manual page. */
#define SYSLOG_ACTION_READ_ALL		3
#define SYSLOG_ACTION_SIZE_BUFFER	10

/* The end of the log, which is mostly enough, and quicker to have than all. */
#define LOG_END		(16 << 10)

/* How many lines that differ are shown. */
#define MOST_LINES	20

struct state {
	char *text;		/* memory that memtypes points into; to be freed */
	char *memtypes;
	char taint[32];
	char refs[32];
};

static void die(const char *what)
{
	fprintf(stderr, "pfnmap-state: %s: %s\n", what, strerror(errno));
	exit(2);
}

/* Reads to the end: files in /proc do not tell their size. NULL if it can't be read. */
static char *read_file(const char *path)
{
	size_t size = 4096, have = 0;
	char *text;
	ssize_t n;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	text = malloc(size);
	while (text && (n = read(fd, text + have, size - have - 1)) > 0) {
		have += n;
		if (have + 1 == size)
			text = realloc(text, size *= 2);
	}
	close(fd);
	if (!text)
		die(path);
	text[have] = '\0';
	return text;
}

/* The list as debugfs has it, one entry a line, without the heading. */
static char *memtypes_by_ioctl(void)
{
	struct pfnmap_test_memtype_entry *entries = NULL;
	size_t n = 0, i, size = 0;
	char *text = NULL;
	FILE *out;
	int fd;

	fd = open(DEVICE, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return strdup("");
	/* Without PAT there is no list. */
	pfnmap_memtype_list(fd, 0, UINT64_MAX, &entries, &n);
	close(fd);
	out = open_memstream(&text, &size);
	if (!out)
		die("memory");
	for (i = 0; i < n; i++)
		fprintf(out, "[mem 0x%016llx-0x%016llx] mode %u\n",
			(unsigned long long)entries[i].start,
			(unsigned long long)entries[i].end, entries[i].cache_mode);
	fclose(out);
	free(entries);
	return text;
}

static char *memtypes(void)
{
	char *text = read_file(MEMTYPE_LIST), *first;

	if (!text)
		return memtypes_by_ioctl();
	first = strchr(text, '\n');
	if (first)
		memmove(text, first + 1, strlen(first + 1) + 1);
	return text;
}

static void read_state(struct state *state)
{
	char *text = read_file(TAINTED);

	/* Without CONFIG_PROC_SYSCTL only the log shows a splat. */
	snprintf(state->taint, sizeof(state->taint), "%lu",
		 text ? strtoul(text, NULL, 10) & TAINT_BITS : 0);
	free(text);
	text = read_file(REFCNT);
	snprintf(state->refs, sizeof(state->refs), "%s",
		 text ? strtok(text, "\n") : "not loaded");
	free(text);
	/* Last: without debugfs this opens the device, and so takes a reference. */
	state->memtypes = memtypes();
	state->text = state->memtypes;
}

static void save(const struct state *state, const char *path)
{
	FILE *out = fopen(path, "we");

	if (!out)
		die(path);
	fprintf(out, "%s\n%s\n%s", state->taint, state->refs, state->memtypes);
	if (fclose(out))
		die(path);
}

static char *cut_line(char **at)
{
	char *line = *at;

	*at += strcspn(line, "\n");
	if (**at)
		*(*at)++ = '\0';
	return line;
}

static void restore(struct state *state, const char *path)
{
	char *text = read_file(path);

	if (!text)
		die(path);
	state->text = text;
	snprintf(state->taint, sizeof(state->taint), "%s", cut_line(&text));
	snprintf(state->refs, sizeof(state->refs), "%s", cut_line(&text));
	state->memtypes = text;
}

/* Takes a line out of the list. False if the list has no such line. */
static bool take_line(char *list, const char *wanted, size_t length)
{
	char *at, *line;

	for (line = list; *line; line = at) {
		at = line + strcspn(line, "\n");
		if (*at)
			at++;
		if (!strncmp(line, wanted, length) && strchr("\n", line[length])) {
			memmove(line, at, strlen(at) + 1);
			return true;
		}
	}
	return false;
}

/* Takes the line LEAK out of the list. Prints a message if the list has no such line. */
static bool without_leak(char *list, const char *leak)
{
	if (take_line(list, leak, strlen(leak)))
		return true;
	printf("not leaked: %s\n", leak);
	return false;
}

static void print_lines(char sign, const char *text, unsigned int *left)
{
	int length;

	for (; *text && *left; text += text[length] ? length + 1 : length) {
		length = strcspn(text, "\n");
		printf("%c%.*s\n", sign, length, text);
		--*left;
	}
}

/* Prints the lines that only one of the texts has. Changes both. */
static bool same(const char *what, char *before, char *after)
{
	unsigned int left = MOST_LINES;
	char *line = before;

	if (!strcmp(before, after))
		return true;
	printf("%s changed\n", what);
	while (*line) {
		size_t length = strcspn(line, "\n");

		if (take_line(after, line, length))
			take_line(line, line, length);
		else
			line += line[length] ? length + 1 : length;
	}
	print_lines('-', before, &left);
	print_lines('+', after, &left);
	return false;
}

static char *read_log(size_t bytes)
{
	char *text = malloc(bytes + 1);
	int n;

	if (!text)
		die("memory");
	n = klogctl(SYSLOG_ACTION_READ_ALL, text, bytes);
	if (n < 0)
		die("the kernel's log");
	text[n] = '\0';
	return text;
}

/* The text behind the last line that ends with MARK; NULL if there is no such line. */
static char *behind_mark(char *text, const char *mark)
{
	char *at, *found = NULL;

	for (at = text; (at = strstr(at, mark)); at++)
		if (at[strlen(mark)] == '\n')
			found = at + strlen(mark) + 1;
	return found;
}

/* The log since MARK, without priorities. */
static int print_log(const char *mark)
{
	char *text = read_log(LOG_END), *at = behind_mark(text, mark), *line;

	if (!at) {
		free(text);
		text = read_log(klogctl(SYSLOG_ACTION_SIZE_BUFFER, NULL, 0));
		at = behind_mark(text, mark);
	}
	if (!at) {
		printf("(the log was overrun)\n");
		at = text;
	}
	while (*at) {
		line = cut_line(&at);
		if (*line == '<' && strchr(line, '>'))
			line = strchr(line, '>') + 1;
		puts(line);
	}
	free(text);
	return 0;
}

static void write_mark(const char *mark)
{
	int fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || dprintf(fd, "%s\n", mark) < 0)
		die("/dev/kmsg");
	close(fd);
}

static int note(const char *path, const char *mark)
{
	struct state state;

	write_mark(mark);
	read_state(&state);
	save(&state, path);
	free(state.text);
	return 0;
}

/* Prints and removes the reports. True if there are none. */
static bool no_reports(const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	bool none = true;
	char path[512];
	char *text;

	while (dir && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		text = entry->d_name[0] == '.' ? NULL : read_file(path);
		if (!text)
			continue;
		printf("%s:\n%s\n", path, text);
		free(text);
		unlink(path);
		none = false;
	}
	if (dir)
		closedir(dir);
	return none;
}

static int check(const char *path, const char *mark, const char *next, const char *reports,
		 char **leaks)
{
	struct state before, after;
	bool ok = true;

	restore(&before, path);
	read_state(&after);
	save(&after, path);
	for (; *leaks; leaks++)
		ok &= without_leak(after.memtypes, *leaks);
	ok &= same("memtype list", before.memtypes, after.memtypes);
	ok &= same("taint (W, D, B)", before.taint, after.taint);
	ok &= same("module's reference count", before.refs, after.refs);
	ok &= no_reports(reports);
	free(before.text);
	free(after.text);
	puts("log:");
	print_log(mark);
	write_mark(next);
	return !ok;
}

static int print_memtypes(void)
{
	char *text = memtypes();

	fputs(text, stdout);
	free(text);
	return 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (!strcmp(what, "note") && argc == 4)
		return note(argv[2], argv[3]);
	if (!strcmp(what, "check") && argc >= 6)
		return check(argv[2], argv[3], argv[4], argv[5], argv + 6);
	if (!strcmp(what, "log") && argc == 3)
		return print_log(argv[2]);
	if (!strcmp(what, "memtypes") && argc == 2)
		return print_memtypes();
	fputs("usage: pfnmap-state note FILE MARK\n"
	      "       pfnmap-state check FILE MARK NEXT REPORTS [LEAK...]\n"
	      "       pfnmap-state log MARK\n"
	      "       pfnmap-state memtypes\n", stderr);
	return 2;
}
