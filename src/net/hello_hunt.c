/*
 * hello_hunt: everything a server accepts, by striking out what it picked.
 *
 * Before TLS 1.3 there are more suites than one hello may offer, so they are
 * offered in chunks. Where two lists count in one answer (suites and groups
 * of TLS 1.3; curves and signature algorithms of a ServerKeyExchange), both
 * are struck at once, which saves most of the connections of the shorter one.
 */
#include <string.h>

#include "net/hello_ask.h"

static size_t strike(uint16_t *codes, size_t count, unsigned code)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		if (codes[i] != code)
			codes[kept++] = codes[i];
	return kept;
}

static bool is_among(const uint16_t *codes, size_t count, unsigned code)
{
	for (size_t i = 0; i < count; i++)
		if (codes[i] == code)
			return true;
	return false;
}

/* ---- suites before TLS 1.3 ---- */

struct hunt {
	struct question q;
	uint16_t *todo; /* what is still to be offered */
	size_t todo_count;
	bool first_only;
	struct hello_verdict *ret;
};

static void keep_prime(struct hello_verdict *v, const struct hello_answer *a)
{
	/* Export suites have short ones by design, and are bad anyway. */
	if (!a->dh_bits || suite_find(a->suite)->flags & SUITE_EXPORT ||
	    (v->dh_bits && v->dh_bits <= a->dh_bits))
		return;
	v->dh_bits = a->dh_bits;
	v->dh_prime = hello_prime_name(a->dh_start);
}

static void picked(struct hunt *h)
{
	h->ret->result = HELLO_ACCEPTED;
	h->ret->why = NULL;
	h->ret->suites[h->ret->suite_count++] = (uint16_t)h->q.answer.suite;
	keep_prime(h->ret, &h->q.answer);
}

/* Offers a chunk until nothing of it is picked any more. */
static enum reply exhaust(struct hunt *h, uint16_t *chunk, size_t count)
{
	enum reply reply = REPLY_REFUSED;

	while (count) {
		h->q.offer.suites = chunk;
		h->q.offer.suite_count = count;
		reply = hello_ask(&h->q);
		if (reply != REPLY_PICKED)
			return reply;
		picked(h);
		if (h->first_only)
			return reply;
		count = strike(chunk, count, h->q.answer.suite);
	}
	return reply;
}

static void conclude(struct hunt *h, enum reply last)
{
	struct hello_verdict *v = h->ret;

	v->speaks_tls = h->q.speaks_tls;
	v->complete = last != REPLY_NONE;
	if (v->result == HELLO_ACCEPTED)
		return;
	v->result = last == REPLY_NONE ? HELLO_UNTESTED : HELLO_REFUSED;
	v->why = h->q.why;
}

static bool is_over(const struct hunt *h, enum reply reply)
{
	return reply == REPLY_NEVER || reply == REPLY_NONE ||
	       (h->first_only && reply == REPLY_PICKED);
}

static enum reply all_chunks(struct hunt *h, uint16_t *suites, size_t count)
{
	enum reply reply = REPLY_REFUSED;

	for (size_t done = 0; done < count; done += HELLO_CHUNK) {
		size_t left = count - done;

		reply = exhaust(h, suites + done,
				left < HELLO_CHUNK ? left : HELLO_CHUNK);
		if (is_over(h, reply))
			break;
	}
	return reply;
}

/* The suites of a kind among `count`, into `ret`. */
static size_t of_kind(const uint16_t *suites, size_t count, bool dhe,
		      unsigned without, uint16_t *ret)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		const struct suite *s = suite_find(suites[i]);

		if (suite_is_dhe(s) == dhe && !(s->flags & without))
			ret[kept++] = suites[i];
	}
	return kept;
}

/*
 * Suites with Diffie-Hellman are offered by themselves. Servers without
 * parameters for it exist that pick one and then fail, whatever else they
 * could have picked; and others that have none of their own want a group of
 * RFC 7919 to be offered. Those come last, since a server that knows them
 * would not show its own parameters.
 */
static enum reply hunt_old(struct hunt *h)
{
	static const uint16_t ffdhe[] = { 0x001d, 0x0017, 0x0100, 0x0101,
					  0x0102, 0x0103, 0x0104 };
	uint16_t *kind = arena_array(h->q.arena, h->todo_count, sizeof(*kind));
	struct hello_verdict *v = h->ret;
	size_t count = of_kind(h->todo, h->todo_count, false, 0, kind);
	enum reply reply = all_chunks(h, kind, count);

	if (is_over(h, reply))
		return reply;
	count = of_kind(h->todo, h->todo_count, true, 0, kind);
	reply = all_chunks(h, kind, count);
	if (is_over(h, reply))
		return reply;
	count = of_kind(h->todo, h->todo_count, true, SUITE_PSK, kind);
	for (size_t i = 0; i < v->suite_count; i++)
		count = strike(kind, count, v->suites[i]);
	h->q.offer.groups = ffdhe;
	h->q.offer.group_count = sizeof(ffdhe) / sizeof(*ffdhe);
	return all_chunks(h, kind, count);
}

/* ---- two lists at once ---- */

struct striking {
	uint16_t *todo, *found;
	size_t todo_count, found_count;
	bool held; /* what was found is offered, to learn about the other */
	bool done;
};

static struct striking striking_new(const uint16_t *codes, size_t count,
				    struct arena *a)
{
	struct striking s = { .todo = arena_array(a, count, sizeof(uint16_t)),
			      .found = arena_array(a, count, sizeof(uint16_t)),
			      .todo_count = count };

	memcpy(s.todo, codes, count * sizeof(*codes));
	return s;
}

static const uint16_t *to_offer(const struct striking *s, size_t *ret_count)
{
	bool rest = !s->done && !s->held;

	*ret_count = rest ? s->todo_count : s->found_count;
	return rest ? s->todo : s->found;
}

/* What was picked; a server that does not heed the list ends it. */
static void strike_out(struct striking *s, unsigned code)
{
	if (s->held) {
		s->held = false;
		s->done = true;
	}
	if (s->done)
		return;
	if (!is_among(s->todo, s->todo_count, code)) {
		s->done = true;
		return;
	}
	s->todo_count = strike(s->todo, s->todo_count, code);
	s->found[s->found_count++] = (uint16_t)code;
	s->done = !s->todo_count;
}

/* A refusal ends a list; with two open, the first is held to learn which. */
static void struck_out(struct striking *a, struct striking *b)
{
	if (a->held) {
		a->held = false;
		b->done = true;
	} else if (!a->done && !b->done) {
		a->held = true;
	} else {
		a->done = b->done = true;
	}
}

struct pair {
	struct question q;
	struct striking a, b;
	void (*offer)(struct pair *p);
	unsigned (*a_of)(const struct hello_answer *answer);
	unsigned (*b_of)(const struct hello_answer *answer);
};

static enum reply strike_pair(struct pair *p)
{
	enum reply reply = REPLY_REFUSED;

	/* Each turn strikes, holds or ends: more than this cannot be. */
	for (int left = 512; left && !(p->a.done && p->b.done); left--) {
		p->offer(p);
		reply = hello_ask(&p->q);
		if (reply == REPLY_NONE || reply == REPLY_NEVER)
			break;
		if (reply == REPLY_PICKED) {
			strike_out(&p->a, p->a_of(&p->q.answer));
			strike_out(&p->b, p->b_of(&p->q.answer));
		} else if (!p->a.found_count) {
			break;
		} else {
			struck_out(&p->a, &p->b);
		}
	}
	return reply;
}

static unsigned group_of(const struct hello_answer *answer)
{
	return answer->group;
}

/* ---- TLS 1.3 ---- */

static unsigned suite_of(const struct hello_answer *answer)
{
	return answer->suite;
}

static void offer_13(struct pair *p)
{
	struct hello_offer *o = &p->q.offer;

	o->suites = to_offer(&p->a, &o->suite_count);
	o->groups = to_offer(&p->b, &o->group_count);
}

static void hunt_13(struct hunt *h)
{
	struct hello_codes groups = hello_all_groups(TLS_1_3);
	struct pair p = {
		.q = h->q,
		.a = striking_new(h->todo, h->todo_count, h->q.arena),
		.b = striking_new(groups.items, groups.len, h->q.arena),
		.offer = offer_13,
		.a_of = suite_of,
		.b_of = group_of,
	};
	enum reply reply = strike_pair(&p);

	/* A server that has no retry request wants a key at once. */
	if (!p.a.found_count &&
	    (reply == REPLY_REFUSED || reply == REPLY_HUNG_UP)) {
		p.q.offer.key_share = true;
		reply = strike_pair(&p);
	}
	h->q = p.q;
	h->ret->suites = p.a.found;
	h->ret->suite_count = p.a.found_count;
	h->ret->groups = p.b.found;
	h->ret->group_count = p.b.found_count;
	if (p.a.found_count) {
		h->ret->result = HELLO_ACCEPTED;
		h->ret->why = NULL;
	}
	conclude(h, reply);
}

/* ---- a version ---- */

static void hunt(struct hello_peer *peer, enum tls_version version,
		 bool first_only, struct arena *a, struct hello_verdict *ret)
{
	struct hunt h = {
		.q = { .peer = peer,
		       .offer = { .version = version, .sni = peer->sni },
		       .wait = first_only ? HELLO_UNTIL_HELLO
					  : HELLO_UNTIL_PRIME,
		       .arena = a },
		.first_only = first_only,
		.ret = ret,
	};
	enum reply reply;

	*ret = (struct hello_verdict){ .version = version,
				       .result = HELLO_REFUSED,
				       .sampled = first_only };
	h.todo_count = hello_suites_of(version, 0, a, &h.todo);
	if (version >= TLS_1_3 && !first_only) {
		hunt_13(&h);
		return;
	}
	ret->suites = arena_array(a, h.todo_count, sizeof(*ret->suites));
	reply = version < TLS_1_3 ? hunt_old(&h)
				  : all_chunks(&h, h.todo, h.todo_count);
	if (version >= TLS_1_3 && !ret->suite_count &&
	    (reply == REPLY_REFUSED || reply == REPLY_HUNG_UP)) {
		h.q.offer.key_share = true;
		reply = all_chunks(&h, h.todo, h.todo_count);
	}
	conclude(&h, reply);
}

void hello_offered(struct hello_peer *peer, enum tls_version version,
		   struct arena *a, struct hello_verdict *ret)
{
	hunt(peer, version, true, a, ret);
}

void hello_suites(struct hello_peer *peer, enum tls_version version,
		  struct arena *a, struct hello_verdict *ret)
{
	hunt(peer, version, false, a, ret);
}

/* ---- curves and signature algorithms before TLS 1.3 ---- */

static unsigned sigalg_of(const struct hello_answer *answer)
{
	return answer->sigalg;
}

static void offer_keys(struct pair *p)
{
	struct hello_offer *o = &p->q.offer;

	o->groups = to_offer(&p->b, &o->group_count);
	o->sigalgs = to_offer(&p->a, &o->sigalg_count);
}

/*
 * The accepted suites of a kind that say `part` in their names. RSA first: an
 * ECDSA certificate ties the list of curves to its own curve.
 */
static size_t accepted(const struct hello_verdict *v, const char *part,
		       uint16_t *ret)
{
	size_t count = 0;

	for (size_t i = 0; i < v->suite_count && count < HELLO_CHUNK; i++)
		if (strstr(suite_find(v->suites[i])->name, part))
			ret[count++] = v->suites[i];
	return count;
}

void hello_keys(struct hello_peer *peer, struct arena *a,
		struct hello_verdict *v)
{
	struct hello_codes groups = hello_all_groups(v->version);
	struct hello_codes sigalgs = hello_all_sigalgs();
	uint16_t suites[HELLO_CHUNK];
	struct pair p = {
		.q = { .peer = peer,
		       .offer = { .version = v->version,
				  .sni = peer->sni,
				  .suites = suites },
		       .wait = HELLO_UNTIL_KEYS,
		       .arena = a },
		.a = striking_new(sigalgs.items, sigalgs.len, a),
		.b = striking_new(groups.items, groups.len, a),
		.offer = offer_keys,
		.a_of = sigalg_of,
		.b_of = group_of,
	};

	p.a.done = v->version < TLS_1_2;
	p.q.offer.suite_count = accepted(v, "TLS_ECDHE_RSA", suites);
	if (!p.q.offer.suite_count)
		p.q.offer.suite_count = accepted(v, "TLS_ECDHE_ECDSA", suites);
	if (!p.q.offer.suite_count) {
		p.q.offer.suite_count = accepted(v, "TLS_DHE_RSA", suites);
		p.b.done = true;
	}
	if (!p.q.offer.suite_count)
		return;
	strike_pair(&p);
	v->groups = p.b.found;
	v->group_count = p.b.found_count;
	v->sigalgs = p.a.found;
	v->sigalg_count = p.a.found_count;
}

/* ---- whose order counts ---- */

/* What is picked of these; 0: nothing. */
static unsigned choice(struct hello_peer *peer, const struct hello_verdict *v,
		       const uint16_t *suites, size_t count, struct arena *a)
{
	struct question q = { .peer = peer,
			      .offer = { .version = v->version,
					 .sni = peer->sni,
					 .suites = suites,
					 .suite_count = count },
			      .arena = a };

	return hello_ask(&q) == REPLY_PICKED ? q.answer.suite : 0;
}

static bool is_chacha(unsigned code)
{
	const struct suite *s = suite_find(code);

	return s && strstr(s->name, "CHACHA20");
}

/* To the front; false when there is none. */
static bool chacha_first(uint16_t *suites, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint16_t chacha = suites[i];

		if (!is_chacha(chacha))
			continue;
		memmove(suites + 1, suites, i * sizeof(*suites));
		suites[0] = chacha;
		return true;
	}
	return false;
}

void hello_order(struct hello_peer *peer, struct arena *a,
		 struct hello_verdict *v)
{
	uint16_t there[HELLO_CHUNK], back[HELLO_CHUNK];
	size_t count =
		v->suite_count < HELLO_CHUNK ? v->suite_count : HELLO_CHUNK;
	unsigned first, second;

	if (count < 2)
		return;
	memcpy(there, v->suites, count * sizeof(*there));
	for (size_t i = 0; i < count; i++)
		back[i] = there[count - 1 - i];
	/* Some servers give way to a client that has ChaCha20 first. */
	if (count > 2 && is_chacha(back[0])) {
		back[0] = back[1];
		back[1] = there[count - 1];
	}
	/* Who does not take our first has an order of its own. */
	second = choice(peer, v, back, count, a);
	first = second == back[0] ? choice(peer, v, there, count, a) : second;
	if (!first || !second)
		return;
	v->order = first == second ? HELLO_ORDER_SERVER : HELLO_ORDER_CLIENT;
	if (v->order == HELLO_ORDER_SERVER && !is_chacha(first) &&
	    chacha_first(back, count))
		v->chacha_first = is_chacha(choice(peer, v, back, count, a));
}

bool hello_http2(struct hello_peer *peer, const struct hello_verdict *v,
		 struct arena *a)
{
	struct question q = { .peer = peer,
			      .offer = { .version = v->version,
					 .sni = peer->sni,
					 .suites = v->suites,
					 .suite_count =
						 v->suite_count < HELLO_CHUNK
							 ? v->suite_count
							 : HELLO_CHUNK,
					 .alpn = true },
			      .arena = a };

	return hello_ask(&q) == REPLY_PICKED && q.answer.http2;
}
