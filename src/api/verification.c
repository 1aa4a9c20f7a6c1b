/*
 * verification: proof that an asset is the organisation's, before it is
 * scanned: a TXT record beside the name (or in the reverse zone of an address),
 * or a file on the machine. Whoever can put it there may have it scanned.
 */
#include <string.h>

#include "api/policy.h"
#include "base/clock.h"
#include "base/span.h"
#include "crypto/mac.h"
#include "gen/api_ops.h"
#include "gen/queries.h"
#include "gen/row_types.h"
#include "http/call.h"
#include "net/dns_wire.h"
#include "net/fetch.h"
#include "net/resolver.h"

#define TEXT_START "nis2-verification="
#define FILE_PATH "/.well-known/nis2-verification.txt"

enum { TOKEN_LEN = 32, DNS_SECONDS = 3, FILE_SECONDS = 4 };

/* What is to be proven, and with what. */
struct claim {
	struct asset_proof_row asset;
	const char *token;
	const char *text; /* what has to be found */
	const char *dns_name;
	const char *host; /* of the file's address; NULL for a network */
};

/* ---- names ---- */

/*
 * The zone of an address: that of its network at the next border of a label
 * outwards (RFC 1035, 3.5; RFC 3596, 2.5).
 */
static const char *reverse_name(const struct cidr *net, int bits,
				struct arena *a)
{
	struct sb b = sb_new(a, 128);
	int step = net->base.family == 4 ? 8 : 4;

	for (int i = bits / step - 1; i >= 0; i--) {
		int byte = net->base.bytes[i * step / 8];

		if (step == 8)
			sb_addf(&b, "%d.", byte);
		else
			sb_addf(&b, "%x.", i % 2 ? byte & 15 : byte >> 4);
	}
	sb_add(&b, step == 8 ? "in-addr.arpa" : "ip6.arpa");
	return b.s;
}

static void name_places(struct call *call, struct claim *c)
{
	const char *value = c->asset.target_value, *under = value;
	struct cidr net = { 0 };

	c->host = strchr(value, '/') ? NULL : value;
	if (strcmp(c->asset.target_type, "domain") != 0 &&
	    cidr_parse(value, &net))
		under = reverse_name(&net, net.prefix, call->arena);
	if (c->host && strchr(c->host, ':'))
		c->host = arena_printf(call->arena, "[%s]", value);
	c->dns_name = arena_printf(call->arena, "_nis2-verification.%s", under);
}

/* Of this asset and target alone; made anew each time and stored nowhere. */
static const char *token_of(struct call *call, const struct asset_proof_row *p)
{
	struct mac_key key;
	const char *what = arena_printf(call->arena, "%s\n%s\n%s\n%s",
					call->session->org_id, p->id,
					p->target_type, p->target_value);

	mac_key_derive(call->settings->data_key, "asset verification v1", &key);
	return arena_strndup(call->arena,
			     mac_hex(&key, what, strlen(what), call->arena),
			     TOKEN_LEN);
}

static bool load(struct call *call, const char *id, struct claim *ret,
		 struct err *err)
{
	bool found = false;

	if (!sql_asset_proof(call->db, call->arena, call->session->org_id, id,
			     &ret->asset, &found, err))
		return false;
	if (!found)
		return err_set(err, ERR_NOT_FOUND, "Asset not found");
	ret->token = token_of(call, &ret->asset);
	ret->text = arena_printf(call->arena, TEXT_START "%s", ret->token);
	name_places(call, ret);
	return true;
}

static const char *file_url(struct call *call, const struct claim *c,
			    const char *scheme)
{
	return arena_printf(call->arena, "%s://%s" FILE_PATH, scheme, c->host);
}

/* ---- to show ---- */

static bool required(struct call *call, bool *ret, struct err *err)
{
	struct org_settings settings = { 0 };
	struct text_row text = { 0 };
	bool found = false;

	if (!sql_org_settings(call->db, call->arena, call->session->org_id,
			      &text, &found, err))
		return false;
	*ret = found &&
	       codec_read(&org_settings_type, text.text, strlen(text.text),
			  "settings", call->arena, &settings, NULL, NULL) &&
	       settings.require_verified_assets;
	return true;
}

static bool show(struct call *call, const struct claim *c,
		 struct asset_verification *out, struct err *err)
{
	const struct asset_proof_row *p = &c->asset;

	*out = (struct asset_verification){
		.asset_id = p->id,
		.has_verified_at = p->has_verified_at,
		.verified_at = p->verified_at,
		.has_verified_by = p->verified_by != NULL,
		.token = c->token,
		.dns_name = c->dns_name,
		.dns_value = c->text,
		.file_url = c->host ? file_url(call, c, "https") : NULL,
		.file_content = c->host ? c->text : NULL,
	};
	if (p->verified_by && !strcmp(p->verified_by, "file"))
		out->verified_by = ASSET_PROOF_FILE;
	return required(call, &out->required, err);
}

bool op_asset_verification(struct call *call,
			   const struct asset_verification_in *in,
			   struct asset_verification *out, struct err *err)
{
	struct claim c = { 0 };

	return load(call, in->asset_id, &c, err) && show(call, &c, out, err);
}

/* ---- to look for ---- */

static bool by_dns(struct call *call, const struct claim *c, struct err *err)
{
	const struct resolver_options options = {
		.servers = call->settings->resolver,
	};
	struct dns_ask ask = { .name = c->dns_name, .type = DNS_TXT };
	_cleanup_resolver_ struct resolver *resolver = NULL;
	const char *text = NULL;

	if (!resolver_open(&options, &resolver, err))
		return false;
	resolver_ask(resolver, &ask, 1,
		     clock_tick() + DNS_SECONDS * CLOCK_SECOND, call->arena);
	for (size_t i = 0; i < ask.len; i++)
		if (dns_read_txt(ask.items[i], call->arena, &text) &&
		    !strcmp(text, c->text))
			return true;
	return ask.state == DNS_LATE || ask.state == DNS_FAILED
		       ? err_set(err, ERR_UPSTREAM,
				 "the name server does not answer")
		       : err_set(err, ERR_NOT_FOUND,
				 "no TXT record has the token");
}

/* Where the file is to be fetched: one judged address. */
static bool address_of(struct call *call, const struct claim *c,
		       struct fetch *f, struct err *err)
{
	struct target_policy policy = { 0 };
	struct addr_list found = { 0 };

	if (!policy_make(call, &policy, err))
		return false;
	policy.use = TARGET_CONNECT;
	f->allow = policy.allow;
	if (strcmp(c->asset.target_type, "domain") != 0)
		return true;
	if (!target_resolve(c->asset.target_value, &policy,
			    clock_tick() + DNS_SECONDS * CLOCK_SECOND,
			    call->arena, &found, err))
		return false;
	f->address =
		addr_text(&found.items[0], arena_bytes(call->arena, ADDR_TEXT));
	return true;
}

static bool by_scheme(struct call *call, const struct claim *c, struct fetch *f,
		      const char *scheme, struct err *err)
{
	struct fetched answer = { 0 };
	struct span body, first;

	f->url = file_url(call, c, scheme);
	if (!fetch_run(f, call->arena, &answer, err))
		return false;
	body = span_of(answer.body, answer.len);
	if (answer.status != 200)
		return err_set(err, ERR_NOT_FOUND, "status %d", answer.status);
	if (!span_until(&body, '\n', 1024, &first) ||
	    !span_is(span_trim(first), c->text))
		return err_set(err, ERR_NOT_FOUND,
			       "its first line is not the token's");
	return true;
}

static bool by_file(struct call *call, const struct claim *c, struct err *err)
{
	struct fetch f = { .seconds = FILE_SECONDS,
			   .plain = true,
			   .ca_file = call->settings->ca_file };

	if (!c->host)
		return err_set(err, ERR_NOT_FOUND, "a network has none");
	return address_of(call, c, &f, err) &&
	       (by_scheme(call, c, &f, "https", err) ||
		by_scheme(call, c, &f, "http", err));
}

static bool look(struct call *call, const struct claim *c, const char **ret_by,
		 struct err *err)
{
	struct err dns = { 0 }, file = { 0 };

	*ret_by = "dns";
	if (by_dns(call, c, &dns))
		return true;
	*ret_by = "file";
	if (by_file(call, c, &file))
		return true;
	return err_set(err, ERR_REFUSED,
		       "No proof was found. TXT record: %.80s. File: %.80s",
		       dns.msg, file.msg);
}

bool op_asset_verify(struct call *call, const struct asset_verify_in *in,
		     struct asset_verification *out, struct err *err)
{
	struct claim c = { 0 };
	const char *by = NULL;
	int64_t changed = 0;

	/* Others are asked before the transaction: that takes a while. */
	if (!load(call, in->asset_id, &c, err) || !look(call, &c, &by, err) ||
	    !call_begin(call, err) ||
	    !sql_asset_verified(call->db, call->arena,
				&(struct sql_asset_verified_args){
					.org = call->session->org_id,
					.id = c.asset.id,
					.target_type = c.asset.target_type,
					.target_value = c.asset.target_value,
					.verified_by = by,
					.now = call->now,
				},
				&changed, err))
		return false;
	if (!changed)
		return err_set(err, ERR_CONFLICT,
			       "The asset was changed meanwhile");
	call->audit.resource_id = c.asset.id;
	call->audit.details =
		arena_printf(call->arena, "{\"verified_by\":\"%s\"}", by);
	return load(call, in->asset_id, &c, err) && show(call, &c, out, err);
}
