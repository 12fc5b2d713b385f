// SPDX-License-Identifier: GPL-2.0-only
/*
 * poison:MAP[,off=N][,hard]: MADV_HWPOISON of the page there. With hard, writes the page's physical
 * address to hard_offline_page, which also takes memory without struct pages. Prints the signal
 * that follows: its code, its address, and how much memory is lost (si_addr_lsb).
 * mce:early|late|default: PR_MCE_KILL_SET, whether the thread hears of failures that others
 * run into. catch and caught:MAP: the same print, of what comes in between.
 */
#include "try.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "pfnmap_client.h"
#include "text.h"

static struct sigaction before;
static volatile sig_atomic_t signals;
static siginfo_t last;

static void on_bus_error(int sig __attribute__((unused)), siginfo_t *info,
			 void *context __attribute__((unused)))
{
	last = *info;
	signals++;
}

static const char *code_name(int code)
{
	switch (code) {
	case BUS_MCEERR_AR:
		return "BUS_MCEERR_AR";
	case BUS_MCEERR_AO:
		return "BUS_MCEERR_AO";
	case BUS_ADRERR:
		return "BUS_ADRERR";
	}
	return "other";
}

static int hard_offline(const struct handle *map, const void *addr)
{
	struct pfnmap_test_leaf leaf;
	char text[32];
	int err;

	err = pfnmap_leaf(map->file->fd, addr, &leaf);
	if (err)
		return err;
	if (!(leaf.flags & PFNMAP_TEST_LEAF_PRESENT))
		return -EFAULT;
	snprintf(text, sizeof(text), "%#" PRIx64, (uint64_t)leaf.pfn * sysconf(_SC_PAGESIZE));
	return write_text("/sys/devices/system/memory/hard_offline_page", text);
}

/* A signal that comes while a child waits for its next step must not end the wait. */
static void catch_begin(void)
{
	const struct sigaction action = {
		.sa_sigaction = on_bus_error,
		.sa_flags = SA_SIGINFO | SA_RESTART,
	};

	signals = 0;
	sigaction(SIGBUS, &action, &before);
}

/* Prints one line, also if the kernel has sent no signal. */
static void catch_end(const struct handle *map, const char *result)
{
	sigaction(SIGBUS, &before, NULL);
	fputs(result, stdout);
	if (signals)
		printf(" SIGBUS=%d code=%s addr=+0x%" PRIx64 " lsb=%d", (int)signals,
		       code_name(last.si_code),
		       (uint64_t)((char *)last.si_addr - map->start), last.si_addr_lsb);
	putchar('\n');
}

static void do_poison(const struct step *step)
{
	struct handle *map;
	uint64_t off;
	char *at;
	int err;

	at = access_begin(step, &map, &off);
	if (!at)
		return;
	catch_begin();
	if (step_has(step, "hard"))
		err = hard_offline(map, at);
	else
		err = madvise(at, sysconf(_SC_PAGESIZE), MADV_HWPOISON) ? -errno : 0;
	printf("poison %s+0x%" PRIx64 ": ", map->name, off);
	catch_end(map, err ? text_errno(err) : "ok");
}

static void do_mce(const struct step *step)
{
	unsigned long policy;

	if (!strcmp(step->target, "early"))
		policy = PR_MCE_KILL_EARLY;
	else if (!strcmp(step->target, "late"))
		policy = PR_MCE_KILL_LATE;
	else if (!strcmp(step->target, "default"))
		policy = PR_MCE_KILL_DEFAULT;
	else
		malformed("mce is early, late or default");
	step_done(step, step->target,
		  prctl(PR_MCE_KILL, PR_MCE_KILL_SET, policy, 0, 0) ? -errno : 0);
}

static void do_catch(const struct step *step)
{
	catch_begin();
	step_done(step, "SIGBUS", 0);
}

static void do_caught(const struct step *step)
{
	struct handle *map = map_existing(step);

	if (!map)
		return;
	printf("caught %s: ", map->name);
	catch_end(map, signals ? "ok" : "none");
}

const struct verb poison_verbs[] = {
	{ "poison", "MAP[,off=N][,hard]",
	  "MADV_HWPOISON; hard: hard_offline_page; tells the signal that follows", do_poison },
	{ "mce", "early|late|default", "PR_MCE_KILL: whether this thread hears of others' failures",
	  do_mce },
	{ "catch", "", "from now on SIGBUS is noted; the next access ends this", do_catch },
	{ "caught", "MAP", "ends catch; tells the signal as poison does", do_caught },
	{ 0 }
};
