/* A Set-Cookie line. */
#include "scan/probes/cookies.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_arena_ struct arena a = { 0 };
	struct cookie c = { 0 };
	const char *line = arena_strndup(&a, (const char *)data, size);

	if (size <= 8192 &&
	    cookie_parse(line, INT64_C(1772323200000000), &a, &c)) {
		cookie_is_same_site(&c);
		cookie_keeps_prefix(&c);
		cookie_is_session(&c);
		cookie_is_csrf(&c);
	}
	return 0;
}
