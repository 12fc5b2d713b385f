// SPDX-License-Identifier: GPL-2.0-only
/*
 * How an open file maps: SET_MAP chooses region, method and mode, mmap() maps.
 */
#include <linux/capability.h>
#include <linux/container_of.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#include "compat.h"
#include "misuse/misuse.h"
#include "pfnmap_test.h"

/**
 * pfnmap_map_default - what an open file maps before SET_MAP
 * @pf: a new open file
 */
void pfnmap_map_default(struct pfnmap_file *pf)
{
	const struct pfnmap_region *region;
	u32 id = PFNMAP_TEST_METHOD_REMAP_PFN_RANGE;

	if (pf->prepare)
		id = PFNMAP_TEST_METHOD_MMAP_ACTION_REMAP;

	region = pfnmap_region(PFNMAP_TEST_REGION_MMIO);
	if (region->error)
		region = pfnmap_region(PFNMAP_TEST_REGION_RAM);

	pf->map = (struct pfnmap_mapping){
		.region = region,
		.method = pfnmap_method(id),
		.level = PFNMAP_TEST_LEVEL_PTE,
		.cache_mode = region->cache_mode,
	};
}

/**
 * pfnmap_map_flags - the flags that SET_MAP takes with a method
 * @method: the method
 *
 * Return: mask of PFNMAP_TEST_MAP_*: the method's misuse, and other flags that work with
 * it.
 */
u32 pfnmap_map_flags(const struct pfnmap_method *method)
{
	u32 flags = pfnmap_misuse_flags(method);

	flags |= PFNMAP_TEST_MAP_MKWRITE;
	if (method->flags & PFNMAP_TEST_DESC_PREPARE)
		flags |= PFNMAP_HAVE_PREPARE_FLAGS ? PFNMAP_TEST_MAP_FAIL : 0;
	else
		flags |= PFNMAP_TEST_MAP_IO;
	if (method->mmap_by_fault)
		flags |= PFNMAP_TEST_MAP_BY_FAULT;
	if (method->levels & PFNMAP_TEST_BIT(PFNMAP_TEST_LEVEL_PTE) &&
	    (method->flags & PFNMAP_TEST_DESC_FAULT || flags & PFNMAP_TEST_MAP_BY_FAULT))
		flags |= PFNMAP_FAULT_FLAGS;
	return flags;
}

/* Small leaves only: the kernel warns of inserts over some large leaves. */
static bool faults_fit(const struct pfnmap_test_map *req,
		       const struct pfnmap_method *method)
{
	const u32 both = PFNMAP_TEST_MAP_AROUND | PFNMAP_TEST_MAP_AROUND_OTHER;

	if (!(req->flags & PFNMAP_FAULT_FLAGS))
		return true;

	return req->level == PFNMAP_TEST_LEVEL_PTE && (req->flags & both) != both &&
	       (method->flags & PFNMAP_TEST_DESC_FAULT ||
		req->flags & PFNMAP_TEST_MAP_BY_FAULT);
}

static int check_map(const struct pfnmap_file *pf,
		     const struct pfnmap_test_map *req,
		     const struct pfnmap_method *method)
{
	bool chunked = req->flags & PFNMAP_TEST_MAP_CHUNKED;
	bool prepare = method->flags & PFNMAP_TEST_DESC_PREPARE;

	if (!req->level || req->level >= PFNMAP_LEVELS ||
	    !pfnmap_cachemode_name(req->cache_mode))
		return -EINVAL;
	if (req->flags & ~pfnmap_map_flags(method))
		return -EINVAL;
	if (!faults_fit(req, method))
		return -EINVAL;
	if (chunked != !!req->chunk_bytes || !PAGE_ALIGNED(req->chunk_bytes))
		return -EINVAL;
	if (req->flags & PFNMAP_TEST_MAP_NARROWED && !chunked)
		return -EINVAL;
	if (!pfnmap_cachemode_exists(req->cache_mode))
		return -EOPNOTSUPP;
	if (prepare != pf->prepare ||
	    !(method->regions & PFNMAP_TEST_BIT(req->region)) ||
	    !(method->levels & PFNMAP_TEST_BIT(req->level)))
		return -EOPNOTSUPP;

	/* setup() reserves a mode, and a method that maps folios may make them anew. */
	if ((method->setup || method->flags & PFNMAP_TEST_DESC_FOLIO) &&
	    !capable(CAP_SYS_ADMIN))
		return -EPERM;

	return 0;
}

/**
 * struct method_state - what a method's setup() fills in
 * @owned: makes it an object that an open file owns
 * @method: the method
 * @region: the region that @method maps
 * @data: filled in by setup()
 */
struct method_state {
	struct pfnmap_owned owned;
	const struct pfnmap_method *method;
	const struct pfnmap_region *region;
	u64 data[];
};

static void method_state_drop(struct pfnmap_owned *owned)
{
	struct method_state *state = container_of(owned, struct method_state, owned);

	state->method->teardown(state->data, state->region);
	kfree(state);
}

static int call_setup(struct method_state *state, struct address_space *mapping)
{
	const struct pfnmap_method *method = state->method;
	int err;

	/* setup() of a method that maps folios reserves no mode, and may take the mmap lock. */
	if (method->flags & PFNMAP_TEST_DESC_FOLIO)
		return method->setup(state->data, state->region, mapping);

	/* The kernel changes the direct map when it reserves a mode: see pfnmap_reserve(). */
	pfnmap_dax_lock();
	err = method->setup(state->data, state->region, mapping);
	pfnmap_dax_unlock();
	return err;
}

static struct method_state *method_state_new(struct pfnmap_file *pf,
					     const struct pfnmap_method *method,
					     const struct pfnmap_region *region)
{
	struct method_state *state;
	int err;

	state = pfnmap_fail_point() ? NULL :
	    kzalloc(struct_size(state, data, DIV_ROUND_UP(method->state_bytes, sizeof(u64))),
		    GFP_KERNEL_ACCOUNT);
	if (!state)
		return ERR_PTR(-ENOMEM);

	state->owned.drop = method_state_drop;
	state->method = method;
	state->region = region;
	err = call_setup(state, pf->inode->i_mapping);
	if (err) {
		kfree(state);
		return ERR_PTR(err);
	}

	return state;
}

/*
 * Calls setup() once for each method and open file. Keeps the result until close, since
 * mappings may need it. Returns what setup() filled in, NULL without setup(), or an
 * ERR_PTR().
 */
static void *method_state_get(struct pfnmap_file *pf, u32 id,
			      const struct pfnmap_method *method,
			      const struct pfnmap_region *region)
{
	struct method_state *state;
	int err;

	if (!method->setup)
		return NULL;

	state = xa_load(&pf->states, id);
	if (state)
		return state->data;

	state = method_state_new(pf, method, region);
	if (IS_ERR(state))
		return state;

	err = pfnmap_fail_point() ? -ENOMEM :
	      xa_err(xa_store(&pf->states, id, state, GFP_KERNEL_ACCOUNT));
	if (err) {
		method_state_drop(&state->owned);
		return ERR_PTR(err);
	}

	return state->data;
}

/**
 * pfnmap_set_map - PFNMAP_TEST_SET_MAP
 * @pf: the open file
 * @arg: struct pfnmap_test_map
 *
 * Return: 0; -EINVAL, -ENXIO, -EOPNOTSUPP, -EPERM, -EBUSY as the uapi header says, or
 * what a method's setup() returns.
 */
int pfnmap_set_map(struct pfnmap_file *pf, void *arg)
{
	const struct pfnmap_test_map *req = arg;
	const struct pfnmap_method *method;
	const struct pfnmap_region *region;
	void *state;
	int err;

	region = pfnmap_region_present(req->region);
	if (IS_ERR(region))
		return PTR_ERR(region);

	method = pfnmap_method(req->method);
	if (IS_ERR(method))
		return PTR_ERR(method);

	err = check_map(pf, req, method);
	if (err)
		return err;

	if (method->flags & PFNMAP_TEST_DESC_FOLIO) {
		err = pfnmap_dax_set_order(pfnmap_level_order(req->level));
		if (err)
			return err;
	}

	mutex_lock(&pf->set_lock);
	state = method_state_get(pf, req->method, method, region);
	mutex_unlock(&pf->set_lock);
	if (IS_ERR(state))
		return PTR_ERR(state);

	mutex_lock(&pf->lock);
	pf->map = (struct pfnmap_mapping){
		.region = region,
		.method = method,
		.state = state,
		.level = req->level,
		.cache_mode = req->cache_mode,
		.flags = req->flags,
		.chunk_bytes = req->chunk_bytes,
	};
	mutex_unlock(&pf->lock);

	return 0;
}

static int get_map(struct pfnmap_file *pf, struct pfnmap_mapping *map,
		   unsigned long pgoff, unsigned long bytes)
{
	u64 pages;

	mutex_lock(&pf->lock);
	*map = pf->map;
	if (map->level == PFNMAP_TEST_LEVEL_PUD)
		pf->puds |= PFNMAP_TEST_BIT(map->region->id);
	mutex_unlock(&pf->lock);

	if (map->region->error)
		return -ENXIO;

	pages = PHYS_PFN(map->region->bytes);
	if (pgoff > pages || PHYS_PFN(bytes) > pages - pgoff)
		return -EINVAL;

	return pfnmap_region_locked_down(map->region);
}

static int set_ops(struct vm_area_struct *vma, struct pfnmap_file *pf,
		   const struct pfnmap_mapping *map)
{
	const struct vm_operations_struct *ops;

	ops = pfnmap_ops_get(vma->vm_ops, pf, map);
	if (IS_ERR(ops)) {
		/* The kernel calls no close() for a VMA whose mmap() fails. */
		if (vma->vm_ops && vma->vm_ops->close)
			vma->vm_ops->close(vma);
		return PTR_ERR(ops);
	}

	vma->vm_ops = ops;
	return 0;
}

static int map_vma(struct vm_area_struct *vma, const struct pfnmap_mapping *map)
{
	if (map->flags & PFNMAP_TEST_MAP_BY_FAULT)
		return map->method->mmap_by_fault(vma, map->region);
	if (map->flags & pfnmap_misuse_flags(map->method))
		return pfnmap_misuse_mmap(vma, map);

	return map->method->mmap(vma, map->region);
}

/**
 * pfnmap_mmap - file operation
 * @file: the open file
 * @vma: the VMA to fill in
 *
 * Return: 0 or a negative errno.
 */
int pfnmap_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct pfnmap_file *pf = file->private_data;
	struct pfnmap_mapping map;
	int err;

	err = get_map(pf, &map, vma->vm_pgoff, vma->vm_end - vma->vm_start);
	if (err)
		return err;

	vma->vm_private_data = map.method->state_bytes ? map.state : (void *)map.region;
	vma->vm_page_prot = pfnmap_cachemode_set(vma->vm_page_prot,
						 map.cache_mode);

	if (map.method->flags & PFNMAP_TEST_DESC_FOLIO) {
		struct file *folio_file;

		folio_file = pfnmap_dax_file(pf, pfnmap_level_order(map.level));
		if (IS_ERR(folio_file))
			return PTR_ERR(folio_file);
		vma_set_file(vma, folio_file);
		fput(folio_file);
	}

	err = pfnmap_fail_point() ? -ENOMEM : map_vma(vma, &map);
	if (!err && map.flags & PFNMAP_TEST_MAP_IO)
		compat_vm_flags_set(vma, VM_IO);
	if (!err)
		err = set_ops(vma, pf, &map);
	if (!err && map.flags & PFNMAP_TEST_MAP_FAIL)
		return -EIO;

	return err;
}

#if PFNMAP_HAVE_MMAP_ACTION
/**
 * pfnmap_mmap_prepare - file operation of the other device
 * @desc: the descriptor to fill in
 *
 * Return: 0 or a negative errno.
 */
int pfnmap_mmap_prepare(struct vm_area_desc *desc)
{
	struct pfnmap_file *pf = desc->file->private_data;
	const struct vm_operations_struct *ops;
	struct pfnmap_mapping map;
	int err;

	err = get_map(pf, &map, desc->pgoff, desc->end - desc->start);
	if (err)
		return err;

	if (pfnmap_fail_point())
		return -ENOMEM;

	desc->private_data = (void *)map.region;
	desc->page_prot = pfnmap_cachemode_set(desc->page_prot, map.cache_mode);
	err = map.method->mmap_prepare(desc, map.region);
	if (err)
		return err;

	ops = pfnmap_ops_get(desc->vm_ops, pf, &map);
	if (IS_ERR(ops))
		return PTR_ERR(ops);

	desc->vm_ops = ops;
	return 0;
}
#endif
