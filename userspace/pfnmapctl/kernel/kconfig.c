// SPDX-License-Identifier: GPL-2.0-only
/* Looks for the configuration where distributions put it, and reads its options. */
#include "kconfig.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "array.h"

/* Files that may have the kernel's configuration; %s is the kernel's release. */
static const char * const places[] = {
	"/proc/config.gz",
	"/boot/config-%s",
	"/lib/modules/%s/config",
	"/lib/modules/%s/build/.config",
};

static char *place(const char *pattern, const char *release)
{
	const char *at = strstr(pattern, "%s");
	char *path;

	if (!at)
		return strdup(pattern);
	return asprintf(&path, "%.*s%s%s", (int)(at - pattern), pattern, release, at + 2) < 0 ?
	       NULL : path;
}

static char *read_all(FILE *in)
{
	char *text = NULL;
	size_t room = 0;

	/* The text has no zero byte, so this reads all of it. */
	if (getdelim(&text, &room, '\0', in) > 0)
		return text;
	free(text);
	return NULL;
}

static char *read_config(const char *path)
{
	bool packed = !strcmp(path, places[0]);
	FILE *in = packed ? popen("gzip -dc /proc/config.gz 2>/dev/null", "re") : fopen(path, "re");
	char *text;

	if (!in)
		return NULL;
	text = read_all(in);
	if (packed)
		pclose(in);
	else
		fclose(in);
	return text;
}

/**
 * kconfig_load() - find the configuration of a kernel
 * @config: filled in; its path is NULL if there is no file; call kconfig_free()
 * @release: as uname tells
 */
void kconfig_load(struct kconfig *config, const char *release)
{
	size_t i;

	*config = (struct kconfig){ 0 };
	for (i = 0; !config->text && i < ARRAY_SIZE(places); i++) {
		free(config->path);
		config->path = place(places[i], release);
		if (config->path && !access(config->path, R_OK))
			config->text = read_config(config->path);
	}
	if (!config->text) {
		free(config->path);
		config->path = NULL;
	}
}

void kconfig_free(struct kconfig *config)
{
	free(config->path);
	free(config->text);
}

/**
 * kconfig_get() - is an option set?
 * @config: loaded
 * @option: its name, with CONFIG_
 *
 * Return: KCONFIG_ON for y and m, KCONFIG_OFF, or KCONFIG_UNKNOWN without a configuration
 */
enum kconfig_state kconfig_get(const struct kconfig *config, const char *option)
{
	size_t len = strlen(option);
	const char *line;

	if (!config->text)
		return KCONFIG_UNKNOWN;
	for (line = config->text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, option, len) && line[len] == '=')
			return line[len + 1] == 'y' || line[len + 1] == 'm' ? KCONFIG_ON :
			       KCONFIG_OFF;
	}
	return KCONFIG_OFF;
}
