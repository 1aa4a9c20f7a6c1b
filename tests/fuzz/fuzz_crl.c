/* A revocation list, as a stranger on the way could change it. */
#include <assert.h>

#include "net/revocation.h"
#include "signed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span s = span_of(data, size);
	_arena_ struct arena a = { 0 };
	struct revocation r = { 0 };
	struct cert cert, issuer;

	if (take_cert(&s, &a, &cert) && take_cert(&s, &a, &issuer) &&
	    crl_read(rest_of(s), &cert, &issuer, FUZZ_NOW, &r, NULL))
		assert(r.status != CERT_UNKNOWN);
	return 0;
}
