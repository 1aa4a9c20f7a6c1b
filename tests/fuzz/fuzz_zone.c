/* The bytes of a TZif file, and questions about any time. */
#include <stdint.h>

#include "base/zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int64_t times[] = {
		INT64_C(-3000000000), -1, 0, 1772355600, INT64_C(4417977600),
		INT64_C(32503680000)
	};
	_arena_ struct arena a = { 0 };
	const struct zone *zone = NULL;
	int64_t at[2];

	if (size > ZONE_FILE_MAX || !zone_read(data, size, &a, &zone, NULL))
		return 0;
	for (size_t i = 0; i < sizeof(times) / sizeof(*times); i++)
		zone_moments(zone, times[i], at);
	return 0;
}
