// SPDX-License-Identifier: GPL-2.0-only
/*
 * core:MAP
 *
 * A child dies by SIGABRT. Is there a core dump, and does it contain the mapping's memory?
 * Until the child is dead the step changes core_pattern, which needs root.
 */
#include "try.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "text.h"

#define PATTERN	"/proc/sys/kernel/core_pattern"

static int pattern_read(char *text, size_t size)
{
	int fd = open(PATTERN, O_RDONLY | O_CLOEXEC), err = 0;
	ssize_t len;

	if (fd < 0)
		return -errno;
	len = read(fd, text, size - 1);
	if (len < 0)
		err = -errno;
	else
		text[len] = '\0';
	close(fd);
	return err;
}

/* Returns the wait status, or -errno. */
static int die(pid_t *pid)
{
	const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	int status;

	fflush(stdout);
	*pid = fork();
	if (*pid < 0)
		return -errno;
	if (!*pid) {
		setrlimit(RLIMIT_CORE, &all);
		prctl(PR_SET_DUMPABLE, 1);
		signal(SIGABRT, SIG_DFL);
		raise(SIGABRT);
		_exit(EXIT_FAILURE);
	}
	while (waitpid(*pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return status;
}

/* True if a segment of the dump has the memory of the address. */
static bool core_contains(const char *path, uint64_t address)
{
	bool found = false;
	Elf64_Phdr part;
	Elf64_Ehdr elf;
	FILE *in;
	size_t i;

	in = fopen(path, "re");
	if (!in)
		return false;
	if (fread(&elf, sizeof(elf), 1, in) == 1 && !fseek(in, elf.e_phoff, SEEK_SET))
		for (i = 0; i < elf.e_phnum && fread(&part, sizeof(part), 1, in) == 1; i++)
			found |= part.p_type == PT_LOAD && address >= part.p_vaddr &&
				 address - part.p_vaddr < part.p_filesz;
	fclose(in);
	return found;
}

static void report(const struct handle *map, int status, const char *path)
{
	printf("core %s: ", map->name);
	if (status < 0) {
		puts(text_errno(status));
		return;
	}
	if (WIFSIGNALED(status))
		printf("SIG%s ", sigabbrev_np(WTERMSIG(status)));
	printf("dumped=%s contains=%s\n",
	       WIFSIGNALED(status) && WCOREDUMP(status) ? "yes" : "no",
	       core_contains(path, (uintptr_t)map->start) ? "yes" : "no");
}

static void do_core(const struct step *step)
{
	struct handle *map = map_existing(step);
	char dir[] = "/tmp/pfnmap-try.XXXXXX", pattern[64], path[64], before[256];
	int status;
	pid_t pid = 0;

	if (!map)
		return;
	if (!mkdtemp(dir)) {
		step_done(step, map->name, -errno);
		return;
	}
	snprintf(pattern, sizeof(pattern), "%s/core.%%p", dir);
	status = pattern_read(before, sizeof(before));
	if (!status)
		status = write_text(PATTERN, pattern);
	if (!status) {
		status = die(&pid);
		write_text(PATTERN, before);
	}
	snprintf(path, sizeof(path), "%s/core.%d", dir, (int)pid);
	report(map, status, path);
	unlink(path);
	rmdir(dir);
}

const struct verb core_verbs[] = {
	{ "core", "MAP",
	  "a child dies: is there a core dump, and does it have the memory?", do_core },
	{ 0 }
};
