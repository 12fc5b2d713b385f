// SPDX-License-Identifier: GPL-2.0-only
/* Gathers the entries of a mapping into parts with the same facts. */
#include "explain.h"

#include <unistd.h>

static uint64_t page_size(void)
{
	return sysconf(_SC_PAGESIZE);
}

/* Where the entry ends, or the range, if that ends first. */
static uint64_t end_of(const struct pfnmap_test_inspect *at, uint64_t end)
{
	uint64_t entry_end = (at->address | (at->entry_bytes - 1)) + 1;

	return entry_end && entry_end < end ? entry_end : end;
}

static bool follows(const struct part *part, uint64_t pfn)
{
	return pfn == part->at.pfn + (part->end - part->start) / page_size();
}

static bool continues(const struct part *part, const struct pfnmap_test_inspect *at,
		      uint64_t facts)
{
	if (part->facts != facts || part->at.level != at->level ||
	    part->at.cache_mode != at->cache_mode || part->at.pgmap != at->pgmap)
		return false;
	/* Pages may lie anywhere. A pfn without a page has to follow the pfn before. */
	return facts & FACT_PAGE || !(facts & FACT_PRESENT) || follows(part, at->pfn);
}

/**
 * parts_get() - the parts of a range within one VMA
 * @target: the range and its process
 * @vma: the VMA, which overlaps the range
 * @parts: filled in; room for PARTS_MAX
 * @n: set to their number. If it is PARTS_MAX there may be more
 *
 * Return: 0 or -errno
 */
int parts_get(const struct target *target, const struct vma *vma, struct part *parts, size_t *n)
{
	uint64_t start = target->start > vma->start ? target->start : vma->start;
	uint64_t end = target->end < vma->end ? target->end : vma->end;
	struct pfnmap_test_inspect first, at;
	struct part *part = NULL;
	uint64_t facts;
	int err;

	*n = 0;
	err = pfnmap_inspect(target->device->fd, target->pid, vma->start, &first);
	for (; !err && start < end; start = part->end) {
		err = pfnmap_inspect(target->device->fd, target->pid, start, &at);
		if (err)
			break;
		facts = facts_of(target->device, vma, &at, &first);
		if (part && continues(part, &at, facts)) {
			if (!follows(part, at.pfn))
				part->contiguous = false;
			part->end = end_of(&at, end);
			continue;
		}
		if (*n == PARTS_MAX)
			break;
		part = &parts[(*n)++];
		*part = (struct part){
			.start = start, .end = end_of(&at, end), .at = at, .facts = facts,
			.contiguous = facts & FACT_PRESENT,
		};
	}
	return err;
}
