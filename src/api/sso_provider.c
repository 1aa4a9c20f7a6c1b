/* sso_provider: how an organisation's own identity provider is set up. */
#include <string.h>

#include "api/oidc.h"
#include "codec/codec.h"
#include "crypto/seal.h"
#include "gen/api_ops.h"
#include "gen/queries.h"
#include "http/call.h"
#include "net/fetch.h"

static const char not_there[] = "No identity provider is set up";

/* What an administrator sees of it: not the secret. */
static void show(struct call *call, const struct sso_row *row,
		 struct sso_provider *out)
{
	*out = (struct sso_provider){
		.issuer = row->issuer,
		.client_id = row->client_id,
		.has_client_secret = row->client_secret,
		.groups_claim = row->groups_claim,
		.admin_groups = row->admin_groups,
		.auditor_groups = row->auditor_groups,
		.viewer_groups = row->viewer_groups,
		.is_enabled = row->is_enabled,
		.redirect_uri = oidc_redirect_uri(call),
		.created_at = row->created_at,
		.updated_at = row->updated_at,
	};
	out->login_url = arena_printf(
		call->arena, "%.*s%s/login",
		(int)(strlen(out->redirect_uri) - strlen("callback")),
		out->redirect_uri, row->slug);
	for (int i = 0; row->default_role && sso_provider_default_role_names[i];
	     i++)
		if (!strcmp(sso_provider_default_role_names[i],
			    row->default_role)) {
			out->default_role = (enum sso_provider_default_role)i;
			out->has_default_role = true;
		}
}

static bool read_row(struct call *call, struct sso_row *ret, struct err *err)
{
	bool found = false;

	if (!sql_sso_get(call->db, call->arena, call->session->org_id, ret,
			 &found, err))
		return false;
	return found || err_set(err, ERR_NOT_FOUND, "%s", not_there);
}

bool op_sso_get(struct call *call, const struct sso_get_in *in,
		struct sso_provider *out, struct err *err)
{
	struct sso_row row = { 0 };

	(void)in;
	if (!read_row(call, &row, err))
		return false;
	show(call, &row, out);
	return true;
}

/* A list as its column keeps it. */
static const char *list_text(struct arena *a, const struct str_list *list)
{
	struct sb b = sb_new(a, 64);

	sb_addc(&b, '[');
	for (size_t i = 0; i < list->len; i++) {
		if (i)
			sb_addc(&b, ',');
		codec_write_string(&b, list->items[i]);
	}
	sb_addc(&b, ']');
	return b.s;
}

/* Left out keeps the one there is, null takes it away. */
static const char *choose_secret(struct call *call,
				 const struct sso_provider_put *put,
				 const struct sso_row *before)
{
	const char *org = call->session->org_id;

	if (!put->set_client_secret)
		return before->client_secret;
	if (!put->client_secret || !*put->client_secret)
		return NULL;
	return seal_text(call->settings, "sso", oidc_secret_place(call, org),
			 put->client_secret, call->arena);
}

bool op_sso_put(struct call *call, const struct sso_put_in *in,
		struct sso_provider *out, struct err *err)
{
	const struct sso_provider_put *put = &in->body;
	struct oidc_discovery provider = { 0 };
	struct sso_row row = { 0 };
	bool found = false;

	if (!fetch_url_ok(put->issuer))
		return err_field(err, "body.issuer", "value_error",
				 "Not an https address");
	if (!oidc_discover(call, put->issuer, &provider, err)) {
		if (err->kind == ERR_REFUSED)
			err_field(err, "body.issuer", "value_error",
				  "This address may not be contacted; see "
				  "OIDC_ALLOW_NETWORKS");
		return false;
	}
	if (!call_begin(call, err) ||
	    !sql_sso_get(call->db, call->arena, call->session->org_id, &row,
			 &found, err) ||
	    !sql_sso_put(
		    call->db, call->arena,
		    &(struct sql_sso_put_args){
			    .org = call->session->org_id,
			    .issuer = put->issuer,
			    .client_id = put->client_id,
			    .client_secret = choose_secret(call, put, &row),
			    .groups_claim = put->groups_claim,
			    .admin_groups =
				    list_text(call->arena, &put->admin_groups),
			    .auditor_groups = list_text(call->arena,
							&put->auditor_groups),
			    .viewer_groups =
				    list_text(call->arena, &put->viewer_groups),
			    .default_role =
				    put->has_default_role
					    ? sso_provider_put_default_role_names
						      [put->default_role]
					    : NULL,
			    .is_enabled = put->is_enabled,
			    .now = call->now,
		    },
		    err) ||
	    !read_row(call, &row, err))
		return false;
	show(call, &row, out);
	call->audit.resource_id = call->session->org_id;
	return true;
}

bool op_sso_delete(struct call *call, const struct sso_delete_in *in,
		   struct err *err)
{
	int64_t removed = 0;

	(void)in;
	if (!sql_sso_remove(call->db, call->arena, call->session->org_id,
			    &removed, err))
		return false;
	if (!removed)
		return err_set(err, ERR_NOT_FOUND, "%s", not_there);
	call->audit.resource_id = call->session->org_id;
	return sql_session_finish_sso(call->db, call->arena,
				      call->session->org_id, call->now, NULL,
				      err);
}
