// SPDX-License-Identifier: GPL-2.0-only
/*
 * The PAT memtype tree, read where it is: memtype_rbroot under memtype_lock,
 * both private to arch/x86/mm/pat/.
 *
 * The module walks the tree as an interval tree, over a mirror of the nodes'
 * struct. At load it proves the mirror: it must find a reservation of its own,
 * with reads that can't fault. If it does not, there is no query.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/interval_tree_generic.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/uaccess.h>

#include <asm/memtype.h>
#include <asm/x86_init.h>

#include "pfnmap_test.h"

/*
 * How many entries a lookup counts, and a list reads, under one hold of memtype_lock. A
 * list reads as many as a page has room for: zeroing more memory (init_on_alloc) would
 * take longer than another walk down the tree.
 */
#define COUNTED	512
#define BATCH	(PAGE_SIZE / sizeof(struct pfnmap_test_memtype_entry))

/* A red-black tree of 2^64 nodes is not deeper. */
#define MAX_DEPTH	128

/* struct memtype of arch/x86/mm/pat/memtype.h, the same from 6.1 to 7.3. */
struct mirror {
	u64 start;
	u64 end;
	u64 subtree_last;
	enum page_cache_mode pcm;
	struct rb_node rb;
};

static inline u64 mirror_start(struct mirror *m)
{
	return m->start;
}

static inline u64 mirror_last(struct mirror *m)
{
	return m->end - 1;
}

INTERVAL_TREE_DEFINE(struct mirror, rb, u64, subtree_last, mirror_start,
		     mirror_last, static __maybe_unused, mirror)

static struct rb_root_cached *memtype_tree;
static spinlock_t *memtype_tree_lock;
static int memtype_error = -EOPNOTSUPP;

/* The uapi's number of each mode, by the kernel's number: no search under memtype_lock. */
static u32 mode_by_pcm[_PAGE_CACHE_MODE_NUM];

static u32 mode_of(const struct mirror *m)
{
	return m->pcm < _PAGE_CACHE_MODE_NUM ? mode_by_pcm[m->pcm] : 0;
}

/*
 * Descends to the node of [start, end), and trusts nothing but the addresses of
 * the tree and its lock: every read may fault, and every value may be wrong.
 */
static bool find_unproven(u64 start, u64 end, enum page_cache_mode pcm)
{
	struct rb_root_cached top;
	struct rb_node *rb;
	struct mirror m;
	int depth;

	if (copy_from_kernel_nofault(&top, memtype_tree, sizeof(top)))
		return false;
	if (copy_from_kernel_nofault(&m, rb_entry(top.rb_leftmost, struct mirror, rb),
				     sizeof(m)))
		return false;
	if (m.start > start || m.rb.rb_left)
		return false;

	rb = top.rb_root.rb_node;
	for (depth = 0; rb && depth < MAX_DEPTH; depth++) {
		if (copy_from_kernel_nofault(&m, rb_entry(rb, struct mirror, rb),
					     sizeof(m)))
			return false;
		if (m.end <= m.start || m.subtree_last < m.end - 1)
			return false;
		if (m.start == start)
			return m.end == end && m.pcm == pcm;
		rb = start < m.start ? m.rb.rb_left : m.rb.rb_right;
	}

	return false;
}

static bool in_tree(u64 start, u64 end)
{
	struct mirror *m;

	spin_lock(memtype_tree_lock);
	m = mirror_iter_first(memtype_tree, start, end - 1);
	spin_unlock(memtype_tree_lock);
	return m;
}

/*
 * Reserves the last page of the physical address space, where hardly any machine has
 * memory or a device. Strong UC keeps the CPU from speculative reads of it.
 */
static bool prove(void)
{
	u64 start = iomem_resource.end & PAGE_MASK;
	u64 end = start + PAGE_SIZE;
	void __iomem *addr;
	bool found = false;

	if (!request_mem_region(start, PAGE_SIZE, KBUILD_MODNAME " probe"))
		return false;

	addr = ioremap_uc(start, PAGE_SIZE);
	if (addr) {
		spin_lock(memtype_tree_lock);
		found = find_unproven(start, end, _PAGE_CACHE_MODE_UC);
		spin_unlock(memtype_tree_lock);

		found = found && in_tree(start, end);
		iounmap(addr);
		found = found && !in_tree(start, end);
	}

	release_mem_region(start, PAGE_SIZE);
	return found;
}

/**
 * pfnmap_memtype_init - find the tree and prove that it can be read
 *
 * If it can't be read, the log says why, and the queries return -EOPNOTSUPP.
 */
void pfnmap_memtype_init(void)
{
	enum page_cache_mode pcm;
	const char *why = NULL;

	for (pcm = 0; pcm < _PAGE_CACHE_MODE_NUM; pcm++)
		mode_by_pcm[pcm] = pfnmap_cachemode_from_pat(pcm);

	memtype_tree = pfnmap_resolve("memtype_rbroot");
	memtype_tree_lock = pfnmap_resolve("memtype_lock");

	if (!pat_enabled())
		why = "PAT is off";
	else if (!memtype_tree || !memtype_tree_lock)
		why = "the tree's symbols can't be found";
	else if (!prove())
		why = "the tree does not look as expected";

	if (why)
		pr_info("no memtype query: %s\n", why);
	else
		memtype_error = 0;
}

/**
 * pfnmap_memtype_error - why there is no query
 *
 * Return: 0 if there is one, or a negative errno.
 */
int pfnmap_memtype_error(void)
{
	return memtype_error;
}

/**
 * pfnmap_memtype_busy - whether a reservation overlaps a range
 * @start: physical start
 * @end: physical end
 *
 * Return: true if one does, or if the module can't tell.
 */
bool pfnmap_memtype_busy(u64 start, u64 end)
{
	return memtype_error || in_tree(start, end);
}

static void lookup_tracked(u64 start, struct pfnmap_test_memtype *out)
{
	u64 last = start + PAGE_SIZE - 1;
	struct mirror *m;

	spin_lock(memtype_tree_lock);
	m = mirror_iter_first(memtype_tree, start, last);
	if (m) {
		out->cache_mode = mode_of(m);
		out->flags = PFNMAP_TEST_MEMTYPE_TRACKED;
		out->start = m->start;
		out->end = m->end;
	}
	for (; m && out->count < COUNTED; m = mirror_iter_next(m, start, last))
		out->count++;
	spin_unlock(memtype_tree_lock);
}

/**
 * pfnmap_memtype_lookup - PFNMAP_TEST_MEMTYPE_LOOKUP
 * @pf: the open file
 * @arg: struct pfnmap_test_memtype
 *
 * Return: 0; -EOPNOTSUPP without a query; -EINVAL for an address that the CPU can't have.
 */
int pfnmap_memtype_lookup(struct pfnmap_file *pf, void *arg)
{
	struct pfnmap_test_memtype *out = arg;
	u64 start = out->address & PAGE_MASK;

	if (memtype_error)
		return memtype_error;
	if (out->address > iomem_resource.end)
		return -EINVAL;

	out->flags = 0;
	out->count = 0;
	out->start = 0;
	out->end = 0;

	if (x86_platform.is_untracked_pat_range(start, start + PAGE_SIZE)) {
		out->cache_mode = PFNMAP_TEST_CACHE_WB;
		return 0;
	}

	if (page_is_ram(PHYS_PFN(start))) {
		/* The page flags and the direct map always change together. */
		out->cache_mode = pfnmap_cachemode_get_kernel(__va(start));
		out->flags = PFNMAP_TEST_MEMTYPE_RAM;
		return 0;
	}

	out->cache_mode = PFNMAP_TEST_CACHE_UC_MINUS;
	lookup_tracked(start, out);
	return 0;
}

static bool reaches(struct rb_node *rb, u64 start)
{
	return rb && rb_entry(rb, struct mirror, rb)->subtree_last >= start;
}

/*
 * Returns the first entry that begins at @from or later and ends after @start. The
 * interval tree has no such query: a query by range would visit all long entries
 * before @from.
 *
 * Nodes where the walk down to @from turns left begin at @from or later. Of those
 * that end after @start, or have such an entry in the right subtree, the last one
 * that the walk meets is the first in order. The result is this node, or the first
 * such entry in its right subtree.
 */
static struct mirror *seek(u64 from, u64 start)
{
	struct rb_node *rb = memtype_tree->rb_root.rb_node;
	struct mirror *found = NULL;

	while (rb) {
		struct mirror *m = rb_entry(rb, struct mirror, rb);

		if (m->start < from) {
			rb = rb->rb_right;
			continue;
		}
		if (mirror_last(m) >= start || reaches(rb->rb_right, start))
			found = m;
		rb = rb->rb_left;
	}
	if (!found || mirror_last(found) >= start)
		return found;

	rb = found->rb.rb_right;
	for (;;) {
		if (reaches(rb->rb_left, start)) {
			rb = rb->rb_left;
			continue;
		}
		found = rb_entry(rb, struct mirror, rb);
		if (mirror_last(found) >= start)
			return found;
		rb = rb->rb_right;
	}
}

/* If an entry begins in the range, the next entry overlaps the range or is past it. */
static struct mirror *next(struct mirror *m,
			   const struct pfnmap_test_memtype_list *list)
{
	if (m->start < list->start)
		return mirror_iter_next(m, list->start, list->last);

	m = rb_entry_safe(rb_next(&m->rb), struct mirror, rb);
	return m && m->start <= list->last ? m : NULL;
}

/*
 * Copies up to @room entries from @list's key on. A key is the start of an entry and
 * the entry's place among those with the same start, so a key stays valid without the
 * lock. Each batch walks past all entries with the key's start again, however many
 * there are: the tree has them in the order in which they came, which no field tells.
 * The kernel has walked past the same entries under this lock for each of them that it
 * added (memtype_check_conflict()), so no batch holds the lock longer than an mmap() of
 * the range does.
 */
static u32 list_batch(struct pfnmap_test_memtype_list *list,
		      struct pfnmap_test_memtype_entry *batch, u32 room,
		      bool *more)
{
	u32 skip = list->key_skip;
	struct mirror *m;
	u32 n = 0;

	spin_lock(memtype_tree_lock);
	m = seek(list->key_start, list->start);
	if (m && m->start > list->last)
		m = NULL;
	for (; m && skip && m->start == list->key_start; m = next(m, list))
		skip--;
	for (; m && n < room; m = next(m, list))
		batch[n++] = (struct pfnmap_test_memtype_entry){
			.start = m->start,
			.end = m->end,
			.cache_mode = mode_of(m),
		};
	*more = m;
	spin_unlock(memtype_tree_lock);

	return n;
}

static void list_advance(struct pfnmap_test_memtype_list *list,
			 const struct pfnmap_test_memtype_entry *batch, u32 n)
{
	u32 i;

	if (!n)
		return;

	if (batch[n - 1].start != list->key_start) {
		list->key_start = batch[n - 1].start;
		list->key_skip = 0;
	}
	for (i = n; i && batch[i - 1].start == list->key_start; i--)
		list->key_skip++;
}

/**
 * pfnmap_memtype_list - PFNMAP_TEST_MEMTYPE_LIST
 * @pf: the open file
 * @arg: struct pfnmap_test_memtype_list
 *
 * A pending signal ends the list early, as if there were no more room.
 *
 * Return: 0; -EOPNOTSUPP without a query; -EINVAL, -EFAULT or -ENOMEM.
 */
int pfnmap_memtype_list(struct pfnmap_file *pf, void *arg)
{
	struct pfnmap_test_memtype_list *list = arg;
	struct pfnmap_test_memtype_entry __user *to;
	struct pfnmap_test_memtype_entry *batch;
	u32 room = list->count;
	bool more = true;
	int err = 0;

	if (memtype_error)
		return memtype_error;
	if (list->start > list->last || !room)
		return -EINVAL;

	to = u64_to_user_ptr(list->entries);
	batch = pfnmap_fail_point() ? NULL :
		kmalloc_array(min_t(u32, room, BATCH), sizeof(*batch), GFP_KERNEL);
	if (!batch)
		return -ENOMEM;

	list->count = 0;
	while (more && list->count < room) {
		u32 n = list_batch(list, batch,
				   min_t(u32, room - list->count, BATCH), &more);

		if (copy_to_user(to + list->count, batch, n * sizeof(*batch))) {
			err = -EFAULT;
			break;
		}

		list_advance(list, batch, n);
		list->count += n;
		if (signal_pending(current))
			break;
		cond_resched();
	}

	kfree(batch);
	list->flags = more ? PFNMAP_TEST_LIST_MORE : 0;
	return err;
}
