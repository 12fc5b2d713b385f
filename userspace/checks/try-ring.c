// SPDX-License-Identifier: GPL-2.0-only
/*
 * Steps on io_uring, whose registered buffer is part of a mapping, with a longterm pin. ring
 * registers the buffer, ringread and ringwrite use it, ringend unregisters it. The steps make plain
 * system calls, one request at a time.
 */
#include "try.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <linux/io_uring.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "text.h"
#include "younger.h"

/* One io_uring, mapped for one request. */
struct ring {
	char *sq, *cq;
	struct io_uring_sqe *sqe;
	struct io_uring_params params;
	size_t sq_len, cq_len;
};

static uint32_t *word(char *base, uint32_t offset)
{
	return (uint32_t *)(base + offset);
}

static void *map_ring(int fd, size_t len, off_t what)
{
	void *start = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, what);

	return start == MAP_FAILED ? NULL : start;
}

static void do_ring(const struct step *step)
{
	struct handle *map = map_existing(step);
	struct handle *handle = handle_new(step->handle, HANDLE_RING);
	struct io_uring_params params = { 0 };
	struct iovec part;
	int fd, err = 0;

	if (!map)
		return;
	part.iov_base = map->start + step_number(step, "off", 0);
	part.iov_len = step_number(step, "len", sysconf(_SC_PAGESIZE));
	fd = syscall(SYS_io_uring_setup, 1, &params);
	if (fd < 0) {
		step_done(step, handle->name, -errno);
		return;
	}
	if (syscall(SYS_io_uring_register, fd, IORING_REGISTER_BUFFERS, &part, 1))
		err = -errno;
	if (err) {
		close(fd);
	} else {
		handle->fd = fd;
		handle->params = params;
		handle->start = part.iov_base;
		handle->len = part.iov_len;
	}
	step_done(step, handle->name, err);
}

/*
 * NAME=rings:MAP[,off=N]: IORING_SETUP_NO_MMAP. The rings are in the page at off, the entries in
 * the page behind it. Headers before 6.5 call user_addr, the last field of both, reserved.
 */
static void do_rings(const struct step *step)
{
	const size_t page = sysconf(_SC_PAGESIZE), last = sizeof(uint64_t);
	struct handle *handle = handle_new(step->handle, HANDLE_RING);
	struct io_uring_params params = { .flags = IORING_SETUP_NO_MMAP };
	struct handle *map = map_existing(step);
	uint64_t at;

	if (!map)
		return;
	at = (uintptr_t)map->start + step_number(step, "off", 0);
	memcpy((char *)(&params.cq_off + 1) - last, &at, last);
	at += page;
	memcpy((char *)(&params.sq_off + 1) - last, &at, last);
	handle->fd = syscall(SYS_io_uring_setup, 1, &params);
	step_done(step, handle->name, handle->fd < 0 ? -errno : 0);
}

static int ring_map(struct ring *ring, const struct handle *handle)
{
	const struct io_uring_params *params = &handle->params;

	ring->params = *params;
	ring->sq_len = params->sq_off.array + params->sq_entries * sizeof(uint32_t);
	ring->cq_len = params->cq_off.cqes + params->cq_entries * sizeof(struct io_uring_cqe);
	ring->sq = map_ring(handle->fd, ring->sq_len, IORING_OFF_SQ_RING);
	ring->cq = map_ring(handle->fd, ring->cq_len, IORING_OFF_CQ_RING);
	ring->sqe = map_ring(handle->fd, params->sq_entries * sizeof(*ring->sqe), IORING_OFF_SQES);
	return ring->sq && ring->cq && ring->sqe ? 0 : -ENOMEM;
}

static void ring_unmap(const struct ring *ring)
{
	if (ring->sq)
		munmap(ring->sq, ring->sq_len);
	if (ring->cq)
		munmap(ring->cq, ring->cq_len);
	if (ring->sqe)
		munmap(ring->sqe, ring->params.sq_entries * sizeof(*ring->sqe));
}

/* Returns what the request did, or -errno. */
static int request(const struct ring *ring, int fd)
{
	const struct io_uring_params *params = &ring->params;
	uint32_t tail = *word(ring->sq, params->sq_off.tail);
	uint32_t mask = *word(ring->sq, params->sq_off.ring_mask);
	uint32_t head = *word(ring->cq, params->cq_off.head);
	const struct io_uring_cqe *cqe;

	*word(ring->sq, params->sq_off.array + (tail & mask) * sizeof(uint32_t)) = 0;
	__atomic_store_n(word(ring->sq, params->sq_off.tail), tail + 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0)
		return -errno;
	mask = *word(ring->cq, params->cq_off.ring_mask);
	cqe = (const struct io_uring_cqe *)(ring->cq + params->cq_off.cqes) + (head & mask);
	__atomic_store_n(word(ring->cq, params->cq_off.head), head + 1, __ATOMIC_RELEASE);
	return cqe->res;
}

static void transfer(const struct step *step, uint8_t opcode)
{
	struct handle *handle = handle_get(step->target, HANDLE_RING);
	const char *name = step_text(step, "file");
	struct ring ring = { 0 };
	int done;

	if (!name)
		malformed("%s needs file=", step->verb);
	if (handle->fd < 0) {
		step_done(step, handle->name, -EBADF);
		return;
	}
	done = ring_map(&ring, handle);
	if (!done) {
		*ring.sqe = (struct io_uring_sqe){
			.opcode = opcode,
			.fd = handle_get(name, HANDLE_FILE)->fd,
			.off = step_number(step, "at", 0),
			.addr = (uintptr_t)handle->start,
			.len = handle->len,
		};
		done = request(&ring, handle->fd);
	}
	ring_unmap(&ring);
	if (done >= 0 && (size_t)done != handle->len)
		printf("%s %s: %d\n", step->verb, handle->name, done);
	else
		step_done(step, handle->name, done < 0 ? done : 0);
}

static void do_ringread(const struct step *step)
{
	transfer(step, IORING_OP_READ_FIXED);
}

static void do_ringwrite(const struct step *step)
{
	transfer(step, IORING_OP_WRITE_FIXED);
}

/* Whether a worker of this process's rings runs, by "TID (iou-wrk-TID) STATE" of its stat. */
static bool worker_runs(const char *tid)
{
	char path[sizeof("/proc/self/task//stat") + NAME_MAX], state = 0;
	FILE *stat;

	snprintf(path, sizeof(path), "/proc/self/task/%s/stat", tid);
	stat = fopen(path, "re");
	if (!stat)
		return false;
	if (fscanf(stat, "%*d (iou-wrk-%*d) %c", &state) != 1)
		state = 0;
	fclose(stat);
	return state && state != 'S';
}

/* A worker posts the completion first, and drops the request's hold on the buffer then. */
static void workers_sleep(void)
{
	const struct dirent *task;
	bool runs = true;
	DIR *tasks;

	while (runs) {
		runs = false;
		tasks = opendir("/proc/self/task");
		while (tasks && (task = readdir(tasks)))
			runs |= worker_runs(task->d_name);
		if (tasks)
			closedir(tasks);
	}
}

static void do_ringend(const struct step *step)
{
	struct handle *handle = handle_get(step->target, HANDLE_RING);

	workers_sleep();
	/* UNREGISTER unpins the buffer. A close alone does that at some later time. */
	syscall(SYS_io_uring_register, handle->fd, IORING_UNREGISTER_BUFFERS, NULL, 0);
	step_done(step, handle->name, close(handle->fd) ? -errno : 0);
	handle->fd = -1;
}

const struct verb ring_verbs[] = {
	{ "ring", "MAP[,off=N][,len=N]",
	  "NAME=: an io_uring with that part as its registered buffer", do_ring },
	{ "rings", "MAP[,off=N]",
	  "NAME=: an io_uring that has its rings in two pages of the mapping (6.5)", do_rings },
	{ "ringread", "RING,file=FILE[,at=N]",
	  "reads from the file into all of the buffer", do_ringread },
	{ "ringwrite", "RING,file=FILE[,at=N]",
	  "writes all of the buffer to the file", do_ringwrite },
	{ "ringend", "RING",
	  "", do_ringend },
	{ 0 }
};
