/*
 * registration: until when a domain is registered, with whom, and whether it
 * is locked: asked of its registry by RDAP (RFC 9082), and by WHOIS (RFC 3912)
 * where that does not answer. A discreet scan asks nobody.
 *
 * Registries are asked one question at a time and each domain once a scan,
 * whatever number of its names are looked at.
 */
#include <pthread.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/clock.h"
#include "core/embedded.h"
#include "gen/data_types.h"
#include "gen/wire_types.h"
#include "net/conn.h"
#include "net/domain.h"
#include "scan/probe.h"
#include "scan/probes/registration_parse.h"
#include "scan/web.h"

enum {
	ASK_US = 6000000, /* for one question */
	HOPS_MAX = 3,	  /* redirects of RDAP, referrals of WHOIS */
	WHOIS_PORT = 43,
	KNOWN_MAX = 1024, /* domains of a scan that are remembered */
};

struct look {
	struct probe_run *run;
	struct arena *arena; /* of what is remembered */
	const char *domain;
	const char *tld;
	struct registries known;
	struct registration found;
	const char *source; /* "rdap" or "whois"; NULL: nobody answered */
	struct err why;
};

static bool is_for(const struct str_list *tlds, const char *tld)
{
	for (size_t i = 0; i < tlds->len; i++)
		if (!strcmp(tlds->items[i], tld))
			return true;
	return false;
}

/* ---- RDAP ---- */

static bool get(struct look *l, const char *text, struct web_answer *answer)
{
	int64_t deadline = probe_deadline(l->run, ASK_US);
	struct web_url url;
	struct addr addr;
	struct web_request request = {
		.addr = &addr,
		.tls = true,
		.fields = "Accept: application/rdap+json\r\n",
		.user_agent = l->run->user_agent,
		.max_body = REGISTRATION_BYTES_MAX,
		.deadline = deadline,
		.trust = l->run->trust,
		.now = l->run->now,
	};

	*answer = (struct web_answer){ 0 };
	if (!web_url_parse(text, l->arena, &url) || !url.tls)
		return err_set(&l->why, ERR_UPSTREAM,
			       "RDAP leads to no https address");
	request.name = url.host;
	request.port = url.port;
	request.path = url.path;
	if (!probe_address_of(l->run, url.host, deadline, &addr, &l->why) ||
	    !web_get(&request, l->arena, answer, &l->why))
		return false;
	return answer->verified ||
	       err_set(&l->why, ERR_UPSTREAM,
		       "the certificate of %.100s is not valid", url.host);
}

static bool read_rdap(struct look *l, const struct web_answer *answer)
{
	if (answer->status == 404) {
		l->found = (struct registration){ .missing = true };
	} else if (answer->status != 200) {
		return err_set(&l->why, ERR_UPSTREAM, "RDAP: HTTP status %d",
			       answer->status);
	} else if (answer->cut) {
		return err_set(&l->why, ERR_UPSTREAM,
			       "RDAP: the answer is too long");
	} else if (!registration_read_rdap(
			   span_of(answer->body, answer->body_len), l->arena,
			   &l->found, &l->why)) {
		return false;
	}
	l->source = "rdap";
	return true;
}

static bool follow_rdap(struct look *l, const char *url)
{
	struct web_answer answer;

	for (int i = 0; i <= HOPS_MAX; i++) {
		const char *location;

		if (!get(l, url, &answer))
			return false;
		location = web_header(&answer, "Location");
		if (answer.status < 300 || answer.status > 399 || !location)
			return read_rdap(l, &answer);
		url = location;
	}
	return err_set(&l->why, ERR_UPSTREAM, "RDAP: too many redirects");
}

static bool ask_rdap(struct look *l)
{
	for (size_t i = 0; i < l->known.rdap.len; i++) {
		const struct rdap_service *s = &l->known.rdap.items[i];

		if (is_for(&s->tlds, l->tld))
			return follow_rdap(l,
					   arena_printf(l->arena, "%sdomain/%s",
							s->url, l->domain));
	}
	return false;
}

/* ---- WHOIS ---- */

static bool read_all(struct look *l, struct conn *conn, struct sb *in)
{
	size_t got = 0;

	while (in->len < REGISTRATION_BYTES_MAX) {
		if (conn_read(conn, sb_room(in, 4096), 4096, &got, &l->why)) {
			in->len += got;
			continue;
		}
		if (conn_state(conn) != CONN_CLOSED)
			return false;
		return in->len ||
		       err_set(&l->why, ERR_UPSTREAM, "WHOIS: an empty answer");
	}
	return err_set(&l->why, ERR_UPSTREAM, "WHOIS: the answer is too long");
}

static bool ask_server(struct look *l, const char *host, const char *question)
{
	_cleanup_conn_ struct conn *conn = NULL;
	struct sb in = sb_new(l->arena, 8192);
	int64_t deadline = probe_deadline(l->run, ASK_US);
	struct addr addr;

	question = arena_printf(l->arena, "%s\r\n", question);
	if (!probe_address_of(l->run, host, deadline, &addr, &l->why) ||
	    !conn_open(&addr, WHOIS_PORT, deadline, &conn, NULL, &l->why) ||
	    !conn_write_all(conn, question, strlen(question), &l->why) ||
	    !read_all(l, conn, &in))
		return false;
	return registration_read_whois(span_of(in.s, in.len), l->arena,
				       &l->found) ||
	       err_set(&l->why, ERR_UPSTREAM,
		       "WHOIS: nothing in the answer is known");
}

static const char *question_of(const struct look *l,
			       const struct whois_service *s)
{
	const char *at = strstr(s->question, "{name}");

	return at ? arena_printf(l->arena, "%.*s%s%s", (int)(at - s->question),
				 s->question, l->domain, at + 6)
		  : l->domain;
}

/* A host name and nothing else: it is asked for. */
static bool is_host(const char *text)
{
	return *text && strlen(text) <= TARGET_NAME_MAX &&
	       !text[strspn(text, "abcdefghijklmnopqrstuvwxyz"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-")];
}

static bool ask_whois(struct look *l)
{
	const char *host = NULL, *question = l->domain;

	for (size_t i = 0; i < l->known.whois.len && !host; i++) {
		const struct whois_service *s = &l->known.whois.items[i];

		if (!is_for(&s->tlds, l->tld))
			continue;
		host = s->host;
		question = question_of(l, s);
	}
	if (!host) {
		if (!ask_server(l, l->known.root, l->tld))
			return false;
		host = l->found.referral;
		if (!host || !is_host(host))
			return err_set(&l->why, ERR_UPSTREAM,
				       "no registry is known for .%s", l->tld);
	}
	if (!ask_server(l, host, question))
		return false;
	l->source = "whois";
	return true;
}

/* ---- each domain once ---- */

struct known {
	const char *domain;
	struct registration found;
	const char *source;
	char why[sizeof(((struct err *)0)->msg)];
};

static struct {
	pthread_mutex_t lock;
	struct arena arena; /* for as long as the process */
	struct known items[KNOWN_MAX];
	size_t len;
} memory = { .lock = PTHREAD_MUTEX_INITIALIZER };

static const struct known *remembered(const char *domain)
{
	for (size_t i = 0; i < memory.len; i++)
		if (!strcmp(memory.items[i].domain, domain))
			return &memory.items[i];
	return NULL;
}

static const struct known *ask(struct probe_run *run, const char *domain)
{
	struct known *k;
	struct look l = { .run = run, .arena = &memory.arena };
	const char *dot;

	if (memory.len == KNOWN_MAX)
		return NULL;
	l.domain = arena_strdup(&memory.arena, domain);
	dot = strrchr(l.domain, '.');
	l.tld = dot ? dot + 1 : l.domain;
	if (embedded_read("data/registries.json", &registries_type, l.arena,
			  &l.known, &l.why) &&
	    !ask_rdap(&l))
		ask_whois(&l);
	k = &memory.items[memory.len++];
	*k = (struct known){ .domain = l.domain,
			     .found = l.found,
			     .source = l.source };
	memcpy(k->why, l.why.msg, sizeof(k->why));
	return k;
}

/* One at a time, and no longer than the host has. */
static bool lock_until(int64_t deadline)
{
	while (pthread_mutex_trylock(&memory.lock)) {
		struct timespec pause = { 0, 20000000 };

		if (clock_tick() >= deadline)
			return false;
		nanosleep(&pause, NULL);
	}
	return true;
}

/* ---- facts ---- */

static void state_found(const struct registration *r,
			const struct probe_run *run)
{
	struct fact_list *facts = run->facts;

	fact_bool(facts, "registration.complete", 0, r->registrar != NULL);
	if (r->registrar)
		fact_text(facts, "registration.registrar", 0, r->registrar);
	if (r->registrant)
		fact_text(facts, "registration.registrant", 0, r->registrant);
	if (r->has_created)
		fact_time(facts, "registration.created", 0, r->created);
	if (r->has_expires) {
		fact_time(facts, "registration.expires", 0, r->expires);
		fact_int(facts, "registration.days", 0,
			 (r->expires - run->now) / CLOCK_DAY);
	}
	if (!r->statuses.len)
		return;
	fact_strs(facts, "registration.statuses", 0, &r->statuses);
	fact_bool(facts, "registration.locked", 0, r->locked);
}

static bool state(struct probe_run *run, const struct known *k, struct err *err)
{
	struct fact_list *facts = run->facts;

	fact_text(facts, "registration.domain", 0, k->domain);
	if (!k->source) {
		fact_text(facts, "registration.error", 0, k->why);
		return err_set(err, ERR_UPSTREAM, "registration of %.100s: %s",
			       k->domain, k->why);
	}
	fact_text(facts, "registration.source", 0, k->source);
	if (k->found.missing)
		fact_text(facts, "registration.error", 0,
			  "the registry does not know the domain");
	else
		state_found(&k->found, run);
	return true;
}

static bool run_registration(struct probe_run *run, struct err *err)
{
	const char *domain = domain_of(run->host->name, run->arena);
	const struct known *k;
	bool ok;

	if (run->plan->discreet || !strchr(domain, '.'))
		return true;
	if (!lock_until(run->deadline))
		return err_set(err, ERR_BUSY,
			       "registration of %.100s: there was no time",
			       domain);
	k = remembered(domain);
	if (!k)
		k = ask(run, domain);
	ok = k ? state(run, k, err)
	       : err_set(err, ERR_BUSY,
			 "registration of %.100s: so many domains are not "
			 "asked for in one scan",
			 domain);
	pthread_mutex_unlock(&memory.lock);
	return ok;
}

const struct probe probe_registration = {
	.name = "registration",
	.about = "Registration of a domain: RDAP, then WHOIS",
	.feature = PROBE_WHOIS,
	.of_name = true,
	.thorough = true,
	.deadline_ms = 25000,
	.facts =
		(const struct fact_def[]){
			{ "registration.domain", FACT_TEXT, "The domain" },
			{ "registration.source", FACT_TEXT, "rdap or whois" },
			{ "registration.expires", FACT_TIME,
			  "Until when it is registered" },
			{ "registration.days", FACT_INT,
			  "How many days that is from now" },
			{ "registration.created", FACT_TIME,
			  "Since when it is registered" },
			{ "registration.registrar", FACT_TEXT, "With whom" },
			{ "registration.registrant", FACT_TEXT,
			  "For whom, where that is told" },
			{ "registration.complete", FACT_BOOL,
			  "The registry tells with whom" },
			{ "registration.statuses", FACT_LIST,
			  "Its statuses (RFC 5731)" },
			{ "registration.locked", FACT_BOOL,
			  "Nobody may transfer it until it is unlocked" },
			{ "registration.error", FACT_TEXT,
			  "Why nothing is known" },
			{ 0 } },
	.run = run_registration,
};
