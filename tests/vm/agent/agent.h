/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * agent.h - the agent's parts: agent.c has the line and the loop, channel.c the channels,
 * command.c the commands, file.c the files.
 */
#ifndef AGENT_H
#define AGENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "wire.h"

/* A command, or a file to read or write, which has no process. */
struct channel {
	struct channel *next;
	uint32_t number;
	pid_t pid;		/* 0: a file */
	int in, out, err;	/* our ends of the pipes; -1 if closed, or never opened */
	uint8_t *input;		/* what the command has not read yet */
	size_t input_bytes;
	bool input_ended;
	bool exited;
	uint32_t status;
};

extern struct channel *channels;
extern int line_out;

void die(const char *what);

void say(enum wire_type type, uint32_t channel, const void *data, uint32_t bytes);
void complain(uint32_t number, const char *what, int error);
void refuse(uint32_t number, const char *what, int error, uint32_t status);

struct channel *channel_find(uint32_t number);
struct channel *channel_new(uint32_t number);
void channel_close(int *fd);
void channel_finish(struct channel *c, uint32_t status);
void channel_take_input(struct channel *c, const void *data, size_t bytes);
void channel_pass_input(struct channel *c);
bool channel_pass_output(struct channel *c, int *fd, enum wire_type type);

void command_run(uint32_t number, char *data, size_t bytes);
void command_kill(struct channel *c);
void command_kill_all(void);

void file_put(uint32_t number, char *data, size_t bytes);
void file_get(uint32_t number, char *path, size_t bytes);

#endif
