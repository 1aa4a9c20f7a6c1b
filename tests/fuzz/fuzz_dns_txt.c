/* The RDATA of a TXT record. */
#include <stdint.h>

#include "net/dns_txt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_arena_ struct arena a = { 0 };

	dns_txt_join(data, size, &a);
	return 0;
}
