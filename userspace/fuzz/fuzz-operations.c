// SPDX-License-Identifier: GPL-2.0-only
/* Chooses the next operation. */
#include "fuzz.h"

static void some_ioctl(struct rng *rng)
{
	do_ioctl(rng, false);
}

static void noise(struct rng *rng)
{
	do_ioctl(rng, true);
}

/* How many of a thousand operations are of each kind. */
static const struct {
	unsigned int share;
	void (*run)(struct rng *rng);
	bool parent_only;
} operations[] = {
	{ 302, some_ioctl, false },
	{ 170, noise, false },
	{ 240, do_access, false },
	{ 12, do_futex, false },
	{ 4, do_clear_refs, false },
	{ 12, do_userfaultfd, true },
	{ 80, do_mmap, false },
	{ 30, do_munmap, false },
	{ 30, do_mremap, false },
	{ 35, do_mprotect, false },
	{ 45, do_madvise, false },
	{ 20, do_mlock, false },
	{ 12, do_open, false },
	{ 5, do_fork, true },
	{ 3, do_reap, true },
};

/**
 * one_operation() - choose an operation and do it
 * @rng: generator of the operation
 */
void one_operation(struct rng *rng)
{
	unsigned int at = rng_below(rng, 1000), i = 0;

	while (at >= operations[i].share)
		at -= operations[i++].share;
	if (operations[i].parent_only && fuzz.child)
		i = 0;
	fuzz.counts->operations++;
	if (fuzz.child)
		fuzz.counts->in_children++;
	operations[i].run(rng);
}
