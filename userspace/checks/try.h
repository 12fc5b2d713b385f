/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pfnmap-try runs steps: [HANDLE=]VERB[:TARGET][,KEY=VALUE][,WORD]...
 * What the system answers is printed; only a malformed step ends the program.
 */
#ifndef TRY_H
#define TRY_H

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/io_uring.h>

#include "catalog.h"

#define EXIT_MALFORMED	2
#define STEP_ARGS	24

struct arg {
	const char *key;
	const char *value;	/* NULL for a bare word */
};

struct step {
	const char *handle;	/* what the result is to be called, or NULL */
	const char *verb;
	const char *target;	/* "" if there is none */
	size_t n_args;
	struct arg args[STEP_ARGS];
};

enum handle_kind {
	HANDLE_FILE,
	HANDLE_MAP,
	HANDLE_RESERVATION,
	HANDLE_PIN,
	HANDLE_PIPE,
	HANDLE_KMSG,
	HANDLE_RING,
	HANDLE_UFFD,
};

struct handle {
	struct handle *next;
	enum handle_kind kind;
	int fd;			/* file, pipe, kmsg, ring, uffd: -1 when closed */
	bool foreign;		/* file: not the module's, so others are asked */
	char *start;		/* mapping: NULL if mmap failed; ring: its buffer */
	size_t len;
	uint32_t id;		/* reservation, pin: 0 if it failed */
	struct handle *file;	/* mapping, reservation, pin: made through it */
	struct io_uring_params params;	/* ring */
	char name[];
};

/* A place that is named HANDLE+OFF, REGION+OFF or by its address alone. */
struct place {
	struct handle *map;
	const struct pfnmap_test_describe *region;
	uint64_t offset;
	uint64_t address;
};

struct verb {
	const char *name;
	const char *keys;	/* separated by spaces; '@' for WIDTH@OFFSET */
	void (*run)(const struct step *step);
};

extern struct catalog catalog;

/* try-step.c */
void malformed(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));
void step_parse(struct step *step, char *text);
void step_check(const struct step *step, const char *keys);
bool step_has(const struct step *step, const char *word);
const char *step_text(const struct step *step, const char *key);
uint64_t number_of(const char *text);
uint64_t step_number(const struct step *step, const char *key, uint64_t otherwise);
uint32_t step_id(const struct step *step, const char *key, uint32_t kind, uint32_t otherwise);
void step_place(const char *text, struct place *place);
void step_done(const struct step *step, const char *subject, int err);

/* try-handle.c */
struct handle *handle_new(const char *name, enum handle_kind kind);
struct handle *handle_find(const char *name);
struct handle *handle_get(const char *name, enum handle_kind kind);
struct handle *handle_via(const struct step *step, struct handle *otherwise);
void handle_free_all(void);

/* try-map.c */
struct handle *map_existing(const struct step *step);
char *map_part(const struct step *step, const struct handle *map, size_t *len);

/* try-access.c */
char *access_begin(const struct step *step, struct handle **map, uint64_t *off);

/* try-file.c */
uint32_t id_of(const struct step *step, enum handle_kind kind, struct handle **handle,
	       struct handle **file);
uint32_t default_region(int fd);

/* try-query.c */
bool print_pfn(uint64_t pfn);

/* try-proc.c */
void children_run(const char *name, const char *text);
void children_start(const char *name, const char *text);
void children_reap_all(void);
void children_vfork(const char *text);

/* try-sys.c */
int write_text(const char *path, const char *text);

/* try-race.c */
bool two_cpus(cpu_set_t *first, cpu_set_t *second);

/* try-nth.c */
bool run_nth(const char *name, const char *text);

/* pfnmap-try.c */
void run_step(const char *text);

/* The verbs */
void do_open(const struct step *step);
void do_close(const struct step *step);
void do_set(const struct step *step);
void do_reserve(const struct step *step);
void do_memremap(const struct step *step);
void do_release(const struct step *step);
void do_zap(const struct step *step);
void do_enable(const struct step *step);
void do_disable(const struct step *step);
void do_race(const struct step *step);
void do_guess(const struct step *step);
void do_stall(const struct step *step);
void do_insmod(const struct step *step);
void do_rmmod(const struct step *step);
void do_ioctl(const struct step *step);
void do_mmap(const struct step *step);
void do_anon(const struct step *step);
void do_where(const struct step *step);
void do_munmap(const struct step *step);
void do_mprotect(const struct step *step);
void do_mremap(const struct step *step);
void do_madvise(const struct step *step);
void do_mlock(const struct step *step);
void do_mlock2(const struct step *step);
void do_mlockall(const struct step *step);
void do_munlock(const struct step *step);
void do_mincore(const struct step *step);
void do_msync(const struct step *step);
void do_remapfile(const struct step *step);
void do_read(const struct step *step);
void do_write(const struct step *step);
void do_fill(const struct step *step);
void do_check(const struct step *step);
void do_info(const struct step *step);
void do_describe(const struct step *step);
void do_leaf(const struct step *step);
void do_follow(const struct step *step);
void do_calls(const struct step *step);
void do_vma(const struct step *step);
void do_list(const struct step *step);
void do_lookup(const struct step *step);
void do_folio(const struct step *step);
void do_pin(const struct step *step);
void do_unpin(const struct step *step);
void do_splice(const struct step *step);
void do_unsplice(const struct step *step);
void do_word(const struct step *step);
void do_proc(const struct step *step);
void do_peek(const struct step *step);
void do_poke(const struct step *step);
void do_vmread(const struct step *step);
void do_vmwrite(const struct step *step);
void do_memread(const struct step *step);
void do_memwrite(const struct step *step);
void do_vmsplice(const struct step *step);
void do_core(const struct step *step);
void do_fork(const struct step *step);
void do_exec(const struct step *step);
void do_exit(const struct step *step);
void do_kill(const struct step *step);
void do_uid(const struct step *step);
void do_put(const struct step *step);
void do_reclaim(const struct step *step);
void do_get(const struct step *step);
void do_file(const struct step *step);
void do_path(const struct step *step);
void do_pread(const struct step *step);
void do_pwrite(const struct step *step);
void do_ring(const struct step *step);
void do_ringread(const struct step *step);
void do_ringwrite(const struct step *step);
void do_ringend(const struct step *step);
void do_poison(const struct step *step);
void do_uffd(const struct step *step);
void do_uffdio(const struct step *step);
void do_futexwait(const struct step *step);
void do_futexwake(const struct step *step);
void do_scan(const struct step *step);
void do_idle(const struct step *step);
void do_sleep(const struct step *step);
void do_alarm(const struct step *step);
void do_join(const struct step *step);
void do_kmsg(const struct step *step);
void do_log(const struct step *step);
void do_await(const struct step *step);

#endif
