/*
 * Content Security Policies, one a line; a line that begins with a tab stands
 * in the page.
 */
#include <string.h>

#include "scan/probes/http_csp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char text[4096];
	_arena_ struct arena a = { 0 };
	struct csp_input in = { .https = size & 1 };
	struct csp csp = { 0 };
	const char *names[64], *metas[64];
	bool frames;

	if (size >= sizeof(text))
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	in.headers.items = names;
	in.metas.items = metas;
	for (char *p = text, *end = p;
	     *end && in.headers.len < 64 && in.metas.len < 64; p = end + 1) {
		end = strchrnul(p, '\n');
		if (*p == '\t')
			metas[in.metas.len++] = p + 1;
		else
			names[in.headers.len++] = p;
		if (!*end)
			break;
		*end = '\0';
	}
	csp_read(&in, &csp);
	csp_words(csp.weaknesses, &a);
	csp_verdict(&in, &a, &frames);
	return 0;
}
