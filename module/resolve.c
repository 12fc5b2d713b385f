// SPDX-License-Identifier: GPL-2.0-only
/*
 * Addresses of the kernel's private symbols.
 *
 * A kprobe tells where kallsyms_lookup_name() is. The function is not meant to be
 * called through a pointer: on machines with IBT its ENDBR is sealed, and an indirect
 * call raises #CP. A static_call is a direct call, which IBT doesn't check.
 */
#include <linux/kprobes.h>
#include <linux/static_call.h>

#include "pfnmap_test.h"

static unsigned long no_lookup(const char *symbol)
{
	return 0;
}

DEFINE_STATIC_CALL(pfnmap_lookup, no_lookup);

/**
 * pfnmap_resolve_init - find kallsyms_lookup_name()
 *
 * Return: 0 or a negative errno.
 */
int pfnmap_resolve_init(void)
{
	/* Disabled: only the address is of interest, and the kernel patches nothing. */
	struct kprobe kp = {
		.symbol_name = "kallsyms_lookup_name",
		.flags = KPROBE_FLAG_DISABLED,
	};
	int err;

	err = register_kprobe(&kp);
	if (err)
		return err;

	unregister_kprobe(&kp);

	/* With IBT kp.addr is just behind the ENDBR: as good for a direct call. */
	static_call_update(pfnmap_lookup,
			   (unsigned long (*)(const char *))kp.addr);
	return 0;
}

/**
 * pfnmap_resolve - look up any symbol of the kernel
 * @symbol: its name
 *
 * Return: its address or NULL.
 */
void *pfnmap_resolve(const char *symbol)
{
	return (void *)static_call(pfnmap_lookup)(symbol);
}
