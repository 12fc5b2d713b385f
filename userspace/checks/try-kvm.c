// SPDX-License-Identifier: GPL-2.0-only
/*
 * A virtual machine of one CPU that maps what this process has mapped: kvm, kvm_map, kvm_run,
 * kvm_prefault, kvm_pages. The machine's program is a few instructions, in protected mode without
 * paging.
 */
#include "try.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "array.h"
#include "text.h"
#include "younger.h"

#ifdef __x86_64__

#define CODE_GPA	0x1000
/* KVM on Intel's processors needs three pages for real mode: at an address that no slot has. */
#define TSS_GPA		0xfffbd000

static const uint8_t code[] = {
	0x85, 0xd2,		/* test	%edx,%edx */
	0x74, 0x02,		/* jz	1f */
	0x89, 0x0b,		/* mov	%ecx,(%ebx) */
	0x8b, 0x03,		/* 1:	mov (%ebx),%eax */
	0xf4,			/* hlt */
};

static int slot_add(struct handle *kvm, uint64_t gpa, void *start, size_t len)
{
	struct kvm_userspace_memory_region slot = {
		.slot = kvm->id,
		.guest_phys_addr = gpa,
		.memory_size = len,
		.userspace_addr = (uintptr_t)start,
	};

	if (ioctl(kvm->more[1], KVM_SET_USER_MEMORY_REGION, &slot))
		return -errno;
	kvm->id++;
	return 0;
}

/* Flat segments, as a loader leaves them. */
static int protected_mode(int vcpu)
{
	struct kvm_segment flat = {
		.limit = 0xffffffff, .selector = 8, .type = 3, .present = 1, .db = 1, .s = 1,
		.g = 1,
	};
	struct kvm_sregs sregs;

	if (ioctl(vcpu, KVM_GET_SREGS, &sregs))
		return -errno;
	sregs.ds = flat;
	sregs.es = flat;
	sregs.ss = flat;
	sregs.cs = flat;
	sregs.cs.type = 11;
	sregs.cr0 |= 1;
	return ioctl(vcpu, KVM_SET_SREGS, &sregs) ? -errno : 0;
}

static int map_run(struct handle *kvm)
{
	int len = ioctl(kvm->more[0], KVM_GET_VCPU_MMAP_SIZE, 0);
	void *start;

	if (len < 0)
		return -errno;
	start = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, kvm->fd, 0);
	if (start == MAP_FAILED)
		return -errno;
	kvm->start = start;
	kvm->len = len;
	return 0;
}

static int load_code(struct handle *kvm)
{
	long page = sysconf(_SC_PAGESIZE);
	void *start;

	start = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (start == MAP_FAILED)
		return -errno;
	memcpy(start, code, sizeof(code));
	return slot_add(kvm, CODE_GPA, start, page);
}

static int machine_new(struct handle *kvm)
{
	int err;

	kvm->more[0] = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (kvm->more[0] < 0)
		return -errno;
	kvm->more[1] = ioctl(kvm->more[0], KVM_CREATE_VM, 0);
	if (kvm->more[1] < 0 || ioctl(kvm->more[1], KVM_SET_TSS_ADDR, TSS_GPA))
		return -errno;
	kvm->fd = ioctl(kvm->more[1], KVM_CREATE_VCPU, 0);
	if (kvm->fd < 0)
		return -errno;
	err = map_run(kvm);
	if (!err)
		err = load_code(kvm);
	return err ? err : protected_mode(kvm->fd);
}

static void do_kvm(const struct step *step)
{
	struct handle *kvm = handle_new(step->handle, HANDLE_KVM);

	step_done(step, kvm->name, machine_new(kvm));
}

static void do_kvm_map(const struct step *step)
{
	struct handle *kvm = handle_get(step->target, HANDLE_KVM), *map;
	const char *name = step_text(step, "map");
	char *start;
	size_t len;

	if (!name)
		malformed("kvm_map needs map=");
	map = handle_get(name, HANDLE_MAP);
	start = map_part(step, map, &len);
	step_done(step, map->name, slot_add(kvm, step_number(step, "gpa", 0), start, len));
}

/* The machine reads the word at gpa=. With val= it writes this value first. */
static void do_kvm_run(const struct step *step)
{
	struct handle *kvm = handle_get(step->target, HANDLE_KVM);
	struct kvm_regs regs = {
		.rip = CODE_GPA,
		.rflags = 2,
		.rbx = step_number(step, "gpa", 0),
		.rcx = step_number(step, "val", 0),
		.rdx = !!step_text(step, "val"),
	};
	const struct kvm_run *run = (const struct kvm_run *)kvm->start;
	int err = 0;

	if (ioctl(kvm->fd, KVM_SET_REGS, &regs) || ioctl(kvm->fd, KVM_RUN, 0) ||
	    ioctl(kvm->fd, KVM_GET_REGS, &regs))
		err = -errno;
	if (err)
		step_done(step, kvm->name, err);
	else if (run->exit_reason != KVM_EXIT_HLT)
		printf("kvm_run %s: exit %" PRIu32 "\n", kvm->name, run->exit_reason);
	else
		printf("kvm_run %s: 0x%08" PRIx32 "\n", kvm->name, (uint32_t)regs.rax);
}

static void do_kvm_prefault(const struct step *step)
{
	struct handle *kvm = handle_get(step->target, HANDLE_KVM);
	struct kvm_pre_fault_memory range = {
		.gpa = step_number(step, "gpa", 0),
		.size = step_number(step, "len", sysconf(_SC_PAGESIZE)),
	};
	int err;

	err = ioctl(kvm->fd, KVM_PRE_FAULT_MEMORY, &range) ? -errno : 0;
	if (err || !range.size)
		step_done(step, kvm->name, err);
	else
		printf("kvm_prefault %s: left=0x%llx\n", kvm->name,
		       (unsigned long long)range.size);
}

/* Reads from KVM's statistics how many entries of each size map the machine's memory. */
static int pages_read(struct handle *kvm, uint64_t *counts, const char * const *names, size_t n)
{
	union {
		struct kvm_stats_desc desc;	/* the statistic's name follows */
		char bytes[sizeof(struct kvm_stats_desc) + 256];
	} item;
	struct kvm_stats_header head;
	size_t size, i, j;
	int fd, err = 0;

	fd = ioctl(kvm->more[1], KVM_GET_STATS_FD, NULL);
	if (fd < 0)
		return -errno;
	if (pread(fd, &head, sizeof(head), 0) != sizeof(head) || head.name_size > 256)
		err = -EIO;
	size = sizeof(item.desc) + head.name_size;
	for (i = 0; !err && i < head.num_desc; i++) {
		if (pread(fd, &item, size, head.desc_offset + i * size) != (ssize_t)size)
			err = -EIO;
		for (j = 0; !err && j < n; j++)
			if (!strcmp(item.desc.name, names[j]) &&
			    pread(fd, &counts[j], 8, head.data_offset + item.desc.offset) != 8)
				err = -EIO;
	}
	close(fd);
	return err;
}

static void do_kvm_pages(const struct step *step)
{
	static const char * const names[] = { "pages_4k", "pages_2m", "pages_1g" };
	struct handle *kvm = handle_get(step->target, HANDLE_KVM);
	uint64_t counts[ARRAY_SIZE(names)] = { 0 };
	int err;

	err = pages_read(kvm, counts, names, ARRAY_SIZE(names));
	if (err)
		step_done(step, kvm->name, err);
	else
		printf("kvm_pages %s: 4k=%" PRIu64 " 2m=%" PRIu64 " 1g=%" PRIu64 "\n", kvm->name,
		       counts[0], counts[1], counts[2]);
}

#else

static void no_kvm(const struct step *step)
{
	step_done(step, step->target, -EOPNOTSUPP);
}

#define do_kvm		no_kvm
#define do_kvm_map	no_kvm
#define do_kvm_run	no_kvm
#define do_kvm_prefault	no_kvm
#define do_kvm_pages	no_kvm

#endif

const struct verb kvm_verbs[] = {
	{ "kvm", "",
	  "NAME=: a virtual machine of one CPU, with a page of its own at 0x1000", do_kvm },
	{ "kvm_map", "KVM,map=MAP,gpa=N[,off=N][,len=N]",
	  "makes the mapping the machine's memory at gpa", do_kvm_map },
	{ "kvm_run", "KVM,gpa=N[,val=N]",
	  "the machine reads the word at gpa, and with val= writes it first", do_kvm_run },
	{ "kvm_prefault", "KVM,gpa=N[,len=N]",
	  "KVM_PRE_FAULT_MEMORY", do_kvm_prefault },
	{ "kvm_pages", "KVM",
	  "tells how many entries of each size map the machine's memory", do_kvm_pages },
	{ 0 }
};
