/*
 * sso: signing in with an organisation's own identity provider.
 *
 * Whoever runs that provider could say of anybody that it is them. So what it
 * vouches for counts in that organisation and nowhere else: the session works
 * there alone (x-sso in the contract), an account of the same address is used
 * only if it belongs to the organisation already, and the address of a new
 * account is nobody else's business to believe.
 */
#include <stdio.h>
#include <string.h>

#include "api/account.h"
#include "api/oidc.h"
#include "base/clock.h"
#include "base/rand.h"
#include "base/url.h"
#include "codec/format.h"
#include "crypto/seal.h"
#include "crypto/token.h"
#include "gen/api_ops.h"
#include "gen/queries.h"
#include "http/audit.h"
#include "http/session.h"

#define SSO_PATH "/api/v1/auth/sso"

enum { STATE_SECONDS = 600, RANDOM_BYTES = 24, NAME_MAX = 256 };

/* ---- there ---- */

/* What the browser keeps meanwhile; the provider sends it from another site. */
static void set_state(struct call *call, const char *value, int seconds)
{
	call_header(
		call, "Set-Cookie",
		arena_printf(call->arena,
			     "sso_state=%s; HttpOnly; Max-Age=%d; Path=%s; "
			     "SameSite=lax%s",
			     value, seconds, SSO_PATH,
			     call->settings->cookie_secure ? "; Secure" : ""));
}

static void keep_state(struct call *call, const struct oidc_state *state)
{
	struct sb text = sb_new(call->arena, 256);

	codec_write(&oidc_state_type, state, &text);
	set_state(call,
		  seal_text(call->settings, "sso_state", "cookie", text.s,
			    call->arena),
		  STATE_SECONDS);
}

/* Opens the secret, for the moment that it is needed. */
static bool open_secret(struct call *call, struct sso_row *sso, struct err *err)
{
	char *secret = NULL;

	if (!sso->client_secret)
		return true;
	if (!seal_open(call->settings, "sso",
		       oidc_secret_place(call, sso->org_id), sso->client_secret,
		       call->arena, &secret, err))
		return false;
	sso->client_secret = secret;
	return true;
}

bool op_sso_login(struct call *call, const struct sso_login_in *in,
		  struct err *err)
{
	struct oidc_discovery provider = { 0 };
	struct sso_row sso = { 0 };
	bool found = false;

	if (!sql_sso_by_slug(call->db, call->arena, in->slug, &sso, &found,
			     err))
		return false;
	if (!found || !sso.is_enabled)
		return err_set(err, ERR_NOT_FOUND,
			       "No identity provider is set up");
	struct oidc_state state = {
		.state = rand_token(call->arena, RANDOM_BYTES),
		.nonce = rand_token(call->arena, RANDOM_BYTES),
		.verifier = rand_token(call->arena, RANDOM_BYTES + 8),
		.org_id = sso.org_id,
		.expires_at = call->now + STATE_SECONDS * CLOCK_SECOND,
	};
	if (!oidc_discover(call, sso.issuer, &provider, err))
		return false;
	keep_state(call, &state);
	call_header(call, "Location",
		    oidc_login_url(call, &sso, &provider, &state));
	return true;
}

/* ---- and back ---- */

static bool read_state(struct call *call, const struct sso_callback_in *in,
		       struct oidc_state *ret, struct err *err)
{
	const char *cookie = call->request->sso_cookie;
	struct err ignored = { 0 };
	char *text = NULL;

	set_state(call, "", 0);
	if (cookie && *cookie &&
	    seal_open(call->settings, "sso_state", "cookie", cookie,
		      call->arena, &text, &ignored) &&
	    codec_read(&oidc_state_type, text, strlen(text), "state",
		       call->arena, ret, NULL, &ignored) &&
	    ret->expires_at > call->now && token_same(in->state, ret->state))
		return true;
	return err_set(err, ERR_REFUSED,
		       "This sign-in was not begun here, or took too long; "
		       "begin again");
}

/* Its own words go no further than these characters. */
static bool refuse_provider(const char *error, struct err *err)
{
	char word[64];

	snprintf(word, sizeof(word), "%s", error);
	for (char *p = word; *p; p++)
		if (*p != '_' && (*p < 'a' || *p > 'z'))
			*p = '?';
	return err_set(err, ERR_UNAUTHENTICATED,
		       "The identity provider refuses: %s", word);
}

/* ---- the person ---- */

struct arrival {
	const struct sso_row *sso;
	const struct id_claims *claims;
	const char *email, *role;
};

static bool read_arrival(struct call *call, struct arrival *who,
			 struct err *err)
{
	const char *why = NULL;

	who->role = oidc_role(who->sso, who->claims->groups, call->arena);
	if (!who->role)
		return err_set(err, ERR_FORBIDDEN,
			       "The identity provider names no group that has "
			       "a role here");
	who->email = who->claims->email
			     ? format_apply(FORMAT_EMAIL, call->arena,
					    who->claims->email, &why)
			     : NULL;
	return who->email ||
	       err_set(err, ERR_FORBIDDEN,
		       "The identity provider names no valid address");
}

/* An account nobody has yet; `ret` is left alone when somebody has. */
static bool make_account(struct call *call, const struct arrival *who,
			 struct sso_person_row *ret, struct err *err)
{
	const char *name = who->claims->name, *why = NULL;
	const char *id = id_new(call->arena);
	int64_t made = 0;

	if (name)
		name = format_apply(FORMAT_TEXT, call->arena, name, &why);
	if (!name || !*name || format_length(name) > NAME_MAX)
		name = arena_strndup(call->arena, who->email,
				     strcspn(who->email, "@"));
	if (!sql_sso_user_insert(call->db, call->arena,
				 &(struct sql_sso_user_insert_args){
					 .id = id,
					 .email = who->email,
					 .email_key = account_email_key(
						 call->arena, who->email),
					 .full_name = name,
					 .now = call->now,
				 },
				 &made, err))
		return false;
	if (!made)
		return err_set(err, ERR_BUSY, "Try again");
	*ret = (struct sso_person_row){ .user_id = id, .is_active = true };
	return true;
}

/*
 * Who has an account of their own joins an organisation by saying so in it: the
 * administrators can invite anybody, and have their own provider say yes.
 */
static bool consents(const struct sso_person_row *person, bool has_own_account,
		     struct err *err)
{
	return person->has_accepted_at || !has_own_account ||
	       err_set(err, ERR_FORBIDDEN,
		       "There is an account with this address already: sign in "
		       "with it and accept the invitation first");
}

/*
 * Somebody new here who has an account of this address: it is theirs only if
 * the organisation knew it before.
 */
static bool find_by_email(struct call *call, const struct arrival *who,
			  struct sso_person_row *ret, struct err *err)
{
	bool found = false;

	if (!sql_sso_person_by_email(call->db, call->arena, who->sso->org_id,
				     account_email_key(call->arena, who->email),
				     ret, &found, err))
		return false;
	if (!found)
		return make_account(call, who, ret, err);
	if (!ret->member_id)
		return err_set(err, ERR_FORBIDDEN,
			       "There is an account with this address "
			       "already; ask an administrator of the "
			       "organization for an invitation");
	return consents(ret, ret->is_active || ret->has_password, err);
}

static bool find_person(struct call *call, const struct arrival *who,
			struct sso_person_row *ret, struct err *err)
{
	bool known = false;

	if (!sql_sso_person(call->db, call->arena, who->sso->org_id,
			    who->claims->issuer, who->claims->subject, ret,
			    &known, err) ||
	    (known ? !consents(ret, ret->has_password, err)
		   : !find_by_email(call, who, ret, err)))
		return false;
	/* Closed by an operator, and not merely reserved by an invitation. */
	if (!ret->is_active && (known || ret->has_password))
		return err_set(err, ERR_FORBIDDEN, "Account is deactivated");
	return known || sql_sso_identity_insert(
				call->db, call->arena, who->claims->issuer,
				who->claims->subject, ret->user_id, call->now,
				NULL, err);
}

/* The groups say who may what, but they do not take the last admin away. */
static bool join(struct call *call, const struct arrival *who,
		 const struct sso_person_row *person, struct err *err)
{
	const char *org = who->sso->org_id, *role = who->role;
	int64_t others = 0;

	if (!person->member_id)
		return sql_membership_insert(
			call->db, call->arena,
			&(struct sql_membership_insert_args){
				.id = id_new(call->arena),
				.org = org,
				.user_id = person->user_id,
				.role = role,
				.now = call->now,
			},
			err);
	if (!sql_sso_other_admins(call->db, call->arena, org, person->user_id,
				  &others, err))
		return false;
	if (!others && person->has_accepted_at &&
	    !strcmp(person->role, role_names[ROLE_ADMIN]))
		role = person->role;
	return sql_sso_member_join(call->db, call->arena, org, person->user_id,
				   role, call->now, NULL, err) &&
	       sql_sso_invitation_close(call->db, call->arena, org,
					person->user_id, call->now, NULL,
					err) &&
	       sql_sso_user_open(call->db, call->arena, person->user_id,
				 call->now, err);
}

static bool sign_in(struct call *call, const struct arrival *who,
		    struct err *err)
{
	struct token_response *tokens =
		arena_alloc(call->arena, sizeof(*tokens));
	struct sso_person_row person = { 0 };
	struct user user = { 0 };
	int64_t locked = 0;

	db_scope(call->db, (struct db_scope){ .org_id = who->sso->org_id });
	return sql_org_lock(call->db, call->arena, who->sso->org_id, &locked,
			    err) &&
	       find_person(call, who, &person, err) &&
	       join(call, who, &person, err) &&
	       sql_user_get(call->db, call->arena, person.user_id, &user,
			    err) &&
	       sql_user_signed_in(call->db, call->arena, user.id,
				  who->sso->org_id, call->now, err) &&
	       account_issue(call,
			     &(struct account_grant){
				     .user = &user,
				     .org_id = who->sso->org_id,
				     .role = who->role,
				     .sso_org_id = who->sso->org_id,
			     },
			     tokens, err) &&
	       audit_note(call,
			  &(struct audit_note){
				  .org_id = who->sso->org_id,
				  .user_id = user.id,
				  .action = "user.signed_in",
				  .resource = "user",
				  .resource_id = user.id,
				  .details = "{\"via\":\"sso\"}",
			  },
			  err);
}

bool op_sso_callback(struct call *call, const struct sso_callback_in *in,
		     struct err *err)
{
	struct oidc_state state = { 0 };
	struct id_claims claims = { 0 };
	struct sso_row sso = { 0 };
	struct arrival who = { .sso = &sso, .claims = &claims };
	bool found = false;

	if (!read_state(call, in, &state, err))
		return false;
	if (in->error)
		return refuse_provider(in->error, err);
	if (!in->code || !*in->code)
		return err_set(err, ERR_REFUSED, "There is no code");
	db_scope(call->db, (struct db_scope){ .org_id = state.org_id });
	if (!sql_sso_get(call->db, call->arena, state.org_id, &sso, &found,
			 err))
		return false;
	if (!found || !sso.is_enabled ||
	    (in->iss && strcmp(in->iss, sso.issuer) != 0))
		return err_set(err, ERR_REFUSED,
			       "No identity provider is set up");
	if (!open_secret(call, &sso, err) ||
	    !oidc_exchange(call, &sso, &state, in->code, &claims, err) ||
	    !read_arrival(call, &who, err) || !call_begin(call, err) ||
	    !sign_in(call, &who, err))
		return false;
	call_header(call, "Location",
		    url_under(call->arena, call->settings->public_url, "/"));
	return true;
}
