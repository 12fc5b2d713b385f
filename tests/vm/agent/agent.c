// SPDX-License-Identifier: GPL-2.0-only
/*
 * target-agent [TTY]: runs commands on its machine for the runner (tests/vm/host), which is
 * at the other end of TTY, or of standard input and output. wire.h has the protocol.
 *
 * The agent is one static program that needs nothing of its machine but /proc, and knows nothing
 * of tests. In a guest the agent is PID 1, once init has mounted the file systems.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "agent.h"

static int line_in;
static int child_pipe[2];

void die(const char *what)
{
	fprintf(stderr, "target-agent: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void end(struct channel *c)
{
	if (c->pid)
		command_kill(c);
	else
		channel_finish(c, WIRE_SIGNALLED + SIGKILL);
}

static void obey(const struct wire_head *head, char *data)
{
	struct channel *c = channel_find(head->channel);

	switch (head->type) {
	case WIRE_RUN:
		command_run(head->channel, data, head->bytes);
		break;
	case WIRE_PUT:
		file_put(head->channel, data, head->bytes);
		break;
	case WIRE_GET:
		file_get(head->channel, data, head->bytes);
		break;
	case WIRE_INPUT:
		/* The command may have ended meanwhile. */
		if (c)
			channel_take_input(c, data, head->bytes);
		break;
	case WIRE_KILL:
		if (c)
			end(c);
		break;
	case WIRE_PING:
		say(WIRE_PONG, head->channel, NULL, 0);
		break;
	}
}

/* False at the end of the line. */
static bool listen_to_line(void)
{
	static char buffer[sizeof(struct wire_head) + WIRE_MOST_BYTES];
	static size_t have;
	struct wire_head head;
	size_t done = 0;
	ssize_t n;

	n = read(line_in, buffer + have, sizeof(buffer) - have);
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return true;
	if (n <= 0)
		return false;
	have += n;
	while (have - done >= sizeof(head)) {
		memcpy(&head, buffer + done, sizeof(head));
		if (head.magic != WIRE_MAGIC || head.bytes > WIRE_MOST_BYTES) {
			errno = EBADMSG;
			die("the line");
		}
		if (have - done < sizeof(head) + head.bytes)
			break;
		obey(&head, buffer + done + sizeof(head));
		done += sizeof(head) + head.bytes;
	}
	have -= done;
	memmove(buffer, buffer + done, have);
	return true;
}

/* As PID 1 the agent also reaps children that it never started. */
static void reap(void)
{
	struct channel *c;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (c = channels; c && c->pid != pid; c = c->next)
			;
		if (!c)
			continue;
		c->exited = true;
		c->status = WIFEXITED(status) ? WEXITSTATUS(status)
					      : WIRE_SIGNALLED + WTERMSIG(status);
	}
}

/* Passes only what is in the pipe now: a process that the command left may write for ever. */
static void pass_rest(struct channel *c, int *fd, enum wire_type type)
{
	int bytes, chunks;

	if (*fd < 0 || ioctl(*fd, FIONREAD, &bytes))
		return;
	for (chunks = bytes / WIRE_CHUNK + 1; chunks && *fd >= 0; chunks--)
		if (channel_pass_output(c, fd, type))
			break;
}

static void finish_exited(struct channel *c)
{
	pass_rest(c, &c->out, WIRE_OUTPUT);
	pass_rest(c, &c->err, WIRE_ERROR);
	channel_finish(c, c->status);
}

static void on_child(int signal)
{
	int saved = errno;

	(void)signal;
	(void)!write(child_pipe[1], "", 1);
	errno = saved;
}

static void watch(struct pollfd *fds, nfds_t *n, int fd, short events)
{
	if (fd >= 0)
		fds[(*n)++] = (struct pollfd) { .fd = fd, .events = events };
}

static void serve_channels(void)
{
	struct channel *c, *next;

	for (c = channels; c; c = next) {
		next = c->next;
		channel_pass_input(c);
		if (c->out >= 0)
			channel_pass_output(c, &c->out, WIRE_OUTPUT);
		if (c->err >= 0)
			channel_pass_output(c, &c->err, WIRE_ERROR);
		if (c->exited)
			finish_exited(c);
		else if (!c->pid && c->in < 0 && c->out < 0)
			channel_finish(c, c->status);
	}
}

static void loop(void)
{
	struct pollfd *fds = NULL;
	struct channel *c;
	char drain[64];
	nfds_t n;

	for (;;) {
		for (n = 2, c = channels; c; c = c->next)
			n += 3;
		fds = realloc(fds, n * sizeof(*fds));
		if (!fds)
			die("poll");
		n = 0;
		watch(fds, &n, line_in, POLLIN);
		watch(fds, &n, child_pipe[0], POLLIN);
		for (c = channels; c; c = c->next) {
			if (c->input_bytes || c->input_ended)
				watch(fds, &n, c->in, POLLOUT);
			watch(fds, &n, c->out, POLLIN);
			watch(fds, &n, c->err, POLLIN);
		}
		if (poll(fds, n, -1) < 0 && errno != EINTR)
			die("poll");
		if (fds[0].revents && !listen_to_line())
			break;
		while (read(child_pipe[0], drain, sizeof(drain)) > 0)
			;
		reap();
		serve_channels();
	}
	free(fds);
}

static void open_line(const char *tty)
{
	struct termios raw;

	line_in = open(tty, O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	if (line_in < 0)
		die(tty);
	line_out = line_in;
	if (tcgetattr(line_in, &raw))
		return;
	cfmakeraw(&raw);
	raw.c_cflag |= CLOCAL | CREAD;
	raw.c_cflag &= ~(CRTSCTS | HUPCL);
	cfsetspeed(&raw, B115200);
	tcsetattr(line_in, TCSANOW, &raw);
}

int main(int argc, char **argv)
{
	struct sigaction child = { .sa_handler = on_child, .sa_flags = SA_RESTART };
	struct utsname name;

	if (argc > 2) {
		fprintf(stderr, "usage: target-agent [TTY]\n");
		return 2;
	}
	line_out = STDOUT_FILENO;
	if (argc == 2) {
		open_line(argv[1]);
	} else {
		/* Commands must not inherit the line: their output would get between frames. */
		line_in = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
		line_out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	}
	if (pipe2(child_pipe, O_CLOEXEC | O_NONBLOCK))
		die("a pipe");
	sigaction(SIGCHLD, &child, NULL);
	signal(SIGPIPE, SIG_IGN);
	uname(&name);
	say(WIRE_HELLO, 0, name.release, strlen(name.release));
	loop();
	/* The runner has gone: end all commands. */
	while (channels) {
		struct channel *c = channels;

		channels = c->next;
		if (c->pid)
			command_kill(c);
	}
	command_kill_all();
	return 0;
}
