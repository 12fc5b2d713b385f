// SPDX-License-Identifier: GPL-2.0-only
/*
 * Channels of the agent: frames to the runner, and data between it and a command or a file.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"

struct channel *channels;
int line_out;

static void write_all(int fd, const void *data, size_t bytes)
{
	const uint8_t *at = data;

	while (bytes) {
		ssize_t n = write(fd, at, bytes);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			struct pollfd wait = { .fd = fd, .events = POLLOUT };

			poll(&wait, 1, -1);
			continue;
		}
		if (n < 0)
			die("the line");
		at += n;
		bytes -= n;
	}
}

void say(enum wire_type type, uint32_t channel, const void *data, uint32_t bytes)
{
	static uint8_t frame[sizeof(struct wire_head) + WIRE_CHUNK];
	struct wire_head head = {
		.magic = WIRE_MAGIC,
		.type = type,
		.channel = channel,
		.bytes = bytes,
	};

	/* Write in one piece: each write wakes the other end. */
	memcpy(frame, &head, sizeof(head));
	memcpy(frame + sizeof(head), data, bytes);
	write_all(line_out, frame, sizeof(head) + bytes);
}

struct channel *channel_find(uint32_t number)
{
	struct channel *c;

	for (c = channels; c; c = c->next)
		if (c->number == number)
			return c;
	return NULL;
}

struct channel *channel_new(uint32_t number)
{
	struct channel *c = calloc(1, sizeof(*c));

	if (!c)
		die("memory");
	*c = (struct channel) { channels, number, .in = -1, .out = -1, .err = -1 };
	channels = c;
	return c;
}

void channel_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void channel_finish(struct channel *c, uint32_t status)
{
	struct channel **at;

	say(WIRE_EXIT, c->number, &status, sizeof(status));
	for (at = &channels; *at != c; at = &(*at)->next)
		;
	*at = c->next;
	channel_close(&c->in);
	channel_close(&c->out);
	channel_close(&c->err);
	free(c->input);
	free(c);
}

void complain(uint32_t number, const char *what, int error)
{
	char text[512];

	snprintf(text, sizeof(text), "target-agent: %s: %s\n", what, strerror(error));
	say(WIRE_ERROR, number, text, strlen(text));
}

/* Refuses a request that got no channel. */
void refuse(uint32_t number, const char *what, int error, uint32_t status)
{
	complain(number, what, error);
	say(WIRE_EXIT, number, &status, sizeof(status));
}

void channel_take_input(struct channel *c, const void *data, size_t bytes)
{
	uint8_t *all;

	if (!bytes) {
		c->input_ended = true;
		return;
	}
	/* The command reads no more: drop the data. */
	if (c->in < 0)
		return;
	all = realloc(c->input, c->input_bytes + bytes);
	if (!all)
		die("memory");
	memcpy(all + c->input_bytes, data, bytes);
	c->input = all;
	c->input_bytes += bytes;
}

void channel_pass_input(struct channel *c)
{
	while (c->in >= 0 && c->input_bytes) {
		ssize_t n = write(c->in, c->input, c->input_bytes);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0) {
			/* A command may close its input, but a file must get all data. */
			if (!c->pid) {
				complain(c->number, "write", errno);
				c->status = 1;
			}
			channel_close(&c->in);
			c->input_bytes = 0;
			return;
		}
		c->input_bytes -= n;
		memmove(c->input, c->input + n, c->input_bytes);
	}
	if (!c->input_bytes && c->input_ended)
		channel_close(&c->in);
}

/* True when the file has ended, or a pipe has nothing just now. */
bool channel_pass_output(struct channel *c, int *fd, enum wire_type type)
{
	static uint8_t data[WIRE_CHUNK];
	ssize_t n;

	n = read(*fd, data, sizeof(data));
	if (n < 0 && errno == EINTR)
		return false;
	if (n < 0 && errno == EAGAIN)
		return true;
	if (n > 0) {
		say(type, c->number, data, n);
		return false;
	}
	if (n < 0 && !c->pid) {
		complain(c->number, "read", errno);
		c->status = 1;
	}
	channel_close(fd);
	return true;
}
