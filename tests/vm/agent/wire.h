/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * wire.h - the protocol between the agent on a target and the runner
 *
 * Both ends send frames: a struct wire_head, then head.bytes bytes. A channel is one
 * command, or one file; the end that asks chooses the channel's number. All numbers are
 * little-endian. tests/vm/host/wire.py has the same protocol in Python.
 */
#ifndef WIRE_H
#define WIRE_H

#include <stdint.h>

#define WIRE_MAGIC 0x7470		/* "pt" */
#define WIRE_MOST_BYTES 0x100000	/* in a frame; longer ones are an error */
#define WIRE_CHUNK 4096				/* in a frame of data: channels take turns */

enum wire_type {
	/* to the target */
	WIRE_RUN = 1,		/* struct wire_run and its strings: start a command */
	WIRE_PUT,		/* mode (uint32_t) and path: write a file */
	WIRE_GET,		/* path: read a file */
	WIRE_INPUT,		/* standard input, or the file's data; empty at its end */
	WIRE_KILL,		/* end the command and all processes that it started */
	WIRE_PING,
	/* from it */
	WIRE_HELLO = 64,	/* the agent has started; the kernel's release */
	WIRE_OUTPUT,		/* standard output, or the file's data */
	WIRE_ERROR,		/* standard error, or why a file can't be had */
	WIRE_EXIT,		/* exit status (uint32_t): the channel's last frame */
	WIRE_PONG,
	/* from a client to the runner, never to a target */
	WIRE_CONTROL = 128,	/* a word: see tests/vm/host/server.py */
};

/* As in a shell, the status of a killed command is WIRE_SIGNALLED plus the signal. */
enum wire_exit {
	WIRE_NOT_SET_UP = 123,	/* WIRE_RUN_WAIT: no `set-up` since the target started */
	WIRE_TIMED_OUT = 124,	/* as timeout(1) */
	WIRE_GONE = 125,	/* the target died, or was never there */
	WIRE_CANT_RUN = 126,
	WIRE_NOT_FOUND = 127,
	WIRE_SIGNALLED = 128,
};

struct wire_head {
	uint16_t magic;
	uint16_t type;
	uint32_t channel;
	uint32_t bytes;
};

enum wire_run_flags {
	WIRE_RUN_INPUT = 1,	/* WIRE_INPUT follows; else /dev/null is standard input */
	WIRE_RUN_WAIT = 2,	/* the runner's: wait for a target that is being restarted,
				 * and run nothing on one that is not set up
				 */
};

/* NUL-terminated strings follow: args arguments, then vars times NAME=VALUE. */
struct wire_run {
	uint32_t timeout_ms;	/* the runner's; 0 is none */
	uint32_t flags;
	uint32_t args;
	uint32_t vars;
};

#endif
