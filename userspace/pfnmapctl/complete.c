// SPDX-License-Identifier: GPL-2.0-only
/*
 * Completion for shells: pfnmapctl --complete WORD... prints what the last WORD may become,
 * a line each: the word, a tab, a description. Commands and options come from the tables by which
 * pfnmapctl parses them, names from the module.
 */
#include "ctl.h"

#include <stdio.h>
#include <string.h>

#include "array.h"

/* The options that argp adds to every command. */
static const struct argp_option own_options[] = {
	{ "help", '?', NULL, 0, "Give this help list", 0 },
	{ "usage", 0, NULL, 0, "Give a short usage message", 0 },
	{ "version", 'V', NULL, 0, "Print program version", 0 },
	{ 0 }
};

/* Options whose value is a name that the module knows, and the kind of that name. */
static const struct {
	const char *option;
	uint32_t kind;
} named[] = {
	{ "region", PFNMAP_TEST_KIND_REGION },
	{ "method", PFNMAP_TEST_KIND_METHOD },
	{ "mode", PFNMAP_TEST_KIND_CACHE_MODE },
	{ "level", PFNMAP_TEST_KIND_LEVEL },
};

static bool is_end(const struct argp_option *option)
{
	return !option->name && !option->key && !option->doc;
}

static bool is_option(const char *word)
{
	return *word == '-';
}

static bool spells(const char *word, const struct argp_option *option)
{
	size_t len = strcspn(word, "=");

	if (!option->name)
		return false;
	if (word[1] != '-')
		return word[1] == option->key && !word[2];
	return strlen(option->name) == len - 2 && !strncmp(word + 2, option->name, len - 2);
}

static const struct argp_option *find_option(const struct argp *argp, const char *word)
{
	const struct argp_option *option;
	const struct argp_child *child;

	for (option = argp->options; option && !is_end(option); option++)
		if (spells(word, option))
			return option;
	for (child = argp->children; child && child->argp; child++) {
		option = find_option(child->argp, word);
		if (option)
			return option;
	}
	return NULL;
}

/* The option that takes the next word as its value; NULL if WORD is no such option. */
static const struct argp_option *wants_value(const struct argp *argp, const char *word)
{
	const struct argp_option *option;

	if (!is_option(word) || strchr(word, '='))
		return NULL;
	option = find_option(argp, word);
	return option && option->arg ? option : NULL;
}

static void print_table(const struct argp_option *option)
{
	for (; option && !is_end(option); option++)
		if (option->name)
			printf("--%s\t%s\n", option->name, option->doc);
}

static void print_options(const struct argp *argp)
{
	const struct argp_child *child;

	print_table(argp->options);
	for (child = argp->children; child && child->argp; child++)
		print_options(child->argp);
}

/* Prints the names that this kernel has. Only the module knows them: without it prints none. */
static void print_names(uint32_t kind, const char *before)
{
	const struct common common = { 0 };
	const struct pfnmap_test_describe *item = NULL;
	struct device device;

	if (device_open(&device, &common))
		return;
	while ((item = catalog_next(&device.catalog, kind, item)))
		if (!item->error)
			printf("%s%s\t\n", before, item->name);
	device_close(&device);
}

static void print_values(const struct argp_option *option, const char *before)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(named); i++)
		if (!strcmp(option->name, named[i].option))
			print_names(named[i].kind, before);
}

/**
 * complete_options() - print what may come next after the name of a command
 * @argp: the command's options
 * @argc: number of words
 * @argv: the command's name and the words
 */
void complete_options(const struct argp *argp, int argc, char **argv)
{
	const struct argp_option *option = NULL;
	char *word = argv[argc - 1];
	char *value;
	int i;

	for (i = 1; i < argc - 1; i++)
		if (!strcmp(argv[i], "--"))
			return;
	if (argc > 2)
		option = wants_value(argp, argv[argc - 2]);
	if (option) {
		print_values(option, "");
		return;
	}

	value = strchr(word, '=');
	if (is_option(word) && value) {
		option = find_option(argp, word);
		value[1] = '\0';
		if (option)
			print_values(option, word);
	} else if (is_option(word) || (!*word && !argp->args_doc)) {
		print_options(argp);
		print_table(own_options);
	}
}

/**
 * complete_command() - print what may come next where a command is due
 * @commands: ends with an entry without name
 * @common: options
 * @argc: number of words
 * @argv: the name before the words, and the words
 *
 * Return: exit status
 */
int complete_command(const struct command *commands, struct common *common, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc - 1; i++) {
		if (!is_option(argv[i])) {
			commands = command_find(commands, argv[i]);
			return commands ? commands->run(common, argc - i, argv + i) : EXIT_USAGE;
		}
		if (wants_value(&common_argp, argv[i]))
			i++;
	}
	if (i >= argc)
		return 0;
	if (is_option(argv[i])) {
		print_options(&common_argp);
		print_table(own_options);
		return 0;
	}
	for (; commands->name; commands++)
		printf("%s\t%s\n", commands->name, commands->help);
	return 0;
}
