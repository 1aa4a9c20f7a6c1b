/* profile: one's own account: change, export. Erasing it is in erasure.c. */
#include <string.h>

#include "base/span.h"
#include "codec/codec.h"
#include "gen/api_ops.h"
#include "gen/queries.h"
#include "http/audit.h"
#include "http/call.h"

/* ---- change ---- */

/*
 * An address of the web, or a path of this site. Browsers take "//host" and
 * "/\host" for another site.
 */
static bool is_picture(const char *s)
{
	struct span span = span_str(s);

	for (const char *p = s; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == '\\' || *p == 0x7f)
			return false;
	if (span_starts_nocase(span, "https://"))
		return s[sizeof("https://") - 1];
	if (span_starts_nocase(span, "http://"))
		return s[sizeof("http://") - 1];
	return s[0] == '/' && s[1] != '/';
}

static bool check_avatar(const struct profile_update *body, struct err *err)
{
	if (!body->avatar_url || !*body->avatar_url ||
	    is_picture(body->avatar_url))
		return true;
	return err_field(err, "body.avatar_url", "value_error",
			 "The picture must be an https:// or http:// address, "
			 "or a path that begins with one slash");
}

/* {"updated_fields": […]} */
static const char *updated(struct call *call, const struct profile_update *b)
{
	struct sb out = sb_new(call->arena, 96);
	const char *comma = "";

	sb_add(&out, "{\"updated_fields\":[");
	if (b->full_name) {
		sb_add(&out, "\"full_name\"");
		comma = ",";
	}
	if (b->has_locale) {
		sb_addf(&out, "%s\"locale\"", comma);
		comma = ",";
	}
	if (b->set_avatar_url)
		sb_addf(&out, "%s\"avatar_url\"", comma);
	sb_add(&out, "]}");
	return out.s;
}

bool op_auth_me_update(struct call *call, const struct auth_me_update_in *in,
		       struct user *out, struct err *err)
{
	const struct profile_update *body = &in->body;
	const char *id = call->session->user_id;
	struct sql_account_update_args change = {
		.id = id,
		.full_name = body->full_name,
		.locale = body->has_locale
				  ? profile_update_locale_names[body->locale]
				  : NULL,
		.now = call->now,
	};

	if (body->set_avatar_url)
		change.avatar = body->avatar_url ? body->avatar_url : "";
	if (!check_avatar(body, err) ||
	    !sql_account_update(call->db, call->arena, &change, NULL, err))
		return false;
	call->audit.resource_id = id;
	call->audit.details = updated(call, body);
	return sql_user_get(call->db, call->arena, id, out, err);
}

/* ---- export ---- */

static bool export_note(struct call *call, struct err *err)
{
	return audit_note(call,
			  &(struct audit_note){
				  .action = "user.exported",
				  .resource = "user",
				  .resource_id = call->session->user_id,
			  },
			  err);
}

/*
 * In one transaction, so that the parts agree; it writes, since that such a
 * copy was made is worth a line in the log.
 */
bool op_auth_export(struct call *call, const struct auth_export_in *in,
		    struct user_export *out, struct err *err)
{
	const char *id = call->session->user_id;
	struct arena *a = call->arena;

	(void)in;
	out->_meta = (struct export_meta){
		.schema_version = "1.0",
		.exported_at = call->now,
		.exported_for_user_id = id,
		.scope = "Personal data of the account in every organisation: "
			 "profile, memberships, API keys made by the user "
			 "(without the keys), sign-ins, and what the user did. "
			 "Nothing that belongs to an organisation.",
	};
	return call_begin(call, err) &&
	       sql_export_profile(call->db, a, id, &out->profile, err) &&
	       sql_export_memberships(call->db, a, id, &out->memberships,
				      err) &&
	       sql_export_api_keys(call->db, a, id, &out->api_keys, err) &&
	       sql_export_sessions(call->db, a, id, &out->sessions, err) &&
	       sql_export_audit(call->db, a, id, &out->audit_logs, err) &&
	       export_note(call, err);
}
