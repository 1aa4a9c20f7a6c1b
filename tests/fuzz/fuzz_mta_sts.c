/* The policy of MTA-STS, and the records beside it. */
#include "scan/probes/mta_sts.h"
#include "scan/probes/tag_list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_arena_ struct arena a = { 0 };
	char *text = arena_strndup(&a, (const char *)data, size);
	struct str_list errors = record_errors(&a);
	struct sts_policy p;

	sts_policy_parse(span_of(data, size), &a, &p);
	sts_allows(&p, "mx.example.net.");
	sts_allows(&p, text);
	sts_record_id(text, &a, &errors);
	rpt_check(text, &a, &errors);
	bimi_is_record(text);
	return 0;
}
