// SPDX-License-Identifier: GPL-2.0-only
/*
 * target-agent [TTY]: runs commands on its machine for the runner (tests/vm/host), which is
 * at the other end of TTY, or of standard input and output. wire.h has the protocol.
 *
 * The agent is one static program that needs nothing of its machine but /proc, and knows nothing
 * of tests. In a guest the agent is PID 1, once init has mounted the file systems.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "wire.h"

/* A command, or a file to read or write, which has no process. */
struct channel {
	struct channel *next;
	uint32_t number;
	pid_t pid;		/* 0: a file */
	int in, out, err;	/* our ends of the pipes; -1 if closed, or never opened */
	uint8_t *input;		/* what the command has not read yet */
	size_t input_bytes;
	bool input_ended;
	bool exited;
	uint32_t status;
};

extern char **environ;

static struct channel *channels;
static int line_in, line_out;
static int child_pipe[2];

static void die(const char *what)
{
	fprintf(stderr, "target-agent: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void write_all(int fd, const void *data, size_t bytes)
{
	const uint8_t *at = data;

	while (bytes) {
		ssize_t n = write(fd, at, bytes);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			struct pollfd wait = { .fd = fd, .events = POLLOUT };

			poll(&wait, 1, -1);
			continue;
		}
		if (n < 0)
			die("the line");
		at += n;
		bytes -= n;
	}
}

static void say(enum wire_type type, uint32_t channel, const void *data, uint32_t bytes)
{
	static uint8_t frame[sizeof(struct wire_head) + WIRE_CHUNK];
	struct wire_head head = {
		.magic = WIRE_MAGIC,
		.type = type,
		.channel = channel,
		.bytes = bytes,
	};

	/* Write in one piece: each write wakes the other end. */
	memcpy(frame, &head, sizeof(head));
	memcpy(frame + sizeof(head), data, bytes);
	write_all(line_out, frame, sizeof(head) + bytes);
}

static struct channel *find(uint32_t number)
{
	struct channel *c;

	for (c = channels; c; c = c->next)
		if (c->number == number)
			return c;
	return NULL;
}

static struct channel *new_channel(uint32_t number)
{
	struct channel *c = calloc(1, sizeof(*c));

	if (!c)
		die("memory");
	*c = (struct channel) { channels, number, .in = -1, .out = -1, .err = -1 };
	channels = c;
	return c;
}

static void close_end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void finish(struct channel *c, uint32_t status)
{
	struct channel **at;

	say(WIRE_EXIT, c->number, &status, sizeof(status));
	for (at = &channels; *at != c; at = &(*at)->next)
		;
	*at = c->next;
	close_end(&c->in);
	close_end(&c->out);
	close_end(&c->err);
	free(c->input);
	free(c);
}

static void complain(uint32_t number, const char *what, int error)
{
	char text[512];

	snprintf(text, sizeof(text), "target-agent: %s: %s\n", what, strerror(error));
	say(WIRE_ERROR, number, text, strlen(text));
}

/* Refuses a request that got no channel. */
static void refuse(uint32_t number, const char *what, int error, uint32_t status)
{
	complain(number, what, error);
	say(WIRE_EXIT, number, &status, sizeof(status));
}

/* Runs in the child of vfork(), which shares our memory until exec. FDS become its 0, 1 and 2. */
static void become(char **args, const int fds[3], volatile int *error)
{
	sigset_t none;
	int i;

	setsid();
	for (i = 0; i < 3; i++)
		dup2(fds[i], i);
	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execvp(args[0], args);
	*error = errno;
	_exit(1);
}

/* Makes an environment of the agent's own and VARS, which win over variables of the same name. */
static char **environment(char **vars, uint32_t count, char *mark)
{
	char **all, **at;
	size_t n = 0;
	uint32_t i;

	while (environ[n])
		n++;
	all = calloc(n + count + 2, sizeof(*all));
	if (!all)
		die("memory");
	/* getenv() finds the first variable of a name. */
	at = all;
	*at++ = mark;
	for (i = 0; i < count; i++)
		*at++ = vars[i];
	for (n = 0; environ[n]; n++) {
		size_t name = strcspn(environ[n], "=") + 1;

		for (i = 0; i < count && strncmp(vars[i], environ[n], name); i++)
			;
		if (i == count)
			*at++ = environ[n];
	}
	return all;
}

/* Makes a variable that all processes of a command inherit, even in a session of their own. */
static void mark_of(char *text, size_t size, uint32_t number)
{
	snprintf(text, size, "TARGET_COMMAND=%d.%u", (int)getpid(), number);
}

static int make_pipe(int ours_theirs[2], bool we_read)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC))
		return -1;
	ours_theirs[0] = fds[we_read ? 0 : 1];
	ours_theirs[1] = fds[we_read ? 1 : 0];
	return fcntl(ours_theirs[0], F_SETFL, O_NONBLOCK);
}

static void start(uint32_t number, char **args, char **vars, uint32_t vars_count, bool input)
{
	int in[2] = { -1, -1 }, out[2] = { -1, -1 }, err[2] = { -1, -1 };
	volatile int error = 0;
	struct channel *c;
	char **ours = environ;
	char mark[64];
	pid_t pid;

	mark_of(mark, sizeof(mark), number);
	if (make_pipe(out, true) || make_pipe(err, true) || (input && make_pipe(in, false)))
		die("a pipe");
	if (!input)
		in[1] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	/* execvp() then looks for the command in the command's own PATH. */
	environ = environment(vars, vars_count, mark);
	pid = vfork();
	if (!pid)
		become(args, (int[]) { in[1], out[1], err[1] }, &error);
	if (pid < 0)
		error = errno;
	free(environ);
	environ = ours;
	close(in[1]);
	close(out[1]);
	close(err[1]);
	if (error) {
		close_end(&in[0]);
		close(out[0]);
		close(err[0]);
		refuse(number, args[0], error, error == ENOENT ? WIRE_NOT_FOUND : WIRE_CANT_RUN);
		return;
	}
	c = new_channel(number);
	c->pid = pid;
	c->in = in[0];
	c->out = out[0];
	c->err = err[0];
}

static void run(uint32_t number, char *data, size_t bytes)
{
	struct wire_run run;
	char **strings, *at, *end = data + bytes;
	uint32_t i, count;

	if (bytes <= sizeof(run) || end[-1])
		goto bad;
	memcpy(&run, data, sizeof(run));
	at = data + sizeof(run);
	if (!run.args || run.args > bytes || run.vars > bytes)
		goto bad;
	count = run.args + run.vars;
	strings = calloc(count + 1, sizeof(*strings));
	if (!strings)
		die("memory");
	/* Arguments end with a NULL, so the variables begin one place later. */
	for (i = 0; i < count && at < end; i++) {
		strings[i < run.args ? i : i + 1] = at;
		at += strlen(at) + 1;
	}
	if (i == count && at == end)
		start(number, strings, strings + run.args + 1, run.vars,
		      run.flags & WIRE_RUN_INPUT);
	else
		refuse(number, "a command", EBADMSG, WIRE_CANT_RUN);
	free(strings);
	return;
bad:
	refuse(number, "a command", EBADMSG, WIRE_CANT_RUN);
}

static void put(uint32_t number, char *data, size_t bytes)
{
	uint32_t mode;
	char *path = data + sizeof(mode);
	struct channel *c;
	int fd;

	if (bytes <= sizeof(mode) || data[bytes - 1]) {
		refuse(number, "a file", EBADMSG, 1);
		return;
	}
	memcpy(&mode, data, sizeof(mode));
	/* The kernel refuses writes to a running program (ETXTBSY): replace the file. */
	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || fchmod(fd, mode)) {
		refuse(number, path, errno, 1);
		close_end(&fd);
		return;
	}
	c = new_channel(number);
	c->in = fd;
}

static void get(uint32_t number, char *path, size_t bytes)
{
	struct channel *c;
	int fd;

	if (!bytes || path[bytes - 1]) {
		refuse(number, "a file", EBADMSG, 1);
		return;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0) {
		refuse(number, path, errno, 1);
		return;
	}
	c = new_channel(number);
	c->out = fd;
}

static void take_input(struct channel *c, const void *data, size_t bytes)
{
	uint8_t *all;

	if (!bytes) {
		c->input_ended = true;
		return;
	}
	/* The command reads no more: drop the data. */
	if (c->in < 0)
		return;
	all = realloc(c->input, c->input_bytes + bytes);
	if (!all)
		die("memory");
	memcpy(all + c->input_bytes, data, bytes);
	c->input = all;
	c->input_bytes += bytes;
}

static void pass_input(struct channel *c)
{
	while (c->in >= 0 && c->input_bytes) {
		ssize_t n = write(c->in, c->input, c->input_bytes);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0) {
			/* A command may close its input, but a file must get all data. */
			if (!c->pid) {
				complain(c->number, "write", errno);
				c->status = 1;
			}
			close_end(&c->in);
			c->input_bytes = 0;
			return;
		}
		c->input_bytes -= n;
		memmove(c->input, c->input + n, c->input_bytes);
	}
	if (!c->input_bytes && c->input_ended)
		close_end(&c->in);
}

/* True when the file has ended, or a pipe has nothing just now. */
static bool pass_output(struct channel *c, int *fd, enum wire_type type)
{
	static uint8_t data[WIRE_CHUNK];
	ssize_t n;

	n = read(*fd, data, sizeof(data));
	if (n < 0 && errno == EINTR)
		return false;
	if (n < 0 && errno == EAGAIN)
		return true;
	if (n > 0) {
		say(type, c->number, data, n);
		return false;
	}
	if (n < 0 && !c->pid) {
		complain(c->number, "read", errno);
		c->status = 1;
	}
	close_end(fd);
	return true;
}

/* A field of /proc/PID/stat, counted from after the name: 1 is the parent. */
static long stat_field(const char *stat, int field)
{
	const char *at = strrchr(stat, ')');

	for (; at && field >= 0; field--)
		at = strchr(at + 1, ' ');
	return at ? strtol(at + 1, NULL, 10) : -1;
}

static ssize_t read_proc(const char *pid, const char *file, char *data, size_t size)
{
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%.20s/%s", pid, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	n = read(fd, data, size - 1);
	close(fd);
	if (n >= 0)
		data[n] = '\0';
	return n;
}

/* A mark that ends with a dot matches all commands. */
static bool is_of(const char *pid, pid_t session, const char *mark)
{
	size_t size = strlen(mark) + (mark[strlen(mark) - 1] != '.');
	static char data[1 << 16];
	ssize_t n = read_proc(pid, "stat", data, sizeof(data));
	char *at;

	if (n <= 0 || strstr(data, ") Z "))
		return false;
	if (session && stat_field(data, 3) == session)
		return true;
	n = read_proc(pid, "environ", data, sizeof(data));
	for (at = data; at < data + n; at += strlen(at) + 1)
		if (!strncmp(at, mark, size))
			return true;
	return false;
}

/* Looks and kills until a look finds none. */
static void kill_marked(pid_t session, const char *mark)
{
	struct dirent *entry;
	int i, killed;
	DIR *proc;

	for (i = 0; i < 100; i++) {
		proc = opendir("/proc");
		if (!proc)
			break;
		killed = 0;
		while ((entry = readdir(proc))) {
			int pid = atoi(entry->d_name);

			if (pid > 1 && pid != getpid() && is_of(entry->d_name, session, mark)) {
				kill(pid, SIGKILL);
				killed++;
			}
		}
		closedir(proc);
		if (!killed)
			return;
		usleep(10000);
	}
	if (session)
		kill(-session, SIGKILL);
}

/* Kills all processes that the command started. */
static void kill_all_of(struct channel *c)
{
	char mark[64];

	mark_of(mark, sizeof(mark), c->number);
	kill_marked(c->pid, mark);
}

static void end(struct channel *c)
{
	if (c->pid)
		kill_all_of(c);
	else
		finish(c, WIRE_SIGNALLED + SIGKILL);
}

static void obey(const struct wire_head *head, char *data)
{
	struct channel *c = find(head->channel);

	switch (head->type) {
	case WIRE_RUN:
		run(head->channel, data, head->bytes);
		break;
	case WIRE_PUT:
		put(head->channel, data, head->bytes);
		break;
	case WIRE_GET:
		get(head->channel, data, head->bytes);
		break;
	case WIRE_INPUT:
		/* The command may have ended meanwhile. */
		if (c)
			take_input(c, data, head->bytes);
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
		if (pass_output(c, fd, type))
			break;
}

static void finish_exited(struct channel *c)
{
	pass_rest(c, &c->out, WIRE_OUTPUT);
	pass_rest(c, &c->err, WIRE_ERROR);
	finish(c, c->status);
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
		pass_input(c);
		if (c->out >= 0)
			pass_output(c, &c->out, WIRE_OUTPUT);
		if (c->err >= 0)
			pass_output(c, &c->err, WIRE_ERROR);
		if (c->exited)
			finish_exited(c);
		else if (!c->pid && c->in < 0 && c->out < 0)
			finish(c, c->status);
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
	char mark[64];
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
			kill_all_of(c);
	}
	snprintf(mark, sizeof(mark), "TARGET_COMMAND=%d.", (int)getpid());
	kill_marked(0, mark);
	return 0;
}
