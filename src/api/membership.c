#include "api/membership.h"

#include <string.h>

#include "gen/queries.h"
#include "http/audit.h"

bool membership_find(struct call *call, const char *id, struct member_row *ret,
		     struct err *err)
{
	bool found = false;

	if (!sql_member_get(call->db, call->arena, call->session->org_id, id,
			    ret, &found, err))
		return false;
	return found || err_set(err, ERR_NOT_FOUND, "Member not found");
}

enum member_role membership_role(const char *name)
{
	for (int i = 0; member_role_names[i]; i++)
		if (strcmp(name, member_role_names[i]) == 0)
			return i;
	return MEMBER_ROLE_VIEWER;
}

/* An address, and whether anybody has an account with it is not told. */
static struct user stranger(const struct member_row *row)
{
	return (struct user){
		.id = row->user_id,
		.email = row->invited_email ? row->invited_email : row->email,
		.full_name = "",
		.locale = "en",
	};
}

static struct user colleague(const struct member_row *row)
{
	return (struct user){
		.id = row->user_id,
		.created_at = row->user_created_at,
		.has_created_at = true,
		.is_active = row->is_active,
		.email = row->email,
		.email_verified = row->email_verified,
		.full_name = row->full_name,
		.avatar_url = row->avatar_url,
		.locale = row->locale,
	};
}

struct member membership_answer(struct arena *a, const struct member_row *row,
				const char *invite_token)
{
	struct user *user = arena_alloc(a, sizeof(*user));

	*user = row->has_accepted_at ? colleague(row) : stranger(row);
	return (struct member){
		.id = row->id,
		.user_id = row->user_id,
		.role = membership_role(row->role),
		.accepted_at = row->accepted_at,
		.has_accepted_at = row->has_accepted_at,
		.user = user,
		.created_at = row->created_at,
		.updated_at = row->updated_at,
		.invite_token = invite_token,
	};
}

bool membership_spare_admin(struct call *call, const char *id, const char *why,
			    struct err *err)
{
	int64_t others = 0;

	if (!sql_membership_others(call->db, call->arena, call->session->org_id,
				   id, role_names[ROLE_ADMIN], &others, err))
		return false;
	return others > 0 || err_set(err, ERR_REFUSED, "%s", why);
}

bool membership_keys_off(struct call *call, const char *user_id,
			 struct err *err)
{
	struct member_key_row_list keys = { 0 };

	if (!sql_member_keys_off(call->db, call->arena, call->session->org_id,
				 user_id, call->now, &keys, err))
		return false;
	for (size_t i = 0; i < keys.len; i++) {
		struct sb details = sb_new(call->arena, 128);

		sb_add(&details, "{\"name\":");
		codec_write_string(&details, keys.items[i].name);
		sb_add(&details, ",\"prefix\":");
		codec_write_string(&details, keys.items[i].key_prefix);
		sb_addc(&details, '}');
		if (!audit_note(call,
				&(struct audit_note){
					.action = "api_key.revoked",
					.resource = "api_key",
					.resource_id = keys.items[i].id,
					.details = details.s,
				},
				err))
			return false;
	}
	return true;
}

/*
 * The lock first, in a statement of its own: another organisation that invites
 * the same person now is seen, or finds the account gone.
 */
static bool drop_unused(struct call *call, const char *user_id, struct err *err)
{
	int64_t found = 0;

	return sql_user_hold(call->db, call->arena, user_id, &found, err) &&
	       sql_invitation_detach(call->db, call->arena, user_id, err) &&
	       sql_user_drop_unused(call->db, call->arena, user_id, NULL, err);
}

bool membership_end(struct call *call, const char *id, const char *user_id,
		    bool accepted, struct err *err)
{
	const char *org = call->session->org_id;

	return sql_invitation_withdraw(call->db, call->arena, org, id,
				       call->now, NULL, err) &&
	       sql_membership_delete(call->db, call->arena, org, id, err) &&
	       (accepted ? membership_keys_off(call, user_id, err)
			 : drop_unused(call, user_id, err));
}
