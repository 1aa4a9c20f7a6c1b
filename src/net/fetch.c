#include "net/fetch.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/span.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void start(void)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT))
		abort();
}

/* One request on its way. */
struct running {
	const struct fetch *f;
	struct sb body;
	bool plain; /* http:// */
	bool refused, too_long;
};

static bool to_addr(const struct sockaddr *sa, struct addr *ret)
{
	*ret = (struct addr){ 0 };
	if (sa->sa_family == AF_INET) {
		ret->family = 4;
		memcpy(ret->bytes, &((const struct sockaddr_in *)sa)->sin_addr,
		       4);
		return true;
	}
	if (sa->sa_family != AF_INET6)
		return false;
	ret->family = 6;
	memcpy(ret->bytes, &((const struct sockaddr_in6 *)sa)->sin6_addr, 16);
	return true;
}

/* Called with each address that is about to be connected to. */
static curl_socket_t open_judged(void *arg, curlsocktype purpose,
				 struct curl_sockaddr *to)
{
	struct running *r = arg;
	struct addr a;
	bool listed;

	(void)purpose;
	if (!to_addr(&to->addr, &a))
		return CURL_SOCKET_BAD;
	listed = net_list_has(&r->f->allow, &a);
	if (!listed && (addr_special(&a) || (r->plain && !r->f->plain))) {
		r->refused = true;
		return CURL_SOCKET_BAD;
	}
	return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

static size_t take(char *bytes, size_t size, size_t n, void *arg)
{
	struct running *r = arg;

	if (r->body.len + size * n > (r->f->max ? r->f->max : FETCH_MAX)) {
		r->too_long = true;
		return 0;
	}
	sb_addn(&r->body, bytes, size * n);
	return size * n;
}

static bool split_scheme(const char *url, bool *ret_plain)
{
	*ret_plain = !strncmp(url, "http://", 7);
	return *ret_plain || !strncmp(url, "https://", 8);
}

bool fetch_url_ok(const char *url)
{
	CURLU *parts;
	char *host = NULL, *user = NULL;
	bool plain, ok;

	if (strlen(url) > FETCH_URL_MAX || !split_scheme(url, &plain))
		return false;
	for (const char *p = url; *p; p++)
		if ((unsigned char)*p <= ' ' || (unsigned char)*p >= 0x7f)
			return false;
	pthread_once(&once, start);
	parts = curl_url();
	ok = parts && !curl_url_set(parts, CURLUPART_URL, url, 0) &&
	     !curl_url_get(parts, CURLUPART_HOST, &host, 0) &&
	     curl_url_get(parts, CURLUPART_USER, &user, 0);
	curl_free(host);
	curl_free(user);
	curl_url_cleanup(parts);
	return ok;
}

/* Whom to trust: the system's certificates and those of the operator. */
static void set_trust(CURL *c, const struct fetch *f)
{
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(c, CURLOPT_CAPATH, "/etc/ssl/certs");
	if (f->ca_file && *f->ca_file)
		curl_easy_setopt(c, CURLOPT_CAINFO, f->ca_file);
}

static void set_bounds(CURL *c, const struct fetch *f)
{
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(c, CURLOPT_PROXY, "");
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, f->seconds * 1000L);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, f->seconds * 1000L);
}

static void set_request(CURL *c, const struct fetch *f)
{
	curl_easy_setopt(c, CURLOPT_URL, f->url);
	curl_easy_setopt(c, CURLOPT_USERAGENT, "nis2/" NIS2_VERSION);
	if (f->body)
		curl_easy_setopt(c, CURLOPT_POSTFIELDS, f->body);
	if (f->user) {
		curl_easy_setopt(c, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
		curl_easy_setopt(c, CURLOPT_USERNAME, f->user);
		curl_easy_setopt(c, CURLOPT_PASSWORD, f->password);
	}
	if (f->bearer) {
		curl_easy_setopt(c, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
		curl_easy_setopt(c, CURLOPT_XOAUTH2_BEARER, f->bearer);
	}
}

/* For curl: whatever host and port, at this address. NULL: by DNS. */
static struct curl_slist *place(const struct fetch *f, struct arena *a)
{
	if (!f->address)
		return NULL;
	return curl_slist_append(
		NULL,
		arena_printf(a, strchr(f->address, ':') ? "::[%s]:" : "::%s:",
			     f->address));
}

static bool refuse(const struct running *r, CURLcode code, struct err *err)
{
	if (r->refused)
		return err_set(err, ERR_REFUSED,
			       "the address may not be contacted");
	if (r->too_long)
		return err_set(err, ERR_UPSTREAM, "the answer is too long");
	err_set(err, ERR_UPSTREAM, "%s",
		code == CURLE_OPERATION_TIMEDOUT
			? "the server does not answer in time"
		: code == CURLE_PEER_FAILED_VERIFICATION
			? "the certificate of the server is not trusted"
			: "the server cannot be reached");
	return err_cause(err, "%s", curl_easy_strerror(code));
}

bool fetch_run(const struct fetch *f, struct arena *a, struct fetched *ret,
	       struct err *err)
{
	struct running r = { .f = f, .body = sb_new(a, 4096) };
	struct curl_slist *to;
	long status = 0;
	CURLcode code;
	CURL *c;

	if (!fetch_url_ok(f->url) || !split_scheme(f->url, &r.plain))
		return err_set(err, ERR_REFUSED, "not an http address");
	c = curl_easy_init();
	if (!c)
		return err_set(err, ERR_INTERNAL, "out of memory");
	to = place(f, a);
	curl_easy_setopt(c, CURLOPT_CONNECT_TO, to);
	set_request(c, f);
	set_bounds(c, f);
	set_trust(c, f);
	curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, open_judged);
	curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, &r);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, &r);
	code = curl_easy_perform(c);
	curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_cleanup(c);
	curl_slist_free_all(to);
	if (code)
		return refuse(&r, code, err);
	*ret = (struct fetched){ (int)status, r.body.s, r.body.len };
	return true;
}
