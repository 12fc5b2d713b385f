/* SPDX-License-Identifier: GPL-2.0-only */
/* The configuration of the running kernel, where it can be found. */
#ifndef KCONFIG_H
#define KCONFIG_H

struct kconfig {
	char *path;	/* NULL if there is no such file */
	char *text;
};

enum kconfig_state {
	KCONFIG_UNKNOWN,
	KCONFIG_OFF,
	KCONFIG_ON,
};

void kconfig_load(struct kconfig *config, const char *release);
void kconfig_free(struct kconfig *config);
enum kconfig_state kconfig_get(const struct kconfig *config, const char *option);

#endif
