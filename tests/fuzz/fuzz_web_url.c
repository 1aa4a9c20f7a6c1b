/* An address as a certificate or a redirect has it. */
#include <assert.h>
#include <string.h>

#include "scan/web.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_arena_ struct arena a = { 0 };
	struct web_url url;
	const char *text = arena_strndup(&a, (const char *)data, size);

	if (!web_url_parse(text, &a, &url))
		return 0;
	assert(url.host[0] && url.path[0] == '/');
	assert(url.port > 0 && url.port <= 65535);
	assert(!strpbrk(url.path, " \r\n") && !strpbrk(url.host, "/@ \r\n"));
	return 0;
}
