/*
 * signed: how the fuzzers of what issuers say take their input apart: a
 * certificate and its issuer, each after three bytes of length, then the rest.
 */
#ifndef NIS2_TESTS_SIGNED_H
#define NIS2_TESTS_SIGNED_H

#include "base/span.h"
#include "net/cert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_NOW INT64_C(1750000000000000)

static bool take_cert(struct span *s, struct arena *a, struct cert *ret)
{
	struct span der;
	uint32_t len;

	return span_u24(s, &len) && span_take(s, len, &der) &&
	       cert_parse(der.p, span_len(der), a, ret, NULL);
}

static struct cert_der rest_of(struct span s)
{
	return (struct cert_der){ (const uint8_t *)s.p, span_len(s) };
}

#endif
