/*
 * An HTTP answer: the head, what its headers mean, and (behind the head) a
 * body in chunks.
 */
#include <string.h>

#include "scan/probes/cookies.h"
#include "scan/probes/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span bytes = span_of(data, size);
	_arena_ struct arena a = { 0 };
	struct fact_list facts = { .arena = &a };
	struct web_answer answer = { 0 };
	size_t head = web_head_length(bytes), len = 0;
	bool bad = false;
	char *body;

	if (size > WEB_HEAD_MAX)
		return 0;
	body = arena_bytes(&a, size - head + 1);
	memcpy(body, bytes.p + head, size - head);
	web_dechunk(body, size - head, &len, &bad);
	bytes.end = bytes.p + head;
	if (!head || !web_parse_head(bytes, &a, &answer, NULL))
		return 0;
	answer.body = body;
	answer.body_len = len;
	http_facts(&(struct http_input){ .first = &answer,
					 .page = &answer,
					 .port = 443,
					 .tls = size & 1,
					 .name = "example.com" },
		   &facts);
	return 0;
}
