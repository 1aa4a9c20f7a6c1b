/* A page: its elements, its policies, and the scripts of others. */
#include "scan/probes/http.h"
#include "scan/probes/http_sri.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_arena_ struct arena a = { 0 };
	struct html_page page = { 0 };
	struct sri sri = { 0 };

	if (size > 64 * 1024)
		return 0;
	html_parse(span_of(data, size), &a, &page);
	http_meta_policies(&page, &a);
	sri_read(&page, "www.example.net", size & 1, &a, &sri);
	return 0;
}
