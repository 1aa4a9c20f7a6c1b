/*
 * security_txt: where the site says how weaknesses are to be reported
 * (RFC 9116). A redirect to another server leaves open whether there is one.
 */
#include <string.h>
#include <strings.h>

#include "scan/page.h"
#include "scan/probes/security_txt_parse.h"
#include "scan/probes/tag_list.h"

/* The place of the RFC, then that of older times (section 3). */
static const char *const paths[] = { "/.well-known/security.txt",
				     "/security.txt" };

struct look {
	struct probe_run *run;
	bool tls;
	bool elsewhere; /* a redirect leads to another server */
	struct security_txt txt;
	const char *path; /* where it is; NULL: nowhere */
};

/* One redirect within the server is followed. */
static bool fetch(struct look *l, const char *path, struct web_answer *answer,
		  struct err *err)
{
	struct probe_run *run = l->run;
	const char *own;

	if (!page_ask(run, path, SECURITY_TXT_MAX, answer, err))
		return false;
	own = page_own_path(answer, path, page_host(run), run->port, l->tls,
			    run->arena);
	if (own && !page_ask(run, own, SECURITY_TXT_MAX, answer, err))
		return false;
	if (answer->status >= 300 && answer->status < 400)
		l->elsewhere = true;
	return true;
}

static bool look_at(struct look *l, const char *path, struct err *err)
{
	struct web_answer answer = { 0 };
	const char *url;

	if (!fetch(l, path, &answer, err))
		return false;
	if (answer.status != 200 || !web_is_text(&answer))
		return true;
	url = page_url(l->run, l->tls, path);
	security_txt_parse(span_of(answer.body, answer.body_len), url,
			   l->run->now, l->run->arena, &l->txt);
	if (!l->txt.contacts.len)
		return true;
	l->path = path;
	if (!l->tls) /* section 3 */
		record_error(&l->txt.errors, l->run->arena,
			     "it is not served over https");
	return true;
}

static void state(const struct look *l)
{
	struct fact_list *facts = l->run->facts;
	const struct security_txt *txt = &l->txt;
	int port = l->run->port;

	if (l->path || !l->elsewhere)
		fact_bool(facts, "http.security_txt", port, l->path != NULL);
	if (!l->path)
		return;
	fact_text(facts, "http.security_txt_path", port, l->path);
	fact_strs(facts, "security_txt.contacts", port, &txt->contacts);
	fact_strs(facts, "security_txt.errors", port, &txt->errors);
	if (txt->has_expires)
		fact_time(facts, "security_txt.expires", port, txt->expires);
	fact_bool(facts, "security_txt.policy", port, txt->has_policy);
	fact_bool(facts, "security_txt.encryption", port, txt->has_encryption);
	fact_bool(facts, "security_txt.signed", port, txt->has_signature);
}

static bool run_security_txt(struct probe_run *run, struct err *err)
{
	struct look l = { .run = run };
	const struct web_page *page = NULL;
	struct err ignored = { 0 };

	/* That there is no answer at all says the probe `http`. */
	if (!page_get(run, &page, &ignored))
		return true;
	l.tls = page->tls;
	for (size_t i = 0; i < 2 && !l.path; i++)
		if (!look_at(&l, paths[i], err))
			return err_wrap(err, "security.txt on port %d",
					run->port);
	state(&l);
	return true;
}

const struct probe probe_security_txt = {
	.name = "security_txt",
	.about = "security.txt: where weaknesses are to be reported",
	.feature = PROBE_WEB,
	.any_port = true,
	.requests = 4,
	.facts =
		(const struct fact_def[]){
			{ "http.security_txt", FACT_BOOL,
			  "There is a security.txt with a contact" },
			{ "http.security_txt_path", FACT_TEXT, "Where" },
			{ "security_txt.contacts", FACT_LIST, "Its contacts" },
			{ "security_txt.expires", FACT_TIME,
			  "When it is out of date" },
			{ "security_txt.errors", FACT_LIST,
			  "What RFC 9116 does not allow" },
			{ "security_txt.policy", FACT_BOOL,
			  "It names a disclosure policy" },
			{ "security_txt.encryption", FACT_BOOL,
			  "It names a key" },
			{ "security_txt.signed", FACT_BOOL,
			  "An OpenPGP signature is around it" },
			{ 0 } },
	.run = run_security_txt,
};
