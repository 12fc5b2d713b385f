/* SPDX-License-Identifier: GPL-2.0-only */
/* Something that can be mapped: a method of ours, or somebody else's file. */
#ifndef BENCH_SUBJECT_H
#define BENCH_SUBJECT_H

#include "bench.h"

struct subject {
	const struct bench *bench;
	const char *name;
	int fd;			/* -1: there is none */
	off_t offset;
	size_t room;		/* bytes that can be mapped */
	size_t leaf;		/* bytes of one entry */
	bool read_only;
	bool ours;		/* takes the module's ioctls */
	size_t bytes;		/* of the mapping that is measured */
	char *start;		/* of that mapping */
};

enum operation {
	OP_FAULT,
	OP_REFAULT,
	OP_MAP,
	OP_FORK,
	OPS,
};

extern const char * const operation_names[OPS];

int subject_try(struct subject *subject);
int subject_measure(struct subject *subject, enum operation op, size_t bytes,
		    struct figure *figure);

/* peers.c */
enum {
	PEER_DEVICE_DAX,
	PEER_PCI,
	PEER_DEV_MEM,
	PEER_UDMABUF,
	PEERS,
};

int peers_open(struct subject *peers, const struct bench *bench);
void peers_close(struct subject *peers);
bool peer_suits(const struct subject *peers, unsigned int peer, enum operation op,
		const struct pfnmap_test_describe *method, uint32_t level);

#endif
