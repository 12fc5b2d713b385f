/* SPDX-License-Identifier: GPL-2.0-only */
/* Reservations in the PAT memtype tree, by the module or by debugfs. */
#ifndef MEMTYPE_H
#define MEMTYPE_H

#include "ctl.h"

struct reservation {
	uint64_t start;
	uint64_t end;
	char mode[32];
};

struct reservations {
	struct reservation *items;
	size_t n;
	const char *provider;	/* "ioctl" or "debugfs" */
};

/* Physical addresses, as MEMTYPE_LIST takes them. All memory ends at UINT64_MAX. */
struct range {
	uint64_t start;
	uint64_t last;
};

/* map.c */
int map_print(const struct reservations *list, const struct device *device,
	      const struct range *range, bool json);

/* source.c */
int reservations_get(struct reservations *list, const struct device *device, uint64_t start,
		     uint64_t last);
bool memtype_by_ioctl(const struct device *device);
int device_open_if_any(struct device *device, const struct common *common);

/* debugfs.c */
#define DEBUGFS_LIST	"/sys/kernel/debug/x86/pat_memtype_list"
int debugfs_reservations(struct reservations *list, uint64_t start, uint64_t last);
int reservations_add(struct reservations *list, uint64_t start, uint64_t end, const char *mode);

/* iomem.c */
char *iomem_owner(uint64_t address, bool *ram);

#endif
