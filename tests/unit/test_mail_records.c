/*
 * Records of mail, without a network: SPF (RFC 7208), DMARC (RFC 7489), DKIM
 * (RFC 6376), MTA-STS (RFC 8461) and CAA (RFC 8659). A case is a record and
 * what is said of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "net/dns_wire.h"
#include "scan/probes/dkim.h"
#include "scan/probes/dmarc.h"
#include "scan/probes/dns.h"
#include "scan/probes/mta_sts.h"
#include "scan/probes/spf.h"
#include "scan/probes/tag_list.h"
#include "table.h"

static char *joined(const struct str_list *list, struct arena *a)
{
	struct sb out = sb_new(a, 64);

	for (size_t i = 0; i < list->len; i++)
		sb_addf(&out, "%s%s", i ? "; " : "", list->items[i]);
	return out.s;
}

/* ---- SPF ---- */

struct spf_case {
	const char *name;
	const char *record;
	const char *terms; /* a letter each; with its domain where it has one */
	const char *errors;
};

static const struct spf_case spf_cases[] = {
	{ "nobody sends", "v=spf1 -all", "-all", "" },
	{ "nothing follows", "v=spf1", "", "" },
	{ "usual", "v=spf1 mx a:mail.example.net include:_spf.example.org ~all",
	  "+mx +a:mail.example.net +include:_spf.example.org ~all", "" },
	{ "names and mechanisms in any case",
	  "V=SPF1 MX Include:EXAMPLE.org -ALL", "+mx +include:EXAMPLE.org -all",
	  "" },
	{ "prefix lengths",
	  "v=spf1 a/24 a:example.net//64 mx/24//48 ip4:192.0.2.0/24 "
	  "ip6:2001:db8::/32 -all",
	  "+a +a:example.net +mx +ip4 +ip6 -all", "" },
	{ "redirect", "v=spf1 redirect=_spf.example.net",
	  "+redirect:_spf.example.net", "" },
	{ "a macro is a domain that nobody can look up here",
	  "v=spf1 exists:%{i}._spf.%{d2}.example.net -all",
	  "+exists:%{i}._spf.%{d2}.example.net(macro) -all", "" },
	{ "unknown modifiers are for later", "v=spf1 moon=full -all", "-all",
	  "" },
	{ "several blanks", "v=spf1  mx   -all ", "+mx -all", "" },
	{ "an address that is none", "v=spf1 ip4:192.0.2.300 -all", "-all",
	  "\"ip4:192.0.2.300\" is not well-formed" },
	{ "an IPv6 address at ip4", "v=spf1 ip4:2001:db8::1 -all", "-all",
	  "\"ip4:2001:db8::1\" is not well-formed" },
	{ "a prefix that is too long", "v=spf1 ip4:192.0.2.0/33 -all", "-all",
	  "\"ip4:192.0.2.0/33\" is not well-formed" },
	{ "a leading zero", "v=spf1 a/08 -all", "-all",
	  "\"a/08\" is not well-formed" },
	{ "include without a domain", "v=spf1 include -all", "-all",
	  "\"include\" is not well-formed" },
	{ "a domain of one label", "v=spf1 include:localhost -all", "-all",
	  "\"include:localhost\" is not well-formed" },
	{ "a top level of digits", "v=spf1 a:example.123 -all", "-all",
	  "\"a:example.123\" is not well-formed" },
	{ "all takes nothing", "v=spf1 all:example.net", "",
	  "\"all:example.net\" is not well-formed" },
	{ "a word that is no mechanism", "v=spf1 mx mx:example.net: foo -all",
	  "+mx -all",
	  "\"mx:example.net:\" is not well-formed; unknown mechanism \"foo\"" },
	{ "a comma instead of a blank", "v=spf1 mx,a -all", "-all",
	  "unknown mechanism \"mx,a\"" },
	{ "a macro that does not end", "v=spf1 exists:%{i.example.net -all",
	  "-all", "\"exists:%{i.example.net\" is not well-formed" },
	{ "a macro letter that is none", "v=spf1 exists:%{z}.example.net -all",
	  "-all", "\"exists:%{z}.example.net\" is not well-formed" },
	{ "redirect twice",
	  "v=spf1 redirect=a.example.net redirect=b.example.net",
	  "+redirect:a.example.net +redirect:b.example.net",
	  "redirect= stands there twice" },
};

static void spf_is_read(void **state)
{
	static const char *const words[] = { "all", "include", "a",
					     "mx",  "ptr",     "ip4",
					     "ip6", "exists",  "redirect" };
	const struct spf_case *c = *state;
	_arena_ struct arena a = { 0 };
	struct sb out = sb_new(&a, 64);
	struct spf spf;

	assert_true(spf_is_record(c->record));
	spf_parse(c->record, &a, &spf);
	for (size_t i = 0; i < spf.len; i++) {
		const struct spf_term *t = &spf.terms[i];

		sb_addf(&out, "%s%c%s%s%s%s", i ? " " : "", t->qualifier,
			words[t->kind], t->domain ? ":" : "",
			t->domain ? t->domain : "", t->macro ? "(macro)" : "");
	}
	assert_string_equal(out.s, c->terms);
	assert_string_equal(joined(&spf.errors, &a), c->errors);
}

static void what_is_no_spf_record(void **state)
{
	assert_false(spf_is_record("v=spf10 -all"));
	assert_false(spf_is_record(" v=spf1 -all"));
	assert_false(spf_is_record("v=spf2.0/mfrom -all"));
	assert_false(spf_is_record(""));
}

/* ---- DMARC ---- */

struct dmarc_case {
	const char *name;
	const char *record;
	const char *policy; /* "p sp pct", and " t" in test mode */
	const char *rua;
	const char *errors;
	bool valid;
};

static const struct dmarc_case dmarc_cases[] = {
	{ "short", "v=DMARC1; p=reject", "reject reject 100", "", "", true },
	{ "all of it",
	  "v=DMARC1;p=quarantine;sp=none;np=reject;pct=20;adkim=s;aspf=r;"
	  "rua=mailto:a@example.net!10m,mailto:b@example.org;fo=1;ri=86400",
	  "quarantine none 20",
	  "mailto:a@example.net!10m; mailto:b@example.org", "", true },
	{ "blanks and capitals", "v = DMARC1 ; P = Reject ; ",
	  "reject reject 100", "", "", true },
	{ "test mode", "v=DMARC1; p=reject; t=y", "reject reject 100 t", "", "",
	  true },
	{ "no policy, but reports", "v=DMARC1; rua=mailto:a@example.net",
	  "none none 100", "mailto:a@example.net", "the policy (p=) is missing",
	  true },
	{ "no policy at all", "v=DMARC1;", "none none 100", "",
	  "the policy (p=) is missing", false },
	{ "a policy that is none", "v=DMARC1; p=block", "none none 100", "",
	  "p=block is not none, quarantine or reject", false },
	{ "a percentage that is none", "v=DMARC1; p=reject; pct=120",
	  "reject reject 100", "", "pct=120 is not 0 to 100", true },
	{ "an address without mailto",
	  "v=DMARC1; p=reject; rua=dmarc@example.net", "reject reject 100", "",
	  "rua: \"dmarc@example.net\" is no URI", true },
	{ "a tag twice", "v=DMARC1; p=none; p=reject", "none none 100", "",
	  "p stands there twice", true },
	{ "no tag", "v=DMARC1; p=none; oops", "none none 100", "",
	  "\"oops\" is no tag", true },
	{ "alignment that is none", "v=DMARC1; p=none; adkim=strict",
	  "none none 100", "", "adkim=strict is not known", true },
};

static void dmarc_is_read(void **state)
{
	const struct dmarc_case *c = *state;
	_arena_ struct arena a = { 0 };
	struct dmarc d;

	assert_true(dmarc_is_record(c->record));
	dmarc_parse(c->record, &a, &d);
	assert_string_equal(arena_printf(&a, "%s %s %d%s", d.policy,
					 d.subdomain, d.pct,
					 d.testing ? " t" : ""),
			    c->policy);
	assert_string_equal(joined(&d.rua, &a), c->rua);
	assert_string_equal(joined(&d.errors, &a), c->errors);
	assert_int_equal(d.valid, c->valid);
}

static void what_is_no_dmarc_record(void **state)
{
	_arena_ struct arena a = { 0 };

	assert_false(dmarc_is_record("v=DMARC10; p=none"));
	assert_false(dmarc_is_record("v=dmarc1; p=none"));
	assert_false(dmarc_is_record("p=none; v=DMARC1"));
	assert_false(dmarc_is_record("v=spf1 -all"));
	assert_string_equal(dmarc_mail_domain("mailto:a@b@example.net!5m", &a),
			    "example.net");
	assert_null(dmarc_mail_domain("https://example.net/@x", &a));
}

/* ---- DKIM ---- */

/* The keys of RFC 6376 section 3.6.1's kind, and of RFC 8463 appendix A.2. */
#define RSA_1024                                                               \
	"MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/"        \
	"DkMoGeLn"                                                             \
	"Qg1fWn7/zYtIxN2SnFCjxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1l" \
	"WT947qR+Rcac2gbto/NMqJ0fzfVjH4OuKhitdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYc" \
	"kcQ2QIDAQAB"
#define ED25519 "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="

struct dkim_case {
	const char *name;
	const char *record;
	const char *says; /* "type bits flags" */
	const char *errors;
};

static const struct dkim_case dkim_cases[] = {
	{ "an RSA key", "v=DKIM1; k=rsa; p=" RSA_1024, "rsa 1024", "" },
	{ "without type and version", "p=" RSA_1024, "rsa 1024", "" },
	{ "Ed25519", "v=DKIM1; k=ed25519; p=" ED25519, "ed25519 256", "" },
	{ "a test", "v=DKIM1; t=s:y; p=" RSA_1024, "rsa 1024 testing", "" },
	{ "withdrawn", "v=DKIM1; p=", "rsa 0 revoked", "" },
	{ "no key", "v=DKIM1; k=rsa", "rsa 0", "the key (p=) is missing" },
	{ "a broken key", "v=DKIM1; p=MIGfMA0G", "rsa 0",
	  "the key (p=) cannot be read" },
	{ "no base64", "v=DKIM1; p=@@@@", "rsa 0",
	  "the key (p=) cannot be read" },
	{ "an Ed25519 key of the wrong length", "k=ed25519; p=MIGfMA0G",
	  "ed25519 0", "the key (p=) cannot be read" },
	{ "another kind of key", "v=DKIM1; k=dsa; p=AAAA", "dsa 0",
	  "k=dsa is not known" },
	{ "for SHA-1 only", "v=DKIM1; h=sha1; p=" RSA_1024, "rsa 1024",
	  "the key is for SHA-1 only" },
	{ "not for mail", "v=DKIM1; s=tlsrpt; p=" RSA_1024, "rsa 1024",
	  "s=tlsrpt is not for mail" },
};

static void dkim_is_read(void **state)
{
	const struct dkim_case *c = *state;
	_arena_ struct arena a = { 0 };
	struct dkim d;

	dkim_parse(c->record, &a, &d);
	assert_string_equal(arena_printf(&a, "%s %d%s%s", d.type, d.bits,
					 d.testing ? " testing" : "",
					 d.revoked ? " revoked" : ""),
			    c->says);
	assert_string_equal(joined(&d.errors, &a), c->errors);
}

static void what_is_a_dkim_record(void **state)
{
	assert_true(dkim_is_record("v=DKIM1; p="));
	assert_true(dkim_is_record("k=rsa; p=AAAA"));
	assert_false(dkim_is_record("v=spf1 -all"));
	assert_false(dkim_is_record("v=DKIM2; p=AAAA"));
	assert_false(dkim_is_record("hello"));
}

/* ---- MTA-STS ---- */

struct policy_case {
	const char *name;
	const char *body;
	const char *mode; /* NULL: none */
	int64_t max_age;
	const char *errors;
};

static const struct policy_case policy_cases[] = {
	{ "as it should be",
	  "version: STSv1\r\nmode: enforce\r\nmx: mail.example.net\r\n"
	  "mx: *.example.org\r\nmax_age: 604800\r\n",
	  "enforce", 604800, "" },
	{ "line ends of Unix, none at the end",
	  "version:STSv1\nmode:testing\nmx:a.example.net\nmax_age:86400",
	  "testing", 86400, "" },
	{ "none needs no mx", "version: STSv1\nmode: none\nmax_age: 86400\n",
	  "none", 86400, "" },
	{ "unknown keys are for later",
	  "version: STSv1\nmode: enforce\nmx: a.example.net\nmax_age: 86400\n"
	  "colour: red\n",
	  "enforce", 86400, "" },
	{ "empty", "", NULL, -1,
	  "version is missing; mode is missing; max_age is missing" },
	{ "a page", "<html><body>404</body></html>", NULL, -1,
	  "\"<html><body>404</body></html>\" is no line of a policy; version "
	  "is missing; mode is missing; max_age is missing" },
	{ "no mx", "version: STSv1\nmode: enforce\nmax_age: 86400\n", "enforce",
	  86400, "mx is missing" },
	{ "a mode that is none",
	  "version: STSv1\nmode: strict\nmx: a.example.net\nmax_age: 86400\n",
	  NULL, 86400, "mode: strict is not known" },
	{ "an hour is too short",
	  "version: STSv1\nmode: enforce\nmx: a.example.net\nmax_age: 3600\n",
	  "enforce", 3600, "max_age is less than a day" },
	{ "a century is too long",
	  "version: STSv1\nmode: enforce\nmx: a.example.net\n"
	  "max_age: 3155760000\n",
	  "enforce", -1, "max_age: 3155760000 is not 0 to 31557600" },
	{ "a name that is none",
	  "version: STSv1\nmode: enforce\nmx: a b\nmx: a.example.net\n"
	  "max_age: 86400\n",
	  "enforce", 86400, "mx: a b is no name" },
};

static void policy_is_read(void **state)
{
	const struct policy_case *c = *state;
	_arena_ struct arena a = { 0 };
	struct sts_policy p;

	sts_policy_parse(span_str(c->body), &a, &p);
	if (c->mode)
		assert_string_equal(p.mode, c->mode);
	else
		assert_null(p.mode);
	assert_int_equal(p.max_age, c->max_age);
	assert_string_equal(joined(&p.errors, &a), c->errors);
}

static void a_wildcard_stands_for_one_label(void **state)
{
	_arena_ struct arena a = { 0 };
	struct sts_policy p;

	sts_policy_parse(span_str("mx: mail.example.net\nmx: *.example.org\n"),
			 &a, &p);
	assert_true(sts_allows(&p, "mail.example.net."));
	assert_true(sts_allows(&p, "MAIL.example.net"));
	assert_true(sts_allows(&p, "mx7.example.org."));
	assert_false(sts_allows(&p, "example.org."));
	assert_false(sts_allows(&p, "a.mx7.example.org."));
	assert_false(sts_allows(&p, "mail.example.net.evil.example."));
	assert_false(sts_allows(&p, "xmail.example.net."));
}

static void records_of_sts_and_reports(void **state)
{
	_arena_ struct arena a = { 0 };
	struct str_list errors = record_errors(&a);

	assert_string_equal(sts_record_id("v=STSv1; id=2026a;", &a, &errors),
			    "2026a");
	rpt_check("v=TLSRPTv1; rua=mailto:a@example.net,https://example.net/r",
		  &a, &errors);
	assert_int_equal(errors.len, 0);
	assert_null(sts_record_id("v=STSv1; id=no-good", &a, &errors));
	assert_null(sts_record_id("v=STSv1;", &a, &errors));
	rpt_check("v=TLSRPTv1; rua=a@example.net", &a, &errors);
	rpt_check("v=TLSRPTv1;", &a, &errors);
	assert_string_equal(joined(&errors, &a),
			    "the id is not letters and digits; the id is "
			    "missing or too long; rua: \"a@example.net\" is no "
			    "address; rua= is missing");
}

/* ---- CAA, and names to claim ---- */

static void caa_is_checked(void **state)
{
	const struct dns_caa good[] = {
		{ false, "issue", "ca.example.net; accounturi=https://x" },
		{ false, "issuewild", ";" },
		{ false, "iodef", "mailto:a@example.net" },
	};
	const struct dns_caa bad[] = {
		{ false, "issuewild", "ca.example.net" },
		{ false, "iodef", "a@example.net" },
		{ true, "tbs", "unknown" },
		{ false, "issuemail", "two words" },
	};
	_arena_ struct arena a = { 0 };
	struct str_list errors = record_errors(&a);

	dns_caa_check(good, 3, &a, &errors);
	assert_int_equal(errors.len, 0);
	dns_caa_check(bad, 4, &a, &errors);
	assert_string_equal(
		joined(&errors, &a),
		"iodef: \"a@example.net\" is no URL; tbs: unknown and "
		"critical: no authority may issue; issuemail: \"two words\" is "
		"no name; issue: missing: any authority may issue");
}

static void names_that_can_be_claimed(void **state)
{
	assert_true(dns_can_be_claimed("shop.azurewebsites.net."));
	assert_true(dns_can_be_claimed("Shop.AzureWebsites.net"));
	assert_false(dns_can_be_claimed("azurewebsites.net"));
	assert_false(dns_can_be_claimed("azurewebsites.net.example.org."));
	assert_false(dns_can_be_claimed("shop.example.net."));
}

int main(void)
{
	static const struct CMUnitTest rest[] = {
		cmocka_unit_test(what_is_no_spf_record),
		cmocka_unit_test(what_is_no_dmarc_record),
		cmocka_unit_test(what_is_a_dkim_record),
		cmocka_unit_test(a_wildcard_stands_for_one_label),
		cmocka_unit_test(records_of_sts_and_reports),
		cmocka_unit_test(caa_is_checked),
		cmocka_unit_test(names_that_can_be_claimed),
	};
	static struct CMUnitTest tests[COUNT(spf_cases) + COUNT(dmarc_cases) +
				       COUNT(dkim_cases) + COUNT(policy_cases) +
				       COUNT(rest)];
	size_t n = 0;

	ADD(spf_cases, spf_is_read);
	ADD(dmarc_cases, dmarc_is_read);
	ADD(dkim_cases, dkim_is_read);
	ADD(policy_cases, policy_is_read);
	memcpy(tests + n, rest, sizeof(rest));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
