/* SPDX-License-Identifier: GPL-2.0-only */
/* Processes, and what they have mapped, as /proc tells it. */
#ifndef PROCESS_H
#define PROCESS_H

#include <stddef.h>
#include <stdint.h>

/* A line of /proc/PID/maps. */
struct vma {
	uint64_t start;
	uint64_t end;
	uint64_t offset;
	char *path;	/* "" if it has none */
};

struct vmas {
	struct vma *items;
	size_t n;
};

int vmas_get(struct vmas *vmas, uint32_t pid);
void vmas_free(struct vmas *vmas);
char *process_name(uint32_t pid);
void processes_do(void (*visit)(uint32_t pid, void *data), void *data);

#endif
