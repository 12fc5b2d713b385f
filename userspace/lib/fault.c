// SPDX-License-Identifier: GPL-2.0-only
/*
 * Accesses a word, or calls what is there, under handlers of SIGBUS and SIGSEGV, which tell the
 * caller the signal.
 */
#include "fault.h"

#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Where a fault of the thread jumps to; valid while guarded is set. */
static _Thread_local sigjmp_buf escape;
static _Thread_local volatile sig_atomic_t guarded;

/* An access that is not guarded is repeated with the default action, which ends the program. */
static void on_fault(int sig)
{
	if (guarded)
		siglongjmp(escape, sig);
	signal(sig, SIG_DFL);
}

/* The handlers stay: other threads may need them. */
static void guard(void)
{
	static _Thread_local bool installed;
	struct sigaction action = { .sa_handler = on_fault, .sa_flags = SA_NODEFER };

	guarded = true;
	if (installed)
		return;
	sigaction(SIGBUS, &action, NULL);
	sigaction(SIGSEGV, &action, NULL);
	installed = true;
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
	sig = sigsetjmp(escape, 0);
	if (!sig)
		*value = __atomic_load_n((const uint32_t *)address, __ATOMIC_RELAXED);
	guarded = false;
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
	sig = sigsetjmp(escape, 0);
	if (!sig)
		__atomic_store_n((uint32_t *)address, value, __ATOMIC_RELAXED);
	guarded = false;
	return sig;
}

/**
 * fault_call() - call a function that may not be there, or that may not run
 * @address: where the function begins, which takes and returns nothing
 *
 * Return: 0, or the signal that the call raised
 */
int fault_call(const void *address)
{
	int sig;

	guard();
	sig = sigsetjmp(escape, 0);
	if (!sig)
		((void (*)(void))(uintptr_t)address)();
	guarded = false;
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
