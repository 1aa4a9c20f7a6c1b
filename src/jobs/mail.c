#include "jobs/mail.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/span.h"
#include "base/url.h"
#include "codec/format.h"
#include "codec/mime.h"
#include "core/summary.h"
#include "net/smtp.h"

#define PRODUCT "NIS2 Platform"

enum { NAME_MAX_LEN = 64, ID_BYTES = 18, FILE_DAYS = 30 };

/* ---- what it says ---- */

static const char *text_of(struct mail *m, const char *key,
			   const struct catalog_value *values)
{
	const char *text = catalog_text(m->to.locale, "mail", key);

	return values ? catalog_render(m->run->arena, text, values) : text;
}

static void paragraph(struct mail *m, const char *style, const char *text)
{
	sb_addf(&m->text, "%s\n\n", text);
	sb_addf(&m->html, "<p%s>", style);
	html_escape(&m->html, text);
	sb_add(&m->html, "</p>\n");
}

void mail_begin(struct mail *m, struct job_run *run, const char *kind,
		const struct mail_to *to)
{
	*m = (struct mail){
		.run = run,
		.kind = kind,
		.to = { .email = to->email,
			.name = mail_name(run->arena, to->name),
			.locale = catalog_locale(to->locale) },
		.text = sb_new(run->arena, 1024),
		.html = sb_new(run->arena, 2048),
	};
	mail_say(m, "hello",
		 (struct catalog_value[]){ { "name", m->to.name }, { 0 } });
}

void mail_subject(struct mail *m, const char *key,
		  const struct catalog_value *values)
{
	m->subject = text_of(m, key, values);
}

void mail_say(struct mail *m, const char *key,
	      const struct catalog_value *values)
{
	paragraph(m, "", text_of(m, key, values));
}

void mail_link(struct mail *m, const char *key, const char *url)
{
	static const char *const button =
		"display:inline-block;padding:10px 18px;border-radius:4px;"
		"background:#1f4e79;color:#ffffff;text-decoration:none";

	sb_addf(&m->text, "%s\n\n", url);
	sb_add(&m->html, "<p><a href=\"");
	html_escape(&m->html, url);
	sb_addf(&m->html, "\" style=\"%s\">", button);
	html_escape(&m->html, text_of(m, key, NULL));
	sb_add(&m->html, "</a></p>\n"
			 "<p style=\"color:#5a6472;font-size:13px;"
			 "word-break:break-all\">");
	html_escape(&m->html, url);
	sb_add(&m->html, "</p>\n");
}

static void sign_off(struct mail *m)
{
	const struct catalog_value values[] = { { "url", mail_url(m->run, "") },
						{ 0 } };

	sb_add(&m->text, "-- \n"); /* RFC 3676, 4.3: what follows is no text */
	paragraph(m,
		  " style=\"color:#5a6472;font-size:13px;"
		  "border-top:1px solid #d8dde5;padding-top:12px\"",
		  text_of(m, "footer", values));
}

/* The paragraphs as a page: one column, dark on light, nothing to fetch. */
static const char *page(struct mail *m)
{
	struct sb out = sb_new(m->run->arena, m->html.len + 512);

	sb_addf(&out,
		"<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n"
		"<meta charset=\"utf-8\">\n<title>",
		m->to.locale);
	html_escape(&out, m->subject);
	sb_add(&out, "</title>\n</head>\n"
		     "<body style=\"margin:0;padding:24px;background:#f4f5f7;"
		     "color:#1c2430;font-family:Arial,sans-serif;"
		     "font-size:15px;line-height:1.5\">\n"
		     "<div style=\"max-width:560px;margin:0 auto;padding:24px;"
		     "background:#ffffff;border:1px solid #d8dde5\">\n"
		     "<p style=\"font-weight:bold\">" PRODUCT "</p>\n");
	sb_addn(&out, m->html.s, m->html.len);
	sb_add(&out, "</div>\n</body>\n</html>\n");
	return out.s;
}

/* ---- where it goes ---- */

/* SMTP_FROM is an address, or a name and an address in < >. */
static void read_sender(struct arena *a, const char *from, const char **address,
			const char **name)
{
	struct span s = span_trim(span_str(from)), before = s;
	const char *open = memchr(s.p, '<', span_len(s));

	*name = PRODUCT;
	if (!open || s.end[-1] != '>') {
		*address = span_dup(a, s);
		return;
	}
	*address = arena_strndup(a, open + 1, (size_t)(s.end - open) - 2);
	before.end = open;
	before = span_trim(before);
	if (span_len(before) > 2 && *before.p == '"' && before.end[-1] == '"')
		before = span_of(before.p + 1, span_len(before) - 2);
	if (span_len(before))
		*name = span_dup(a, before);
}

static bool keep_as_file(struct mail *m, const struct sb *bytes, int64_t now,
			 struct err *err)
{
	struct arena *a = m->run->arena;
	const char *dir =
		arena_printf(a, "%s/mail", m->run->settings->data_dir);
	time_t seconds = (time_t)(now / CLOCK_SECOND);
	char stamp[24] = "";
	const char *path;
	struct tm t;

	gmtime_r(&seconds, &t);
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%S", &t);
	path = arena_printf(a, "%s/%s.%06dZ-%s.eml", dir, stamp,
			    (int)(now % CLOCK_SECOND), m->kind);
	if (!file_make_dir(dir, 0700, err) ||
	    !file_write(path, bytes->s, bytes->len, 0600, err))
		return false;
	log_event(LOG_WARN, "mail_not_sent", "reason", "no SMTP_HOST", "kind",
		  m->kind, "file", path, NULL);
	return true;
}

static bool go_on(void *arg)
{
	struct err ignored = { 0 };

	return job_beat(arg, &ignored);
}

bool mail_send(struct mail *m, struct err *err)
{
	const struct settings *s = m->run->settings;
	struct arena *a = m->run->arena;
	struct mime_message message = {
		.to_name = m->to.name,
		.subject = m->subject,
		.language = m->to.locale,
		.date = clock_now(),
		.id = rand_token(a, ID_BYTES),
	};
	struct sb bytes = sb_new(a, 8192);

	sign_off(m);
	message.text = m->text.s;
	message.html = page(m);
	read_sender(a, s->smtp_from, &message.from, &message.from_name);
	if (!smtp_ascii_address(a, message.from, &message.from, err) ||
	    !smtp_ascii_address(a, m->to.email, &message.to, err) ||
	    !mime_write(&message, &bytes, err))
		return false;
	if (!*s->smtp_host)
		return keep_as_file(m, &bytes, message.date, err);
	return smtp_send(s,
			 &(struct smtp_message){
				 .from = message.from,
				 .to = message.to,
				 .bytes = bytes.s,
				 .len = bytes.len,
			 },
			 go_on, m->run, err);
}

/* ---- parts of messages ---- */

char *mail_url(struct job_run *run, const char *path)
{
	return url_under(run->arena, run->settings->public_url, path);
}

char *mail_time(struct arena *a, int64_t time)
{
	time_t seconds = (time_t)(time / CLOCK_SECOND);
	char *text = arena_bytes(a, 32);
	struct tm t;

	gmtime_r(&seconds, &t);
	strftime(text, 32, "%Y-%m-%d %H:%M", &t);
	return text;
}

char *mail_name(struct arena *a, const char *name)
{
	const char *p = name;
	int len;

	for (int i = 0; *p && i < NAME_MAX_LEN; i++, p += len)
		format_next(p, &len);
	return *p ? arena_printf(a, "%.*s…", (int)(p - name), name)
		  : arena_strdup(a, name);
}

void mail_sweep(const struct settings *settings, int64_t now)
{
	_arena_ struct arena a = { 0 };
	const char *dir = arena_printf(&a, "%s/mail", settings->data_dir);
	int64_t before = now / CLOCK_SECOND - FILE_DAYS * INT64_C(86400);
	DIR *d = opendir(dir);
	struct dirent *e;
	struct stat st;

	if (!d)
		return;
	while ((e = readdir(d)))
		if (fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) ==
			    0 &&
		    S_ISREG(st.st_mode) && st.st_mtime < before)
			unlinkat(dirfd(d), e->d_name, 0);
	closedir(d);
}
