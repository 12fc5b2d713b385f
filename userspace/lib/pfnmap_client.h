/* SPDX-License-Identifier: GPL-2.0-only */
/* Thin client of the ioctls of /dev/pfnmap_test. All functions return -errno on failure. */
#ifndef PFNMAP_CLIENT_H
#define PFNMAP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <pfnmap_test.h>

int pfnmap_open(const char *path, bool prepare, int oflags);
int pfnmap_get_info(int fd, struct pfnmap_test_info *info);
uint32_t pfnmap_uncached(const struct pfnmap_test_info *info);
int pfnmap_describe(int fd, uint32_t kind, uint32_t id, struct pfnmap_test_describe *desc);
int pfnmap_set_map(int fd, struct pfnmap_test_map *map);
int pfnmap_memtype_lookup(int fd, uint64_t address, struct pfnmap_test_memtype *memtype);
int pfnmap_memtype_list_some(int fd, struct pfnmap_test_memtype_list *list);
int pfnmap_memtype_list(int fd, uint64_t start, uint64_t last,
			struct pfnmap_test_memtype_entry **entries, size_t *n);
int pfnmap_reserve(int fd, struct pfnmap_test_reserve *reserve);
int pfnmap_memremap(int fd, struct pfnmap_test_memremap *memremap);
int pfnmap_release(int fd, uint32_t id);
int pfnmap_leaf(int fd, const void *address, struct pfnmap_test_leaf *leaf);
int pfnmap_follow(int fd, const void *address, uint32_t flags, struct pfnmap_test_follow *follow);
int pfnmap_calls(int fd, struct pfnmap_test_calls *calls);
int pfnmap_vma(int fd, const void *address, struct pfnmap_test_vma *vma);
int pfnmap_zap(int fd, struct pfnmap_test_zap *zap);
int pfnmap_set_enabled(int fd, uint32_t region, bool enabled);
int pfnmap_folio(int fd, uint32_t region, uint64_t address, struct pfnmap_test_folio *folio);
int pfnmap_pin(int fd, struct pfnmap_test_pin *pin);
int pfnmap_unpin(int fd, uint32_t id);
int pfnmap_inspect(int fd, uint32_t pid, uint64_t address, struct pfnmap_test_inspect *inspect);
int pfnmap_wait_idle(int fd, struct pfnmap_test_wait_idle *wait);
int pfnmap_fail_next(int fd, struct pfnmap_test_fail *fail);
int pfnmap_word(int fd, struct pfnmap_test_word *word);

#endif
