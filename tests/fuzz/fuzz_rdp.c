/* A Connection Confirm; the first byte chooses what was asked for. */
#include "scan/probes/rdp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool accepted;

	if (size)
		rdp_parse_confirm(span_of(data + 1, size - 1),
				  (enum rdp_protection)(data[0] % 3),
				  &accepted);
	return 0;
}
