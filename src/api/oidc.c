#include "api/oidc.h"

#include <pthread.h>
#include <semaphore.h>
#include <string.h>
#include <time.h>

#include "api/oidc_cache.h"
#include "base/clock.h"
#include "base/url.h"
#include "crypto/token.h"
#include "net/fetch.h"

enum {
	AT_ONCE = 2,
	WAIT_SECONDS = 2,  /* for one of these places */
	FETCH_SECONDS = 5, /* for each request */
	FRESH_MINUTES = 10,
	REFETCH_SECONDS = 5, /* keys are not asked for more often */
	LEEWAY_SECONDS = 30, /* between the provider's clock and ours */
	NONCE_BYTES = 24,
};

/* ---- the network ---- */

static sem_t places;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void start(void)
{
	sem_init(&places, 0, AT_ONCE);
}

/* Others need the handler threads, too. */
static bool fetch_one(struct call *call, struct fetch *f, struct fetched *ret,
		      struct err *err)
{
	const struct settings *s = call->settings;
	struct timespec until;
	bool ok;

	f->seconds = FETCH_SECONDS;
	f->ca_file = s->ca_file;
	if (!net_list_parse(s->oidc_allow_networks, call->arena, &f->allow,
			    err))
		return err_wrap(err, "OIDC_ALLOW_NETWORKS");
	pthread_once(&once, start);
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += WAIT_SECONDS;
	if (sem_timedwait(&places, &until) < 0) {
		err_set(err, ERR_BUSY, "Too many sign-ins at once");
		err->retry_after = WAIT_SECONDS;
		return false;
	}
	ok = fetch_run(f, call->arena, ret, err);
	sem_post(&places);
	return ok || err_wrap(err, "The identity provider");
}

static bool read_answer(struct call *call, const struct fetched *got,
			const struct type *type, const char *what, void *ret,
			struct err *err)
{
	struct err why = { 0 };

	if (got->status == 200 && codec_read(type, got->body, got->len, what,
					     call->arena, ret, NULL, &why))
		return true;
	err_set(err, ERR_UPSTREAM,
		"The identity provider does not answer as it should (%s)",
		what);
	return err_cause(err, "status %d, %.100s", got->status, why.msg);
}

/* A document of the provider, at most `max_age` old. */
static bool read_document(struct call *call, const char *url, int64_t max_age,
			  const struct type *type, const char *what, void *ret,
			  struct err *err)
{
	struct fetch f = { .url = url };
	struct fetched got = { 0 };
	const char *text = oidc_cache_get(call->arena, url, max_age, call->now);

	if (text)
		return codec_read(type, text, strlen(text), what, call->arena,
				  ret, NULL, err);
	if (!fetch_one(call, &f, &got, err) ||
	    !read_answer(call, &got, type, what, ret, err))
		return false;
	oidc_cache_put(url, got.body, call->now);
	return true;
}

/* ---- discovery ---- */

bool oidc_discover(struct call *call, const char *issuer,
		   struct oidc_discovery *ret, struct err *err)
{
	size_t len = strlen(issuer);
	const char *url;

	while (len && issuer[len - 1] == '/')
		len--;
	url = arena_printf(call->arena, "%.*s/.well-known/openid-configuration",
			   (int)len, issuer);
	if (!read_document(call, url, FRESH_MINUTES * 60 * CLOCK_SECOND,
			   &oidc_discovery_type, "discovery", ret, err))
		return false;
	/* Discovery 1.0, 4.3: or another's tokens would pass. */
	if (strcmp(ret->issuer, issuer) != 0)
		return err_set(err, ERR_UPSTREAM,
			       "The identity provider names another issuer: "
			       "%.100s",
			       ret->issuer);
	if (!fetch_url_ok(ret->authorization_endpoint) ||
	    !fetch_url_ok(ret->token_endpoint) || !fetch_url_ok(ret->jwks_uri))
		return err_set(err, ERR_UPSTREAM,
			       "The identity provider names addresses that are "
			       "none");
	return true;
}

/* ---- the way there ---- */

char *oidc_redirect_uri(struct call *call)
{
	return url_under(call->arena, call->settings->public_url,
			 "/api/v1/auth/sso/callback");
}

char *oidc_secret_place(struct call *call, const char *org_id)
{
	return arena_printf(call->arena, "sso_provider.client_secret:%s",
			    org_id);
}

static void add_pair(struct sb *b, const char *name, const char *value)
{
	if (b->len && b->s[b->len - 1] != '?')
		sb_addc(b, '&');
	sb_add(b, name);
	sb_addc(b, '=');
	sb_add(b, url_encode(b->arena, value));
}

static bool knows_groups(const struct oidc_discovery *provider)
{
	for (size_t i = 0; i < provider->scopes_supported.len; i++)
		if (!strcmp(provider->scopes_supported.items[i], "groups"))
			return true;
	return false;
}

char *oidc_login_url(struct call *call, const struct sso_row *sso,
		     const struct oidc_discovery *provider,
		     const struct oidc_state *state)
{
	struct sb b = sb_new(call->arena, 512);

	sb_add(&b, provider->authorization_endpoint);
	if (!strchr(provider->authorization_endpoint, '?'))
		sb_addc(&b, '?');
	add_pair(&b, "response_type", "code");
	add_pair(&b, "client_id", sso->client_id);
	add_pair(&b, "redirect_uri", oidc_redirect_uri(call));
	add_pair(&b, "scope",
		 knows_groups(provider) ? "openid email profile groups"
					: "openid email profile");
	add_pair(&b, "state", state->state);
	add_pair(&b, "nonce", state->nonce);
	add_pair(&b, "code_challenge",
		 pkce_challenge(state->verifier, call->arena));
	add_pair(&b, "code_challenge_method", "S256");
	return b.s;
}

/* ---- and back ---- */

static bool ask_tokens(struct call *call, const struct sso_row *sso,
		       const struct oidc_discovery *provider,
		       const struct oidc_state *state, const char *code,
		       struct oidc_tokens *ret, struct err *err)
{
	struct sb body = sb_new(call->arena, 512);
	struct fetch f = { .url = provider->token_endpoint };
	struct fetched got = { 0 };

	add_pair(&body, "grant_type", "authorization_code");
	add_pair(&body, "code", code);
	add_pair(&body, "redirect_uri", oidc_redirect_uri(call));
	add_pair(&body, "client_id", sso->client_id);
	add_pair(&body, "code_verifier", state->verifier);
	f.body = body.s;
	if (sso->client_secret) {
		/* RFC 6749, 2.3.1: encoded before they are joined. */
		f.user = url_encode(call->arena, sso->client_id);
		f.password = url_encode(call->arena, sso->client_secret);
	}
	if (!fetch_one(call, &f, &got, err))
		return false;
	/* A code that is wrong or was used: RFC 6749, 5.2. */
	if (got.status == 400)
		return err_set(err, ERR_UNAUTHENTICATED,
			       "The identity provider does not accept the "
			       "sign-in; try again");
	return read_answer(call, &got, &oidc_tokens_type, "token", ret, err);
}

/* Tries the keys; true when one fits. */
static bool verify(struct call *call, const struct sso_row *sso,
		   const struct oidc_jwks *keys, const char *token,
		   struct id_claims *ret)
{
	for (size_t i = 0; i < keys->keys.len; i++) {
		const struct oidc_jwk *k = &keys->keys.items[i];
		struct err ignored = { 0 };
		const char *pem = jwk_pem(&(struct jwk_text){ .kty = k->kty,
							      .use = k->use,
							      .alg = k->alg,
							      .n = k->n,
							      .e = k->e,
							      .crv = k->crv,
							      .x = k->x,
							      .y = k->y },
					  call->arena);

		if (pem && id_token_read(token, pem, sso->groups_claim,
					 call->arena, ret, &ignored))
			return true;
	}
	return false;
}

static bool verify_fresh(struct call *call, const struct sso_row *sso,
			 const struct oidc_discovery *provider,
			 const char *token, struct id_claims *ret,
			 struct err *err)
{
	static const int64_t ages[] = { FRESH_MINUTES * 60 * CLOCK_SECOND,
					REFETCH_SECONDS * CLOCK_SECOND };
	struct oidc_jwks keys = { 0 };

	for (size_t i = 0; i < sizeof(ages) / sizeof(*ages); i++) {
		if (!read_document(call, provider->jwks_uri, ages[i],
				   &oidc_jwks_type, "keys", &keys, err))
			return false;
		if (verify(call, sso, &keys, token, ret))
			return true;
	}
	return err_set(err, ERR_UNAUTHENTICATED,
		       "The answer of the identity provider is not signed by "
		       "one of its keys");
}

static bool list_has(struct arena *a, const char *json, const char *wanted)
{
	const char *text = arena_printf(
		a, *json == '[' ? "{\"items\":%s}" : "{\"items\":[%s]}", json);
	struct oidc_names names = { 0 };
	struct err ignored = { 0 };

	if (!codec_read(&oidc_names_type, text, strlen(text), "list", a, &names,
			NULL, &ignored))
		return false;
	for (size_t i = 0; i < names.items.len; i++)
		if (!strcmp(names.items.items[i], wanted))
			return true;
	return false;
}

/* Core 1.0, 3.1.3.7: each of its rules that applies to this flow. */
static bool check_claims(struct call *call, const struct sso_row *sso,
			 const struct oidc_state *state,
			 const struct id_claims *c, struct err *err)
{
	int64_t now = call->now / CLOCK_SECOND;
	const char *why = NULL;

	if (!c->issuer || strcmp(c->issuer, sso->issuer) != 0)
		why = "issuer";
	else if (!c->audience ||
		 !list_has(call->arena, c->audience, sso->client_id))
		why = "audience";
	else if (c->azp && strcmp(c->azp, sso->client_id) != 0)
		why = "authorized party";
	else if (c->expires_at + LEEWAY_SECONDS <= now)
		why = "expired";
	else if (c->issued_at > now + LEEWAY_SECONDS)
		why = "issued in the future";
	else if (!token_same(c->nonce, state->nonce))
		why = "nonce";
	else if (!c->subject || !*c->subject || strlen(c->subject) > 255)
		why = "subject";
	if (!why)
		return true;
	return err_set(err, ERR_UNAUTHENTICATED,
		       "The answer of the identity provider is not for this "
		       "sign-in (%s)",
		       why);
}

/* Some tell address and name only here. */
static bool ask_userinfo(struct call *call,
			 const struct oidc_discovery *provider,
			 const char *access_token, struct id_claims *c,
			 struct err *err)
{
	struct fetch f = { .url = provider->userinfo_endpoint,
			   .bearer = access_token };
	struct oidc_userinfo info = { 0 };
	struct fetched got = { 0 };

	if ((c->email && c->name) || !f.url || !f.bearer)
		return true;
	if (!fetch_one(call, &f, &got, err) ||
	    !read_answer(call, &got, &oidc_userinfo_type, "userinfo", &info,
			 err))
		return false;
	/* Core 1.0, 5.3.2: otherwise it may be about somebody else. */
	if (strcmp(info.sub, c->subject) != 0)
		return err_set(err, ERR_UNAUTHENTICATED,
			       "The identity provider speaks of two people");
	if (!c->email)
		c->email = info.email;
	if (!c->name)
		c->name = info.name;
	return true;
}

bool oidc_exchange(struct call *call, const struct sso_row *sso,
		   const struct oidc_state *state, const char *code,
		   struct id_claims *ret, struct err *err)
{
	struct oidc_discovery provider = { 0 };
	struct oidc_tokens tokens = { 0 };

	return oidc_discover(call, sso->issuer, &provider, err) &&
	       ask_tokens(call, sso, &provider, state, code, &tokens, err) &&
	       verify_fresh(call, sso, &provider, tokens.id_token, ret, err) &&
	       check_claims(call, sso, state, ret, err) &&
	       ask_userinfo(call, &provider, tokens.access_token, ret, err);
}

/* ---- groups ---- */

static bool in_one_of(const struct str_list *wanted, const char *groups,
		      struct arena *a)
{
	for (size_t i = 0; groups && i < wanted->len; i++)
		if (list_has(a, groups, wanted->items[i]))
			return true;
	return false;
}

const char *oidc_role(const struct sso_row *sso, const char *groups,
		      struct arena *a)
{
	if (in_one_of(&sso->admin_groups, groups, a))
		return role_names[ROLE_ADMIN];
	if (in_one_of(&sso->auditor_groups, groups, a))
		return role_names[ROLE_AUDITOR];
	if (in_one_of(&sso->viewer_groups, groups, a))
		return role_names[ROLE_VIEWER];
	return sso->default_role;
}
