// SPDX-License-Identifier: GPL-2.0-only
/*
 * target SOCKET COMMAND: makes the target do something. The runner
 * (tests/vm/host/server.py) listens on SOCKET.
 *
 * Like ssh, exec passes on the command's output, error output and exit status. When this program
 * ends, the command ends, too, with all processes that the command started.
 */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "wire.h"

struct request {
	char *socket;
	char **words;		/* the command and its arguments */
	int count;
	char **vars;
	uint32_t vars_count;
	uint32_t flags;
	uint32_t timeout_ms;
};

static int line;

static void die(int status, const char *what)
{
	fprintf(stderr, "target: %s: %s\n", what, strerror(errno));
	exit(status);
}

static void write_all(int fd, const void *data, size_t bytes)
{
	const char *at = data;

	while (bytes) {
		ssize_t n = write(fd, at, bytes);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			die(fd == line ? WIRE_GONE : 1, "write");
		at += n;
		bytes -= n;
	}
}

static void say(enum wire_type type, const void *data, size_t bytes)
{
	struct wire_head head = { .magic = WIRE_MAGIC, .type = type, .bytes = bytes };
	char *frame;

	if (bytes > WIRE_MOST_BYTES) {
		errno = E2BIG;
		die(2, "the command");
	}
	frame = malloc(sizeof(head) + bytes);
	if (!frame)
		die(1, "a frame");
	memcpy(frame, &head, sizeof(head));
	memcpy(frame + sizeof(head), data, bytes);
	write_all(line, frame, sizeof(head) + bytes);
	free(frame);
}

static void connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		die(WIRE_GONE, path);
	}
	strcpy(address.sun_path, path);
	line = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (line < 0 || connect(line, (struct sockaddr *)&address, sizeof(address)))
		die(WIRE_GONE, path);
}

static void read_all(void *data, size_t bytes)
{
	char *at = data;

	while (bytes) {
		ssize_t n = read(line, at, bytes);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			fprintf(stderr, "target: the runner is gone\n");
			exit(WIRE_GONE);
		}
		at += n;
		bytes -= n;
	}
}

/* One frame; true at the last one. */
static bool listen_to_line(int output, uint32_t *status)
{
	static char data[WIRE_MOST_BYTES];
	struct wire_head head;

	read_all(&head, sizeof(head));
	if (head.magic != WIRE_MAGIC || head.bytes > sizeof(data)) {
		errno = EBADMSG;
		die(WIRE_GONE, "the runner");
	}
	read_all(data, head.bytes);
	switch (head.type) {
	case WIRE_OUTPUT:
		write_all(output, data, head.bytes);
		break;
	case WIRE_ERROR:
		write_all(STDERR_FILENO, data, head.bytes);
		break;
	case WIRE_EXIT:
		memcpy(status, data, sizeof(*status));
		return true;
	}
	return false;
}

/* Passes data from INPUT, -1 for none, to the line, and from the line to OUTPUT. */
static uint32_t talk(int input, int output)
{
	struct pollfd fds[] = {
		{ .fd = line, .events = POLLIN },
		{ .fd = input, .events = POLLIN },
	};
	char data[WIRE_CHUNK];
	uint32_t status;
	ssize_t n;

	for (;;) {
		if (poll(fds, 2, -1) < 0) {
			if (errno == EINTR)
				continue;
			die(WIRE_GONE, "poll");
		}
		if (fds[0].revents && listen_to_line(output, &status))
			return status;
		if (!fds[1].revents)
			continue;
		n = read(input, data, sizeof(data));
		if (n < 0)
			die(1, "read");
		say(WIRE_INPUT, data, n);
		if (!n)
			fds[1].fd = -1;
	}
}

/* Copies the strings to *AT, one after the other, each with its NUL. */
static void pack(char **at, char **strings, uint32_t count)
{
	uint32_t i;

	for (i = 0; i < count; i++)
		*at = stpcpy(*at, strings[i]) + 1;
}

static uint32_t run(const struct request *r)
{
	struct wire_run head = {
		.timeout_ms = r->timeout_ms,
		.flags = r->flags,
		.args = r->count - 1,
		.vars = r->vars_count,
	};
	size_t bytes = sizeof(head);
	char *data, *at;
	uint32_t i;

	for (i = 0; i < head.args; i++)
		bytes += strlen(r->words[i + 1]) + 1;
	for (i = 0; i < head.vars; i++)
		bytes += strlen(r->vars[i]) + 1;
	data = malloc(bytes);
	if (!data)
		die(1, "the command");
	memcpy(data, &head, sizeof(head));
	at = data + sizeof(head);
	pack(&at, r->words + 1, head.args);
	pack(&at, r->vars, head.vars);
	say(WIRE_RUN, data, bytes);
	free(data);
	return talk(r->flags & WIRE_RUN_INPUT ? STDIN_FILENO : -1, STDOUT_FILENO);
}

static uint32_t put(const char *from, const char *to)
{
	char data[sizeof(uint32_t) + 4096];
	struct stat file;
	uint32_t mode;
	int fd;

	fd = open(from, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &file))
		die(1, from);
	mode = file.st_mode & 07777;
	memcpy(data, &mode, sizeof(mode));
	snprintf(data + sizeof(mode), sizeof(data) - sizeof(mode), "%s", to);
	say(WIRE_PUT, data, sizeof(mode) + strlen(data + sizeof(mode)) + 1);
	return talk(fd, -1);
}

static uint32_t get(const char *from, const char *to)
{
	int fd = STDOUT_FILENO;

	if (to)
		fd = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0)
		die(1, to);
	say(WIRE_GET, from, strlen(from) + 1);
	return talk(-1, fd);
}

static uint32_t control(const char *word)
{
	say(WIRE_CONTROL, word, strlen(word));
	return talk(-1, STDOUT_FILENO);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct request *r = state->input;
	double seconds;
	char *end;

	switch (key) {
	case 'i':
		r->flags |= WIRE_RUN_INPUT;
		return 0;
	case 'w':
		r->flags |= WIRE_RUN_WAIT;
		return 0;
	case 't':
		seconds = strtod(arg, &end);
		if (*end || !(seconds >= 0.001 && seconds < UINT32_MAX / 1000))
			argp_error(state, "'%s' is no number of seconds", arg);
		r->timeout_ms = seconds * 1000;
		return 0;
	case 'e':
		if (!strchr(arg, '='))
			argp_error(state, "'%s' is not NAME=VALUE", arg);
		r->vars = realloc(r->vars, (r->vars_count + 1) * sizeof(*r->vars));
		if (!r->vars)
			die(1, arg);
		r->vars[r->vars_count++] = arg;
		return 0;
	case ARGP_KEY_ARG:
		if (!r->socket) {
			r->socket = arg;
			return 0;
		}
		/* All further words belong to the command, even options. */
		r->words = state->argv + state->next - 1;
		r->count = state->argc - state->next + 1;
		state->next = state->argc;
		return 0;
	case ARGP_KEY_END:
		if (!r->words)
			argp_usage(state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option options[] = {
	{ "input", 'i', NULL, 0, "exec: give the command what comes from standard input", 0 },
	{ "timeout", 't', "SECONDS", 0,
	  "exec: end the command, and all that it started, after so long: exit status 124", 0 },
	{ "env", 'e', "NAME=VALUE", 0, "exec: in the command's environment", 0 },
	{ "wait", 'w', NULL, 0, "exec: while the target is being restarted, wait for it", 0 },
	{ 0 }
};

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "SOCKET exec COMMAND [ARGUMENT...]\n"
		    "SOCKET put FILE PATH\nSOCKET get PATH [FILE]\n"
		    "SOCKET alive|is-set-up|set-up|restart|kill|virtio-mem=MIB",
	.doc = "Has a target do something.\n"
		"\vExit status: the command's, or\n"
		"123 with --wait, if nobody has said set-up since the target started\n"
		"124 after the timeout\n"
		"125 if the target is gone\n"
		"126, 127 if the command can't be run",
};

int main(int argc, char **argv)
{
	struct request r = { 0 };
	const char *word;

	argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &r);
	word = r.words[0];
	connect_to(r.socket);
	if (!strcmp(word, "exec") && r.count > 1)
		return run(&r);
	if (!strcmp(word, "put") && r.count == 3)
		return put(r.words[1], r.words[2]);
	if (!strcmp(word, "get") && (r.count == 2 || r.count == 3))
		return get(r.words[1], r.words[2]);
	if (r.count == 1 && strcmp(word, "exec"))
		return control(word);
	argp_help(&argp, stderr, ARGP_HELP_STD_USAGE | ARGP_HELP_SEE, argv[0]);
	return 2;
}
