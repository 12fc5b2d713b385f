/* SPDX-License-Identifier: GPL-2.0-only */
/* A file that explain maps itself. */
#ifndef FILE_H
#define FILE_H

#include <stdbool.h>
#include <stdint.h>

struct file {
	const char *path;
	uint64_t offset;
	uint64_t length;
	bool private;
	bool read_only;
	bool sync;
	bool touch;
	bool opened;
	void *at;
};

int file_map(struct file *file);
bool file_physical(const struct file *file, uint64_t *start);
const char *file_refusal(int err);

#endif
