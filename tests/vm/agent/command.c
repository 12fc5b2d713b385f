// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands of the agent: each starts in a session of its own, and the agent kills it with all
 * that it started.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"

extern char **environ;

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
		channel_close(&in[0]);
		close(out[0]);
		close(err[0]);
		refuse(number, args[0], error, error == ENOENT ? WIRE_NOT_FOUND : WIRE_CANT_RUN);
		return;
	}
	c = channel_new(number);
	c->pid = pid;
	c->in = in[0];
	c->out = out[0];
	c->err = err[0];
}

void command_run(uint32_t number, char *data, size_t bytes)
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
void command_kill(struct channel *c)
{
	char mark[64];

	mark_of(mark, sizeof(mark), c->number);
	kill_marked(c->pid, mark);
}

/* Kills all processes that any command started, also of commands that have exited. */
void command_kill_all(void)
{
	char mark[64];

	snprintf(mark, sizeof(mark), "TARGET_COMMAND=%d.", (int)getpid());
	kill_marked(0, mark);
}
