/* An answer to NEGOTIATE; the first byte chooses the dialect. */
#include "scan/probes/smb.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const unsigned dialects[] = { 0x0001, 0x0202, 0x0300, 0x0311 };
	struct smb_answer answer;

	if (size)
		smb_parse_negotiate(span_of(data + 1, size - 1),
				    dialects[data[0] % 4], &answer);
	return 0;
}
