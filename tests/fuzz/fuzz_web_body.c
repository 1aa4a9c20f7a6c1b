/*
 * The body of an answer: the first byte says how it is compressed, the rest is
 * chunks of that.
 */
#include <string.h>

#include "scan/inflate.h"
#include "scan/web.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char bytes[64 * 1024];
	_arena_ struct arena a = { 0 };
	size_t len = 0, plain = 0;
	bool bad = false;
	char *body;

	if (!size || size > sizeof(bytes))
		return 0;
	memcpy(bytes, data + 1, size - 1);
	inflate_body(data[0] % 4, span_of(bytes, size - 1), 64 * 1024, &a,
		     &body, &plain);
	web_dechunk(bytes, size - 1, &len, &bad);
	inflate_body(data[0] % 4, span_of(bytes, len), 64 * 1024, &a, &body,
		     &plain);
	return 0;
}
