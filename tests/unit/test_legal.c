/*
 * What law other than the directive asks of a company's page, and the networks
 * before a server, without a network: pages and answers in, what is seen out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "core/embedded.h"
#include "core/vat.h"
#include "scan/probes/edge_find.h"
#include "scan/probes/legal_find.h"
#include "table.h"

static const char *joined(const struct str_list *list, struct arena *a)
{
	struct sb out = sb_new(a, 64);

	for (size_t i = 0; i < list->len; i++)
		sb_addf(&out, "%s%s", i ? " " : "", list->items[i]);
	return out.s;
}

/* ---- pages ---- */

#define LINK "<a href=/about>About</a>"
#define GTM "<script src=https://www.googletagmanager.com/gtag/js></script>"

/* privacy, provider, VAT: '+' found, '-' missing, '?' not asked or unknown */
static const struct page_case {
	const char *name, *country, *body, *seen;
	const char *vat, *trackers, *consent;
	bool cut, vat_valid, not_looked_at;
} pages[] = {
	{ "legal: W93: a word is no link", "IT",
	  LINK "<script>var privacy = 'cookie P.IVA'</script>", "-?-" },
	{ "legal: a link by what it reads", "IT",
	  "<a href=/p?id=7>Informativa <b>Privacy</b></a>", "+?-" },
	{ "legal: a link by its address", "IT", "<a href=/privacy.html>?</a>",
	  "+?-" },
	{ "legal: a link by the text of its picture", "DE",
	  "<a href=/7><img src=x.png alt=Datenschutz></a>", "+-?" },
	{ "legal: the link before does not lend its text", "DE",
	  "<a href=/1>Datenschutz<a href=/2>Impressum</a>", "++?" },
	{ "legal: W93: the number as the contract's sample has it", "IT",
	  LINK "P.IVA 12345678901", "-?+", "12345678901" },
	{ "legal: the number in other spellings", "IT",
	  LINK "Partita Iva: IT 00743110157", "-?+", "00743110157",
	  .vat_valid = true },
	{ "legal: the number in small letters", "IT",
	  LINK "p.iva&nbsp;00743110157", "-?+", "00743110157",
	  .vat_valid = true },
	{ "legal: the number behind markup", "IT",
	  LINK "<b>C.F. e P. IVA</b>:<span class=n> 00743110157</span>", "-?+",
	  "00743110157", .vat_valid = true },
	{ "legal: a number that is none", "IT",
	  LINK "P.IVA 007431101571 or 0074311015", "-?-" },
	{ "legal: a word that ends so", "IT", LINK "priva 00743110157", "-?-" },
	{ "legal: W93: no Italian number of others", "FR",
	  LINK "<a href=/ml>Mentions légales</a>", "-+?" },
	{ "legal: Spain", "ES",
	  "<a href=/a>Aviso legal</a><a href=/p>Protección de datos</a>",
	  "++?" },
	{ "legal: a country without more to say", "NL",
	  "<a href=/p>Privacyverklaring</a>", "+??" },
	{ "legal: W93: a country of which nothing is known", "US", LINK,
	  .not_looked_at = true },
	{ "legal: a page without links is not judged", "IT",
	  "<div id=app></div>", .not_looked_at = true },
	{ "legal: what is missing from a page that was cut is not known", "IT",
	  LINK, "???", .cut = true },
	{ "legal: followed at once", "FR", LINK GTM, "--?",
	  .trackers = "googletagmanager.com" },
	{ "legal: followed once asked", "FR",
	  LINK GTM "<script src=//cdn.tarteaucitron.io/x.js></script>", "--?",
	  .trackers = "googletagmanager.com", .consent = "tarteaucitron" },
	{ "legal: a script that waits for a yes", "FR",
	  LINK "<script type=text/plain "
	       "src=https://www.googletagmanager.com/gtag/js></script>",
	  "--?" },
	{ "legal: a domain that only ends so", "FR",
	  LINK "<script src=https://notdoubleclick.net/a.js></script>", "--?" },
	{ "legal: a path is part of what follows", "FR",
	  LINK "<img src=https://www.facebook.com/tr?id=1>"
	       "<img src=https://www.facebook.com/logo.png>",
	  "--?", .trackers = "facebook.com/tr" },
	{ "legal: that path of another domain", "FR",
	  LINK "<img src=https://notfacebook.com/tr?id=1>", "--?" },
	{ "legal: a domain in a path is not asked", "FR",
	  LINK "<script src=/x//www.hotjar.com/a.js></script>", "--?" },
};

static char letter(enum legal_seen seen)
{
	return seen == LEGAL_PRESENT ? '+' : seen == LEGAL_ABSENT ? '-' : '?';
}

static void page_is_looked_at(void **state)
{
	const struct page_case *c = *state;
	_arena_ struct arena a = { 0 };
	struct site_duties duties = { 0 };
	struct legal_found found;
	struct err err = { 0 };
	bool looked;

	assert_true(embedded_read("data/site_duties.json", &site_duties_type,
				  &a, &duties, &err));
	looked = legal_find(&duties, c->country, span_str(c->body), c->cut, &a,
			    &found, &err);
	assert_int_equal(looked, !c->not_looked_at);
	assert_int_equal(err.kind, ERR_NONE);
	if (!looked)
		return;
	assert_string_equal(arena_printf(&a, "%c%c%c", letter(found.privacy),
					 letter(found.provider),
					 letter(found.vat)),
			    c->seen);
	assert_string_equal(found.vat_number ? found.vat_number : "",
			    c->vat ? c->vat : "");
	assert_int_equal(found.vat_valid, c->vat_valid);
	assert_string_equal(joined(&found.trackers, &a),
			    c->trackers ? c->trackers : "");
	assert_string_equal(joined(&found.consent, &a),
			    c->consent ? c->consent : "");
}

/* ---- which sites ---- */

static const struct site_case {
	const char *name;
	bool main;
} sites[] = {
	{ "example.com", true },       { "www.example.com", true },
	{ "google.co.uk", true },      { "example.com.it", true },
	{ "mail.example.com", false }, { "api.test.example.com", false },
	{ "sub.domain.com", false },
};

static void site_is_main(void **state)
{
	const struct site_case *c = *state;
	_arena_ struct arena a = { 0 };

	assert_int_equal(legal_is_main(c->name, &a), c->main);
}

/* ---- VAT numbers ---- */

static const struct vat_case {
	const char *name;
	bool right;
} numbers[] = {
	{ "00743110157", true },   { "07643520567", true },
	{ "12345678901", false },  { "0074311015", false },
	{ "007431101570", false }, { "0074311015a", false },
	{ "00000000000", false },  { "", false },
};

static void number_is_right(void **state)
{
	const struct vat_case *c = *state;

	assert_int_equal(vat_is_italian(c->name), c->right);
}

/* ---- networks before the server ---- */

static const struct edge_case {
	const char *name, *field, *value, *cname, *networks;
} edges[] = {
	{ "edge: a field", "CF-RAY", "1-MXP", NULL, "cloudflare" },
	{ "edge: a field with its value", "server", "AkamaiGHost", NULL,
	  "akamai" },
	{ "edge: the beginning of a field", "X-Akamai-Request-ID", "1", NULL,
	  "akamai" },
	{ "edge: W94: a word in any value is no sign", "X-Powered-By",
	  "fastly cloudfront", NULL, "" },
	{ "edge: a field that only begins so", "cf-ray-of-light", "1", NULL,
	  "" },
	{ "edge: a cookie", "Set-Cookie", "visid_incap_7=x; path=/", NULL,
	  "incapsula" },
	{ "edge: a cookie's value is no sign", "Set-Cookie", "a=visid_incap_7",
	  NULL, "" },
	{ "edge: where the name leads", "Server", "nginx",
	  "d111.cloudfront.net.", "aws_cloudfront" },
	{ "edge: a name that only ends so", "Server", "nginx",
	  "notcloudfront.net", "" },
	{ "edge: none", "Server", "nginx", "www.example.net", "" },
};

static void edge_is_seen(void **state)
{
	const struct edge_case *c = *state;
	_arena_ struct arena a = { 0 };
	struct edge_networks table = { 0 };
	struct edge_signs signs = { 0 };
	struct web_field field = { c->field, c->value };
	struct web_answer answer = { .fields = &field, .field_count = 1 };
	struct sb out = sb_new(&a, 64);

	assert_true(embedded_read("data/edge_networks.json",
				  &edge_networks_type, &a, &table, NULL));
	edge_in_answer(&table, &answer, &signs);
	if (c->cname)
		edge_in_name(&table, c->cname, &signs);
	for (size_t n = 0; n < table.networks.len; n++)
		if (signs.of[n])
			sb_add(&out, table.networks.items[n].name);
	assert_string_equal(out.s, c->networks);
}

int main(void)
{
	static struct CMUnitTest tests[COUNT(pages) + COUNT(sites) +
				       COUNT(numbers) + COUNT(edges)];
	size_t n = 0;

	ADD(pages, page_is_looked_at);
	ADD(sites, site_is_main);
	ADD(numbers, number_is_right);
	ADD(edges, edge_is_seen);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
