/*
 * invitation_mail: asks somebody into an organisation. Who has no account gets
 * a token of their own, not the one the administrator was shown: using it
 * proves that the address is theirs. Who has one signs in and accepts there.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/rand.h"
#include "base/url.h"
#include "crypto/token.h"
#include "gen/queries.h"
#include "jobs/mail.h"

enum { TOKEN_BYTES = 32 };

/* The page to make an account on; `ret` is NULL when it was withdrawn now. */
static bool acceptance(struct job_run *run,
		       const struct invitation_mail_args *args,
		       const char *email, const char **ret, struct err *err)
{
	struct arena *a = run->arena;
	const char *token = rand_token(a, TOKEN_BYTES);
	int64_t changed = 0;

	if (!sql_invitation_mail_token(run->db, a, args->org_id,
				       args->invitation_id,
				       token_hash(a, token), &changed, err))
		return false;
	if (changed)
		*ret = mail_url(
			run, arena_printf(a, "/accept-invite?token=%s&email=%s",
					  token, url_encode(a, email)));
	return true;
}

/* The lead, and who the message is for. */
static void begin(struct mail *m, struct job_run *run,
		  const struct invitation_mail_row *row)
{
	struct arena *a = run->arena;
	const char *locale = row->is_active || !row->inviter_locale
				     ? row->locale
				     : row->inviter_locale;
	const char *role = arena_printf(a, "role.%s", row->role);
	const struct catalog_value values[] = {
		{ "organization", mail_name(a, row->organization) },
		{ "inviter", row->inviter ? mail_name(a, row->inviter) : NULL },
		{ "role", catalog_text(catalog_locale(locale), "mail", role) },
		{ 0 },
	};

	mail_begin(m, run, "invitation",
		   &(struct mail_to){ row->email, row->full_name, locale });
	mail_subject(m, "invitation.subject", values);
	mail_say(m,
		 row->inviter ? "invitation.lead" : "invitation.lead_unsigned",
		 values);
}

static bool send(struct job_run *run, const struct invitation_mail_row *row,
		 const char *link, struct err *err)
{
	const struct catalog_value values[] = {
		{ "time", mail_time(run->arena, row->expires_at) }, { 0 }
	};
	struct mail m;

	begin(&m, run, row);
	if (row->is_active) {
		mail_say(&m, "invitation.known", NULL);
		mail_link(&m, "invitation.known_button", link);
	} else {
		mail_say(&m, "invitation.new", NULL);
		mail_link(&m, "invitation.new_button", link);
	}
	mail_say(&m, "invitation.valid", values);
	mail_say(&m, "invitation.ignore", NULL);
	return mail_send(&m, err);
}

static bool run(struct job_run *run, const void *args, struct err *err)
{
	const struct invitation_mail_args *in = args;
	struct invitation_mail_row row = { 0 };
	const char *link = NULL;
	bool found = false;

	if (!sql_invitation_mail(run->db, run->arena, in->org_id,
				 in->invitation_id, clock_now(), &row, &found,
				 err))
		return false;
	if (!found)
		return true;
	if (row.is_active)
		link = mail_url(run, "/organizations");
	else if (!acceptance(run, in, row.email, &link, err))
		return false;
	if (!link)
		return true;
	return send(run, &row, link, err) &&
	       sql_invitation_sent(run->db, run->arena, in->org_id,
				   in->invitation_id, clock_now(), NULL, err);
}

const struct job_kind job_invitation_mail = {
	.name = "invitation_mail",
	.lane = JOB_LANE_MAIL,
	.args = &invitation_mail_args_type,
	.args_size = sizeof(struct invitation_mail_args),
	.max_attempts = 8,
	.run = run,
};
