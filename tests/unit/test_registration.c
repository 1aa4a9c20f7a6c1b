/*
 * What registries say of a domain: RDAP (RFC 9083), WHOIS in the forms that
 * registries have, and their dates.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/clock.h"
#include "scan/probes/registration_parse.h"
#include "table.h"

/* ---- dates ---- */

static const struct date_case {
	const char *name, *text, *time; /* NULL: none */
} date_cases[] = {
	{ "date: RFC 3339", "2027-08-13T04:00:00Z", "2027-08-13T04:00:00Z" },
	{ "date: W27: with a zone", "2027-08-13T04:00:00+02:00",
	  "2027-08-13T02:00:00Z" },
	{ "date: W27: with a zone without a colon", "2027-08-13T04:00:00-0530",
	  "2027-08-13T09:30:00Z" },
	{ "date: W27: with hours of a zone", "2027-08-13 04:00:00+02",
	  "2027-08-13T02:00:00Z" },
	{ "date: with fractions", "2027-08-13T04:00:00.0Z",
	  "2027-08-13T04:00:00Z" },
	{ "date: with a blank and UTC", "2027-08-13 04:00:00 UTC",
	  "2027-08-13T04:00:00Z" },
	{ "date: a day", "2027-08-13", "2027-08-13T00:00:00Z" },
	{ "date: a day with dots", "2027.08.13", "2027-08-13T00:00:00Z" },
	{ "date: a day with slashes", "2027/08/13", "2027-08-13T00:00:00Z" },
	{ "date: a day of eight digits", "20270813", "2027-08-13T00:00:00Z" },
	{ "date: day, name, year", "13-Aug-2027", "2027-08-13T00:00:00Z" },
	{ "date: day, whole name, year", "13 August 2027",
	  "2027-08-13T00:00:00Z" },
	{ "date: day, month, year", "13.08.2027", "2027-08-13T00:00:00Z" },
	{ "date: day and month of one digit", "3.8.2027",
	  "2027-08-03T00:00:00Z" },
	{ "date: no such day", "2027-02-30", NULL },
	{ "date: no such month", "13-Foo-2027", NULL },
	{ "date: words", "never", NULL },
	{ "date: nothing", "", NULL },
};

static void date_is_read(void **state)
{
	const struct date_case *c = *state;
	_arena_ struct arena a = { 0 };
	char text[CLOCK_TEXT];
	int64_t time = 0;

	if (!registration_date(span_str(c->text), &a, &time)) {
		assert_null(c->time);
		return;
	}
	clock_text(time, text);
	assert_string_equal(text, c->time ? c->time : "none");
}

/* ---- answers ---- */

static const struct answer_case {
	const char *name, *body, *said;
	bool rdap;
} answer_cases[] = {
	{ "whois: a generic domain",
	  "   Domain Name: EXAMPLE.NET\r\n"
	  "   Registry Expiry Date: 2027-08-13T04:00:00Z\r\n"
	  "   Registrar: Example Registrar, Inc.\r\n"
	  "   Domain Status: clientTransferProhibited "
	  "https://icann.org/epp#clientTransferProhibited\r\n"
	  "   Domain Status: clientDeleteProhibited\r\n",
	  "until 2027-08-13T04:00:00Z with Example Registrar, Inc. "
	  "[clientTransferProhibited clientDeleteProhibited] locked" },
	{ "whois: .it, with sections",
	  "Domain:             example.it\nStatus:             ok\n"
	  "Created:            2001-03-01 00:00:00\n"
	  "Expire Date:        2027-03-01\n\nRegistrant\n"
	  "  Organization:     Esempio srl\n  Address:          Roma\n\n"
	  "Registrar\n  Organization:     Registrar spa\n"
	  "  Name:             REG-X\n\nNameservers\n  ns1.example.it\n",
	  "until 2027-03-01T00:00:00Z with Registrar spa for Esempio srl "
	  "[ok]" },
	{ "whois: .uk, with values below",
	  "    Domain name:\n        example.co.uk\n\n    Registrar:\n"
	  "        Example Ltd [Tag = X]\n        URL: https://example.org\n\n"
	  "    Relevant dates:\n        Registered on: 01-Jan-2000\n"
	  "        Expiry date:  01-Jan-2028\n",
	  "until 2028-01-01T00:00:00Z with Example Ltd [Tag = X]" },
	{ "whois: comments are none",
	  "% Registrar: nobody\n# Expires: 2020-01-01\nexpires: 2027-01-02\n",
	  "until 2027-01-02T00:00:00Z" },
	{ "whois: there is no such domain", "No match for \"EXAMPLE.NET\".\r\n",
	  "missing" },
	{ "whois: a domain that is free", "Domain: example.de\nStatus: free\n",
	  "missing" },
	{ "whois: who knows more",
	  "domain: EXAMPLE\nrefer: whois.nic.example\n",
	  "see whois.nic.example" },
	{ "whois: nothing that is known", "Hello\nWorld: x\n", NULL },
	{ "rdap: a domain",
	  "{\"objectClassName\":\"domain\",\"lang\":\"en\","
	  "\"status\":[\"client transfer prohibited\"],"
	  "\"events\":[{\"eventAction\":\"expiration\",\"eventDate\":"
	  "\"2027-08-13T04:00:00Z\"}],\"entities\":[{\"roles\":["
	  "\"registrar\"],\"vcardArray\":[\"vcard\",[[\"version\",{},"
	  "\"text\",\"4.0\"],[\"fn\",{},\"text\",\"Example "
	  "Registrar\"]]]},{\"roles\":[\"registrant\"],\"vcardArray\":["
	  "\"vcard\",[[\"fn\",{},\"text\",\"\"],[\"org\",{\"type\":\"work\"},"
	  "\"text\",\"Example srl\"]]]}]}",
	  "until 2027-08-13T04:00:00Z with Example Registrar for Example srl "
	  "[client transfer prohibited] locked",
	  true },
	{ "rdap: W7: without a registrar", "{\"objectClassName\":\"domain\"}",
	  "", true },
	{ "rdap: of something else", "{\"objectClassName\":\"entity\"}", NULL,
	  true },
	{ "rdap: a page", "<html>", NULL, true },
	{ "rdap: members of other types",
	  "{\"objectClassName\":\"domain\",\"status\":\"x\"}", NULL, true },
};

static const char *said(const struct registration *r, struct arena *a)
{
	struct sb out = sb_new(a, 128);
	char time[CLOCK_TEXT];

	if (r->missing)
		return "missing";
	if (r->referral)
		sb_addf(&out, " see %s", r->referral);
	if (r->has_expires) {
		clock_text(r->expires, time);
		sb_addf(&out, " until %s", time);
	}
	if (r->registrar)
		sb_addf(&out, " with %s", r->registrar);
	if (r->registrant)
		sb_addf(&out, " for %s", r->registrant);
	for (size_t i = 0; i < r->statuses.len; i++)
		sb_addf(&out, "%s%s%s", i ? " " : " [", r->statuses.items[i],
			i + 1 == r->statuses.len ? "]" : "");
	if (r->locked)
		sb_add(&out, " locked");
	return out.len ? out.s + 1 : "";
}

static void answer_is_read(void **state)
{
	const struct answer_case *c = *state;
	_arena_ struct arena a = { 0 };
	struct span body = span_str(c->body);
	struct registration r;

	if (!(c->rdap ? registration_read_rdap(body, &a, &r, NULL)
		      : registration_read_whois(body, &a, &r))) {
		assert_null(c->said);
		return;
	}
	assert_string_equal(said(&r, &a), c->said ? c->said : "nothing");
}

int main(void)
{
	static struct CMUnitTest tests[COUNT(date_cases) + COUNT(answer_cases)];
	size_t n = 0;

	ADD(date_cases, date_is_read);
	ADD(answer_cases, answer_is_read);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
