/* The text of an SPF record. */
#include "scan/probes/spf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_arena_ struct arena a = { 0 };
	char *text = arena_strndup(&a, (const char *)data, size);
	struct spf spf;

	if (spf_is_record(text))
		spf_parse(text, &a, &spf);
	spf_parse(arena_printf(&a, "v=spf1 %s", text), &a, &spf);
	return 0;
}
