/* Receipts of certificate logs: in a certificate, and as a list of their own.
 */
#include <assert.h>

#include "net/sct.h"
#include "signed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span s = span_of(data, size);
	_arena_ struct arena a = { 0 };
	struct cert cert, issuer;
	struct sct_input in = { .cert = &cert, .now = FUZZ_NOW };
	struct sct_list list;

	if (!take_cert(&s, &a, &cert))
		return 0;
	if (take_cert(&s, &a, &issuer))
		in.issuer = &issuer;
	in.tls = in.ocsp = rest_of(s);
	sct_read(&in, &list);
	assert(list.len <= SCT_MAX);
	for (size_t i = 0; i < list.len; i++)
		assert(list.items[i].state != SCT_VALID); /* no log is known */
	return 0;
}
