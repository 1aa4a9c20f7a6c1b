/* A security.txt file. */
#include "scan/probes/security_txt_parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_arena_ struct arena a = { 0 };
	struct security_txt txt;

	security_txt_parse(span_of(data, size), "https://example.net/x", 0, &a,
			   &txt);
	return 0;
}
