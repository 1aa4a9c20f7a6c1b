/*
 * What a service says before TLS. The first byte chooses the service, the
 * second the step.
 */
#include <assert.h>

#include "net/starttls.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct starttls_said said = { 0 };
	struct span all, s;
	enum starttls_answer r;

	if (size < 2 || size > STARTTLS_REPLY_MAX)
		return 0;
	all = s = span_of(data + 2, size - 2);
	r = starttls_read((enum starttls_kind)(data[0] % STARTTLS_KINDS),
			  data[1] % (STARTTLS_STEPS_MAX + 1), &s, &said);
	assert(s.p >= all.p && s.p <= all.end && s.end == all.end);
	assert(r != STARTTLS_YES || s.p > all.p);
	return 0;
}
