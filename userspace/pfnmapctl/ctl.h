/* SPDX-License-Identifier: GPL-2.0-only */
/* What the commands of pfnmapctl share. */
#ifndef CTL_H
#define CTL_H

#include <argp.h>
#include <stdbool.h>

#include "catalog.h"
#include "pfnmap_client.h"

#define EXIT_USAGE	2
#define EXIT_UNAVAILABLE 4	/* as kselftest's skip */

/* Options of every command. */
struct common {
	const char *device;
	bool json;
};

struct command {
	const char *name;
	const char *help;
	int (*run)(struct common *common, int argc, char **argv);
};

/* An open device and the names that its module knows. */
struct device {
	int fd;
	const char *path;	/* the node's, if the user gave one; else NULL */
	struct catalog catalog;
	struct pfnmap_test_info info;
};

/* command.c */
extern const struct argp common_argp;	/* child_inputs: struct common */
extern bool completing;			/* complete the arguments, and run nothing */
const struct command *command_find(const struct command *commands, const char *name);
int command_dispatch(const struct command *commands, struct common *common, int argc, char **argv);
int command_parse(const struct argp *argp, int argc, char **argv, void *input);
int command_parse_plain(const char *doc, struct common *common, int argc, char **argv);

/* complete.c */
void complete_options(const struct argp *argp, int argc, char **argv);
int complete_command(const struct command *commands, struct common *common, int argc, char **argv);

/* device.c */
int device_open(struct device *device, const struct common *common);
void device_close(struct device *device);
int device_switch(struct device *device, const struct pfnmap_test_describe *method);
int device_id(const struct device *device, uint32_t kind, const char *what, const char *name,
	      uint32_t *id);

uint32_t device_region(const struct device *device, const struct pfnmap_test_describe *method);
uint32_t device_mode(const struct device *device, uint32_t region);

#define MODULE_SYSFS	"/sys/module/pfnmap_test"

/* The reason that tables print for a method where method_missing() is true. */
#define METHOD_MISSING	"not on this kernel"
bool method_missing(const struct pfnmap_test_describe *method);

/* fail.c */
void holders_print(void);
int fail(int err, const char *advice, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
error_t refuse_argument(struct argp_state *state, const char *arg);
uint64_t parse_bytes(struct argp_state *state, const char *option, const char *text);

/* mode.c */
const char *mode_short(uint32_t mode);
uint32_t mode_by_short(const char *name);

/* module.c */
struct kmod_ctx;
struct kmod_module;
struct kmod_ctx *module_context(void);
int module_find(struct kmod_ctx *ctx, const char *path, struct kmod_module **module);

/* The commands. Each returns the exit status. */
int cmd_info(struct common *common, int argc, char **argv);
int cmd_doctor(struct common *common, int argc, char **argv);
int cmd_load(struct common *common, int argc, char **argv);
int cmd_unload(struct common *common, int argc, char **argv);
int cmd_map(struct common *common, int argc, char **argv);
int cmd_leaf(struct common *common, int argc, char **argv);
int cmd_vma(struct common *common, int argc, char **argv);
int cmd_folio(struct common *common, int argc, char **argv);
int cmd_pin(struct common *common, int argc, char **argv);
int cmd_zap(struct common *common, int argc, char **argv);
int cmd_explain(struct common *common, int argc, char **argv);
int cmd_memtype(struct common *common, int argc, char **argv);
int cmd_memtype_list(struct common *common, int argc, char **argv);
int cmd_memtype_map(struct common *common, int argc, char **argv);
int cmd_memtype_lookup(struct common *common, int argc, char **argv);
int cmd_memtype_reserve(struct common *common, int argc, char **argv);
int cmd_bench(struct common *common, int argc, char **argv);
int cmd_atlas(struct common *common, int argc, char **argv);

#endif
