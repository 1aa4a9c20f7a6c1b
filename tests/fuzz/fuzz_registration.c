/* The answer of a registry, as WHOIS and as RDAP. */
#include "scan/probes/registration_parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_arena_ struct arena a = { 0 };
	struct span bytes = span_of(data, size);
	struct registration r;
	int64_t time;

	registration_read_whois(bytes, &a, &r);
	registration_read_rdap(bytes, &a, &r, NULL);
	registration_date(bytes, &a, &time);
	return 0;
}
