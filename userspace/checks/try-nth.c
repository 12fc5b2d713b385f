// SPDX-License-Identifier: GPL-2.0-only
/*
 * nth/[from=N;][stride=N;]STEP;...;!STEP;...
 * fail/...
 *
 * Runs the steps again and again. In the n-th run the n-th point that can fail in the step with
 * '!' fails, until that step ends before it reaches its point. nth injects faults by
 * /proc/self/fail-nth, wherever the kernel can. fail injects faults by PFNMAP_TEST_FAIL_NEXT,
 * which knows only the module's own points. After each run with a fault the steps run once
 * without a fault.
 *
 * All other steps must print the same in every run. A step with '?' undoes what the step with '!'
 * may not have done: after a fault the step with '?' may print anything. The output is not the
 * steps' own, but
 *
 *	nth: N points, OUTPUT	of the step with '!', without a fault. With from=N beyond
 *				the step's points, nth only counts the points
 *	nth: N times OUTPUT	for each thing that the step with '!' printed after a fault
 *	nth: at N: OUTPUT, not OUTPUT	where a step printed something else
 */
#include "try.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "array.h"
#include "pfnmap_client.h"
#include "text.h"

#define STEPS_MAX	32
#define OUTCOMES_MAX	16
#define POINTS_MAX	20000
#define HEAP		(4 << 20)
#define UNARMED		0

/* Where faults come from. */
struct source {
	const char *name;
	int (*open)(void);
	void (*arm)(int fd, unsigned int n);
	/* True if there was a fault. *@passed: the points up to the fault, or all. */
	bool (*disarm)(int fd, unsigned int n, unsigned int *passed);
};

struct part {
	char *text;
	char *expected;		/* the step's output in the first run */
	bool faulty;
	bool undoes;
};

struct script {
	const struct source *source;
	int fd;
	unsigned int from;
	unsigned int stride;
	unsigned int passed;	/* points, the last time */
	size_t n;
	struct part parts[STEPS_MAX];
};

struct outcome {
	char *text;
	unsigned int times;
};

struct outcomes {
	size_t n;
	struct outcome of[OUTCOMES_MAX];
};

static int kernel_open(void)
{
	int fd = open("/proc/self/fail-nth", O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static void kernel_arm(int fd, unsigned int n)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", n);
	if (pwrite(fd, text, strlen(text), 0) < 0)
		malformed("fail-nth: %s", text_errno(-errno));
}

/*
 * read() and write() of fail-nth copy to and from user space, and each copy is a point, too.
 * So if the step ends right before its point, one of these two copies fails.
 */
static bool kernel_disarm(int fd, unsigned int n, unsigned int *passed)
{
	char text[16] = "1";

	if (pread(fd, text, sizeof(text) - 1, 0) < 0 && errno != EFAULT)
		malformed("fail-nth: %s", text_errno(-errno));
	if (pwrite(fd, "0", 1, 0) < 0 && (errno != EFAULT || pwrite(fd, "0", 1, 0) < 0))
		malformed("fail-nth: %s", text_errno(-errno));
	*passed = n - atoi(text);
	return *text == '0';
}

static int module_open(void)
{
	return pfnmap_open(getenv("PFNMAP_TEST_DEVICE"), false, O_RDWR);
}

static void module_arm(int fd, unsigned int n)
{
	struct pfnmap_test_fail fail = { .nth = n };
	int err = pfnmap_fail_next(fd, &fail);

	if (err)
		malformed("FAIL_NEXT: %s", text_errno(err));
}

static bool module_disarm(int fd, unsigned int n, unsigned int *passed)
{
	struct pfnmap_test_fail fail = { 0 };
	int err = pfnmap_fail_next(fd, &fail);

	if (err)
		malformed("FAIL_NEXT: %s", text_errno(err));
	*passed = fail.fired ? n : fail.passed;
	return fail.fired;
}

static const struct source sources[] = {
	{ "nth", kernel_open, kernel_arm, kernel_disarm },
	{ "fail", module_open, module_arm, module_disarm },
};

/* Grows the heap now, so that the program asks the kernel for no memory while armed. */
static void heap_touch(void)
{
	volatile char *heap;
	size_t i;

	mallopt(M_TRIM_THRESHOLD, 2 * HEAP);
	mallopt(M_MMAP_THRESHOLD, 2 * HEAP);
	heap = malloc(HEAP);
	if (!heap)
		abort();
	for (i = 0; i < HEAP; i += 512)
		heap[i] = 1;
	free((void *)heap);
}

/* Returns the step's output. Unless @n is UNARMED, sets *@fault to whether there was a fault. */
static char *run_part(struct script *script, const char *text, unsigned int n, bool *fault)
{
	FILE *real = stdout;
	char *said = NULL;
	size_t len;

	stdout = open_memstream(&said, &len);
	if (!stdout)
		abort();
	if (n != UNARMED)
		script->source->arm(script->fd, n);
	run_step(text);
	if (n != UNARMED)
		*fault = script->source->disarm(script->fd, n, &script->passed);
	fclose(stdout);
	stdout = real;
	while (len && said[len - 1] == '\n')
		said[--len] = '\0';
	return said;
}

static void count(struct outcomes *outcomes, const char *said)
{
	size_t i;

	for (i = 0; i < outcomes->n; i++)
		if (!strcmp(outcomes->of[i].text, said))
			break;
	if (i == OUTCOMES_MAX)
		malformed("more than %d outcomes", OUTCOMES_MAX);
	if (i == outcomes->n) {
		outcomes->of[i].text = strdup(said);
		outcomes->n++;
	}
	outcomes->of[i].times++;
}

/* All steps once. True if there was a fault. */
static bool run_all(struct script *script, unsigned int n, struct outcomes *outcomes)
{
	bool fault = false, after;
	struct part *part;
	char *said;

	for (part = script->parts; part < script->parts + script->n; part++) {
		after = fault;
		said = run_part(script, part->text, part->faulty ? n : UNARMED, &fault);
		if (part->faulty && fault)
			count(outcomes, said);
		else if (!part->expected)
			part->expected = strdup(said);
		else if (strcmp(part->expected, said) && !(part->undoes && after))
			printf("%s: at %u: %s, not %s\n", script->source->name, n, said,
			       part->expected);
		free(said);
	}
	return fault;
}

static bool option(const char *part, const char *name, unsigned int *value)
{
	size_t len = strlen(name);

	if (strncmp(part, name, len))
		return false;
	*value = number_of(part + len);
	return true;
}

static void script_parse(struct script *script, char *text)
{
	size_t faulty = 0;
	struct part *part;
	char *word;

	while ((word = strsep(&text, ";"))) {
		if (option(word, "from=", &script->from) ||
		    option(word, "stride=", &script->stride))
			continue;
		if (script->n == STEPS_MAX)
			malformed("more than %d steps", STEPS_MAX);
		part = &script->parts[script->n++];
		part->faulty = *word == '!';
		part->undoes = *word == '?';
		part->text = word + (part->faulty || part->undoes);
		faulty += part->faulty;
	}
	if (faulty != 1 || !script->from || !script->stride)
		malformed("one step has '!'; from= and stride= are 1 or more");
}

static void print_outcomes(const struct script *script, struct outcomes *outcomes)
{
	const char *said = NULL;
	size_t i;

	for (i = 0; i < script->n; i++)
		if (script->parts[i].faulty)
			said = script->parts[i].expected;
	printf("%s: %u points, %s\n", script->source->name, script->passed, said);
	for (i = 0; i < outcomes->n; i++) {
		printf("%s: %u times %s\n", script->source->name, outcomes->of[i].times,
		       outcomes->of[i].text);
		free(outcomes->of[i].text);
	}
	for (i = 0; i < script->n; i++)
		free(script->parts[i].expected);
}

/* Runs nth/... or fail/..., as @name says. False if @name is neither. */
bool run_nth(const char *name, const char *text)
{
	struct script script = { .from = 1, .stride = 1 };
	struct outcomes outcomes = { 0 };
	char *copy = strdup(text);
	unsigned int n;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sources); i++)
		if (!strcmp(name, sources[i].name))
			script.source = &sources[i];
	if (!script.source) {
		free(copy);
		return false;
	}
	script_parse(&script, copy);
	script.fd = script.source->open();
	if (script.fd < 0) {
		printf("%s: %s\n", name, text_errno(script.fd));
		free(copy);
		return true;
	}
	heap_touch();
	run_all(&script, UNARMED, &outcomes);
	for (n = script.from; run_all(&script, n, &outcomes); n += script.stride) {
		if (n > POINTS_MAX)
			malformed("more than %d points", POINTS_MAX);
		run_all(&script, UNARMED, &outcomes);
	}
	print_outcomes(&script, &outcomes);
	close(script.fd);
	free(copy);
	return true;
}
