// SPDX-License-Identifier: GPL-2.0-only
/*
 * Test driver: runs the steps given as arguments, in order, in one process,
 * and prints what the system answered to each. See try.h for their form.
 */
#include "try.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"

struct catalog catalog;

static const struct verb verbs[] = {
	{ "open", "", do_open },
	{ "close", "", do_close },
	{ "set", "region method mode level flags chunk", do_set },
	{ "reserve", "region mode off len", do_reserve },
	{ "memremap", "region off len", do_memremap },
	{ "release", "id via", do_release },
	{ "zap", "how off len even_cows flags via", do_zap },
	{ "enable", "region", do_enable },
	{ "disable", "region", do_disable },
	{ "race", "how off len step n region", do_race },
	{ "guess", "what n", do_guess },
	{ "stall", "len n", do_stall },
	{ "insmod", "mmio dax dax_align", do_insmod },
	{ "rmmod", "", do_rmmod },
	{ "ioctl", "nr size type size0 alloc ptr fill dump u32@OFF u64@OFF", do_ioctl },
	{ "mmap", "off len prot private shared fixed hint flags", do_mmap },
	{ "anon", "len prot shared plain", do_anon },
	{ "where", "of", do_where },
	{ "munmap", "off len", do_munmap },
	{ "mprotect", "off len prot", do_mprotect },
	{ "mremap", "off old len maymove fixed dontunmap flags", do_mremap },
	{ "madvise", "off len advice", do_madvise },
	{ "mlock", "off len", do_mlock },
	{ "mlock2", "off len", do_mlock2 },
	{ "munlock", "off len", do_munlock },
	{ "mlockall", "", do_mlockall },
	{ "remapfile", "len pgoff", do_remapfile },
	{ "mincore", "off", do_mincore },
	{ "msync", "off len", do_msync },
	{ "read", "off", do_read },
	{ "write", "off val", do_write },
	{ "fill", "off len val inc", do_fill },
	{ "check", "off len val inc", do_check },
	{ "info", "via", do_info },
	{ "describe", "via", do_describe },
	{ "leaf", "off via", do_leaf },
	{ "follow", "off fixup via", do_follow },
	{ "calls", "", do_calls },
	{ "vma", "off via", do_vma },
	{ "list", "len via", do_list },
	{ "lookup", "via", do_lookup },
	{ "folio", "off via", do_folio },
	{ "pin", "off len slow fast either write longterm via", do_pin },
	{ "unpin", "id via", do_unpin },
	{ "splice", "off", do_splice },
	{ "unsplice", "", do_unsplice },
	{ "idle", "len timeout via", do_idle },
	{ "word", "val via", do_word },
	{ "file", "ro direct create", do_file },
	{ "path", "", do_path },
	{ "pread", "to len at", do_pread },
	{ "pwrite", "from len at", do_pwrite },
	{ "ring", "off len", do_ring },
	{ "ringread", "file at", do_ringread },
	{ "ringwrite", "file at", do_ringwrite },
	{ "ringend", "", do_ringend },
	{ "poison", "off hard", do_poison },
	{ "futexwait", "off val private timeout", do_futexwait },
	{ "futexwake", "off n private timeout", do_futexwake },
	{ "scan", "off len", do_scan },
	{ "uffd", "features", do_uffd },
	{ "uffdio", "with op mode from off len", do_uffdio },
	{ "proc", "file off", do_proc },
	{ "peek", "off", do_peek },
	{ "poke", "off val", do_poke },
	{ "vmread", "off", do_vmread },
	{ "vmwrite", "off val", do_vmwrite },
	{ "memread", "off", do_memread },
	{ "memwrite", "off val", do_memwrite },
	{ "vmsplice", "off", do_vmsplice },
	{ "core", "", do_core },
	{ "fork", "of", do_fork },
	{ "exec", "", do_exec },
	{ "join", "", do_join },
	{ "exit", "", do_exit },
	{ "kill", "", do_kill },
	{ "uid", "", do_uid },
	{ "put", "text", do_put },
	{ "get", "key", do_get },
	{ "reclaim", "cgroup off len", do_reclaim },
	{ "kmsg", "", do_kmsg },
	{ "log", "has", do_log },
	{ "sleep", "", do_sleep },
	{ "alarm", "", do_alarm },
	{ "await", "", do_await },
};

static void run_here(const char *text)
{
	char *copy = strdup(text);
	struct step step;
	size_t i;

	if (!copy)
		abort();
	step_parse(&step, copy);
	for (i = 0; i < ARRAY_SIZE(verbs); i++)
		if (!strcmp(verbs[i].name, step.verb))
			break;
	if (i == ARRAY_SIZE(verbs))
		malformed("unknown step '%s'", step.verb);
	step_check(&step, verbs[i].keys);
	verbs[i].run(&step);
	fflush(stdout);
	free(copy);
}

/*
 * CHILD/STEP runs in that child, and CHILD&/STEP too, without waiting for it: there is
 * `join` for that. vfork/STEP runs in one that shares our memory. nth/STEP;STEP... and
 * fail/STEP;STEP... make one of the steps fail: try-nth.c has their form.
 */
void run_step(const char *text)
{
	size_t len = strcspn(text, "/:=");
	char *child;

	if (text[len] != '/') {
		run_here(text);
		return;
	}
	child = strndup(text, len);
	if (!child)
		abort();
	text += len + 1;
	if (!strcmp(child, "vfork"))
		children_vfork(text);
	else if (len && child[len - 1] == '&')
		children_start(strndupa(child, len - 1), text);
	else if (!run_nth(child, text))
		children_run(child, text);
	free(child);
}

int main(int argc, char **argv)
{
	int i;

	if (argc < 2) {
		fprintf(stderr, "usage: pfnmap-try STEP...\n");
		return EXIT_MALFORMED;
	}
	for (i = 1; i < argc; i++)
		run_step(argv[i]);
	children_reap_all();
	handle_free_all();
	catalog_free(&catalog);
	return EXIT_SUCCESS;
}
