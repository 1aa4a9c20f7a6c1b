/*
 * mail_servers: the MX hosts of a domain, judged addresses only, and what they
 * say on port 25: STARTTLS (RFC 3207), the certificate behind it, and whether
 * TLSA records name it (RFC 7672). No mail is begun.
 */
#include <pthread.h>
#include <string.h>

#include "base/clock.h"
#include "net/conn.h"
#include "net/dane.h"
#include "net/starttls.h"
#include "scan/probes/mail.h"

enum {
	SMTP_PORT = 25,
	SMTP_US = 6000000,
	STACK_BYTES = 512 * 1024,
	TLSA_MAX = 16,
};

/* ---- one server ---- */

/* True: a mail server answered, with TLS or without. */
static bool look_at(struct mail_server *s, const struct addr *addr)
{
	_cleanup_conn_ struct conn *conn = NULL;
	struct conn_tls tls = { 0 };
	struct err err = { 0 };

	if (!conn_open(addr, SMTP_PORT, s->deadline, &conn, NULL, NULL))
		return false;
	if (!starttls_begin(conn, STARTTLS_SMTP, NULL, &err)) {
		s->spoke |= err.kind == ERR_REFUSED;
		return s->spoke;
	}
	s->spoke = true;
	if (conn_start_tls(conn, s->name, NULL, &s->arena, &tls, NULL)) {
		s->starttls = true;
		s->chain = tls.chain;
	}
	return true;
}

static void *look(void *arg)
{
	struct mail_server *s = arg;

	for (size_t i = 0; i < s->host->addrs.len && i < 2; i++)
		if (look_at(s, &s->host->addrs.items[i]))
			break;
	return NULL;
}

/* Each in a thread: a port that is filtered holds nobody else up. */
static void look_at_all(struct mail *m)
{
	pthread_t threads[MAIL_SERVERS_MAX];
	int64_t end = clock_tick() + SMTP_US;
	pthread_attr_t attr;
	size_t started = 0;

	if (end > m->n->run->deadline)
		end = m->n->run->deadline;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	for (; started < m->server_count; started++) {
		struct mail_server *s = &m->servers[started];

		s->deadline = end;
		if (pthread_create(&threads[started], &attr, look, s))
			break;
	}
	for (size_t i = started; i < m->server_count; i++)
		look(&m->servers[i]);
	while (started)
		pthread_join(threads[--started], NULL);
	pthread_attr_destroy(&attr);
}

void mail_servers_free(struct mail *m)
{
	for (size_t i = 0; i < m->server_count; i++)
		arena_free(&m->servers[i].arena);
}

/* ---- the records ---- */

static int by_preference(const void *a, const void *b)
{
	const struct dns_mx *x = a, *y = b;

	if (x->preference != y->preference)
		return x->preference < y->preference ? -1 : 1;
	return strcmp(x->host, y->host);
}

/* The hosts in order; a single dot is a null MX (RFC 7505). */
static void read_mx(struct mail *m)
{
	struct arena *a = m->n->run->arena;
	struct dns_mx all[DNS_RECORDS_MAX];
	struct str_list names = names_list(a);
	size_t count = 0;

	for (size_t i = 0; i < m->mx->len; i++)
		count += dns_read_mx(m->mx->items[i], a, &all[count]);
	qsort(all, count, sizeof(*all), by_preference);
	for (size_t i = 0; i < count; i++)
		if (!strcmp(all[i].host, "."))
			m->null_mx = true;
		else
			names_add(&names, all[i].host);
	for (size_t i = 0; i < names.len && i < NAMES_HOSTS_MAX; i++)
		m->hosts[m->host_count++].host = names.items[i];
	fact_strs(m->n->run->facts, "mail.mx", 0, &names);
	fact_bool(m->n->run->facts, "mail.null_mx", 0, m->null_mx);
}

static void host_facts(struct mail *m)
{
	struct arena *a = m->n->run->arena;
	struct str_list problems = names_list(a);
	bool v6 = false;

	for (size_t i = 0; i < m->host_count; i++)
		v6 |= m->hosts[i].v6;
	names_problems(m->hosts, m->host_count, a, &problems);
	if (m->null_mx)
		names_add(&problems, "a null MX beside mail servers");
	fact_strs(m->n->run->facts, "mail.mx_problems", 0, &problems);
	fact_bool(m->n->run->facts, "mail.mx_ipv6", 0, v6);
}

static const char *without_dot(const char *host, struct arena *a)
{
	size_t len = strlen(host);

	return arena_strndup(a, host, len - (len && host[len - 1] == '.'));
}

static void starttls_facts(struct mail *m)
{
	struct arena *a = m->n->run->arena;
	struct str_list tested = names_list(a), without = names_list(a);

	for (size_t i = 0; i < m->server_count; i++) {
		const struct mail_server *s = &m->servers[i];

		if (!s->spoke)
			continue;
		names_add(&tested, s->host->host);
		if (!s->starttls)
			names_add(&without, s->host->host);
	}
	if (!tested.len)
		return;
	fact_strs(m->n->run->facts, "mail.mx_tested", 0, &tested);
	fact_strs(m->n->run->facts, "mail.mx_no_starttls", 0, &without);
}

void mail_server_facts(struct mail *m)
{
	read_mx(m);
	if (!m->host_count)
		return;
	names_hosts(m->n, m->hosts, m->host_count);
	host_facts(m);
	for (size_t i = 0;
	     i < m->host_count && m->server_count < MAIL_SERVERS_MAX; i++) {
		struct mail_server *s = &m->servers[m->server_count];

		if (!m->hosts[i].addrs.len)
			continue;
		*s = (struct mail_server){ .host = &m->hosts[i] };
		s->name = without_dot(m->hosts[i].host, m->n->run->arena);
		m->server_count++;
	}
	look_at_all(m);
	starttls_facts(m);
}

/* ---- DANE ---- */

struct dane_lists {
	struct str_list good, insecure, invalid;
	size_t without; /* servers that no TLSA record protects */
};

static size_t usable(const struct dns_ask *ask, struct dns_tlsa *ret)
{
	size_t count = 0;

	for (size_t i = 0; i < ask->len && count < TLSA_MAX; i++)
		count += dns_read_tlsa(ask->items[i], &ret[count]) &&
			 dane_usable(&ret[count]);
	return count;
}

static void judge_dane(const struct mail *m, const struct mail_server *s,
		       const struct dns_ask *ask, struct dane_lists *l)
{
	struct dns_tlsa records[TLSA_MAX];
	size_t count = usable(ask, records);

	if (!ask->len) {
		l->without++;
		return;
	}
	/* A record that is not signed protects nobody (section 2.2). */
	if (!ask->secure || !count) {
		names_add(&l->insecure, s->host->host);
		l->without++;
	} else if (!m->mx->secure) {
		l->without++; /* the host does its part, the domain does not */
	} else if (!s->spoke) {
		names_add(&l->good, s->host->host);
	} else if (s->starttls && dane_matches(records, count, &s->chain,
					       s->name, m->n->run->now)) {
		names_add(&l->good, s->host->host);
	} else {
		names_add(&l->invalid, s->host->host);
	}
}

void mail_dane_facts(struct mail *m)
{
	struct arena *a = m->n->run->arena;
	struct fact_list *facts = m->n->run->facts;
	struct dane_lists l = { names_list(a), names_list(a), names_list(a),
				0 };
	struct dns_ask asks[MAIL_SERVERS_MAX] = { 0 };

	if (!m->server_count)
		return;
	for (size_t i = 0; i < m->server_count; i++)
		asks[i] = (struct dns_ask){ arena_printf(a, "_25._tcp.%s",
							 m->servers[i].name),
					    DNS_TLSA };
	names_ask(m->n, asks, m->server_count);
	for (size_t i = 0; i < m->server_count; i++)
		judge_dane(m, &m->servers[i], &asks[i], &l);
	m->dane_works = !l.without && !l.invalid.len;
	fact_bool(facts, "mail.dane", 0, m->dane_works);
	if (l.good.len + l.invalid.len) {
		fact_strs(facts, "mail.dane_servers", 0, &l.good);
		fact_strs(facts, "mail.dane_invalid", 0, &l.invalid);
	}
	if (l.good.len + l.invalid.len + l.insecure.len &&
	    resolver_validates(m->n->resolver))
		fact_strs(facts, "mail.dane_insecure", 0, &l.insecure);
}
