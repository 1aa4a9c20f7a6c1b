/*
 * reset_mail: the link behind "forgot password". The request puts this job for
 * any address; only here is it looked up, so that the answer to the request
 * tells nothing. The token is made here too, and is nowhere but in the mail.
 */
#include "base/clock.h"
#include "base/log.h"
#include "base/rand.h"
#include "crypto/token.h"
#include "gen/queries.h"
#include "jobs/mail.h"

enum { TOKEN_BYTES = 32, TOKENS_AN_HOUR = 5 };

/* What one mail needs: its token, and the row that remembers the hash. */
struct reset {
	const char *id;
	const char *token; /* NULL: there were too many */
	int64_t now;
};

/*
 * The newest voids those before it. Two jobs for one account take turns, so
 * that both count what the other wrote.
 */
static bool make_token(struct job_run *run, const struct mail_person_row *who,
		       struct reset *r, struct err *err)
{
	struct arena *a = run->arena;
	int64_t recent = 0;

	if (!sql_user_lock(run->db, a, who->id, &recent, err) ||
	    !sql_password_reset_recent(run->db, a, who->id,
				       r->now - 3600 * CLOCK_SECOND, &recent,
				       err))
		return false;
	if (recent >= TOKENS_AN_HOUR)
		return true;
	r->id = id_new(a);
	r->token = rand_token(a, TOKEN_BYTES);
	return sql_password_reset_void(run->db, a, who->id, r->now, NULL,
				       err) &&
	       sql_password_reset_insert(
		       run->db, a,
		       &(struct sql_password_reset_insert_args){
			       .id = r->id,
			       .user_id = who->id,
			       .token_hash = token_hash(a, r->token),
			       .now = r->now,
			       .expires_at =
				       r->now + run->settings->reset_minutes *
							60 * CLOCK_SECOND,
		       },
		       err);
}

static bool prepare(struct job_run *run, const struct mail_person_row *who,
		    struct reset *r, struct err *err)
{
	if (!db_begin_write(run->db, err))
		return false;
	if (make_token(run, who, r, err))
		return db_commit(run->db, err);
	db_rollback(run->db);
	return false;
}

static bool send(struct job_run *run, const struct mail_person_row *who,
		 const struct reset_mail_args *args, const struct reset *r,
		 struct err *err)
{
	struct arena *a = run->arena;
	int64_t minutes = run->settings->reset_minutes;
	const struct catalog_value values[] = {
		{ "email", who->email },
		{ "minutes", arena_printf(a, "%d", (int)minutes) },
		{ "time", mail_time(a, r->now) },
		{ "ip", args->ip_address },
		{ 0 },
	};
	struct mail m;

	mail_begin(
		&m, run, "reset",
		&(struct mail_to){ who->email, who->full_name, who->locale });
	mail_subject(&m, "reset.subject", NULL);
	mail_say(&m, "reset.lead", values);
	mail_link(&m, "reset.button",
		  mail_url(run, arena_printf(a, "/reset-password?token=%s",
					     r->token)));
	mail_say(&m, "reset.valid", values);
	if (args->ip_address)
		mail_say(&m, "reset.from", values);
	mail_say(&m, "reset.ignore", NULL);
	return mail_send(&m, err);
}

/* A token that never left counts for nothing: the next attempt has its own. */
static bool take_back(struct job_run *run, const struct reset *r)
{
	struct err ignored = { 0 };

	sql_password_reset_delete(run->db, run->arena, r->id, NULL, &ignored);
	return false;
}

static bool run(struct job_run *run, const void *args, struct err *err)
{
	const struct reset_mail_args *in = args;
	struct reset r = { .now = clock_now() };
	struct mail_person_row who = { 0 };
	bool found = false;

	if (!sql_mail_person_by_email(run->db, run->arena, in->email_key, &who,
				      &found, err))
		return false;
	if (!found)
		return true;
	if (!prepare(run, &who, &r, err))
		return false;
	if (!r.token) {
		log_event(LOG_INFO, "reset_mail_limited", "user", who.id, NULL);
		return true;
	}
	return send(run, &who, in, &r, err) || take_back(run, &r);
}

const struct job_kind job_reset_mail = {
	.name = "reset_mail",
	.lane = JOB_LANE_MAIL,
	.args = &reset_mail_args_type,
	.args_size = sizeof(struct reset_mail_args),
	.max_attempts = 8,
	.run = run,
};
