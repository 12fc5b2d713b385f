// SPDX-License-Identifier: GPL-2.0-only
/*
 * poison:MAP[,off=N][,hard]: MADV_HWPOISON of the page there. With hard, writes the page's physical
 * address to hard_offline_page, which also takes memory without struct pages. Prints the signal
 * that follows: its code, its address, and how much memory is lost (si_addr_lsb).
 */
#include "try.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "pfnmap_client.h"
#include "text.h"

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

/* Prints one line, also if the kernel sends no signal. */
static void do_poison(const struct step *step)
{
	struct sigaction action = { .sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO };
	struct sigaction before;
	struct handle *map;
	uint64_t off;
	char *at;
	int err;

	at = access_begin(step, &map, &off);
	if (!at)
		return;
	signals = 0;
	sigaction(SIGBUS, &action, &before);
	if (step_has(step, "hard"))
		err = hard_offline(map, at);
	else
		err = madvise(at, sysconf(_SC_PAGESIZE), MADV_HWPOISON) ? -errno : 0;
	sigaction(SIGBUS, &before, NULL);
	printf("poison %s+0x%" PRIx64 ": %s", map->name, off, err ? text_errno(err) : "ok");
	if (signals)
		printf(" SIGBUS=%d code=%s addr=+0x%" PRIx64 " lsb=%d", (int)signals,
		       code_name(last.si_code),
		       (uint64_t)((char *)last.si_addr - map->start), last.si_addr_lsb);
	putchar('\n');
}

const struct verb poison_verbs[] = {
	{ "poison", "MAP[,off=N][,hard]",
	  "MADV_HWPOISON; hard: hard_offline_page; tells the signal that follows", do_poison },
	{ 0 }
};
