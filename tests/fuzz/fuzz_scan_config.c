/*
 * Any bytes as a configuration of `nis2 scan`. What is read is written, and
 * what was written reads as the same.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "cmd/scan_config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool read(const char *text, size_t len, struct arena *a,
		 struct scan_config *ret, struct err *err)
{
	scan_config_defaults(ret);
	return scan_config_read("f", text, len, NULL, a, ret, err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_arena_ struct arena a = { 0 };
	struct sb first = sb_new(&a, 256), second = sb_new(&a, 256);
	struct scan_config config, again;
	struct err err = { 0 };

	if (!read((const char *)data, size, &a, &config, &err)) {
		assert(err.kind != ERR_NONE && !strncmp(err.msg, "f:", 2));
		return 0;
	}
	scan_config_write(&config, &first);
	assert(read(first.s, first.len, &a, &again, &err));
	scan_config_write(&again, &second);
	assert(first.len == second.len && !strcmp(first.s, second.s));
	return 0;
}
