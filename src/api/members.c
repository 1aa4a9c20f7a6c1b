/* members: who belongs to an organisation. */
#include <string.h>

#include "api/membership.h"
#include "gen/api_ops.h"
#include "gen/queries.h"
#include "http/call.h"

bool op_member_list(struct call *call, const struct member_list_in *in,
		    struct member_list *out, struct err *err)
{
	struct member_row_list rows = { 0 };

	(void)in;
	if (!sql_member_list(call->db, call->arena, call->session->org_id,
			     &rows, err))
		return false;
	out->items = arena_array(call->arena, rows.len, sizeof(*out->items));
	out->len = rows.len;
	for (size_t i = 0; i < rows.len; i++)
		out->items[i] =
			membership_answer(call->arena, &rows.items[i], NULL);
	return true;
}

/* ---- role ---- */

static bool may_change(struct call *call, const struct member_row *row,
		       struct err *err)
{
	if (strcmp(row->user_id, call->session->user_id) == 0)
		return err_set(err, ERR_REFUSED,
			       "You cannot demote yourself. Ask another admin "
			       "or use the leave endpoint.");
	/* They would be the last if the caller were demoted meanwhile. */
	return !row->has_accepted_at ||
	       membership_role(row->role) != MEMBER_ROLE_ADMIN ||
	       membership_spare_admin(
		       call, row->id,
		       "Cannot demote the last admin of an organization", err);
}

static bool set_role(struct call *call, const struct member_row *row,
		     const char *role, struct err *err)
{
	const char *org = call->session->org_id;

	return sql_membership_set_role(call->db, call->arena, org, row->id,
				       role, call->now, err) &&
	       sql_invitation_set_role(call->db, call->arena, org, row->id,
				       role, err) &&
	       (membership_role(row->role) != MEMBER_ROLE_ADMIN ||
		membership_keys_off(call, row->user_id, err));
}

static void describe_change(struct call *call, const struct member_row *row,
			    const char *role)
{
	call->audit.resource_id = row->id;
	call->audit.details =
		arena_printf(call->arena,
			     "{\"before\":\"%s\",\"after\":\"%s\","
			     "\"target_user_id\":\"%s\"}",
			     row->role, role, row->user_id);
}

bool op_member_update(struct call *call, const struct member_update_in *in,
		      struct member *out, struct err *err)
{
	const char *role = member_role_names[in->body.role];
	struct member_row row = { 0 };

	if (!call_lock_org(call, err) ||
	    !membership_find(call, in->member_id, &row, err))
		return false;
	if (strcmp(row.role, role) == 0) {
		call->audit.skip = true;
		*out = membership_answer(call->arena, &row, NULL);
		return true;
	}
	if (!may_change(call, &row, err) || !set_role(call, &row, role, err))
		return false;
	describe_change(call, &row, role);
	if (!membership_find(call, in->member_id, &row, err))
		return false;
	*out = membership_answer(call->arena, &row, NULL);
	return true;
}

/* ---- removal ---- */

bool op_member_remove(struct call *call, const struct member_remove_in *in,
		      struct err *err)
{
	struct member_row row = { 0 };

	if (!call_lock_org(call, err) ||
	    !membership_find(call, in->member_id, &row, err) ||
	    (row.has_accepted_at &&
	     !membership_spare_admin(call, row.id,
				     "Cannot remove the last admin of an "
				     "organization",
				     err)) ||
	    !membership_end(call, row.id, row.user_id, row.has_accepted_at,
			    err))
		return false;
	call->audit.resource_id = row.id;
	call->audit.details = arena_printf(
		call->arena,
		"{\"target_user_id\":\"%s\",\"removed_role\":\"%s\"}",
		row.user_id, row.role);
	return true;
}

bool op_member_sign_out(struct call *call, const struct member_sign_out_in *in,
			struct err *err)
{
	struct member_row row = { 0 };
	int64_t ended = 0;

	if (!membership_find(call, in->member_id, &row, err) ||
	    !sql_session_finish_in_org(call->db, call->arena,
				       call->session->org_id, row.user_id,
				       "revoked", call->now, &ended, err))
		return false;
	call->audit.resource_id = row.id;
	call->audit.details = arena_printf(
		call->arena, "{\"target_user_id\":\"%s\",\"ended\":%lld}",
		row.user_id, (long long)ended);
	return true;
}
