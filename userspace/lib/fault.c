// SPDX-License-Identifier: GPL-2.0-only
#include "fault.h"

#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static sigjmp_buf escape;
static struct sigaction old_bus, old_segv;

static void on_fault(int sig)
{
	siglongjmp(escape, sig);
}

static void guard(void)
{
	struct sigaction action = { .sa_handler = on_fault };

	sigaction(SIGBUS, &action, &old_bus);
	sigaction(SIGSEGV, &action, &old_segv);
}

static void unguard(void)
{
	sigaction(SIGBUS, &old_bus, NULL);
	sigaction(SIGSEGV, &old_segv, NULL);
}

/**
 * fault_read() - read a word that may not be there
 * @address: multiple of 4
 * @value: set to what was read
 *
 * Return: 0, or the signal that the access raised
 */
int fault_read(const void *address, uint32_t *value)
{
	int sig;

	guard();
	sig = sigsetjmp(escape, 1);
	if (!sig)
		*value = __atomic_load_n((const uint32_t *)address, __ATOMIC_RELAXED);
	unguard();
	return sig;
}

/**
 * fault_write() - write a word that may not be there
 * @address: multiple of 4
 * @value: to be written
 *
 * Return: 0, or the signal that the access raised
 */
int fault_write(void *address, uint32_t value)
{
	int sig;

	guard();
	sig = sigsetjmp(escape, 1);
	if (!sig)
		__atomic_store_n((uint32_t *)address, value, __ATOMIC_RELAXED);
	unguard();
	return sig;
}

/**
 * fault_name() - name of a signal, such as fault_read() returns
 * @sig: a signal number
 *
 * Return: "SIGBUS", "SIGSEGV", ...; good until the next call
 */
const char *fault_name(int sig)
{
	const char *name = sigabbrev_np(sig);
	static char text[16];

	if (name)
		snprintf(text, sizeof(text), "SIG%s", name);
	else
		snprintf(text, sizeof(text), "SIG%d", sig);
	return text;
}
