/* An OCSP answer about a certificate, as a stranger on the way could change it.
 */
#include <assert.h>

#include "net/revocation.h"
#include "signed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span s = span_of(data, size);
	_arena_ struct arena a = { 0 };
	struct revocation r = { 0 };
	struct cert cert, issuer;
	struct cert_der request;

	if (!take_cert(&s, &a, &cert) || !take_cert(&s, &a, &issuer))
		return 0;
	if (ocsp_read(rest_of(s), NULL, &cert, &issuer, FUZZ_NOW, &a, &r, NULL))
		assert(r.status == CERT_REVOKED || !r.revoked_at);
	if (ocsp_ask(&cert, &issuer, &a, &request, NULL))
		ocsp_read(rest_of(s), &request, &cert, &issuer, FUZZ_NOW, &a,
			  &r, NULL);
	return 0;
}
