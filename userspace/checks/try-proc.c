// SPDX-License-Identifier: GPL-2.0-only
/* Steps on processes: fork, exec, join, exit, kill, uid, await. Runs steps in children. */
#include "try.h"

#include <errno.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "text.h"

#define STEP_MAX	4096
#define NOBODY		65534
#define FORK_REQUEST	'\n'	/* instead of a step, and with a socket for the child */

/* A forked process, which runs the steps that arrive and answers each by a byte. */
struct child {
	struct child *next;
	pid_t pid;
	int sock;
	char name[];
};

static struct child *children;

static void child_main(int sock) __attribute__((noreturn));

static struct child **child_find(const char *name)
{
	struct child **at;

	for (at = &children; *at; at = &(*at)->next)
		if (!strcmp((*at)->name, name))
			return at;
	malformed("there is no child '%s'", name);
}

pid_t child_pid(const char *name)
{
	return (*child_find(name))->pid;
}

/* Closes a child's socket, waits for its end and forgets it. Returns the wait status. */
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

/* The socket that came with a request to fork. */
static int passed_socket(struct msghdr *msg)
{
	struct cmsghdr *header = CMSG_FIRSTHDR(msg);
	int sock;

	if (!header || header->cmsg_type != SCM_RIGHTS)
		malformed("a request to fork without a socket");
	memcpy(&sock, CMSG_DATA(header), sizeof(sock));
	return sock;
}

/* As fork(), but the new process is a child of our parent. */
static pid_t fork_sibling(int old_sock, int sock)
{
	pid_t pid = syscall(SYS_clone, CLONE_PARENT | SIGCHLD, NULL, NULL, NULL, NULL);

	if (!pid) {
		close(old_sock);
		child_main(sock);
	}
	if (pid < 0)
		pid = -errno;
	close(sock);
	return pid;
}

static void serve(int sock)
{
	char text[STEP_MAX], control[CMSG_SPACE(sizeof(int))];
	struct iovec to = { text, sizeof(text) - 1 };
	struct msghdr msg;
	ssize_t len;
	pid_t pid;

	for (;;) {
		msg = (struct msghdr){
			.msg_iov = &to, .msg_iovlen = 1,
			.msg_control = control, .msg_controllen = sizeof(control),
		};
		len = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC);
		if (len <= 0)
			return;
		if (*text == FORK_REQUEST) {
			pid = fork_sibling(sock, passed_socket(&msg));
			len = send(sock, &pid, sizeof(pid), MSG_NOSIGNAL);
		} else {
			text[len] = '\0';
			run_step(text);
			len = send(sock, "", 1, MSG_NOSIGNAL);
		}
		if (len < 0)
			return;
	}
}

/* fork() copied the parent's list. The children in it are still the parent's. */
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

/* Runs in a new child until its parent closes the socket. */
static void child_main(int sock)
{
	children_forget();
	serve(sock);
	close(sock);
	children_reap_all();
	exit(EXIT_SUCCESS);
}

static void child_add(const char *name, pid_t pid, int sock)
{
	struct child *child = calloc(1, sizeof(*child) + strlen(name) + 1);

	if (!child)
		abort();
	memcpy(child->name, name, strlen(name) + 1);
	child->pid = pid;
	child->sock = sock;
	child->next = children;
	children = child;
}

/* Has @parent fork a child of ours, which can outlive @parent. Returns a pid or -errno. */
static pid_t fork_of(const char *parent, int sock)
{
	char fork_request = FORK_REQUEST;
	struct iovec text = { &fork_request, 1 };
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct msghdr msg = {
		.msg_iov = &text, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	struct child *child = *child_find(parent);
	pid_t pid;

	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&control.header), &sock, sizeof(sock));
	if (sendmsg(child->sock, &msg, MSG_NOSIGNAL) != 1 ||
	    recv(child->sock, &pid, sizeof(pid), 0) != sizeof(pid))
		malformed("'%s' does not answer", parent);
	return pid;
}

/* Forks a child that ends at once, so nothing but fork() can fail. */
static int fork_in_vain(void)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid)
		_exit(EXIT_SUCCESS);
	if (pid < 0)
		return -errno;
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return 0;
}

/*
 * fork:NAME[,of=CHILD]: with of=, CHILD calls fork(), but the new process is our child, and so can
 * outlive CHILD. Without NAME the new process ends at once.
 */
static void do_fork(const struct step *step)
{
	const char *of = step_text(step, "of");
	int sock[2];
	pid_t pid;

	if (!*step->target) {
		step_done(step, "in vain", fork_in_vain());
		return;
	}
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sock)) {
		step_done(step, step->target, -errno);
		return;
	}
	fflush(stdout);
	if (of) {
		pid = fork_of(of, sock[1]);
	} else {
		pid = fork();
		if (!pid) {
			close(sock[0]);
			child_main(sock[1]);
		}
		if (pid < 0)
			pid = -errno;
	}
	close(sock[1]);
	step_done(step, step->target, pid < 0 ? pid : 0);
	if (pid < 0)
		close(sock[0]);
	else
		child_add(step->target, pid, sock[0]);
}

/* Runs one step in a child of vfork(), which shares our memory and stops us meanwhile. */
void children_vfork(const char *text)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = vfork();
	if (!pid) {
		run_step(text);
		_exit(EXIT_SUCCESS);
	}
	if (pid < 0)
		malformed("vfork: %s", text_errno(-errno));
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
}

/* Becomes another program, which ends at once. */
static void do_exec(const struct step *step)
{
	fflush(stdout);
	execlp("true", "true", NULL);
	step_done(step, "true", -errno);
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

/* Has a child begin one step. False if the child is gone. */
static bool begin(const struct child *child, const char *text)
{
	if (strlen(text) >= STEP_MAX)
		malformed("a step for a child has less than %d bytes", STEP_MAX);
	return send(child->sock, text, strlen(text), MSG_NOSIGNAL) > 0;
}

/* Waits for the end of a step, or of the child. */
static void finish(struct child **at, bool begun)
{
	char name[64], answer;
	int status;

	if (begun && recv((*at)->sock, &answer, 1, 0) == 1)
		return;

	snprintf(name, sizeof(name), "%s", (*at)->name);
	status = child_end(at);
	if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_MALFORMED)
		exit(EXIT_MALFORMED);
	print_end("child", name, status);
}

/* Runs one step in a child and waits until the step ends. */
void children_run(const char *name, const char *text)
{
	struct child **at = child_find(name);

	finish(at, begin(*at, text));
}

/* Runs one step in a child while we go on. */
void children_start(const char *name, const char *text)
{
	struct child **at = child_find(name);

	fflush(stdout);
	if (!begin(*at, text))
		finish(at, false);
}

/* join:CHILD waits for the step that CHILD&/STEP began. */
static void do_join(const struct step *step)
{
	fflush(stdout);
	finish(child_find(step->target), true);
}

static void do_exit(const struct step *step)
{
	print_end(step->verb, step->target, child_end(child_find(step->target)));
}

static void do_kill(const struct step *step)
{
	struct child **at = child_find(step->target);
	siginfo_t info;

	kill((*at)->pid, SIGKILL);
	if (step_has(step, "zombie")) {
		while (waitid(P_PID, (*at)->pid, &info, WEXITED | WNOWAIT) && errno == EINTR)
			;
		step_done(step, step->target, 0);
		return;
	}
	print_end(step->verb, step->target, child_end(at));
}

void children_reap_all(void)
{
	while (children)
		child_end(&children);
}

/* A process of root's that takes another uid loses all capabilities. */
static void do_uid(const struct step *step)
{
	uid_t uid;
	int err;

	uid = strcmp(step->target, "nobody") ? number_of(step->target) : NOBODY;
	err = setgroups(0, NULL) || setresgid(uid, uid, uid) || setresuid(uid, uid, uid);
	step_done(step, step->target, err ? -errno : 0);
}

/* Prints "await", then waits for a line on standard input or for the end of input. */
static void do_await(const struct step *step)
{
	char answer;

	printf("%s\n", step->verb);
	fflush(stdout);
	while (read(STDIN_FILENO, &answer, 1) == 1 && answer != '\n')
		;
}

const struct verb proc_verbs[] = {
	{ "fork", "[CHILD][,of=CHILD]",
	  "of=: that child forks it, but it is ours; without a name it ends at once", do_fork },
	{ "exec", "",
	  "becomes another program, which ends at once", do_exec },
	{ "join", "CHILD",
	  "waits for the step that CHILD&/STEP began", do_join },
	{ "exit", "CHILD",
	  "the child ends", do_exit },
	{ "kill", "CHILD[,zombie]",
	  "SIGKILL; zombie: nobody waits for the child before exit:CHILD, or the end", do_kill },
	{ "uid", "nobody|N",
	  "setuid(); root loses all capabilities by this", do_uid },
	{ "await", "",
	  "prints \"await\", then waits for a line on standard input", do_await },
	{ 0 }
};
