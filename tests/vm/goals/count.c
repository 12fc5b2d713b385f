// SPDX-License-Identifier: GPL-2.0-only
/*
 * A plugin for QEMU that counts how often the guest executes each instruction of the
 * kernel. At its end it writes to out=FILE a line for each executed instruction: address, times.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS_SHIFT	22
#define SLOTS		(1UL << SLOTS_SHIFT)
#define GOLDEN_RATIO	0x9e3779b97f4a7c15ULL
#define INLINE_ADD	0

/* The part of plugin interface version 1 that this file uses: Debian has no header. */
struct qemu_plugin_tb;
struct qemu_plugin_insn;

size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t i);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id,
					   void (*fn)(uint64_t id, struct qemu_plugin_tb *tb));
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *insn, int op,
						void *to, uint64_t value);
void qemu_plugin_register_atexit_cb(uint64_t id, void (*fn)(uint64_t id, void *data), void *data);

int qemu_plugin_version = 1;
int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv);

static struct {
	uint64_t address;
	uint64_t times;
} *slots;

static char *path;

/* There are far more slots than instructions that a kernel executes. */
static uint64_t *counter(uint64_t address)
{
	size_t i = address * GOLDEN_RATIO >> (64 - SLOTS_SHIFT);

	while (slots[i].address && slots[i].address != address)
		i = (i + 1) % SLOTS;
	slots[i].address = address;
	return &slots[i].times;
}

static void translated(uint64_t id, struct qemu_plugin_tb *tb)
{
	size_t i, n = qemu_plugin_tb_n_insns(tb);
	struct qemu_plugin_insn *insn;
	uint64_t address;

	(void)id;
	for (i = 0; i < n; i++) {
		insn = qemu_plugin_tb_get_insn(tb, i);
		address = qemu_plugin_insn_vaddr(insn);
		if (address >> 63)
			qemu_plugin_register_vcpu_insn_exec_inline(insn, INLINE_ADD,
								   counter(address), 1);
	}
}

static void finished(uint64_t id, void *data)
{
	FILE *out = fopen(path, "w");
	size_t i;

	(void)id;
	(void)data;
	for (i = 0; out && i < SLOTS; i++)
		if (slots[i].times)
			fprintf(out, "%016" PRIx64 " %" PRIu64 "\n", slots[i].address,
				slots[i].times);
	if (out)
		fclose(out);
}

int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv)
{
	(void)info;
	if (argc != 1 || strncmp(argv[0], "out=", 4))
		return -1;
	path = strdup(argv[0] + 4);
	slots = calloc(SLOTS, sizeof(*slots));
	if (!path || !slots)
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, finished, NULL);
	return 0;
}
