/*
 * legal: what law other than the directive asks of a company's main page: data
 * protection, consumers, tax. Only where the organisation said in which
 * country it is, and only what that country asks.
 */
#include "core/embedded.h"
#include "scan/page.h"
#include "scan/plan.h"
#include "scan/probes/legal_find.h"

static void state_seen(struct probe_run *run, const char *fact,
		       enum legal_seen seen)
{
	if (seen != LEGAL_UNKNOWN)
		fact_bool(run->facts, fact, run->port, seen == LEGAL_PRESENT);
}

static void state_text(struct probe_run *run, const char *fact,
		       const char *text)
{
	if (text)
		fact_text(run->facts, fact, run->port, text);
}

static void state(struct probe_run *run, const struct web_page *page,
		  const struct legal_found *found)
{
	static const struct str_list none = { 0 };
	struct fact_list *facts = run->facts;
	int port = run->port;

	fact_text(facts, "legal.country", port, run->plan->country);
	fact_text(facts, "legal.url", port,
		  page_url(run, page->tls, page->path));
	state_seen(run, "legal.privacy_link", found->privacy);
	state_text(run, "legal.privacy_url", found->privacy_link);
	state_seen(run, "legal.provider_link", found->provider);
	state_text(run, "legal.provider_url", found->provider_link);
	state_seen(run, "legal.vat_shown", found->vat);
	state_text(run, "legal.vat_number", found->vat_number);
	if (found->vat_number)
		fact_bool(facts, "legal.vat_valid", port, found->vat_valid);
	fact_strs(facts, "legal.trackers", port, &found->trackers);
	fact_strs(facts, "legal.consent_marks", port, &found->consent);
	fact_strs(facts, "legal.trackers_unasked", port,
		  found->consent.len ? &none : &found->trackers);
}

static bool run_legal(struct probe_run *run, struct err *err)
{
	const struct web_page *page = NULL;
	struct site_duties duties = { 0 };
	struct legal_found found;
	struct err ignored = { 0 }, why = { 0 };

	if (!run->plan->country || !run->host->name ||
	    !legal_is_main(run->host->name, run->arena) ||
	    !page_get(run, &page, &ignored) || !page->is_html ||
	    page->answer.status != 200)
		return true;
	if (!embedded_read("data/site_duties.json", &site_duties_type,
			   run->arena, &duties, err))
		return false;
	if (legal_find(&duties, run->plan->country,
		       span_of(page->answer.body, page->answer.body_len),
		       page->answer.cut, run->arena, &found, &why)) {
		state(run, page, &found);
		return true;
	}
	if (why.kind == ERR_NONE)
		return true;
	*err = why;
	return false;
}

const struct probe probe_legal = {
	.name = "legal",
	.about = "What the country's law other than NIS2 asks of the site",
	.feature = PROBE_WEB,
	.any_port = true,
	.requests = 1,
	.facts =
		(const struct fact_def[]){
			{ "legal.country", FACT_TEXT,
			  "The country whose law was looked at" },
			{ "legal.url", FACT_TEXT, "The page" },
			{ "legal.privacy_link", FACT_BOOL,
			  "It links to a notice on personal data" },
			{ "legal.privacy_url", FACT_TEXT, "Where to" },
			{ "legal.provider_link", FACT_BOOL,
			  "It links to who is behind the site" },
			{ "legal.provider_url", FACT_TEXT, "Where to" },
			{ "legal.vat_shown", FACT_BOOL,
			  "It shows the VAT number" },
			{ "legal.vat_number", FACT_TEXT, "This one" },
			{ "legal.vat_valid", FACT_BOOL,
			  "Its check digit is right" },
			{ "legal.trackers", FACT_LIST,
			  "Services that follow visitors, loaded at once" },
			{ "legal.consent_marks", FACT_LIST,
			  "Signs that visitors are asked" },
			{ "legal.trackers_unasked", FACT_LIST,
			  "The former where there is none of the latter" },
			{ 0 } },
	.run = run_legal,
};
