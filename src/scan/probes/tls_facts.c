#include <string.h>

#include "scan/probes/tls.h"

static struct str_list list_new(struct arena *a)
{
	return (struct str_list){
		arena_array(a, FACT_LIST_MAX, sizeof(const char *)), 0
	};
}

static void list_add(struct str_list *list, const char *text)
{
	for (size_t i = 0; i < list->len; i++)
		if (!strcmp(list->items[i], text))
			return;
	if (list->len < FACT_LIST_MAX)
		list->items[list->len++] = text;
}

static const enum tls_version by_age[TLS_VERSIONS] = { TLS_SSL2, TLS_SSL3,
						       TLS_1_0,	 TLS_1_1,
						       TLS_1_2,	 TLS_1_3 };

static const struct hello_verdict *
verdict_of(const struct hello_verdict verdicts[TLS_VERSIONS],
	   enum tls_version version)
{
	for (int i = 0; i < TLS_VERSIONS; i++)
		if (verdicts[i].version == version)
			return &verdicts[i];
	return NULL;
}

static const char *suite_name(const struct suite *s)
{
	return s->openssl ? s->openssl : s->name;
}

/* ---- the suites of a port ---- */

/* What is broken by itself, besides the kinds that have a fact of their own. */
enum {
	PLAIN = SUITE_NULL | SUITE_ANON,
	OTHERS = SUITE_WEAK & ~(PLAIN | SUITE_EXPORT),
};

struct seen {
	struct str_list versions, weak_versions, untested;
	struct str_list ciphers, weak_ciphers;
	struct str_list plain, export, broken, block64;
	bool freak, logjam, poodle, beast, lucky13;
	bool forward_secrecy, aead;
	int best, worst; /* bits; worst -1 before the first suite */
};

/* A block of 64 bits repeats after some gigabytes (SWEET32). */
static bool has_small_block(const struct suite *s)
{
	return s->flags & (SUITE_DES | SUITE_3DES | SUITE_IDEA | SUITE_RC2) ||
	       strstr(s->name, "MAGMA") || strstr(s->name, "28147");
}

static void add_suite(const struct suite *s, enum tls_version version,
		      struct seen *l)
{
	const char *name = suite_name(s);
	int bits = suite_bits(s);
	bool is_export = s->flags & SUITE_EXPORT;

	list_add(&l->ciphers, name);
	if (s->flags & SUITE_WEAK)
		list_add(&l->weak_ciphers, name);
	if (s->flags & PLAIN)
		list_add(&l->plain, name);
	else if (is_export)
		list_add(&l->export, name);
	else if (s->flags & OTHERS)
		list_add(&l->broken, name);
	if (has_small_block(s))
		list_add(&l->block64, name);
	l->freak |= is_export && strstr(s->name, "TLS_RSA_EXPORT");
	l->logjam |= is_export && suite_is_dhe(s);
	if (s->flags & SUITE_CBC && version >= TLS_SSL3) {
		l->poodle |= version == TLS_SSL3;
		l->beast |= version <= TLS_1_0;
		l->lucky13 |= version > TLS_SSL3;
	}
	l->forward_secrecy |= !(s->flags & (SUITE_NO_FS | PLAIN));
	l->aead |= suite_is_aead(s);
	if (bits > l->best)
		l->best = bits;
	if (l->worst < 0 || bits < l->worst)
		l->worst = bits;
}

static void add_version(const struct hello_verdict *v, struct seen *l)
{
	const char *name = tls_version_name(v->version);

	if (v->result == HELLO_UNTESTED || !v->complete)
		list_add(&l->untested, name);
	if (v->result != HELLO_ACCEPTED)
		return;
	list_add(&l->versions, name);
	if (v->version < TLS_1_2)
		list_add(&l->weak_versions, name);
	for (size_t i = 0; i < v->suite_count; i++)
		add_suite(suite_find(v->suites[i]), v->version, l);
}

/* ---- stating them ---- */

/* The best of what is offered: for servers no library shakes hands with. */
static void state_best(const struct hello_verdict verdicts[TLS_VERSIONS],
		       int port, struct fact_list *facts)
{
	for (int i = TLS_VERSIONS - 1; i >= 0; i--) {
		const struct hello_verdict *v = verdict_of(verdicts, by_age[i]);

		if (!v || v->result != HELLO_ACCEPTED)
			continue;
		fact_text(facts, "tls.version", port,
			  tls_version_name(v->version));
		fact_text(facts, "tls.cipher", port,
			  suite_name(suite_find(v->suites[0])));
		return;
	}
}

/* In the order of the server's choice, under the names of IANA. */
static void state_suites(const struct hello_verdict *v, int port,
			 struct fact_list *facts)
{
	struct str_list names = list_new(facts->arena);

	if (v->result != HELLO_ACCEPTED)
		return;
	for (size_t i = 0; i < v->suite_count; i++)
		list_add(&names, suite_find(v->suites[i])->name);
	fact_strs(facts, "tls.suites", port, &names);
	fact_item(facts, tls_version_name(v->version));
}

static void state_versions(const struct seen *l, int port, struct fact_list *f)
{
	fact_strs(f, "tls.versions", port, &l->versions);
	fact_strs(f, "tls.weak_versions", port, &l->weak_versions);
	if (l->untested.len)
		fact_strs(f, "tls.untested", port, &l->untested);
}

static void state_lists(const struct seen *l, int port, struct fact_list *f)
{
	fact_strs(f, "tls.ciphers", port, &l->ciphers);
	fact_strs(f, "tls.weak_ciphers", port, &l->weak_ciphers);
	fact_strs(f, "tls.plain_ciphers", port, &l->plain);
	fact_strs(f, "tls.export_ciphers", port, &l->export);
	fact_strs(f, "tls.broken_ciphers", port, &l->broken);
	fact_strs(f, "tls.block64_ciphers", port, &l->block64);
}

static bool accepts(const struct hello_verdict verdicts[TLS_VERSIONS],
		    enum tls_version version)
{
	const struct hello_verdict *v = verdict_of(verdicts, version);

	return v && v->result == HELLO_ACCEPTED;
}

static void state_ages(const struct hello_verdict verdicts[TLS_VERSIONS],
		       int port, struct fact_list *f)
{
	bool tls13 = accepts(verdicts, TLS_1_3);

	fact_bool(f, "tls.ssl2", port, accepts(verdicts, TLS_SSL2));
	fact_bool(f, "tls.modern", port, tls13 || accepts(verdicts, TLS_1_2));
	fact_bool(f, "tls.tls13", port, tls13);
}

static void state_conclusions(const struct seen *l, int port,
			      struct fact_list *f)
{
	fact_bool(f, "tls.freak", port, l->freak);
	fact_bool(f, "tls.poodle", port, l->poodle);
	fact_bool(f, "tls.beast", port, l->beast);
	fact_bool(f, "tls.lucky13", port, l->lucky13);
	fact_bool(f, "tls.forward_secrecy", port, l->forward_secrecy);
	fact_bool(f, "tls.aead", port, l->aead);
	fact_int(f, "tls.cipher_bits_min", port, l->worst);
	fact_int(f, "tls.cipher_bits_max", port, l->best);
}

/* ---- keys ---- */

static void state_groups(const struct hello_verdict verdicts[TLS_VERSIONS],
			 int port, struct fact_list *f)
{
	struct str_list names = list_new(f->arena);
	const struct hello_verdict *v13 = verdict_of(verdicts, TLS_1_3);
	bool post_quantum = false;

	for (int i = TLS_VERSIONS - 1; i >= 0; i--) {
		const struct hello_verdict *v = verdict_of(verdicts, by_age[i]);

		for (size_t k = 0; v && k < v->group_count; k++) {
			list_add(&names,
				 hello_group_name(v->groups[k], f->arena));
			post_quantum |=
				hello_group_is_post_quantum(v->groups[k]);
		}
	}
	if (names.len)
		fact_strs(f, "tls.groups", port, &names);
	if (v13 && v13->group_count)
		fact_bool(f, "tls.post_quantum", port, post_quantum);
}

static void state_sigalgs(const struct hello_verdict verdicts[TLS_VERSIONS],
			  int port, struct fact_list *f)
{
	const struct hello_verdict *v = verdict_of(verdicts, TLS_1_2);
	struct str_list names = list_new(f->arena), weak = list_new(f->arena);

	for (size_t i = 0; v && i < v->sigalg_count; i++) {
		const char *name = hello_sigalg_name(v->sigalgs[i], f->arena);

		list_add(&names, name);
		if (hello_sigalg_is_weak(v->sigalgs[i]))
			list_add(&weak, name);
	}
	if (!names.len)
		return;
	fact_strs(f, "tls.signature_algorithms", port, &names);
	fact_strs(f, "tls.weak_signature_algorithms", port, &weak);
}

/* The smallest prime of all versions. */
static void state_primes(const struct hello_verdict verdicts[TLS_VERSIONS],
			 bool logjam, int port, struct fact_list *f)
{
	enum { LOGJAM_BITS = 1024 };
	const struct hello_verdict *worst = NULL;

	for (int i = 0; i < TLS_VERSIONS; i++)
		if (verdicts[i].dh_bits &&
		    (!worst || verdicts[i].dh_bits < worst->dh_bits))
			worst = &verdicts[i];
	fact_bool(f, "tls.logjam", port,
		  logjam || (worst && worst->dh_bits <= LOGJAM_BITS));
	if (!worst)
		return;
	fact_int(f, "tls.dh_bits", port, worst->dh_bits);
	if (worst->dh_prime)
		fact_text(f, "tls.dh_prime", port, worst->dh_prime);
}

static void state_order(const struct hello_verdict verdicts[TLS_VERSIONS],
			const struct seen *l, int port, struct fact_list *f)
{
	for (int i = TLS_VERSIONS - 1; i >= 0; i--) {
		const struct hello_verdict *v = verdict_of(verdicts, by_age[i]);
		bool server;

		if (!v || v->order == HELLO_ORDER_UNKNOWN)
			continue;
		server = v->order == HELLO_ORDER_SERVER;
		fact_bool(f, "tls.server_order", port, server);
		fact_bool(f, "tls.client_picks_weak", port,
			  !server && l->weak_ciphers.len);
		if (server)
			fact_bool(f, "tls.chacha_first", port, v->chacha_first);
		return;
	}
}

void tls_facts(const struct hello_verdict verdicts[TLS_VERSIONS], int port,
	       struct fact_list *facts)
{
	struct arena *a = facts->arena;
	struct seen l = {
		.versions = list_new(a),
		.weak_versions = list_new(a),
		.untested = list_new(a),
		.ciphers = list_new(a),
		.weak_ciphers = list_new(a),
		.plain = list_new(a),
		.export = list_new(a),
		.broken = list_new(a),
		.block64 = list_new(a),
		.worst = -1,
	};

	for (int i = 0; i < TLS_VERSIONS; i++)
		if (verdict_of(verdicts, by_age[i]))
			add_version(verdict_of(verdicts, by_age[i]), &l);
	fact_bool(facts, "tls.tested", port, l.versions.len > 0);
	if (!fact_find(facts, "tls.version", port))
		state_best(verdicts, port, facts);
	state_versions(&l, port, facts);
	if (!l.versions.len)
		return;
	state_ages(verdicts, port, facts);
	/* The rest needs all suites. */
	for (int i = 0; i < TLS_VERSIONS; i++)
		if (verdicts[i].sampled)
			return;
	state_lists(&l, port, facts);
	for (int i = 0; i < TLS_VERSIONS; i++)
		if (verdict_of(verdicts, by_age[i]))
			state_suites(verdict_of(verdicts, by_age[i]), port,
				     facts);
	state_conclusions(&l, port, facts);
	state_groups(verdicts, port, facts);
	state_sigalgs(verdicts, port, facts);
	state_primes(verdicts, l.logjam, port, facts);
	state_order(verdicts, &l, port, facts);
}
