/*
 * What a server sends back to a ClientHello. The first byte chooses how much
 * of it is waited for, or SSLv2; what is found is read to its last byte.
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
	for (size_t i = 0; i < sizeof(answer->dh_start); i++)
		sum += answer->dh_start[i];
	assert(answer->dh_bits >= 0 && answer->dh_bits <= 8 * 4096);
	assert(sum != UINT32_MAX);
}

static void check_ssl2(struct span bytes, struct arena *a)
{
	uint16_t *suites;
	size_t count;

	if (hello_ssl2_parse(bytes, a, &suites, &count) != HELLO_SERVER)
		assert(!count);
	for (size_t i = 0; i < count; i++)
		assert(suite_find(suites[i])->first == TLS_SSL2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_arena_ struct arena a = { 0 };
	struct hello_answer answer;

	if (!size)
		return 0;
	if (data[0] & 4) {
		check_ssl2(span_of(data + 1, size - 1), &a);
		return 0;
	}
	hello_parse(span_of(data + 1, size - 1), (enum hello_wait)(data[0] & 3),
		    &a, &answer);
	check(&answer, &a);
	return 0;
}
