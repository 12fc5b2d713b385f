// SPDX-License-Identifier: GPL-2.0-only
/*
 * doctor: why a method is not on this kernel. module/patterns/list.h says which features a method
 * needs, and repeats from compat.h what each feature needs. If the two differ, doctor calls a
 * method missing that this kernel should have.
 */
#include "doctor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"

/* The features that each method needs, by the names of compat.h. */
static const char * const features[] = {
#define METHOD(id, name, family, have)	\
	[PFNMAP_TEST_METHOD_##id] = #have,
#include "../../../module/patterns/list.h"
#undef METHOD
};

/* What each feature needs. If a feature has several lines, it needs all of them. */
static const struct need {
	const char *feature;
	unsigned int since;	/* with an option: the first kernel that asks for the option */
	unsigned int until;	/* the first kernel without the feature; 0: none */
	const char *option;
} needs[] = {
#define FEATURE(have, since, until, option)	{ #have, since, until, option },
#include "../../../module/patterns/list.h"
#undef FEATURE
};

/* The architecture sets these options, and users can't choose them. */
#define ARCH_OPTION	"CONFIG_HAVE_ARCH_"

static bool needed(const struct need *need, const struct pfnmap_test_describe *method)
{
	return method->id < ARRAY_SIZE(features) && features[method->id] &&
	       strstr(features[method->id], need->feature);
}

/* True if only other versions of the kernel have the method: a verdict of ok, not missing. */
static bool other_version(struct doctor *doctor, const struct pfnmap_test_describe *method)
{
	const struct need *need;
	unsigned int version;

	for (need = needs; need < needs + ARRAY_SIZE(needs); need++) {
		if (need->option || !needed(need, method))
			continue;
		version = need->since > doctor->version ? need->since :
			  need->until && need->until <= doctor->version ? need->until : 0;
		if (!version)
			continue;
		verdict(doctor, method->name, STATE_OK, NULL,
			METHOD_MISSING ": only %s %u.%u", need->since ? "since" : "before",
			version >> 16, version & 0xffff);
		return true;
	}
	return false;
}

static void missing_option(struct doctor *doctor, const struct pfnmap_test_describe *method)
{
	enum kconfig_state state;
	const struct need *need;

	for (need = needs; need < needs + ARRAY_SIZE(needs); need++) {
		if (!need->option || need->since > doctor->version || !needed(need, method))
			continue;
		state = kconfig_get(&doctor->config, need->option);
		if (state == KCONFIG_ON)
			continue;
		if (!strncmp(need->option, ARCH_OPTION, strlen(ARCH_OPTION))) {
			verdict(doctor, method->name, STATE_OK, NULL,
				METHOD_MISSING ": the architecture lacks %s", need->option);
			return;
		}
		verdict(doctor, method->name, STATE_MISSING,
			"build the kernel with it, and the module anew",
			"%s: it needs %s%s", METHOD_MISSING, need->option,
			state == KCONFIG_OFF ? ", which is not set" : "");
		return;
	}
	verdict(doctor, method->name, STATE_MISSING, "build the module anew, for this kernel",
		"this kernel has the helper, but the module was built without it");
}

void check_methods(struct doctor *doctor)
{
	const struct pfnmap_test_describe *method = NULL;
	const struct catalog *catalog = &doctor->device.catalog;
	unsigned int n = 0, there = 0;

	if (!usable(doctor))
		return;
	while ((method = catalog_next(catalog, PFNMAP_TEST_KIND_METHOD, method))) {
		n++;
		there += !method->error;
	}
	verdict(doctor, "methods", STATE_OK, NULL, "%u of %u", there, n);
	while ((method = catalog_next(catalog, PFNMAP_TEST_KIND_METHOD, method)))
		if (method->error && !other_version(doctor, method))
			missing_option(doctor, method);
}
