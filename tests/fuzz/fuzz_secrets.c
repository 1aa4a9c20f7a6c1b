/* Any text of a page, under the patterns of secrets and of software. */
#include "scan/probes/secrets_find.h"
#include "scan/probes/software_find.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_arena_ struct arena a = { 0 };
	struct secrets *s = NULL;
	struct software_found found[SOFTWARE_MAX];
	struct software_table *t = NULL;

	if (secrets_open("salt", &a, &s, NULL))
		secrets_find(s, span_of(data, size), "here");
	if (software_open(&a, &t, NULL))
		software_find(t, span_of(data, size), found, 0);
	return 0;
}
