#include "jobs/certificate_store.h"

#include <string.h>

#include "core/certificate.h"
#include "gen/queries.h"

static const char *text_of(const struct fact_list *facts, const char *name,
			   int64_t port)
{
	const struct fact *f = fact_find(facts, name, (int)port);

	return f && f->text ? f->text : "";
}

bool certificate_store_put(const struct certificate_store *s,
			   const struct certificate *c,
			   const struct fact_list *facts, struct err *err)
{
	const struct fact *end =
		fact_find(facts, "cert.not_after", (int)c->port);

	if (!certificate_seen(c) || !end)
		return true;
	return sql_certificate_put(
		s->db, s->arena,
		&(struct sql_certificate_put_args){
			.org = s->org,
			.domain = c->domain,
			.port = c->port,
			.ip = c->ip,
			.subject = text_of(facts, "cert.subject", c->port),
			.issuer = text_of(facts, "cert.issuer", c->port),
			.fingerprint = c->fingerprint_sha256,
			.key_fingerprint =
				text_of(facts, "cert.key_fingerprint", c->port),
			.not_after = end->number,
			.score = c->score,
			.now = s->now,
		},
		err);
}

bool certificate_store_host(const struct certificate_store *s, const char *name,
			    const char *ip, const struct fact_list *facts,
			    struct err *err)
{
	for (size_t i = 0; i < facts->len; i++) {
		const struct fact *f = &facts->items[i];
		struct certificate_input in = { .domain = name,
						.ip = ip,
						.port = f->port,
						.facts = facts,
						.locale = "en",
						.now = s->now };
		struct certificate c;

		if (strcmp(f->name, "cert.fingerprint") != 0)
			continue;
		certificate_make(&in, s->arena, &c);
		if (!certificate_store_put(s, &c, facts, err))
			return false;
	}
	return true;
}
