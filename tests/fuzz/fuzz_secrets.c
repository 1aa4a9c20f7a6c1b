/* Any text of a page, under every pattern of secrets. */
#include "scan/probes/secrets_find.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_arena_ struct arena a = { 0 };
	struct secrets *s = NULL;

	if (secrets_open("salt", &a, &s, NULL))
		secrets_find(s, span_of(data, size), "here");
	return 0;
}
