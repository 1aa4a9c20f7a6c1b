#include "net/smtp.h"

#include <curl/curl.h>
#include <locale.h>
#include <pthread.h>
#include <string.h>

/*
 * To curl, connecting lasts until the server has greeted, shaken hands for TLS
 * and taken the login; some greet late on purpose, to be rid of senders of
 * spam.
 */
enum { CONNECT_MS = 10000, WHOLE_MS = 30000 };

/* Hashed names of the system's authorities: they count beside CA_FILE. */
#define SYSTEM_CAS "/etc/ssl/certs"

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void start_library(void)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		abort();
}

/* ---- what curl calls ---- */

struct transfer {
	const struct smtp_message *message;
	size_t sent;
	bool (*go_on)(void *arg);
	void *arg;
};

static size_t give(char *buf, size_t size, size_t count, void *arg)
{
	struct transfer *t = arg;
	size_t len = t->message->len - t->sent;

	if (len > size * count)
		len = size * count;
	memcpy(buf, t->message->bytes + t->sent, len);
	t->sent += len;
	return len;
}

static int watch(void *arg, curl_off_t down_total, curl_off_t down,
		 curl_off_t up_total, curl_off_t up)
{
	struct transfer *t = arg;

	(void)down_total, (void)down, (void)up_total, (void)up;
	return t->go_on && !t->go_on(t->arg);
}

/* ---- one transfer ---- */

static void set_server(CURL *curl, struct arena *a, const struct settings *s)
{
	bool v6 = strchr(s->smtp_host, ':') && s->smtp_host[0] != '[';

	curl_easy_setopt(curl, CURLOPT_URL,
			 arena_printf(a, "%s://%s%s%s:%d",
				      s->smtp_ssl ? "smtps" : "smtp",
				      v6 ? "[" : "", s->smtp_host,
				      v6 ? "]" : "", (int)s->smtp_port));
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_USE_SSL,
			 s->smtp_ssl || s->smtp_starttls
				 ? (long)CURLUSESSL_ALL
				 : (long)CURLUSESSL_NONE);
	curl_easy_setopt(curl, CURLOPT_SSLVERSION,
			 (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(curl, CURLOPT_CAPATH, SYSTEM_CAS);
	if (*s->ca_file)
		curl_easy_setopt(curl, CURLOPT_CAINFO, s->ca_file);
	if (*s->smtp_user) {
		curl_easy_setopt(curl, CURLOPT_USERNAME, s->smtp_user);
		curl_easy_setopt(curl, CURLOPT_PASSWORD, s->smtp_password);
	}
}

static void set_limits(CURL *curl, struct transfer *t)
{
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)WHOLE_MS);
	curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, watch);
	curl_easy_setopt(curl, CURLOPT_XFERINFODATA, t);
}

static void set_message(CURL *curl, struct transfer *t,
			const struct curl_slist *to)
{
	curl_easy_setopt(curl, CURLOPT_MAIL_FROM, t->message->from);
	curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, to);
	curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(curl, CURLOPT_READFUNCTION, give);
	curl_easy_setopt(curl, CURLOPT_READDATA, t);
}

/*
 * The last reply decides: one that begins with 5 is final (RFC 5321, 4.2.1).
 * Without trust in the server there is nothing that its replies could decide.
 */
static bool explain(CURL *curl, CURLcode code, const char *detail,
		    struct err *err)
{
	bool untrusted = code == CURLE_PEER_FAILED_VERIFICATION ||
			 code == CURLE_USE_SSL_FAILED ||
			 code == CURLE_SSL_CONNECT_ERROR ||
			 code == CURLE_SSL_CACERT_BADFILE;
	long reply = 0;

	if (code == CURLE_ABORTED_BY_CALLBACK)
		return err_set(err, ERR_BUSY, "sending the mail was stopped");
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &reply);
	if (!untrusted && reply >= 500 && reply <= 599)
		err_set(err, ERR_REFUSED,
			"the mail server refused the message (%ld)", reply);
	else if (!untrusted && reply >= 400 && reply <= 499)
		err_set(err, ERR_UPSTREAM,
			"the mail server cannot take the message now (%ld)",
			reply);
	else
		err_set(err, ERR_UPSTREAM, "the mail server: %s",
			curl_easy_strerror(code));
	return err_cause(err, "%s", detail);
}

bool smtp_send(const struct settings *s, const struct smtp_message *m,
	       bool (*go_on)(void *arg), void *arg, struct err *err)
{
	_arena_ struct arena a = { 0 };
	struct transfer t = { .message = m, .go_on = go_on, .arg = arg };
	char detail[CURL_ERROR_SIZE] = "";
	struct curl_slist *to;
	CURLcode code;
	CURL *curl;
	bool ok;

	pthread_once(&once, start_library);
	curl = curl_easy_init();
	to = curl_slist_append(NULL, m->to);
	if (!curl || !to)
		abort();
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail);
	set_server(curl, &a, s);
	set_limits(curl, &t);
	set_message(curl, &t, to);
	code = curl_easy_perform(curl);
	ok = code == CURLE_OK || explain(curl, code, detail, err);
	curl_slist_free_all(to);
	curl_easy_cleanup(curl);
	return ok;
}

/* ---- names beyond ASCII ---- */

static bool is_ascii(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s >= 0x80)
			return false;
	return true;
}

/* curl takes names in the character set of the thread's locale. */
static char *ascii_name(const char *name)
{
	locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	locale_t before = uselocale(utf8);
	CURLU *url = curl_url();
	char *host = NULL;

	if (!url || curl_url_set(url, CURLUPART_SCHEME, "smtp", 0) ||
	    curl_url_set(url, CURLUPART_HOST, name, 0) ||
	    curl_url_get(url, CURLUPART_HOST, &host, CURLU_PUNYCODE))
		host = NULL;
	curl_url_cleanup(url);
	uselocale(before);
	if (utf8)
		freelocale(utf8);
	return host;
}

bool smtp_ascii_address(struct arena *a, const char *address, const char **ret,
			struct err *err)
{
	const char *at = strrchr(address, '@');
	char *host;

	if (!at || is_ascii(at)) {
		*ret = arena_strdup(a, address);
		return true;
	}
	pthread_once(&once, start_library);
	host = ascii_name(at + 1);
	if (!host || !is_ascii(host)) {
		curl_free(host);
		return err_set(err, ERR_REFUSED,
			       "the domain of the recipient is not a name");
	}
	*ret = arena_printf(a, "%.*s@%s", (int)(at - address), address, host);
	curl_free(host);
	return true;
}
