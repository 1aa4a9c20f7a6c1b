/*
 * A chain as a server sends it: certificates one behind the other, each after
 * three bytes of length, parsed and judged.
 */
#include <assert.h>

#include "base/span.h"
#include "net/cert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct cert_store *system_store(void)
{
	static struct cert_store *store;

	if (!store)
		cert_store_open(NULL, &store, NULL);
	return store;
}

static size_t split(struct span s, struct cert_der *ders)
{
	struct span der;
	size_t count = 0;
	uint32_t len;

	while (count < CERT_CHAIN_MAX && span_u24(&s, &len) &&
	       span_take(&s, len, &der))
		ders[count++] = (struct cert_der){ (const uint8_t *)der.p,
						   span_len(der) };
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cert_der ders[CERT_CHAIN_MAX];
	size_t count = split(span_of(data, size), ders);
	_arena_ struct arena a = { 0 };
	struct cert_verdict verdict;
	struct cert_chain chain;

	if (!cert_parse_chain(ders, count, &a, &chain, NULL))
		return 0;
	cert_judge(system_store(), &chain, "www.example.test",
		   INT64_C(1750000000000000), &verdict);
	assert(verdict.trusted == !verdict.trust_error);
	assert(strlen(chain.items[0].fingerprint) == 64);
	return 0;
}
