// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counts the kernel's calls of pfnmap_track() and pfnmap_untrack(), by kprobes.
 */
#include <linux/kprobes.h>

#include "fixture.h"

#if defined(CONFIG_KPROBES) && defined(CONFIG_X86)
static unsigned long first, last;
static atomic_t tracks, untracks;
static bool probing;

/* Other mappings may be tracked, too, so look at the pfn, the first argument. */
static bool ours(const struct pt_regs *regs)
{
	return regs->di >= READ_ONCE(first) && regs->di < READ_ONCE(last);
}

static int on_track(struct kprobe *kp, struct pt_regs *regs)
{
	if (ours(regs))
		atomic_inc(&tracks);
	return 0;
}

static int on_untrack(struct kprobe *kp, struct pt_regs *regs)
{
	if (ours(regs))
		atomic_inc(&untracks);
	return 0;
}

static struct kprobe track, untrack;

/**
 * kt_probe_start - count from now on; a suite_init()
 * @suite: the suite
 *
 * Return: 0 or a negative errno. A kernel that tracks nothing has nothing to
 * count.
 */
int kt_probe_start(struct kunit_suite *suite)
{
	int err;

	if (!PFNMAP_TRACKING_INFO)
		return 0;

	/* A struct kprobe keeps its values from the last registration: begin anew. */
	track = (struct kprobe){
		.symbol_name = "pfnmap_track",
		.pre_handler = on_track,
	};
	untrack = (struct kprobe){
		.symbol_name = "pfnmap_untrack",
		.pre_handler = on_untrack,
	};

	err = register_kprobe(&track);
	if (err)
		return err;

	err = register_kprobe(&untrack);
	if (err)
		unregister_kprobe(&track);
	probing = !err;
	return err;
}

/**
 * kt_probe_stop - stop counting; a suite_exit()
 * @suite: the suite
 */
void kt_probe_stop(struct kunit_suite *suite)
{
	if (!probing)
		return;

	unregister_kprobe(&untrack);
	unregister_kprobe(&track);
	probing = false;
}

/**
 * kt_probe_reset - count from 0, and only calls for a range that begins in this one
 * @pfn: first page frame
 * @pages: their number
 */
void kt_probe_reset(unsigned long pfn, unsigned long pages)
{
	WRITE_ONCE(first, pfn);
	WRITE_ONCE(last, pfn + pages);
	atomic_set(&tracks, 0);
	atomic_set(&untracks, 0);
}

/**
 * kt_tracks - how often the range was tracked since kt_probe_reset()
 *
 * Return: the number of calls of pfnmap_track().
 */
unsigned int kt_tracks(void)
{
	return atomic_read(&tracks);
}

/**
 * kt_untracks - how often the range was untracked since kt_probe_reset()
 *
 * Return: the number of calls of pfnmap_untrack().
 */
unsigned int kt_untracks(void)
{
	return atomic_read(&untracks);
}
#else
/* This kernel tracks nothing, so there is nothing to count. */
int kt_probe_start(struct kunit_suite *suite)
{
	return 0;
}

void kt_probe_stop(struct kunit_suite *suite)
{
}

void kt_probe_reset(unsigned long pfn, unsigned long pages)
{
}

unsigned int kt_tracks(void)
{
	return 0;
}

unsigned int kt_untracks(void)
{
	return 0;
}
#endif
