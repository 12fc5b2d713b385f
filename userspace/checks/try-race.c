// SPDX-License-Identifier: GPL-2.0-only
/*
 * race:MAP[,how=vma|mapping|toggle|fork|mmap|reuse|split][,n=N][,off=N][,len=N][,step=N]
 *	[,region=R]
 *
 * One thread writes and reads back a word every step= bytes of the mapping. On another CPU
 * a second thread takes the entries away, n times:
 *
 *	vma, mapping	zap, with off= and len= as that step takes them
 *	fork, mmap	zap of the file, while a child or a second mapping maps the same memory
 *	toggle		turn the region off and on
 *	reuse		zap, wait until nobody holds the memory, and write to it as a new owner
 *	split		map all again, and unmap the first step= bytes, which no thread writes
 *
 * After every 16th round, and after the last, the second thread waits until the first has been
 * once around, so that all rounds meet faults. Otherwise neither thread waits for the other.
 */
#include "try.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "array.h"
#include "fault.h"
#include "pfnmap_client.h"
#include "text.h"

/* The new owner's word in reused memory. The toucher never writes this value. */
#define REUSED	0xeeeeeeee

struct race {
	const struct handle *map;
	size_t stride, slots;
	size_t first;		/* slot that is touched */
	uint32_t *kept;		/* by the last write that raised no signal */
	atomic_bool stop;
	atomic_ulong touched;
	unsigned long faults, sigbus;
	atomic_bool failed;	/* then at that slot: */
	size_t slot;
	int sig;
	uint32_t value;
	/* for the second thread */
	struct pfnmap_test_zap zap;
	uint32_t region;
	unsigned long present, stale;
	bool reuse;
};

static char *slot_address(const struct race *race, size_t slot)
{
	return race->map->start + slot * race->stride;
}

/* SIGBUS may be right here: the test decides. */
static bool access_failed(struct race *race, int sig)
{
	if (sig == SIGBUS)
		race->sigbus++;
	if (sig == SIGSEGV && race->reuse)
		return false;
	return sig && sig != SIGBUS;
}

static bool touch(struct race *race, size_t slot)
{
	uint32_t want = race->kept[slot] + 1;
	char *at = slot_address(race, slot);

	race->slot = slot;
	race->sig = fault_write(at, want);
	if (access_failed(race, race->sig))
		return false;
	if (!race->sig)
		race->kept[slot] = want;
	race->sig = fault_read(at, &race->value);
	if (access_failed(race, race->sig))
		return false;
	return race->sig || race->value == race->kept[slot] ||
	       (race->reuse && race->value == REUSED);
}

static unsigned long faults_so_far(void)
{
	struct rusage usage;

	return getrusage(RUSAGE_THREAD, &usage) ? 0 : usage.ru_minflt;
}

static void *toucher(void *arg)
{
	struct race *race = arg;
	size_t slot = race->first;

	race->faults = faults_so_far();
	while (!race->stop) {
		if (!touch(race, slot)) {
			race->failed = true;
			break;
		}
		slot = slot + 1 < race->slots ? slot + 1 : race->first;
		race->touched++;
	}
	race->faults = faults_so_far() - race->faults;
	return NULL;
}

/* Waits for @n touches from here on. A touch that began before does not count. */
static void await_n_touches(const struct race *race, unsigned long n)
{
	unsigned long until = race->touched + n + 1;

	while (race->touched < until && !race->failed)
		sched_yield();
}

/* Waits for one whole round from here on. */
static void await_touches(const struct race *race)
{
	await_n_touches(race, race->slots);
}

/* Waits for up to the time of some faults, and differs by round: keeps the threads out of step. */
static void pause_a_little(unsigned int round)
{
	volatile unsigned int left = round * 2654435761u >> 18;

	while (left)
		left--;
}

static void let_touch(const struct race *race, unsigned int round)
{
	if (round % 16 == 0)
		await_touches(race);
	else
		pause_a_little(round);
}

static int zap(struct race *race)
{
	return pfnmap_zap(race->map->file->fd, &race->zap);
}

/* Counts the toucher's entries that are present, where none must be. */
static int count_present(struct race *race)
{
	struct pfnmap_test_leaf leaf;
	size_t slot;
	int err = 0;

	for (slot = 0; !err && slot < race->slots; slot++) {
		err = pfnmap_leaf(race->map->file->fd, slot_address(race, slot), &leaf);
		if (leaf.flags & PFNMAP_TEST_LEAF_PRESENT)
			race->present++;
	}
	return err;
}

static int toggle(struct race *race, unsigned int round)
{
	int fd = race->map->file->fd, err;

	err = pfnmap_set_enabled(fd, race->region, false);
	if (!err)
		let_touch(race, round);
	/* If a fault came after the zap, the fault's entry is still there. */
	if (!err)
		err = count_present(race);
	return err ? err : pfnmap_set_enabled(fd, race->region, true);
}

static void read_all(const struct race *race, const char *start)
{
	uint32_t value;
	size_t slot;

	for (slot = 0; slot < race->slots; slot++)
		if (fault_read(start + slot * race->stride, &value))
			return;
}

static int zap_beside_child(struct race *race)
{
	pid_t pid = fork();
	int err;

	if (pid < 0)
		return -errno;
	if (!pid) {
		read_all(race, race->map->start);
		_exit(EXIT_SUCCESS);
	}
	err = zap(race);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return err;
}

static int zap_beside_mapping(struct race *race)
{
	size_t len = race->map->len;
	void *start;
	int err;

	start = mmap(NULL, len, PROT_READ, MAP_SHARED, race->map->file->fd, 0);
	if (start == MAP_FAILED)
		return -errno;
	read_all(race, start);
	err = zap(race);
	munmap(start, len);
	return err;
}

/* Accesses the toucher's words by the kernel's mapping, and counts those that are not @value. */
static int words(struct race *race, uint32_t value, bool write)
{
	struct pfnmap_test_word word = { .region = race->region };
	size_t slot;
	int err;

	for (slot = 0; slot < race->slots; slot++) {
		word.offset = slot * race->stride;
		word.flags = write ? PFNMAP_TEST_WORD_WRITE : 0;
		word.value = value;
		err = pfnmap_word(race->map->file->fd, &word);
		if (err)
			return err;
		if ((uint32_t)word.value != value)
			race->stale++;
	}
	return 0;
}

/*
 * Gives the memory to a new owner, as a file system does when it truncates. A file system keeps
 * faults out by its invalidate lock, we by PROT_NONE. Once nobody maps the memory and nobody has
 * a reference, the memory is the new owner's. The mapping must begin where the region does.
 */
static int reuse(struct race *race, unsigned int round)
{
	const struct handle *map = race->map;
	struct pfnmap_test_wait_idle wait = {
		.region = race->region, .bytes = map->len, .timeout_ms = 10000,
	};
	int err;

	if (mprotect(map->start, map->len, PROT_NONE))
		return -errno;
	err = zap(race);
	if (!err)
		err = pfnmap_wait_idle(map->file->fd, &wait);
	if (!err)
		err = words(race, REUSED, true);
	if (!err) {
		pause_a_little(round);
		err = words(race, REUSED, false);
	}
	if (!err)
		err = count_present(race);
	if (mprotect(map->start, map->len, PROT_READ | PROT_WRITE))
		return -errno;
	return err;
}

/* One touch faults the large leaf in. The mapping must begin where the region does. */
static int split(const struct race *race)
{
	const struct handle *map = race->map;

	if (mmap(map->start, map->len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
		 map->file->fd, 0) == MAP_FAILED)
		return -errno;
	await_n_touches(race, 1);
	return munmap(map->start, race->stride) ? -errno : 0;
}

static int one_round(struct race *race, const char *how, unsigned int round)
{
	if (!strcmp(how, "toggle"))
		return toggle(race, round);
	if (!strcmp(how, "fork"))
		return zap_beside_child(race);
	if (!strcmp(how, "mmap"))
		return zap_beside_mapping(race);
	if (!strcmp(how, "reuse"))
		return reuse(race, round);
	if (!strcmp(how, "split"))
		return split(race);
	return zap(race);
}

static int other_thread(struct race *race, const char *how, unsigned int rounds)
{
	unsigned int round;
	int err = 0;

	for (round = 0; round < rounds && !err && !race->failed; round++) {
		err = one_round(race, how, round);
		if (!err)
			let_touch(race, round);
	}
	if (!err)
		await_touches(race);
	return err;
}

static int fill(const struct race *race)
{
	size_t slot;
	int sig;

	for (slot = race->first; slot < race->slots; slot++) {
		race->kept[slot] = slot << 24;
		sig = fault_write(slot_address(race, slot), race->kept[slot]);
		if (sig)
			return sig;
	}
	return 0;
}

/* Finds the first two CPUs that this process may use; false if there is only one. */
bool two_cpus(cpu_set_t *first, cpu_set_t *second)
{
	cpu_set_t all, *set = first;
	int cpu;

	CPU_ZERO(first);
	CPU_ZERO(second);
	if (sched_getaffinity(0, sizeof(all), &all))
		return false;
	for (cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &all))
			continue;
		CPU_SET(cpu, set);
		if (set == second)
			return true;
		set = second;
	}
	return false;
}

static int run(struct race *race, const char *how, unsigned int rounds, const cpu_set_t *here,
	       const cpu_set_t *there)
{
	pthread_attr_t attr;
	cpu_set_t before;
	pthread_t thread;
	int err;

	sched_getaffinity(0, sizeof(before), &before);
	if (sched_setaffinity(0, sizeof(*here), here))
		return -errno;
	pthread_attr_init(&attr);
	pthread_attr_setaffinity_np(&attr, sizeof(*there), there);
	err = -pthread_create(&thread, &attr, toucher, race);
	pthread_attr_destroy(&attr);
	if (!err) {
		err = other_thread(race, how, rounds);
		race->stop = true;
		pthread_join(thread, NULL);
	}
	sched_setaffinity(0, sizeof(before), &before);
	return err;
}

static void report(const struct race *race, unsigned int rounds, int err)
{
	printf("race %s: ", race->map->name);
	if (err)
		puts(text_errno(err));
	else if (race->failed && race->sig)
		printf("%s at +0x%zx\n", fault_name(race->sig), race->slot * race->stride);
	else if (race->failed)
		printf("0x%08" PRIx32 " at +0x%zx, not 0x%08" PRIx32 "\n", race->value,
		       race->slot * race->stride, race->kept[race->slot]);
	else
		printf("ok rounds=%u touched=%lu faults=%lu sigbus=%lu present=%lu stale=%lu\n",
		       rounds, race->touched, race->faults, race->sigbus, race->present,
		       race->stale);
}

static const char *how_of(const struct step *step)
{
	static const char * const known[] = {
		"vma", "mapping", "toggle", "fork", "mmap", "reuse", "split",
	};
	const char *how = step_text(step, "how");
	size_t i;

	if (!how)
		return known[0];
	for (i = 0; i < ARRAY_SIZE(known); i++)
		if (!strcmp(known[i], how))
			return how;
	malformed("how is vma, mapping, toggle, fork, mmap, reuse or split");
}

static void do_race(const struct step *step)
{
	unsigned int rounds = step_number(step, "n", 100);
	const char *how = how_of(step);
	struct race race = { 0 };
	struct handle *map = map_existing(step);
	cpu_set_t here, there;
	bool by_vma = !strcmp(how, "vma");
	int sig;

	if (!map)
		return;
	if (!map->file)
		malformed("race takes a mapping of a file");
	race.map = map;
	race.stride = step_number(step, "step", sysconf(_SC_PAGESIZE));
	if (!race.stride || race.stride % sizeof(uint32_t) || race.stride > map->len)
		malformed("step is a multiple of 4, and not more than the mapping has");
	race.slots = map->len / race.stride;
	race.first = !strcmp(how, "split");
	if (race.first == race.slots)
		malformed("step is less than the mapping has, with how=split");
	race.reuse = !strcmp(how, "reuse");
	race.region = step_id(step, "region", PFNMAP_TEST_KIND_REGION,
			      default_region(map->file->fd));
	race.zap.how = by_vma ? PFNMAP_TEST_ZAP_VMA : PFNMAP_TEST_ZAP_MAPPING;
	race.zap.start = step_number(step, "off", 0) + (by_vma ? (uintptr_t)map->start : 0);
	race.zap.bytes = step_number(step, "len", by_vma ? map->len : 0);
	if (!two_cpus(&here, &there)) {
		printf("race %s: one CPU alone\n", map->name);
		return;
	}

	race.kept = calloc(race.slots, sizeof(*race.kept));
	if (!race.kept)
		abort();
	sig = fill(&race);
	if (sig)
		printf("race %s: %s\n", map->name, fault_name(sig));
	else
		report(&race, rounds, run(&race, how, rounds, &here, &there));
	free(race.kept);
}

const struct verb race_verbs[] = {
	{ "race",
	  "MAP[,how=vma|mapping|toggle|fork|mmap|reuse|split][,n=N][,off=N][,len=N][,step=N][,region=R]",
	  "one thread touches the mapping, another one takes its entries away", do_race },
	{ 0 }
};
