// SPDX-License-Identifier: GPL-2.0-only
/* Calls the kernel itself, as the C library has no function for it. */
#include "futex.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/**
 * futex_wait() - wait at a word until somebody wakes us
 * @address: of the word, a multiple of 4
 * @private: the kernel finds waiters of this process by their address; else it finds waiters of all
 *	processes by the page
 * @value: value that the word must have
 * @ms: milliseconds to wait at most
 *
 * Return: 0, -EAGAIN if the word has another value, -ETIMEDOUT, or another error of futex(2)
 */
int futex_wait(void *address, bool private, uint32_t value, uint64_t ms)
{
	const struct timespec limit = { ms / 1000, ms % 1000 * 1000000 };
	int op = FUTEX_WAIT | (private ? FUTEX_PRIVATE_FLAG : 0);

	return syscall(SYS_futex, address, op, value, &limit, NULL, 0) ? -errno : 0;
}

/**
 * futex_wake() - wake waiters at a word
 * @address: of the word, a multiple of 4
 * @private: as they wait: see futex_wait()
 * @n: the most to wake
 *
 * Return: how many waiters the kernel woke, or an error of futex(2)
 */
int futex_wake(void *address, bool private, unsigned int n)
{
	int op = FUTEX_WAKE | (private ? FUTEX_PRIVATE_FLAG : 0);
	long woken = syscall(SYS_futex, address, op, n, NULL, NULL, 0);

	return woken < 0 ? -errno : (int)woken;
}
