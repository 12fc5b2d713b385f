/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pfnmap-try runs steps: [HANDLE=]VERB[:TARGET][,KEY=VALUE][,WORD]...
 * The program prints what the system answers. Only a malformed step ends it.
 */
#ifndef TRY_H
#define TRY_H

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <linux/io_uring.h>

#include "catalog.h"

#define EXIT_MALFORMED	2
#define STEP_ARGS	24

struct arg {
	const char *key;
	const char *value;	/* NULL for a bare word */
};

struct step {
	const char *handle;	/* name of the result, or NULL */
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
	HANDLE_KVM,
};

struct handle {
	struct handle *next;
	enum handle_kind kind;
	int fd;			/* file, pipe, kmsg, ring, uffd, kvm's vCPU: -1 when closed */
	int more[2];		/* vfio, kvm: more files of the handle, or -1 */
	bool foreign;		/* file: not the module's, so takes none of its ioctls */
	char *start;		/* mapping: NULL if mmap failed; ring: buffer; kvm: kvm_run */
	size_t len;
	uint32_t id;		/* reservation, pin: 0 if it failed; kvm: slots; vfio: IOAS */
	struct handle *file;	/* mapping, reservation, pin: the file that made it */
	struct io_uring_params params;	/* ring */
	char name[];
};

/* A place, as HANDLE+OFF, REGION+OFF or an address. */
struct place {
	struct handle *map;
	const struct pfnmap_test_describe *region;
	uint64_t offset;
	uint64_t address;
};

struct verb {
	const char *name;
	const char *form;	/* of what follows the colon: TARGET[,KEY=VALUE][,WORD|WORD] */
	const char *help;
	void (*run)(const struct step *step);
};

extern struct catalog catalog;

/* try-step.c */
void malformed(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));
void step_begin(const char *text);
void step_parse(struct step *step, char *text);
void step_check(const struct step *step, const char *form);
bool step_has(const struct step *step, const char *word);
const char *step_text(const struct step *step, const char *key);
uint64_t number_of(const char *text);
uint64_t step_number(const struct step *step, const char *key, uint64_t otherwise);

struct named {
	const char *name;
	uint64_t value;
};

uint64_t step_value(const char *text, const char *key, const char *prefix,
		    const struct named *known, size_t n);
uint64_t step_bits(const struct step *step, const char *key, const char *prefix,
		   const struct named *known, size_t n);
uint32_t step_id(const struct step *step, const char *key, uint32_t kind, uint32_t otherwise);
void step_place(const char *text, struct place *place);
void step_done(const struct step *step, const char *subject, int err);

/* try-handle.c */
struct handle *handle_new(const char *name, enum handle_kind kind);
struct handle *handle_find(const char *name);
struct handle *handle_get(const char *name, enum handle_kind kind);
struct handle *handle_via(const struct step *step, struct handle *otherwise);
void handle_close_more(struct handle *handle);
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
void print_user(const struct handle *map, uint64_t address);
void print_tracked(uint64_t start, uint64_t bytes);
void print_entry_words(uint32_t level, uint32_t mode, uint64_t pfn, uint32_t flags);
void print_entry(uint32_t level, uint32_t mode, uint64_t pfn, uint32_t flags);

/* try-proc.c */
void children_run(const char *name, const char *text);
void children_start(const char *name, const char *text);
void children_reap_all(void);
void children_vfork(const char *text);
pid_t child_pid(const char *name);

/* try-sys.c */
int write_text(const char *path, const char *text);

/* try-race.c */
bool two_cpus(cpu_set_t *first, cpu_set_t *second);

/* try-nth.c */
bool run_nth(const char *name, const char *text);

/* pfnmap-try.c */
void run_step(const char *text);

/* The verbs of try-access.c, try-advice.c, ... */
extern const struct verb access_verbs[];
extern const struct verb advice_verbs[];
extern const struct verb core_verbs[];
extern const struct verb file_verbs[];
extern const struct verb folio_verbs[];
extern const struct verb futex_verbs[];
extern const struct verb guess_verbs[];
extern const struct verb inspect_verbs[];
extern const struct verb io_verbs[];
extern const struct verb ioctl_verbs[];
extern const struct verb kpage_verbs[];
extern const struct verb kvm_verbs[];
extern const struct verb leaves_verbs[];
extern const struct verb log_verbs[];
extern const struct verb map_verbs[];
extern const struct verb module_verbs[];
extern const struct verb peek_verbs[];
extern const struct verb poison_verbs[];
extern const struct verb proc_files_verbs[];
extern const struct verb proc_verbs[];
extern const struct verb query_verbs[];
extern const struct verb race_verbs[];
extern const struct verb ring_verbs[];
extern const struct verb scan_verbs[];
extern const struct verb splice_verbs[];
extern const struct verb stall_verbs[];
extern const struct verb sys_verbs[];
extern const struct verb time_verbs[];
extern const struct verb uffd_verbs[];
extern const struct verb vfio_verbs[];

#endif
