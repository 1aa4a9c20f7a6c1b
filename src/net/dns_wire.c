#include "net/dns_wire.h"

#include <ctype.h>
#include <ldns/ldns.h>
#include <string.h>

enum { NAME_WIRE_MAX = 255, UDP_SIZE = 1232 };

/* ---- messages ---- */

bool dns_wire_query(const struct dns_question *q, struct arena *a,
		    struct span *ret)
{
	ldns_rdf *name = ldns_dname_new_frm_str(q->name);
	ldns_pkt *pkt = NULL;
	uint8_t *wire = NULL;
	size_t len = 0;

	if (!name)
		return false;
	/* The packet owns the name from here on. */
	pkt = ldns_pkt_query_new(name, (ldns_rr_type)q->type,
				 (ldns_rr_class)q->qclass,
				 q->recurse ? LDNS_RD : 0);
	if (!pkt) {
		ldns_rdf_deep_free(name);
		return false;
	}
	ldns_pkt_set_id(pkt, (uint16_t)q->id);
	ldns_pkt_set_edns_udp_size(pkt, UDP_SIZE);
	if (ldns_pkt2wire(&wire, pkt, &len) == LDNS_STATUS_OK) {
		char *copy = arena_bytes(a, len + 1);

		memcpy(copy, wire, len);
		*ret = span_of(copy, len);
	}
	free(wire);
	ldns_pkt_free(pkt);
	return len > 0;
}

static struct span rdata_of(const ldns_rr *rr, struct arena *a)
{
	struct sb bytes = sb_new(a, 64);

	for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
		const ldns_rdf *f = ldns_rr_rdf(rr, i);

		sb_addn(&bytes, (const char *)ldns_rdf_data(f),
			ldns_rdf_size(f));
	}
	return span_of(bytes.s, bytes.len);
}

static struct dns_record *records_of(const ldns_rr_list *list, struct arena *a,
				     size_t *ret_count)
{
	size_t count = ldns_rr_list_rr_count(list), kept = 0;
	struct dns_record *records;

	if (count > DNS_MESSAGE_RECORDS)
		count = DNS_MESSAGE_RECORDS;
	records = arena_array(a, count + 1, sizeof(*records));
	for (size_t i = 0; i < count; i++) {
		const ldns_rr *rr = ldns_rr_list_rr(list, i);
		const ldns_rdf *owner = ldns_rr_owner(rr);
		struct dns_record *r = &records[kept];
		struct span name;

		name = span_of(ldns_rdf_data(owner), ldns_rdf_size(owner));
		if (!dns_read_name(&name, a, &r->name))
			continue;
		r->type = (int)ldns_rr_get_type(rr);
		r->rclass = (int)ldns_rr_get_class(rr);
		r->ttl = ldns_rr_ttl(rr);
		r->rdata = rdata_of(rr, a);
		kept++;
	}
	*ret_count = kept;
	return records;
}

bool dns_wire_parse(struct span bytes, struct arena *a, struct dns_message *ret)
{
	ldns_pkt *pkt = NULL;

	if (ldns_wire2pkt(&pkt, (const uint8_t *)bytes.p, span_len(bytes)) !=
	    LDNS_STATUS_OK)
		return false;
	*ret = (struct dns_message){
		.id = ldns_pkt_id(pkt),
		.rcode = (int)ldns_pkt_get_rcode(pkt),
		.response = ldns_pkt_qr(pkt),
		.authoritative = ldns_pkt_aa(pkt),
		.truncated = ldns_pkt_tc(pkt),
		.recursion = ldns_pkt_ra(pkt),
	};
	ret->answers = records_of(ldns_pkt_answer(pkt), a, &ret->answer_count);
	ret->authority =
		records_of(ldns_pkt_authority(pkt), a, &ret->authority_count);
	ldns_pkt_free(pkt);
	return true;
}

/* ---- RDATA ---- */

static void add_label(struct sb *out, struct span label)
{
	for (; span_len(label); label.p++) {
		unsigned char c = (unsigned char)*label.p;

		if (isalnum(c) || c == '-' || c == '_' || c == '*')
			sb_addc(out, (char)tolower(c));
		else if (c > ' ' && c < 127 && c != '.' && c != '\\')
			sb_addc(out, (char)c);
		else
			sb_addf(out, "\\%03u", c);
	}
}

bool dns_read_name(struct span *s, struct arena *a, const char **ret)
{
	struct sb out = sb_new(a, 64);
	struct span rest = *s, label;
	uint8_t len;

	for (;;) {
		if (!span_u8(&rest, &len) || len > 63 ||
		    (size_t)(rest.p - s->p) + len > NAME_WIRE_MAX)
			return false;
		if (!len)
			break;
		if (!span_take(&rest, len, &label))
			return false;
		add_label(&out, label);
		sb_addc(&out, '.');
	}
	if (!out.len)
		sb_addc(&out, '.');
	*s = rest;
	*ret = out.s;
	return true;
}

bool dns_read_txt(struct span rdata, struct arena *a, const char **ret)
{
	struct sb out = sb_new(a, 256);
	struct span part;
	uint8_t len;

	while (span_len(rdata)) {
		if (!span_u8(&rdata, &len) || !span_take(&rdata, len, &part))
			return false;
		for (; span_len(part); part.p++)
			sb_addc(&out, *part.p ? *part.p : '?');
	}
	*ret = out.s;
	return true;
}

bool dns_read_mx(struct span rdata, struct arena *a, struct dns_mx *ret)
{
	uint16_t preference;

	if (!span_u16(&rdata, &preference) ||
	    !dns_read_name(&rdata, a, &ret->host))
		return false;
	ret->preference = preference;
	return true;
}

bool dns_read_soa(struct span rdata, struct arena *a, struct dns_soa *ret)
{
	return dns_read_name(&rdata, a, &ret->mname) &&
	       dns_read_name(&rdata, a, &ret->rname) &&
	       span_u32(&rdata, &ret->serial) &&
	       span_u32(&rdata, &ret->refresh) &&
	       span_u32(&rdata, &ret->retry) &&
	       span_u32(&rdata, &ret->expire) &&
	       span_u32(&rdata, &ret->minimum);
}

/* Text for people and for comparing: what does not print is '?'. */
static char *printable(struct span s, struct arena *a)
{
	char *text = span_dup(a, s);

	for (char *p = text; *p; p++)
		if ((unsigned char)*p < ' ' || (unsigned char)*p > '~')
			*p = '?';
	return text;
}

bool dns_read_caa(struct span rdata, struct arena *a, struct dns_caa *ret)
{
	uint8_t flags, len;
	struct span tag;
	char *text;

	if (!span_u8(&rdata, &flags) || !span_u8(&rdata, &len) || !len ||
	    !span_take(&rdata, len, &tag))
		return false;
	text = printable(tag, a);
	for (char *p = text; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	ret->critical = flags & 128;
	ret->tag = text;
	ret->value = printable(rdata, a);
	return true;
}

bool dns_read_tlsa(struct span rdata, struct dns_tlsa *ret)
{
	uint8_t usage, selector, matching;

	if (!span_u8(&rdata, &usage) || !span_u8(&rdata, &selector) ||
	    !span_u8(&rdata, &matching) || !span_len(rdata))
		return false;
	*ret = (struct dns_tlsa){ usage, selector, matching, rdata };
	return true;
}
