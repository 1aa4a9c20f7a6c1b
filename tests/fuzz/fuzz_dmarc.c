/* The text of a DMARC record. */
#include "scan/probes/dmarc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_arena_ struct arena a = { 0 };
	char *text = arena_strndup(&a, (const char *)data, size);
	struct dmarc d;

	dmarc_is_record(text);
	dmarc_parse(text, &a, &d);
	for (size_t i = 0; i < d.rua.len; i++)
		dmarc_mail_domain(d.rua.items[i], &a);
	return 0;
}
