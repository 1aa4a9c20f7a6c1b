/* A whole DNS message, and each of its records as RDATA of every kind. */
#include "net/dns_wire.h"
#include "net/dnssec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void rdata(struct span s, struct arena *a)
{
	struct dns_tlsa tlsa;
	struct dns_caa caa;
	struct dns_soa soa;
	struct dns_mx mx;
	struct dnskey key;
	struct ds ds;
	struct rrsig sig;
	struct nsec3 nsec3;
	const char *text;

	dns_read_txt(s, a, &text);
	dns_read_mx(s, a, &mx);
	dns_read_soa(s, a, &soa);
	dns_read_caa(s, a, &caa);
	dns_read_tlsa(s, &tlsa);
	dnskey_read(s, &key);
	ds_read(s, &ds);
	rrsig_read(s, INT64_C(1772355600), &sig);
	nsec3_read(s, &nsec3);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_arena_ struct arena a = { 0 };
	struct dns_message m = { 0 };

	if (size > 65535)
		return 0;
	rdata(span_of(data, size), &a);
	if (!dns_wire_parse(span_of(data, size), &a, &m))
		return 0;
	for (size_t i = 0; i < m.answer_count; i++)
		rdata(m.answers[i].rdata, &a);
	return 0;
}
