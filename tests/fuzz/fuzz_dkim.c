/* The text of a DKIM key record, with the key in it. */
#include "scan/probes/dkim.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_arena_ struct arena a = { 0 };
	char *text = arena_strndup(&a, (const char *)data, size);
	struct dkim d;

	dkim_is_record(text);
	dkim_parse(text, &a, &d);
	return 0;
}
