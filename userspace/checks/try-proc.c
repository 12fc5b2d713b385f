// SPDX-License-Identifier: GPL-2.0-only
/* Steps on processes: fork, exit, kill, uid, await. */
#include "try.h"

#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define STEP_MAX	4096
#define NOBODY		65534

/* A forked process. It runs the steps that arrive and answers each by a byte. */
struct child {
	struct child *next;
	pid_t pid;
	int sock;
	char name[];
};

static struct child *children;

static struct child **child_find(const char *name)
{
	struct child **at;

	for (at = &children; *at; at = &(*at)->next)
		if (!strcmp((*at)->name, name))
			return at;
	malformed("there is no child '%s'", name);
}

/* Closes, waits and forgets. Returns the wait status. */
static int child_end(struct child **at)
{
	struct child *child = *at;
	int status = 0;

	close(child->sock);
	while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
		;
	*at = child->next;
	free(child);
	return status;
}

static void serve(int sock)
{
	char text[STEP_MAX];
	ssize_t len;

	for (;;) {
		len = recv(sock, text, sizeof(text) - 1, 0);
		if (len <= 0)
			return;
		text[len] = '\0';
		run_step(text);
		if (send(sock, "", 1, MSG_NOSIGNAL) != 1)
			return;
	}
}

/* The copies that fork made of a parent's children belong to the parent. */
static void children_forget(void)
{
	struct child *child;

	while (children) {
		child = children;
		children = child->next;
		close(child->sock);
		free(child);
	}
}

void do_fork(const struct step *step)
{
	size_t len = strlen(step->target) + 1;
	struct child *child;
	int sock[2], err;
	pid_t pid;

	if (len == 1)
		malformed("fork needs a name for the child");
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sock)) {
		step_done(step, step->target, -errno);
		return;
	}
	fflush(stdout);
	pid = fork();
	if (!pid) {
		children_forget();
		close(sock[0]);
		serve(sock[1]);
		close(sock[1]);
		children_reap_all();
		exit(EXIT_SUCCESS);
	}
	err = pid < 0 ? -errno : 0;
	close(sock[1]);
	step_done(step, step->target, err);
	if (err) {
		close(sock[0]);
		return;
	}
	child = calloc(1, sizeof(*child) + len);
	if (!child)
		abort();
	memcpy(child->name, step->target, len);
	child->pid = pid;
	child->sock = sock[0];
	child->next = children;
	children = child;
}

static void print_end(const char *verb, const char *name, int status)
{
	if (WIFSIGNALED(status))
		printf("%s %s: SIG%s\n", verb, name, sigabbrev_np(WTERMSIG(status)));
	else if (WEXITSTATUS(status))
		printf("%s %s: status %d\n", verb, name, WEXITSTATUS(status));
	else
		printf("%s %s: ok\n", verb, name);
}

/* Runs one step in a child and waits for it. */
void children_run(const char *name, const char *text)
{
	struct child **at;
	int status;
	char answer;

	at = child_find(name);
	if (strlen(text) >= STEP_MAX)
		malformed("a step for a child has less than %d bytes", STEP_MAX);
	if (send((*at)->sock, text, strlen(text), MSG_NOSIGNAL) > 0 &&
	    recv((*at)->sock, &answer, 1, 0) == 1)
		return;

	status = child_end(at);
	if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_MALFORMED)
		exit(EXIT_MALFORMED);
	print_end("child", name, status);
}

void do_exit(const struct step *step)
{
	print_end(step->verb, step->target, child_end(child_find(step->target)));
}

void do_kill(const struct step *step)
{
	struct child **at = child_find(step->target);

	kill((*at)->pid, SIGKILL);
	print_end(step->verb, step->target, child_end(at));
}

void children_reap_all(void)
{
	while (children)
		child_end(&children);
}

/* Root that becomes somebody else loses all capabilities. */
void do_uid(const struct step *step)
{
	uid_t uid;
	int err;

	uid = strcmp(step->target, "nobody") ? number_of(step->target) : NOBODY;
	err = setgroups(0, NULL) || setresgid(uid, uid, uid) || setresuid(uid, uid, uid);
	step_done(step, step->target, err ? -errno : 0);
}

/* Says so, then waits for a line on standard input, or its end. */
void do_await(const struct step *step)
{
	char answer;

	printf("%s\n", step->verb);
	fflush(stdout);
	while (read(STDIN_FILENO, &answer, 1) == 1 && answer != '\n')
		;
}
