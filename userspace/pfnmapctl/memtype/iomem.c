// SPDX-License-Identifier: GPL-2.0-only
/* Finds out from /proc/iomem who owns memory: PAT's tree has no names. */
#include "memtype.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/**
 * iomem_owner() - who holds a physical address, by /proc/iomem
 * @address: physical address
 * @ram: set to whether it is System RAM
 *
 * A nested resource lies within its parent, and its line is indented by two blanks more. So all
 * lines that contain the address form a path.
 *
 * Return: "outer / inner", which the caller frees; NULL if no resource has the address
 */
char *iomem_owner(uint64_t address, bool *ram)
{
	char line[256], name[200], *path = NULL, *longer;
	uint64_t start, last;
	FILE *in;

	*ram = false;
	in = fopen("/proc/iomem", "re");
	if (!in)
		return NULL;
	while (fgets(line, sizeof(line), in)) {
		if (sscanf(line, " %" SCNx64 "-%" SCNx64 " : %199[^\n]", &start, &last, name) != 3)
			continue;
		if (address < start || address > last)
			continue;
		if (!strcmp(name, "System RAM"))
			*ram = true;
		if (asprintf(&longer, "%s%s%s", path ? path : "", path ? " / " : "", name) < 0)
			break;
		free(path);
		path = longer;
	}
	fclose(in);
	return path;
}
