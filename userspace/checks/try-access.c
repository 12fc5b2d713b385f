// SPDX-License-Identifier: GPL-2.0-only
/* Steps that touch memory: read, write, call, fill, check. */
#include "try.h"

#include <inttypes.h>
#include <stdio.h>

#include "fault.h"

/* The address where the step begins. If mmap failed, prints this and returns NULL. */
char *access_begin(const struct step *step, struct handle **map, uint64_t *off)
{
	*map = handle_get(step->target, HANDLE_MAP);
	*off = step_number(step, "off", 0);
	if (*off % sizeof(uint32_t))
		malformed("off must be a multiple of 4");
	if ((*map)->start)
		return (*map)->start + *off;
	printf("%s %s: not mapped\n", step->verb, (*map)->name);
	return NULL;
}

static void do_read(const struct step *step)
{
	struct handle *map;
	uint32_t value;
	uint64_t off;
	char *at;
	int sig;

	at = access_begin(step, &map, &off);
	if (!at)
		return;
	sig = fault_read(at, &value);
	if (sig)
		printf("read %s+0x%" PRIx64 ": %s\n", map->name, off, fault_name(sig));
	else
		printf("read %s+0x%" PRIx64 ": 0x%08" PRIx32 "\n", map->name, off, value);
}

static void do_write(const struct step *step)
{
	struct handle *map;
	uint64_t off;
	char *at;
	int sig;

	at = access_begin(step, &map, &off);
	if (!at)
		return;
	sig = fault_write(at, step_number(step, "val", 0));
	printf("write %s+0x%" PRIx64 ": %s\n", map->name, off, sig ? fault_name(sig) : "ok");
}

/* Each word is inc= more than the one before it. */
static void do_fill(const struct step *step)
{
	uint32_t want = step_number(step, "val", 0), inc = step_number(step, "inc", 0);
	struct handle *map;
	uint64_t off, end;
	char *at;
	int sig;

	at = access_begin(step, &map, &off);
	if (!at)
		return;
	end = step_number(step, "len", map->len - off) + off;
	for (; off < end; off += sizeof(want), at += sizeof(want), want += inc) {
		sig = fault_write(at, want);
		if (sig) {
			printf("fill %s+0x%" PRIx64 ": %s\n", map->name, off, fault_name(sig));
			return;
		}
	}
	printf("fill %s: ok\n", map->name);
}

static void do_check(const struct step *step)
{
	uint32_t want = step_number(step, "val", 0), inc = step_number(step, "inc", 0), value;
	struct handle *map;
	uint64_t off, end;
	char *at;
	int sig;

	at = access_begin(step, &map, &off);
	if (!at)
		return;
	end = step_number(step, "len", map->len - off) + off;
	for (; off < end; off += sizeof(want), at += sizeof(want), want += inc) {
		sig = fault_read(at, &value);
		if (sig) {
			printf("check %s+0x%" PRIx64 ": %s\n", map->name, off, fault_name(sig));
			return;
		}
		if (value != want) {
			printf("check %s+0x%" PRIx64 ": 0x%08" PRIx32 ", not 0x%08" PRIx32 "\n",
			       map->name, off, value, want);
			return;
		}
	}
	printf("check %s: ok\n", map->name);
}

/* Calls what is there. With plant, this is a return, which the step writes there first. */
static void do_call(const struct step *step)
{
#if defined(__x86_64__)
	const uint32_t ret = 0xc3;
#elif defined(__aarch64__)
	const uint32_t ret = 0xd65f03c0;
#else
	const uint32_t ret = 0;
#endif
	struct handle *map;
	int sig = 0;
	uint64_t off;
	char *at;

	at = access_begin(step, &map, &off);
	if (!at)
		return;
	if (!ret)
		malformed("call knows no return instruction of this architecture");
	if (step_has(step, "plant")) {
		sig = fault_write(at, ret);
		__builtin___clear_cache(at, at + sizeof(ret));
	}
	if (!sig)
		sig = fault_call(at);
	printf("call %s+0x%" PRIx64 ": %s\n", map->name, off, sig ? fault_name(sig) : "ok");
}

const struct verb access_verbs[] = {
	{ "read", "MAP[,off=N]",
	  "reads a word", do_read },
	{ "write", "MAP[,off=N][,val=N]",
	  "writes a word", do_write },
	{ "call", "MAP[,off=N][,plant]",
	  "calls the code there; plant: a return, which the step writes there first", do_call },
	{ "fill", "MAP[,off=N][,len=N][,val=N][,inc=N]",
	  "writes words, each inc= more than the one before", do_fill },
	{ "check", "MAP[,off=N][,len=N][,val=N][,inc=N]",
	  "checks that the words are as fill leaves them", do_check },
	{ 0 }
};
