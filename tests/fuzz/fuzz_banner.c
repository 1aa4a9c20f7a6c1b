/* What a service says: the first byte chooses which one it pretends to be. */
#include "scan/probes/banner.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_arena_ struct arena a = { 0 };
	struct banner b = { 0 };
	size_t services = 0;
	struct span said;

	while (service_row(services))
		services++;
	if (!size || size > BANNER_MAX)
		return 0;
	said = span_of(data + 1, size - 1);
	service_row(data[0] % services)->read(said, &a, &b);
	service_sounds_like(said, &a, &b);
	banner_line(said, &a);
	return 0;
}
