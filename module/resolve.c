// SPDX-License-Identifier: GPL-2.0-only
/*
 * Addresses of the kernel's private symbols.
 *
 * A kprobe tells where kallsyms_lookup_name() is. The kernel never calls this function
 * through a pointer. So on machines with IBT it seals the function's ENDBR, and an
 * indirect call raises #CP. A static_call is a direct call, which IBT doesn't check.
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
	/* Disabled, so the kernel looks the address up, and patches nothing. */
	struct kprobe kp = {
		.symbol_name = "kallsyms_lookup_name",
		.flags = KPROBE_FLAG_DISABLED,
	};
	int err;

	err = register_kprobe(&kp);
	if (err)
		return err;

	unregister_kprobe(&kp);

	/* With IBT kp.addr is just after the ENDBR: a direct call may go there. */
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
