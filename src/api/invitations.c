/*
 * invitations: asking people into an organisation.
 *
 * An invitation belongs to one organisation and one address. It has two
 * tokens, of which only hashes are kept: one that the administrator sees, and
 * one that the mail carries. Both let their holder join this organisation and
 * no other, and only once; only the second proves that the address is theirs.
 */
#include <string.h>

#include "api/account.h"
#include "api/membership.h"
#include "api/password_rules.h"
#include "base/clock.h"
#include "base/rand.h"
#include "crypto/password.h"
#include "crypto/token.h"
#include "gen/api_ops.h"
#include "gen/queries.h"
#include "http/audit.h"
#include "http/call.h"
#include "jobs/job.h"

enum { TOKEN_BYTES = 32, OPEN_MAX = 100, TRIES = 3 };

/* Whom to ask, and for what. */
struct offer {
	const char *membership_id;
	const char *user_id;
	const char *email;
	const char *role;
};

/* ---- the record and its token ---- */

/* Until when a token made now works. */
static int64_t term(const struct call *call)
{
	return call->now +
	       call->settings->invitation_hours * 3600 * CLOCK_SECOND;
}

static bool new_record(struct call *call, const struct offer *o,
		       const char *hash, const char **ret_id, struct err *err)
{
	*ret_id = id_new(call->arena);
	return sql_invitation_insert(
		call->db, call->arena,
		&(struct sql_invitation_insert_args){
			.org = call->session->org_id,
			.id = *ret_id,
			.membership_id = o->membership_id,
			.user_id = o->user_id,
			.email = o->email,
			.role = o->role,
			.token_hash = hash,
			.invited_by = call->session->user_id,
			.now = call->now,
			.expires_at = term(call),
		},
		err);
}

/* The open one with a new token and a new term, if there is one. */
static bool renew_record(struct call *call, const struct offer *o,
			 const char *hash, const char **ret_id, struct err *err)
{
	struct text_row row = { 0 };
	bool found = false;

	if (!sql_invitation_renew(call->db, call->arena,
				  &(struct sql_invitation_renew_args){
					  .org = call->session->org_id,
					  .membership_id = o->membership_id,
					  .email = o->email,
					  .role = o->role,
					  .token_hash = hash,
					  .invited_by = call->session->user_id,
					  .expires_at = term(call),
				  },
				  &row, &found, err))
		return false;
	*ret_id = found ? row.text : NULL;
	return true;
}

/* Makes or renews the invitation, has it mailed, and gives the answer. */
static bool make_offer(struct call *call, const struct offer *o,
		       const char **ret_id, struct member *out, struct err *err)
{
	const char *token = rand_hex(call->arena, TOKEN_BYTES);
	const char *hash = token_hash(call->arena, token);
	struct invitation_mail_args mail = { .org_id = call->session->org_id };
	struct member_row row = { 0 };

	if (!renew_record(call, o, hash, ret_id, err) ||
	    (!*ret_id && !new_record(call, o, hash, ret_id, err)))
		return false;
	mail.invitation_id = *ret_id;
	if (!job_put(call->db, call->arena,
		     &(struct job_new){ .org_id = call->session->org_id,
					.kind = "invitation_mail",
					.args = &mail,
					.now = call->now },
		     err) ||
	    !membership_find(call, o->membership_id, &row, err))
		return false;
	call->wake_worker = true;
	*out = membership_answer(call->arena, &row, token);
	return true;
}

static void describe(struct call *call, const char *resource_id,
		     const struct offer *o)
{
	struct sb details = sb_new(call->arena, 256);

	sb_addf(&details,
		"{\"target_user_id\":\"%s\",\"target_email\":", o->user_id);
	codec_write_string(&details, o->email);
	sb_addf(&details, ",\"role\":\"%s\"}", o->role);
	call->audit.resource_id = resource_id;
	call->audit.details = details.s;
}

/* ---- invite ---- */

/*
 * Whose address it is; whoever has no account gets one that nobody can use. An
 * account may go between the two statements, with the last invitation of
 * another organisation: then there is room for a new one.
 */
static bool person(struct call *call, const char *email, const char **ret_id,
		   struct err *err)
{
	const char *at = strrchr(email, '@');
	struct sql_user_invite_args args = {
		.id = id_new(call->arena),
		.email = email,
		.email_key = account_email_key(call->arena, email),
		.full_name = arena_strndup(call->arena, email,
					   at ? (size_t)(at - email) : 0),
		.now = call->now,
	};
	struct text_row row = { 0 };
	bool found = false;

	for (int i = 0; i < TRIES && !found; i++)
		if (!sql_user_invite(call->db, call->arena, &args, NULL, err) ||
		    !sql_user_hold_address(call->db, call->arena,
					   args.email_key, &row, &found, err))
			return false;
	*ret_id = row.text;
	return found || err_set(err, ERR_BUSY,
				"The account changed meanwhile, please try "
				"again");
}

static bool room_for_one(struct call *call, struct err *err)
{
	const char *org = call->session->org_id;
	int64_t open = 0, members = 0;

	if (!sql_invitation_open(call->db, call->arena, org, &open, err) ||
	    !sql_membership_total(call->db, call->arena, org, &members, err))
		return false;
	if (open >= OPEN_MAX)
		return err_set(err, ERR_CONFLICT,
			       "%d invitations of this organization are open: "
			       "withdraw some first",
			       OPEN_MAX);
	return members < MEMBERS_MAX ||
	       err_set(err, ERR_CONFLICT,
		       "An organization has at most %d members", MEMBERS_MAX);
}

/* The membership to be, which is there already when this is a reminder. */
static bool reserve(struct call *call, struct offer *o, struct err *err)
{
	const char *org = call->session->org_id;
	struct membership_row old = { 0 };
	bool found = false;

	if (!sql_membership_get(call->db, call->arena, org, o->user_id, &old,
				&found, err))
		return false;
	if (found && old.has_accepted_at)
		return err_set(err, ERR_CONFLICT,
			       "User is already a member of this organization");
	o->membership_id = found ? old.id : id_new(call->arena);
	if (found)
		return sql_membership_set_role(call->db, call->arena, org,
					       old.id, o->role, call->now, err);
	return room_for_one(call, err) &&
	       sql_membership_offer(
		       call->db, call->arena,
		       &(struct sql_membership_offer_args){
			       .org = org,
			       .id = o->membership_id,
			       .user_id = o->user_id,
			       .role = o->role,
			       .invited_by = call->session->user_id,
			       .now = call->now,
		       },
		       err);
}

bool op_member_invite(struct call *call, const struct member_invite_in *in,
		      struct member *out, struct err *err)
{
	struct offer o = {
		.email = in->body.email,
		.role = member_invite_role_names[in->body.role],
	};
	const char *id = NULL;

	if (!call_lock_org(call, err) ||
	    !person(call, o.email, &o.user_id, err) ||
	    !reserve(call, &o, err) || !make_offer(call, &o, &id, out, err))
		return false;
	describe(call, o.membership_id, &o);
	return true;
}

/* ---- list, withdraw, send again ---- */

bool op_invitation_list(struct call *call, const struct invitation_list_in *in,
			struct invitation_list *out, struct err *err)
{
	(void)in;
	return sql_invitation_list(call->db, call->arena, call->session->org_id,
				   call->now, out, err);
}

/* One that is open, or has lapsed, and the membership that it would open. */
static bool find_open(struct call *call, const char *id, struct invitation *ret,
		      struct member_row *ret_member, struct err *err)
{
	bool found = false;

	if (!sql_invitation_get(call->db, call->arena, call->session->org_id,
				id, call->now, ret, &found, err))
		return false;
	if (!found)
		return err_set(err, ERR_NOT_FOUND, "Invitation not found");
	if (ret->status != INVITATION_STATUS_PENDING &&
	    ret->status != INVITATION_STATUS_EXPIRED)
		return err_set(err, ERR_REFUSED,
			       "This invitation was %s already",
			       invitation_status_names[ret->status]);
	return membership_find(call, ret->member_id, ret_member, err);
}

bool op_invitation_withdraw(struct call *call,
			    const struct invitation_withdraw_in *in,
			    struct err *err)
{
	struct invitation old = { 0 };
	struct member_row row = { 0 };

	if (!call_lock_org(call, err) ||
	    !find_open(call, in->invitation_id, &old, &row, err) ||
	    !membership_end(call, row.id, row.user_id, false, err))
		return false;
	describe(call, old.id,
		 &(struct offer){ .user_id = row.user_id,
				  .email = old.email,
				  .role = row.role });
	return true;
}

bool op_invitation_resend(struct call *call,
			  const struct invitation_resend_in *in,
			  struct member *out, struct err *err)
{
	struct invitation old = { 0 };
	struct member_row row = { 0 };
	struct offer o;
	const char *id = NULL;

	if (!call_lock_org(call, err) ||
	    !find_open(call, in->invitation_id, &old, &row, err))
		return false;
	o = (struct offer){ .membership_id = row.id,
			    .user_id = row.user_id,
			    .email = old.email,
			    .role = row.role };
	if (!make_offer(call, &o, &id, out, err))
		return false;
	describe(call, id, &o);
	return true;
}

/* ---- accept ---- */

static bool refuse(struct err *err)
{
	return err_set(err, ERR_REFUSED,
		       "Invalid invitation or account already active");
}

/*
 * Only for an account that was made for an invitation and never used: anybody
 * else has a password, or had one, and an organisation's token is no way in.
 */
static bool check_offer(struct call *call,
			const struct auth_accept_invite_in *in,
			const char *hash, struct invitation_token_row *ret,
			struct err *err)
{
	const char *key = account_email_key(call->arena, in->body.email);
	bool found = false;

	if (!sql_invitation_by_token(call->db, call->arena, hash, key, ret,
				     &found, err))
		return false;
	if (!found || strcmp(ret->status, "pending") != 0 || ret->is_active ||
	    ret->password_hash || ret->has_disabled_at ||
	    ret->has_last_login_at)
		return refuse(err);
	if (ret->expires_at <= call->now)
		return err_set(err, ERR_REFUSED,
			       "Invitation has expired. Please ask an admin to "
			       "re-invite you.");
	return true;
}

/* Everything again as conditions of what is written: others may be first. */
static bool join(struct call *call, const struct auth_accept_invite_in *in,
		 const struct invitation_token_row *offer, const char *hash,
		 const char *password, struct err *err)
{
	int64_t found = 0, accepted = 0, activated = 0, joined = 0;

	if (!sql_org_lock(call->db, call->arena, offer->org_id, &found, err) ||
	    !sql_invitation_accept(call->db, call->arena, offer->org_id,
				   offer->id, hash, call->now, &accepted,
				   err) ||
	    !sql_user_activate(call->db, call->arena,
			       &(struct sql_user_activate_args){
				       .id = offer->user_id,
				       .password_hash = password,
				       .full_name = in->body.full_name,
				       .email_verified = token_same(
					       hash, offer->mail_token_hash),
				       .now = call->now,
			       },
			       &activated, err) ||
	    !sql_membership_join(call->db, call->arena, offer->org_id,
				 offer->membership_id, call->now, &joined, err))
		return false;
	return (accepted && activated && joined) || refuse(err);
}

static bool sign_in(struct call *call, const struct invitation_token_row *offer,
		    struct token_response *out, struct err *err)
{
	struct membership_row member = { 0 };
	struct user user = { 0 };
	bool found = false;

	if (!sql_user_signed_in(call->db, call->arena, offer->user_id,
				offer->org_id, call->now, err) ||
	    !sql_user_get(call->db, call->arena, offer->user_id, &user, err) ||
	    !sql_membership_get(call->db, call->arena, offer->org_id,
				offer->user_id, &member, &found, err))
		return false;
	return account_issue(call,
			     &(struct account_grant){
				     .user = &user,
				     .org_id = member.org_id,
				     .role = member.role,
			     },
			     out, err);
}

static bool note_accepted(struct call *call,
			  const struct invitation_token_row *offer,
			  const struct user *user, struct err *err)
{
	return audit_note(
		call,
		&(struct audit_note){
			.org_id = offer->org_id,
			.user_id = offer->user_id,
			.action = "invitation.accepted",
			.resource = "invitation",
			.resource_id = offer->id,
			.details = arena_printf(
				call->arena,
				"{\"membership_id\":\"%s\",\"role\":\"%s\","
				"\"by_mail\":%s}",
				offer->membership_id, offer->role,
				user->email_verified ? "true" : "false"),
		},
		err);
}

bool op_auth_accept_invite(struct call *call,
			   const struct auth_accept_invite_in *in,
			   struct token_response *out, struct err *err)
{
	const char *hash = token_hash(call->arena, in->body.token);
	struct invitation_token_row offer = { 0 };
	char *password = NULL;

	if (!check_offer(call, in, hash, &offer, err) ||
	    !password_allowed(in->body.password, in->body.email,
			      in->body.full_name, "body.password", err) ||
	    !password_hash(in->body.password, call->arena, &password, err) ||
	    !call_begin(call, err))
		return false;
	/* The token says which organisation this is about from here on. */
	db_scope(call->db, (struct db_scope){ offer.org_id, offer.user_id });
	return join(call, in, &offer, hash, password, err) &&
	       sign_in(call, &offer, out, err) &&
	       note_accepted(call, &offer, &out->user, err);
}
