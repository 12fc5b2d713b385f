// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory for a region without boot parameters: the module takes memory blocks out
 * of System RAM by hot-remove, and gives them back by hot-add.
 *
 * The direct map mostly has 1 GiB leaves for boot memory. If hot-remove takes only part
 * of a leaf, x86's remove_pud_table() takes the leaf for a page table: it reads the RAM
 * behind the leaf as entries, and frees what they seem to map. So the module takes whole
 * leaves only.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/align.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/ioport.h>
#include <linux/log2.h>
#include <linux/memory.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/path.h>
#include <linux/pid_namespace.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/string.h>

#include <asm/e820/api.h>

#include "pfnmap_test.h"
#include "retry.h"

/*
 * In each window that the kernel refuses, it may have migrated pages for nothing. If
 * this many windows at the top hold unmovable pages, the next one is no better.
 */
#define CARVE_TRIES	32

struct window {
	u64 start;
	u64 end;
};

/*
 * The highest System RAM resource below @limit. A window does not span two resources
 * that touch: hot-remove would take the memory of both but remove neither resource.
 */
struct ram_below {
	u64 limit;
	struct window whole;
	struct window found;
};

static int ram_below_one(struct resource *res, void *arg)
{
	struct ram_below *below = arg;

	if (res->start >= below->limit)
		return 1;
	/* A driver has added this memory (CXL, virtio-mem), and will take it back. */
	if (res->flags & IORESOURCE_SYSRAM_DRIVER_MANAGED)
		return 0;

	below->whole.start = res->start;
	below->whole.end = res->end + 1;
	return 0;
}

static int raise_above(struct resource *res, void *arg)
{
	struct ram_below *below = arg;

	if (res->start >= below->whole.start && res->end < below->whole.end)
		below->found.start = max(below->found.start, res->end + 1);
	return 0;
}

/*
 * Hot-remove does not split a resource that has children above the cut, so a window
 * begins after the last child. Children are the kernel's image and the crash kernel's
 * memory. A walk over System RAM does not descend to children; a walk over a child's own
 * kind does. For the image any one address is enough: its pages are reserved, and no
 * window has reserved pages.
 */
static bool find_ram_below(struct ram_below *below)
{
	struct resource image = DEFINE_RES_MEM(__pa_symbol(&boot_cpu_data), 1);

	below->whole = (struct window){ };
	walk_iomem_res_desc(IORES_DESC_NONE,
			    IORESOURCE_SYSTEM_RAM | IORESOURCE_BUSY, 0, U64_MAX,
			    below, ram_below_one);

	below->found.start = below->whole.start;
	below->found.end = min(below->whole.end, below->limit);
	raise_above(&image, below);
	walk_iomem_res_desc(IORES_DESC_CRASH_KERNEL, IORESOURCE_MEM, 0, U64_MAX,
			    below, raise_above);

	return below->whole.end;
}

/* Size of the direct map's leaf at a physical address, 0 if there is none. */
static u64 leaf_bytes(u64 phys)
{
	unsigned int level;
	pte_t *pte;

	pte = lookup_address((unsigned long)__va(phys), &level);
	if (!pte || !pte_present(*pte))
		return 0;

	return page_level_size(level);
}

static bool widen_to_leaves(struct window *r)
{
	u64 first = leaf_bytes(r->start);
	u64 last = leaf_bytes(r->end - 1);

	if (!first || !last)
		return false;

	r->start = ALIGN_DOWN(r->start, first);
	r->end = ALIGN(r->end, last);
	return true;
}

/*
 * Open a file of a memory block in sysfs. The process that loads or unloads the module may
 * be in a chroot or a container without sysfs. Init has sysfs.
 */
static struct file *open_of_block(u64 addr, const char *name, int flags)
{
	struct task_struct *init = init_pid_ns.child_reaper;
	struct path root;
	struct file *file;
	char path[80];

	snprintf(path, sizeof(path), "/sys/devices/system/memory/memory%llu/%s",
		 addr / memory_block_size_bytes(), name);
	task_lock(init);
	get_fs_root(init->fs, &root);
	task_unlock(init);

	file = file_open_root(&root, path, flags, 0);
	path_put(&root);
	return file;
}

/* ACPI has bound the block to a device: a DIMM that it may eject. */
static bool is_acpi(u64 addr)
{
	struct file *file = open_of_block(addr, "firmware_node/path", O_RDONLY);

	if (IS_ERR(file))
		return false;

	filp_close(file, NULL);
	return true;
}

/*
 * Memory that was added later is somebody's: ACPI ejects a DIMM with all memory blocks that it
 * had, and the kernel BUGs if one of them was made anew and is online (__remove_memory()). The
 * balloons of Hyper-V and Xen know what they have added, too. After a kexec a DIMM may be boot
 * memory, and ACPI binds it all the same.
 */
static bool is_boot_memory(const struct window *win)
{
	u64 block = memory_block_size_bytes();
	u64 at;

	for (at = win->start; at < win->end; at += block) {
		if (!e820__mapped_any(at, at + block, E820_TYPE_RAM) || is_acpi(at))
			return false;
	}

	return true;
}

/*
 * Reserved pages, such as the boot memory's own memmap, never move. Hot-remove
 * notices, too, but dumps the page into the log. Hot-remove takes poisoned pages
 * for free ones, and forgets the poison. It takes hugetlb pages out of their pool
 * for good. A slab of one page has no reference on newer kernels, and hot-remove then
 * waits for the page to become free, until a signal comes.
 */
static bool page_can_go(struct page *page)
{
	return !PageReserved(page) && !PageHWPoison(page) && !PageHuge(page) &&
	       !PageSlab(page) && !PageTable(page);
}

static bool same_zone(const struct page *a, const struct page *b)
{
	return page_to_nid(a) == page_to_nid(b) &&
	       page_zonenum(a) == page_zonenum(b);
}

static bool all_can_go(const struct window *win)
{
	unsigned long pfn = PHYS_PFN(win->start);
	struct page *first = pfn_to_online_page(pfn);

	for (; pfn < PHYS_PFN(win->end); pfn++) {
		struct page *page = pfn_to_online_page(pfn);

		if (!page || !same_zone(page, first) || !page_can_go(page) ||
		    fatal_signal_pending(current))
			return false;
		cond_resched();
	}

	return true;
}

static int carve_window(const struct window *r, struct pfnmap_carved *carved)
{
	const struct page *page = pfn_to_page(PHYS_PFN(r->start));
	bool movable = page_zonenum(page) == ZONE_MOVABLE;
	int nid = page_to_nid(page);
	int err;

	err = offline_and_remove_memory(r->start, r->end - r->start);
	if (err)
		return err;

	carved->start = r->start;
	carved->bytes = r->end - r->start;
	carved->nid = nid;
	carved->movable = movable;
	return 0;
}

/**
 * pfnmap_carve - take memory out of System RAM, from the highest address down
 * @bytes: how much to take; the function rounds it up to memory blocks, and to
 *	whole leaves of the direct map
 * @most: give up rather than take more than this many bytes
 * @carved: filled in; for pfnmap_uncarve()
 * @why: on error, the reason, for the log
 *
 * May sleep as long as the kernel takes to migrate pages that are in use. A signal
 * ends the wait.
 *
 * Return: 0; -ENOMEM if @bytes is above @most; -EINTR; -EBUSY if no window is
 * suitable; or the kernel's error for the last window tried.
 */
int pfnmap_carve(u64 bytes, u64 most, struct pfnmap_carved *carved,
		 const char **why)
{
	struct ram_below below = { .limit = U64_MAX };
	const struct window *ram = &below.found;
	int tries = 0;
	int err = -EBUSY;
	u64 align;

	*why = "too little memory is free";
	if (bytes > most)
		return -ENOMEM;

	bytes = ALIGN(bytes, memory_block_size_bytes());
	align = rounddown_pow_of_two(bytes);

	*why = "no part of System RAM is long enough, movable, and little enough";
	while (find_ram_below(&below)) {
		struct window win;

		below.limit = below.whole.start;
		if (ram->start >= ram->end || ram->end - ram->start < bytes)
			continue;

		win.start = ALIGN_DOWN(ram->end - bytes, align);
		win.end = win.start + bytes;
		if (win.start < ram->start)
			continue;

		/* Whether the kernel lets this window go or not, go on below it. */
		below.limit = win.start;
		if (!widen_to_leaves(&win) || win.start < ram->start ||
		    win.end > ram->end || win.end - win.start > most ||
		    !is_boot_memory(&win) || !all_can_go(&win))
			continue;

		if (tries++ == CARVE_TRIES)
			break;

		below.limit = win.start;
		err = carve_window(&win, carved);
		if (!err)
			return 0;
		if (signal_pending(current))
			return -EINTR;
	}

	return err;
}

/*
 * Change the state of a memory block. No exported function takes the lock that this
 * needs, but a write to the file in sysfs does.
 */
static int set_state(u64 addr, const char *state)
{
	struct file *file;
	loff_t pos = 0;
	ssize_t n;

	file = open_of_block(addr, "state", O_WRONLY);
	if (IS_ERR(file))
		return PTR_ERR(file);

	n = kernel_write(file, state, strlen(state), &pos);
	filp_close(file, NULL);
	return n < 0 ? n : 0;
}

static bool is_online(u64 addr, bool movable)
{
	struct page *page = pfn_to_online_page(PHYS_PFN(addr));

	return page && (page_zonenum(page) == ZONE_MOVABLE) == movable;
}

/* By auto_online_blocks the kernel may have onlined the block already, in another zone. */
static int online_surely(u64 addr, bool movable)
{
	int tries = 0;
	int err;

	do {
		if (is_online(addr, movable))
			return 0;
		if (pfn_to_online_page(PHYS_PFN(addr)))
			set_state(addr, "offline");
		err = set_state(addr, movable ? "online_movable" : "online_kernel");
	} while (err && pfnmap_retry(&tries));

	return err;
}

/* Retry on any error: add_memory() returns -EEXIST, too, if it can't allocate its resource. */
static int add_surely(const struct pfnmap_carved *carved)
{
	int tries = 0;
	int err;

	do {
		err = add_memory(carved->nid, carved->start, carved->bytes,
				 MHP_MERGE_RESOURCE);
	} while (err && pfnmap_retry(&tries));

	return err;
}

/**
 * pfnmap_uncarve - give memory back to System RAM
 * @carved: what pfnmap_carve() filled in; nobody uses the memory any more
 */
void pfnmap_uncarve(const struct pfnmap_carved *carved)
{
	unsigned long block = memory_block_size_bytes();
	u64 end = carved->start + carved->bytes;
	u64 addr;
	int err;

	if (!carved->bytes)
		return;

	err = add_surely(carved);
	if (err) {
		pr_err("[mem %#llx-%#llx] can't be given back to System RAM (error %d), lost until reboot\n",
		       carved->start, end - 1, err);
		return;
	}

	/* The memory was online before, so online it, whatever auto_online_blocks says. */
	for (addr = carved->start; addr < end; addr += block) {
		err = online_surely(addr, carved->movable);
		if (err)
			pr_warn("[mem %#llx-%#llx] is back but offline, or in another zone (error %d): online it in /sys/devices/system/memory\n",
				addr, addr + block - 1, err);
	}
}
