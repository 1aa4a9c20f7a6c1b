/*
 * mail: what the program writes to people, in their language.
 *
 * A message is a subject, paragraphs (data/locales/LANG/mail.json) and at most
 * one link; plain text and HTML say the same. Nothing in it is fetched from
 * anywhere.
 *
 *	struct mail m;
 *	mail_begin(&m, run, "reset", &to);
 *	mail_subject(&m, "reset.subject", NULL);
 *	mail_say(&m, "reset.lead", (struct catalog_value[]){
 *		{ "email", to.email }, { 0 } });
 *	mail_link(&m, "reset.button", mail_url(run, "/reset-password"));
 *	return mail_send(&m, err);
 *
 * Without SMTP_HOST a message becomes DATA_DIR/mail/TIME-KIND.eml, which only
 * the owner of the process may read; no route shows it.
 */
#ifndef NIS2_JOBS_MAIL_H
#define NIS2_JOBS_MAIL_H

#include "core/catalog.h"
#include "jobs/job.h"

struct mail_to {
	const char *email; /* as it was typed */
	const char *name;
	const char *locale;
};

struct mail {
	struct job_run *run;
	const char *kind; /* "reset": part of the name of a file */
	struct mail_to to;
	const char *subject;
	struct sb text, html;
};

/* Greets. The strings must live as long as the job. */
void mail_begin(struct mail *m, struct job_run *run, const char *kind,
		const struct mail_to *to);
/* `values` as for catalog_render(); NULL: there are none to fill in. */
void mail_subject(struct mail *m, const char *key,
		  const struct catalog_value *values);
/* A paragraph. */
void mail_say(struct mail *m, const char *key,
	      const struct catalog_value *values);
/* A link on a line of its own. */
void mail_link(struct mail *m, const char *key, const char *url);

/*
 * Signs off and sends. ERR_UPSTREAM when the server could not be reached or
 * says to try later, ERR_REFUSED when it never will take the message.
 */
bool mail_send(struct mail *m, struct err *err);

/* An address of this installation: PUBLIC_URL, then `path`. */
char *mail_url(struct job_run *run, const char *path);
/* "2026-03-01 09:00", in UTC: the texts say so. */
char *mail_time(struct arena *a, int64_t time);
/* A name that somebody chose, short enough not to be a message of its own. */
char *mail_name(struct arena *a, const char *name);

/* Removes what was written to files a month ago; tokens in it are long void. */
void mail_sweep(const struct settings *settings, int64_t now);

#endif
