// SPDX-License-Identifier: GPL-2.0-only
/* Dispatches commands and subcommands, and parses the options that all commands have. */
#include "ctl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct argp_option common_options[] = {
	{ "json", 'j', NULL, 0, "Print JSON: an array of objects", -2 },
	{ "device", 'd', "PATH", 0, "Device node (" PFNMAP_TEST_DEVICE ")", -2 },
	{ 0 }
};

static error_t common_parse(int key, char *arg, struct argp_state *state)
{
	struct common *common = state->input;

	switch (key) {
	case 'j':
		common->json = true;
		return 0;
	case 'd':
		common->device = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

bool completing;

const struct argp common_argp = { .options = common_options, .parser = common_parse };

/* The rest of the command line, from the name of a command on. */
struct choice {
	const struct command *commands;
	struct common *common;
	int argc;
	char **argv;
};

static error_t choice_parse(int key, char *arg __attribute__((unused)), struct argp_state *state)
{
	struct choice *choice = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = choice->common;
		return 0;
	case ARGP_KEY_ARG:
		choice->argc = state->argc - state->next + 1;
		choice->argv = &state->argv[state->next - 1];
		state->next = state->argc;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "which command?");
		return ARGP_ERR_UNKNOWN;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static char *list_commands(int key, const char *text, void *input)
{
	const struct choice *choice = input;
	const struct command *command;
	char *help = NULL;
	size_t len;
	FILE *out;

	if (key != ARGP_KEY_HELP_PRE_DOC || !choice)
		return (char *)text;
	out = open_memstream(&help, &len);
	if (!out)
		return NULL;
	fprintf(out, "Commands (each has --help):\n");
	for (command = choice->commands; command->name; command++)
		fprintf(out, "  %-10s %s\n", command->name, command->help);
	fclose(out);
	return help;
}

/**
 * command_find() - find a command by its name
 * @commands: ends with an entry without name
 * @name: the name
 *
 * Return: the command, or NULL
 */
const struct command *command_find(const struct command *commands, const char *name)
{
	for (; commands->name; commands++)
		if (!strcmp(commands->name, name))
			return commands;
	return NULL;
}

/**
 * command_dispatch() - run the command that the arguments name
 * @commands: ends with an entry without name
 * @common: gets the options that come before the command's name
 * @argc: number of arguments
 * @argv: arguments, the first one names the program
 *
 * Return: exit status
 */
int command_dispatch(const struct command *commands, struct common *common, int argc, char **argv)
{
	static const struct argp_child children[] = { { &common_argp, 0, NULL, 0 }, { 0 } };
	static const struct argp argp = {
		.parser = choice_parse,
		.args_doc = "COMMAND [ARG...]",
		.doc = "",
		.children = children,
		.help_filter = list_commands,
	};
	struct choice choice = { .commands = commands, .common = common };
	const struct command *command;
	char *name;
	int status;

	if (completing)
		return complete_command(commands, common, argc, argv);
	status = argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &choice);
	if (status)
		return EXIT_USAGE;
	command = command_find(commands, choice.argv[0]);
	if (!command) {
		fprintf(stderr, "%s: unknown command '%s': see '%s --help'\n", argv[0],
			choice.argv[0], argv[0]);
		return EXIT_USAGE;
	}

	if (asprintf(&name, "%s %s", argv[0], command->name) < 0)
		return fail(ENOMEM, NULL, "%s", command->name);
	choice.argv[0] = name;
	status = command->run(common, choice.argc, choice.argv);
	free(name);
	return status;
}

/**
 * command_parse() - parse the options of one command
 * @argp: its options; the first child is &common_argp
 * @argc: number of arguments
 * @argv: arguments
 * @input: for @argp
 *
 * Does not return if the arguments are wrong, or if a shell asks for completion.
 *
 * Return: 0, or the exit status
 */
int command_parse(const struct argp *argp, int argc, char **argv, void *input)
{
	if (completing) {
		complete_options(argp, argc, argv);
		exit(EXIT_SUCCESS);
	}
	return argp_parse(argp, argc, argv, ARGP_IN_ORDER, NULL, input) ? EXIT_USAGE : 0;
}

static error_t plain_parse(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = state->input;
		return 0;
	case ARGP_KEY_ARG:
		return refuse_argument(state, arg);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/**
 * command_parse_plain() - command_parse() for a command that has only common options
 * @doc: what the command does
 * @common: options
 * @argc: number of arguments
 * @argv: arguments
 *
 * Return: 0, or the exit status
 */
int command_parse_plain(const char *doc, struct common *common, int argc, char **argv)
{
	static const struct argp_child children[] = { { &common_argp, 0, NULL, 0 }, { 0 } };
	const struct argp argp = { .parser = plain_parse, .doc = doc, .children = children };

	return command_parse(&argp, argc, argv, common);
}
