// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes mappings, and changes them. Each mapping has a place of its own, far from all others in the
 * address space. If the kernel places a mapping elsewhere, the fuzzer touches it and unmaps it.
 */
#include "fuzz.h"

#include <errno.h>
#include <sys/mman.h>

#include <array.h>
#include <fault.h>
#include <futex.h>
#include <level.h>
#include <pfnmap_client.h>
#include <younger.h>

#define EMPTY_PAGES	4
#define PTE_PAGES	32

/* Without HWPOISON and SOFT_OFFLINE, which take memory away for longer than the module lives. */
static const int advices[] = {
	MADV_NORMAL, MADV_RANDOM, MADV_SEQUENTIAL, MADV_WILLNEED, MADV_DONTNEED, MADV_FREE,
	MADV_REMOVE, MADV_DONTFORK, MADV_DOFORK, MADV_MERGEABLE, MADV_UNMERGEABLE,
	MADV_HUGEPAGE, MADV_NOHUGEPAGE, MADV_DONTDUMP, MADV_DODUMP, MADV_WIPEONFORK,
	MADV_KEEPONFORK, MADV_COLD, MADV_PAGEOUT, MADV_POPULATE_READ, MADV_POPULATE_WRITE,
	MADV_DONTNEED_LOCKED, MADV_COLLAPSE, MADV_GUARD_INSTALL, MADV_GUARD_REMOVE, -1,
};

static bool populates(int advice)
{
	return advice == MADV_POPULATE_READ || advice == MADV_POPULATE_WRITE ||
	       advice == MADV_COLLAPSE;
}

static const int prots[] = {
	PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE,
	PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE | PROT_EXEC, PROT_READ,
	PROT_WRITE, PROT_NONE,
};

static int index_of(const struct slot *slot)
{
	return (slot->home - fuzz.slots[0].home) / SLOT_STRIDE;
}

static int pick_prot(struct rng *rng)
{
	return prots[rng_below(rng, ARRAY_SIZE(prots))];
}

/*
 * Picks a part of a mapping, or all of it, but never leaves the mapping's place. Picks a small part
 * if the kernel goes through the part page by page.
 */
static bool pick_part(struct rng *rng, const struct slot *slot, bool page_by_page, size_t *off,
		      size_t *len)
{
	size_t pages = slot->len / fuzz.page, pmd = level_leaf(PFNMAP_TEST_LEVEL_PMD);
	uint64_t choice = rng_below(rng, 32), a = rng_next(rng), b = rng_next(rng);

	*off = 0;
	*len = slot->len;
	if (choice == 0) {
		*off = a % slot->len;
		*len = b % (2 * fuzz.page);
	} else if (choice < 4 && slot->len > pmd) {
		*off = a % (slot->len / pmd) * pmd;
		*len = pmd;
	} else if (choice < 20) {
		*off = a % pages * fuzz.page;
		*len = (1 + b % (choice < 12 ? 4 : pages)) * fuzz.page;
	}
	if (*len > slot->len - *off)
		*len = slot->len - *off + (choice == 4 ? fuzz.page : 0);
	if (page_by_page && *len > POPULATE_MAX)
		*len = fuzz.page;
	return *off || *len < slot->len;
}

/**
 * slot_empty() - unmap all of a mapping
 * @slot: its place, empty or not
 */
void slot_empty(struct slot *slot)
{
	if (munmap(slot->home, SLOT_ROOM))
		broken("munmap of slot%d: errno %d", index_of(slot), errno);
	slot->at = slot->home;
	slot->len = EMPTY_PAGES * fuzz.page;
	slot->mapped = false;
	slot->known = false;
	slot->file = -1;
}

/* A mapping of ours that is shared maps its region in order, and nothing else. */
static void check_leaf(const struct slot *slot, const char *address)
{
	const struct pfnmap_test_describe *region = region_of(slot->map.region);
	struct pfnmap_test_leaf leaf;
	uint64_t at;

	if (!slot->mapped || !slot->known || !slot->shared || !region || !region->start)
		return;
	if (address < slot->at || address >= slot->at + slot->len)
		return;
	if (pfnmap_leaf(fuzz.fds[0], address, &leaf) || !(leaf.flags & PFNMAP_TEST_LEAF_PRESENT))
		return;
	if (leaf.flags & PFNMAP_TEST_LEAF_HUGE_ZERO ||
	    slot->map.method == PFNMAP_TEST_METHOD_HUGE_ZERO_FOLIO ||
	    slot->map.method == PFNMAP_TEST_METHOD_VM_MAP_PAGES_ZERO)
		return;
	at = slot->offset + (address - slot->at) / fuzz.page * fuzz.page;
	if (at >= region->bytes || leaf.pfn != (region->start + at) / fuzz.page)
		broken("slot%d+%#zx: pfn %#llx, where %s+%#llx belongs", index_of(slot),
		       (size_t)(address - slot->at), (unsigned long long)leaf.pfn, region->name,
		       (unsigned long long)at);
}

/**
 * slot_touch() - read or write a word
 * @rng: generator
 * @slot: the mapping
 * @address: multiple of 4
 * @write: write, and read it back
 */
void slot_touch(struct rng *rng, const struct slot *slot, char *address, bool write)
{
	uint32_t value = rng_next(rng), seen = ~value;
	int sig;

	sig = write ? fault_write(address, value) : fault_read(address, &seen);
	if (fuzz.verbose && sig)
		say(" %s", fault_name(sig));
	result(write ? KIND_WRITE : KIND_READ, sig ? -EFAULT : 0);
	if (sig)
		return;
	if (write && !fault_read(address, &seen) && seen != value)
		broken("slot%d: wrote %#x and read %#x", index_of(slot), value, seen);
	check_leaf(slot, address);
}

/**
 * do_access() - read or write a mapping
 * @rng: generator of the operation
 */
void do_access(struct rng *rng)
{
	const struct slot *slot = &fuzz.slots[rng_below(rng, SLOTS)];
	size_t pages = slot->len / fuzz.page, off;
	bool write = rng_one_in(rng, 2);

	off = rng_below(rng, rng_one_in(rng, 2) && pages > PTE_PAGES ? PTE_PAGES : pages);
	off = off * fuzz.page + rng_below(rng, fuzz.page / 4) * 4;
	say("%s slot%d+%#zx", write ? "write" : "read", index_of(slot), off);
	slot_touch(rng, slot, slot->at + off, write);
}

/**
 * do_futex() - wake waiters at a word of a mapping, or wait there with a timeout of 0
 * @rng: generator of the operation
 */
void do_futex(struct rng *rng)
{
	const struct slot *slot = &fuzz.slots[rng_below(rng, SLOTS)];
	char *at = slot->at + rng_below(rng, slot->len / fuzz.page) * fuzz.page;
	bool private = rng_one_in(rng, 3), wait = rng_one_in(rng, 4);
	int ret;

	say("futex %s%s slot%d+%#zx", wait ? "wait" : "wake", private ? " private" : "",
	    index_of(slot), (size_t)(at - slot->at));
	ret = wait ? futex_wait(at, private, 0, 0) : futex_wake(at, private, 1);
	result(KIND_FUTEX, ret < 0 ? ret : 0);
}

static size_t pick_len(struct rng *rng, uint32_t level)
{
	size_t leaf = level_leaf(level), pmd = level_leaf(PFNMAP_TEST_LEVEL_PMD);

	switch (level) {
	case PFNMAP_TEST_LEVEL_PUD:
		return rng_one_in(rng, 4) ? (1 + rng_below(rng, 4)) * pmd : leaf;
	case PFNMAP_TEST_LEVEL_PMD:
		return (1 + rng_below(rng, 3)) * leaf +
		       (rng_one_in(rng, 4) ? rng_below(rng, PTE_PAGES) * fuzz.page : 0);
	default:
		if (rng_one_in(rng, 32))
			return pmd + rng_below(rng, PTE_PAGES) * fuzz.page;
		return (1 + rng_below(rng, PTE_PAGES)) * fuzz.page;
	}
}

/* Touches a mapping whose address the kernel chose, and unmaps it. */
static void visit(struct rng *rng, const struct slot *slot)
{
	size_t off = rng_below(rng, slot->len / fuzz.page) * fuzz.page;

	say("  touch");
	slot_touch(rng, slot, slot->at + off, rng_one_in(rng, 2));
	if (munmap(slot->at, slot->len))
		broken("munmap of what mmap gave: errno %d", errno);
}

static void fill_slot(struct rng *rng, struct slot *slot, int flags, bool placed)
{
	const struct pfnmap_test_describe *region = region_of(slot->map.region);
	size_t leaf = level_leaf(slot->known ? slot->map.level : PFNMAP_TEST_LEVEL_PTE);
	size_t len = pick_len(rng, slot->known ? slot->map.level : PFNMAP_TEST_LEVEL_PTE);
	int prot = pick_prot(rng), fd = -1;
	char *at = slot->home;
	void *got;

	slot->offset = pick_offset(rng, region ? region->bytes : 0);
	if (leaf > (size_t)fuzz.page && !rng_one_in(rng, 4)) {
		slot->offset = rng_one_in(rng, 4) ? leaf : 0;
		at += region ? (region->start + slot->offset) % leaf : 0;
	} else {
		at += rng_below(rng, 2) * rng_below(rng, PTE_PAGES) * fuzz.page;
	}
	if (region && len <= region->bytes && slot->offset > region->bytes - len &&
	    !rng_one_in(rng, 8))
		slot->offset = region->bytes - len;
	if (len > POPULATE_MAX)
		flags &= ~(MAP_POPULATE | MAP_LOCKED);
	if (slot->file < 0)
		flags |= MAP_ANONYMOUS;
	else
		fd = fuzz.fds[slot->file];

	say("mmap slot%d file%d len=%#zx off=%#llx prot=%d flags=%#x %s", index_of(slot),
	    slot->file, len, (unsigned long long)slot->offset, prot, flags,
	    placed ? "placed" : "anywhere");
	if (placed)
		flags |= rng_one_in(rng, 4) ? MAP_FIXED_NOREPLACE : MAP_FIXED;
	else if (rng_one_in(rng, 2))
		at = NULL;
	got = mmap(at, len, prot, flags, fd, slot->offset);
	result(KIND_MMAP, got == MAP_FAILED ? -errno : 0);
	if (got == MAP_FAILED) {
		slot->known = false;
		slot->file = -1;
		return;
	}
	slot->mapped = true;
	slot->shared = (flags & MAP_TYPE) != MAP_PRIVATE;
	if (slot->file >= 0 && slot->known &&
	    (!region || slot->offset > region->bytes || len > region->bytes - slot->offset))
		broken("slot%d maps what is past the end of its region", index_of(slot));
	slot->at = got;
	slot->len = len;
	if (placed)
		return;
	visit(rng, slot);
	slot_empty(slot);
}

/**
 * do_mmap() - map, mostly after SET_MAP
 * @rng: generator of the operation
 */
void do_mmap(struct rng *rng)
{
	static const int extra[] = {
		0, 0, 0, 0, MAP_POPULATE, MAP_LOCKED, MAP_NORESERVE, MAP_POPULATE | MAP_NONBLOCK,
		MAP_SHARED_VALIDATE, MAP_SYNC, MAP_SHARED_VALIDATE | MAP_SYNC, MAP_GROWSDOWN,
		MAP_STACK, MAP_HUGETLB,
	};
	struct slot *slot = &fuzz.slots[rng_below(rng, SLOTS)];
	int flags = rng_one_in(rng, 4) ? MAP_PRIVATE : MAP_SHARED, err;
	unsigned int file = rng_below(rng, FILES);
	bool placed = !rng_one_in(rng, 8);

	if (rng_one_in(rng, 2))
		flags |= extra[rng_below(rng, ARRAY_SIZE(extra))];
	slot_empty(slot);
	if (rng_one_in(rng, 16)) {
		slot->file = -1;
	} else if (rng_one_in(rng, 6)) {
		slot->file = file;
	} else {
		slot->file = file;
		pick_map(rng, &slot->map, fuzz.prepare[file]);
		say("SET_MAP file%u %u:%u:%u:%u flags=%#x", file, slot->map.region,
		    slot->map.method, slot->map.cache_mode, slot->map.level, slot->map.flags);
		err = pfnmap_set_map(fuzz.fds[file], &slot->map);
		result(_IOC_NR(PFNMAP_TEST_SET_MAP), err);
		slot->known = !err;
	}
	fill_slot(rng, slot, flags, placed);
}

/**
 * do_munmap() - unmap all of a mapping or part of it
 * @rng: generator of the operation
 */
void do_munmap(struct rng *rng)
{
	struct slot *slot = &fuzz.slots[rng_below(rng, SLOTS)];
	struct intent intent = { .kind = KIND_MUNMAP, .slot = slot };
	size_t off, len;

	intent.part = pick_part(rng, slot, false, &off, &len);
	say("munmap slot%d+%#zx %#zx", index_of(slot), off, len);
	if (avoid(&intent))
		return;
	result(KIND_MUNMAP, munmap(slot->at + off, len) ? -errno : 0);
	if (!intent.part)
		slot_empty(slot);
}

/* Makes @to what @from was, at the new address: another place, which is empty, or none of ours. */
static void moved(const struct slot *from, struct slot *to, char *at, size_t off, size_t len)
{
	char *home = to->home;

	*to = *from;
	to->home = home;
	to->at = at;
	to->len = len;
	to->offset = from->offset + off;
}

/**
 * do_mremap() - move, grow or shrink
 * @rng: generator of the operation
 */
void do_mremap(struct rng *rng)
{
	static const int kinds[] = {
		0, MREMAP_MAYMOVE, MREMAP_MAYMOVE | MREMAP_FIXED, MREMAP_MAYMOVE | MREMAP_FIXED,
		MREMAP_MAYMOVE | MREMAP_DONTUNMAP,
		MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP, MREMAP_FIXED, 1 << 3,
	};
	unsigned int from = rng_below(rng, SLOTS);
	unsigned int to = (from + 1 + rng_below(rng, SLOTS - 1)) % SLOTS;
	struct slot *slot = &fuzz.slots[from], *other = &fuzz.slots[to];
	struct slot elsewhere = { 0 };
	struct intent intent = { .kind = KIND_MREMAP, .slot = slot };
	int flags = kinds[rng_below(rng, ARRAY_SIZE(kinds))];
	size_t off, len, old_len, leaf;
	char *at, *target;
	void *got;

	intent.part = pick_part(rng, slot, false, &off, &old_len);
	len = old_len;
	if (rng_one_in(rng, 4))
		len = pick_len(rng, PFNMAP_TEST_LEVEL_PTE);
	if (rng_one_in(rng, 32))
		old_len = 0;
	/* Mostly keep the offset within a leaf: otherwise the kernel can't move leaves whole. */
	leaf = level_leaf(len >= level_leaf(PFNMAP_TEST_LEVEL_PUD) ? PFNMAP_TEST_LEVEL_PUD :
			  PFNMAP_TEST_LEVEL_PMD);
	at = slot->at + off;
	target = other->home + (rng_one_in(rng, 4) ? rng_below(rng, PTE_PAGES) * fuzz.page :
				(at - slot->home) % leaf);
	say("mremap slot%u+%#zx %#zx slot%u %#zx flags=%d", from, off, old_len, to, len, flags);
	if (len != old_len)
		intent.part = true;
	if (avoid(&intent))
		return;
	if (flags & MREMAP_FIXED)
		slot_empty(other);
	got = mremap(at, old_len, len, flags, target);
	result(KIND_MREMAP, got == MAP_FAILED ? -errno : 0);
	if (got == MAP_FAILED)
		return;
	if (got == at) {
		if (off + old_len == slot->len)
			slot->len = off + len;
	} else if (flags & MREMAP_FIXED) {
		moved(slot, other, got, off, len);
	} else {
		elsewhere.home = slot->home;
		moved(slot, &elsewhere, got, off, len);
		visit(rng, &elsewhere);
	}
	if (!intent.part && got != at && !(flags & MREMAP_DONTUNMAP) && old_len)
		slot_empty(slot);
	if (slot->len < (size_t)fuzz.page)
		slot_empty(slot);
}

/**
 * do_mprotect() - change the protection
 * @rng: generator of the operation
 */
void do_mprotect(struct rng *rng)
{
	struct slot *slot = &fuzz.slots[rng_below(rng, SLOTS)];
	struct intent intent = { .kind = KIND_MPROTECT, .slot = slot, .prot = pick_prot(rng) };
	size_t off, len;

	intent.part = pick_part(rng, slot, false, &off, &len);
	say("mprotect slot%d+%#zx %#zx prot=%d", index_of(slot), off, len, intent.prot);
	if (avoid(&intent))
		return;
	result(KIND_MPROTECT, mprotect(slot->at + off, len, intent.prot) ? -errno : 0);
}

/**
 * do_madvise() - any advice that takes nothing away for good
 * @rng: generator of the operation
 */
void do_madvise(struct rng *rng)
{
	struct slot *slot = &fuzz.slots[rng_below(rng, SLOTS)];
	unsigned int i = rng_below(rng, ARRAY_SIZE(advices));
	struct intent intent = {
		.kind = KIND_MADVISE, .slot = slot, .advice = advices[i],
	};
	size_t off, len;

	intent.part = pick_part(rng, slot, populates(advices[i]), &off, &len);
	say("madvise slot%d+%#zx %#zx advice=%d", index_of(slot), off, len, intent.advice);
	if (avoid(&intent))
		return;
	result(KIND_MADVISE, madvise(slot->at + off, len, intent.advice) ? -errno : 0);
}

/**
 * do_mlock() - lock or unlock
 * @rng: generator of the operation
 */
void do_mlock(struct rng *rng)
{
	struct slot *slot = &fuzz.slots[rng_below(rng, SLOTS)];
	struct intent intent = { .kind = KIND_MLOCK, .slot = slot };
	unsigned int how = rng_below(rng, 3);
	size_t off, len;
	int ret;

	intent.part = pick_part(rng, slot, true, &off, &len);
	say("%s slot%d+%#zx %#zx", how == 0 ? "mlock" : how == 1 ? "mlock2" : "munlock",
	    index_of(slot), off, len);
	if (avoid(&intent))
		return;
	if (how == 0)
		ret = mlock(slot->at + off, len);
	else if (how == 1)
		ret = mlock2(slot->at + off, len, MLOCK_ONFAULT);
	else
		ret = munlock(slot->at + off, len);
	result(KIND_MLOCK, ret ? -errno : 0);
}
