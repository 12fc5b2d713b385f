// SPDX-License-Identifier: GPL-2.0-only
/* Cuts a step into verb, target and arguments, and refuses a malformed one. */
#include "try.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "text.h"

static const char *parsed_step;

/* Ends the program: a test that says nonsense must not look like a result. */
void malformed(const char *fmt, ...)
{
	va_list args;

	fflush(stdout);
	fprintf(stderr, "pfnmap-try: %s: ", parsed_step);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	exit(EXIT_MALFORMED);
}

static bool is_name(const char *text)
{
	if (!isalpha((unsigned char)*text))
		return false;
	while (isalnum((unsigned char)*text) || *text == '_')
		text++;
	return !*text;
}

/* Keeps @text for what malformed() prints. */
void step_begin(const char *text)
{
	static char whole[256];

	snprintf(whole, sizeof(whole), "%s", text);
	parsed_step = whole;
}

/* Cuts @text into pieces, which @step points to. */
void step_parse(struct step *step, char *text)
{
	char *rest, *word, *equal;

	step_begin(text);
	*step = (struct step){ .verb = text, .target = "" };
	rest = text + strcspn(text, ":");
	if (*rest)
		*rest++ = '\0';
	equal = strchr(text, '=');
	if (equal) {
		*equal = '\0';
		step->handle = text;
		step->verb = equal + 1;
		if (!is_name(step->handle))
			malformed("a handle's name is a letter, then letters and digits");
	}
	while (rest && *rest) {
		word = strsep(&rest, ",");
		equal = strchr(word, '=');
		if (equal)
			*equal++ = '\0';
		if (!equal && !*step->target && !step->n_args)
			step->target = word;
		else if (step->n_args < STEP_ARGS)
			step->args[step->n_args++] = (struct arg){ word, equal };
		else
			malformed("too many arguments");
	}
}

static bool among(const char *words, size_t len, const char *key)
{
	const char *end = words + len;
	size_t n;

	for (; words < end; words += n + 1) {
		n = strcspn(words, "|=,[]");
		if (n == strlen(key) && !strncmp(words, key, n))
			return true;
	}
	return false;
}

/* True if the form has the key: MAP[,off=N][,slow|fast] has off, slow and fast. */
static bool listed(const char *form, const char *key)
{
	bool target = true;
	size_t len;

	if (strchr(key, '@'))
		return strchr(form, '@');
	for (;; target = false) {
		form += strspn(form, "[]");
		len = strcspn(form, "=,[]");
		if ((!target || form[len] == '=') && among(form, len, key))
			return true;
		form += strcspn(form, ",");
		if (!*form++)
			return false;
	}
}

void step_check(const struct step *step, const char *form)
{
	size_t i, j;

	if (isupper((unsigned char)*form) && !*step->target)
		malformed("%s needs a target behind its colon: %s:%s", step->verb, step->verb,
			  form);
	for (i = 0; i < step->n_args; i++) {
		if (!listed(form, step->args[i].key))
			malformed("%s does not know '%s': %s:%s", step->verb, step->args[i].key,
				  step->verb, form);
		/* A field, as u32@4, may be set, and shown afterwards. */
		for (j = 0; j < i && !strchr(step->args[i].key, '@'); j++)
			if (!strcmp(step->args[i].key, step->args[j].key))
				malformed("'%s' is there twice", step->args[i].key);
	}
}

bool step_has(const struct step *step, const char *word)
{
	size_t i;

	for (i = 0; i < step->n_args; i++)
		if (!strcmp(step->args[i].key, word)) {
			if (step->args[i].value)
				malformed("'%s' takes no value", word);
			return true;
		}
	return false;
}

const char *step_text(const struct step *step, const char *key)
{
	size_t i;

	for (i = 0; i < step->n_args; i++)
		if (!strcmp(step->args[i].key, key)) {
			if (!step->args[i].value)
				malformed("'%s' needs a value", key);
			return step->args[i].value;
		}
	return NULL;
}

uint64_t number_of(const char *text)
{
	uint64_t value;

	if (text_number(text, &value))
		malformed("'%s' is not a number", text);
	return value;
}

uint64_t step_number(const struct step *step, const char *key, uint64_t otherwise)
{
	const char *text = step_text(step, key);

	return text ? number_of(text) : otherwise;
}

/*
 * The value of the name @text, in letters of any case, with or without @prefix: a report that
 * becomes a step has MADV_DONTNEED, and the tests write dontneed. Or a number.
 */
uint64_t step_value(const char *text, const char *key, const char *prefix,
		    const struct named *known, size_t n)
{
	size_t i, skip = strlen(prefix);

	if (strncasecmp(text, prefix, skip))
		skip = 0;
	for (i = 0; i < n; i++)
		if (!strcasecmp(text + skip, known[i].name))
			return known[i].value;
	if (!isdigit((unsigned char)*text))
		malformed("%s=%s is neither a number nor a name of %sNAME that this step knows",
			  key, text, prefix);
	return number_of(text);
}

/* NAME+NAME..., each as for step_value() */
uint64_t step_bits(const struct step *step, const char *key, const char *prefix,
		   const struct named *known, size_t n)
{
	const char *text = step_text(step, key);
	uint64_t bits = 0;
	size_t len;

	for (; text && *text; text += len + !!text[len]) {
		len = strcspn(text, "+");
		bits |= step_value(strndupa(text, len), key, prefix, known, n);
	}
	return bits;
}

/* A name that the module knows, or any number. */
uint32_t step_id(const struct step *step, const char *key, uint32_t kind, uint32_t otherwise)
{
	const struct pfnmap_test_describe *item;
	const char *text = step_text(step, key);
	char *names;

	if (!text)
		return otherwise;
	if (isdigit((unsigned char)*text))
		return number_of(text);
	item = catalog_by_name(&catalog, kind, text);
	if (item)
		return item->id;
	names = catalog_mask(&catalog, kind, ~0ULL);
	malformed("the module has no %s '%s', only %s", key, text, names);
}

void step_place(const char *text, struct place *place)
{
	char name[64];
	const char *plus = strchrnul(text, '+');

	*place = (struct place){ 0 };
	if (isdigit((unsigned char)*text)) {
		place->address = number_of(text);
		return;
	}
	snprintf(name, sizeof(name), "%.*s", (int)(plus - text), text);
	if (*plus)
		place->offset = number_of(plus + 1);

	place->map = handle_find(name);
	if (place->map) {
		if (place->map->kind != HANDLE_MAP)
			malformed("%s is not a mapping", name);
		place->address = (uintptr_t)place->map->start + place->offset;
		return;
	}
	place->region = catalog_by_name(&catalog, PFNMAP_TEST_KIND_REGION, name);
	if (!place->region)
		malformed("'%s' is neither a mapping nor a region nor a number%s", name,
			  catalog.n ? "" : "; regions are known once a file of the module is open");
	place->address = place->region->start + place->offset;
}

void step_done(const struct step *step, const char *subject, int err)
{
	printf("%s %s: %s\n", step->verb, subject, err ? text_errno(err) : "ok");
}
