// SPDX-License-Identifier: GPL-2.0-only
/* The names that steps give to files, mappings and pins, for later steps to find. */
#include "try.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct handle *handles;	/* newest first */

struct handle *handle_find(const char *name)
{
	struct handle *handle;

	for (handle = handles; handle; handle = handle->next)
		if (!strcmp(handle->name, name))
			return handle;
	return NULL;
}

/* A name that is used again stands for the newer handle. */
struct handle *handle_new(const char *name, enum handle_kind kind)
{
	struct handle *handle;
	size_t len;

	if (!name)
		malformed("the result needs a name: NAME=VERB:...");
	len = strlen(name) + 1;
	handle = calloc(1, sizeof(*handle) + len);
	if (!handle)
		abort();
	memcpy(handle->name, name, len);
	handle->kind = kind;
	handle->fd = -1;
	handle->more[0] = -1;
	handle->more[1] = -1;
	handle->next = handles;
	handles = handle;
	return handle;
}

struct handle *handle_get(const char *name, enum handle_kind kind)
{
	static const char * const kinds[] = {
		[HANDLE_FILE] = "an open file",
		[HANDLE_MAP] = "a mapping",
		[HANDLE_RESERVATION] = "a reservation",
		[HANDLE_PIN] = "a pin",
		[HANDLE_PIPE] = "a pipe",
		[HANDLE_KMSG] = "a reader of the kernel's log",
		[HANDLE_RING] = "a ring",
		[HANDLE_UFFD] = "a userfaultfd",
		[HANDLE_KVM] = "a virtual machine",
	};
	struct handle *handle = handle_find(name);

	if (!handle && strchr(name, '+') && handle_find(strndupa(name, strcspn(name, "+"))))
		malformed("nothing is called '%s': a place in %s is %.*s,off=N", name, kinds[kind],
			  (int)strcspn(name, "+"), name);
	if (!handle)
		malformed("nothing is called '%s'", name);
	if (handle->kind != kind)
		malformed("'%s' is not %s", name, kinds[kind]);
	return handle;
}

/* The file to ask: via=; or @otherwise, if this is a file of the module; or the module's newest. */
struct handle *handle_via(const struct step *step, struct handle *otherwise)
{
	const char *via = step_text(step, "via");
	struct handle *handle;

	if (via)
		return handle_get(via, HANDLE_FILE);
	if (otherwise && !otherwise->foreign)
		return otherwise;
	for (handle = handles; handle; handle = handle->next)
		if (handle->kind == HANDLE_FILE && handle->fd >= 0 && !handle->foreign)
			return handle;
	malformed("no file is open");
}

/* Closes the files in reverse order of their opening. */
void handle_close_more(struct handle *handle)
{
	int i;

	for (i = 1; i >= 0; i--) {
		if (handle->more[i] >= 0)
			close(handle->more[i]);
		handle->more[i] = -1;
	}
}

void handle_free_all(void)
{
	struct handle *handle;

	while (handles) {
		handle = handles;
		handles = handle->next;
		free(handle);
	}
}
