/* An expression and a moment: what comes next comes later, and fits. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "core/cron.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void holds(bool yes)
{
	if (!yes)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_arena_ struct arena a = { 0 };
	struct err err = { 0 };
	struct cron c = { 0 };
	uint32_t hours = 0;
	int64_t after, next = 0, minute;
	const char *text;

	if (size < 4 || size > 4 + 2 * CRON_MAX)
		return 0;
	memcpy(&hours, data, 4);
	text = arena_strndup(&a, (const char *)data + 4, size - 4);
	if (!cron_parse(text, &c, &err)) {
		holds(err.kind == ERR_INVALID && *err.msg);
		return 0;
	}
	/* From 1970, some 490 years on. */
	after = (int64_t)hours * 3600 / 1000 * CLOCK_SECOND;
	holds(cron_next(&c, NULL, after, &next) && next > after);
	minute = next / (60 * CLOCK_SECOND);
	holds(next % (60 * CLOCK_SECOND) == 0);
	holds(c.minutes >> minute % 60 & 1);
	holds(c.hours >> minute / 60 % 24 & 1);
	return 0;
}
