/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * To take memory back, or to make its struct pages again, the kernel needs some
 * memory first. The module can't do without these, so it tries again if there was no
 * memory.
 */
#ifndef PFNMAP_RETRY_H
#define PFNMAP_RETRY_H

#include <linux/delay.h>
#include <linux/types.h>

#define PFNMAP_RETRIES		10
#define PFNMAP_RETRY_MS		100

/**
 * pfnmap_retry - wait for memory to become free
 * @tries: how often the caller has called this; 0 at first
 *
 * Return: whether to try once more.
 */
static inline bool pfnmap_retry(int *tries)
{
	if (++*tries == PFNMAP_RETRIES)
		return false;

	msleep(PFNMAP_RETRY_MS);
	return true;
}

#endif
