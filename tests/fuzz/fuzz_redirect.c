/* The Location of a redirect. */
#include "scan/page.h"
#include "scan/probes/http_redirect.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct redirect_url from = { .host = "a.example",
					   .port = 80,
					   .path = "/b/c?d" };
	_arena_ struct arena a = { 0 };
	struct redirect_url url = { 0 };
	const char *location = arena_strndup(&a, (const char *)data, size);
	struct web_field field = { "Location", location };
	struct web_answer answer = { .status = 301,
				     .fields = &field,
				     .field_count = 1 };

	if (size > 8192)
		return 0;
	redirect_parse(location, &from, &a, &url);
	page_own_path(&answer, "/b/c?d", "a.example", 80, false, &a);
	return 0;
}
