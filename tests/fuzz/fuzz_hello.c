/*
 * What a server sends back to a ClientHello. The first byte chooses whether
 * the certificate is wanted too; what is found is read to its last byte.
 */
#include <assert.h>

#include "net/hello.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct hello_answer *answer, struct arena *a)
{
	unsigned sum = 0;

	if (answer->kind == HELLO_ALERT)
		assert(*hello_alert_name(answer->alert, a));
	assert(answer->der_count <= CERT_CHAIN_MAX);
	for (size_t i = 0; i < answer->der_count; i++) {
		assert(answer->ders[i].len <= CERT_DER_MAX);
		for (size_t k = 0; k < answer->ders[i].len; k++)
			sum += answer->ders[i].bytes[k];
	}
	assert(sum != UINT32_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_arena_ struct arena a = { 0 };
	struct hello_answer answer;

	if (!size)
		return 0;
	hello_parse(span_of(data + 1, size - 1), data[0] & 1, &a, &answer);
	check(&answer, &a);
	return 0;
}
