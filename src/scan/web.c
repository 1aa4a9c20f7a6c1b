#include "scan/web.h"

#include <stdatomic.h>
#include <string.h>
#include <strings.h>

#include "net/conn.h"
#include "net/target.h"
#include "scan/inflate.h"

/* Answers like "103 Early Hints" that may come before the real one. */
enum {
	INTERIM_MAX = 4,
	READ_BYTES = 16 * 1024,
	BODIES_MAX = 32 * 1024 * 1024, /* of all requests at a time */
	BODY_FREE = 64 * 1024,	       /* of one, that nobody counts */
	REDIRECT_BODY_MAX = 4096,      /* nobody sees it */
};

/* ---- parsing ---- */

size_t web_head_length(struct span bytes)
{
	const char *p = bytes.p;
	const char *lf;

	while ((lf = memchr(p, '\n', (size_t)(bytes.end - p)))) {
		const char *next = lf + 1;

		if (next < bytes.end && *next == '\r')
			next++;
		if (next < bytes.end && *next == '\n')
			return (size_t)(next + 1 - bytes.p);
		p = lf + 1;
	}
	return 0;
}

/* "HTTP/1.1 200 OK", the reason is not read. */
static bool parse_status(struct span line, int *ret)
{
	struct span version;
	uint64_t status;

	if (!span_word(&line, 16, &version) ||
	    !span_starts_nocase(version, "HTTP/"))
		return false;
	span_skip_blank(&line);
	if (!span_number(&line, 999, &status) || status < 100)
		return false;
	*ret = (int)status;
	return true;
}

static bool is_token(struct span s)
{
	for (const char *p = s.p; p < s.end; p++)
		if (*p <= ' ' || *p >= 0x7f ||
		    strchr("\"(),/:;<=>?@[\\]{}", *p))
			return false;
	return s.p < s.end;
}

static const char *clean_value(struct span s, struct arena *a)
{
	struct span trimmed = span_trim(s);
	size_t len = span_len(trimmed);
	char *value = arena_bytes(a, len + 1);

	memcpy(value, trimmed.p, len);
	value[len] = '\0';
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)value[i] < ' ' || value[i] == 0x7f)
			value[i] = value[i] == '\t' ? ' ' : '?';
	return value;
}

/* A line that is no field is passed over: we look, we do not correct. */
static void parse_field(struct span line, struct arena *a,
			struct web_answer *ret)
{
	struct span name;

	if (ret->field_count == WEB_FIELDS_MAX ||
	    !memchr(line.p, ':', span_len(line)) ||
	    !span_until(&line, ':', WEB_LINE_MAX, &name) || !is_token(name))
		return;
	ret->fields[ret->field_count++] =
		(struct web_field){ .name = span_dup(a, name),
				    .value = clean_value(line, a) };
}

bool web_parse_head(struct span head, struct arena *a, struct web_answer *ret,
		    struct err *err)
{
	struct web_answer answer = { .body = "" };
	struct span line;

	if (!span_line(&head, WEB_LINE_MAX, &line) ||
	    !parse_status(line, &answer.status))
		return err_set(err, ERR_UPSTREAM, "not an HTTP answer");
	answer.fields = arena_array(a, WEB_FIELDS_MAX, sizeof(*answer.fields));
	while (head.p < head.end) {
		if (!span_line(&head, WEB_LINE_MAX, &line))
			return err_set(err, ERR_UPSTREAM,
				       "a header line is longer than %d bytes",
				       WEB_LINE_MAX);
		if (!span_len(line))
			break;
		parse_field(line, a, &answer);
	}
	*ret = answer;
	return true;
}

const char *web_header(const struct web_answer *answer, const char *name)
{
	for (size_t i = 0; i < answer->field_count; i++)
		if (!strcasecmp(answer->fields[i].name, name))
			return answer->fields[i].value;
	return NULL;
}

bool web_is_text(const struct web_answer *answer)
{
	const char *type = web_header(answer, "Content-Type");

	return type && !strncasecmp(type, "text/plain", 10);
}

bool web_is_html(const struct web_answer *answer)
{
	const char *type = web_header(answer, "Content-Type");
	struct span s = span_str(type ? type : ""), mime;

	return span_until(&s, ';', WEB_LINE_MAX, &mime) &&
	       (span_is_nocase(span_trim(mime), "text/html") ||
		span_is_nocase(span_trim(mime), "application/xhtml+xml"));
}

static bool parse_hex(struct span s, size_t max, size_t *ret)
{
	size_t value = 0, digits = 0;

	for (; s.p < s.end && digits < 9; s.p++, digits++) {
		const char *hex = "0123456789abcdef";
		const char *at = *s.p ? strchr(hex, *s.p | 0x20) : NULL;

		if (!at)
			break;
		value = value * 16 + (size_t)(at - hex);
	}
	if (!digits || value > max)
		return false;
	*ret = value;
	return s.p == s.end || *s.p == ';' || *s.p == ' ' || *s.p == '\t';
}

bool web_dechunk(char *bytes, size_t len, size_t *ret_len, bool *ret_bad)
{
	struct span in = span_of(bytes, len), line, data;
	size_t size = 0;

	*ret_len = 0;
	*ret_bad = false;
	for (;;) {
		if (!memchr(in.p, '\n', span_len(in))) {
			*ret_bad = span_len(in) > 1024;
			return false;
		}
		if (!span_line(&in, 1024, &line) ||
		    !parse_hex(line, WEB_BODY_MAX, &size)) {
			*ret_bad = true;
			return false;
		}
		if (!size)
			return true;
		if (size > span_len(in))
			size = span_len(in);
		span_take(&in, size, &data);
		memmove(bytes + *ret_len, data.p, size);
		*ret_len += size;
		if (!span_literal(&in, "\r\n") && !span_literal(&in, "\n"))
			return false;
	}
}

/* ---- asking ---- */

static const char *host_header(const struct web_request *r, struct arena *a)
{
	char buf[ADDR_TEXT];
	const char *host = r->name ? r->name : addr_text(r->addr, buf);

	if (!r->name && r->addr->family == 6)
		host = arena_printf(a, "[%s]", host);
	if (r->port == (r->tls ? 443 : 80))
		return arena_strdup(a, host);
	return arena_printf(a, "%s:%d", host, r->port);
}

static bool send_request(struct conn *conn, const struct web_request *r,
			 struct arena *a, struct err *err)
{
	const char *text = arena_printf(a,
					"%s %s HTTP/1.1\r\n"
					"Host: %s\r\n"
					"User-Agent: %s\r\n"
					"Accept: text/html,*/*;q=0.8\r\n"
					"Accept-Encoding: gzip, deflate\r\n"
					"%s"
					"Connection: close\r\n\r\n",
					r->method ? r->method : "GET", r->path,
					host_header(r, a), r->user_agent,
					r->fields ? r->fields : "");

	return conn_write_all(conn, text, strlen(text), err);
}

/* Reads once more; at most `max` bytes stand in `in` afterwards. */
static bool read_more(struct conn *conn, struct sb *in, size_t max,
		      struct err *err)
{
	size_t want = max - in->len, got = 0;

	if (want > READ_BYTES)
		want = READ_BYTES;
	if (!conn_read(conn, sb_room(in, want), want, &got, err))
		return false;
	in->len += got;
	in->s[in->len] = '\0';
	return true;
}

/* Leaves in `in` what came behind the head. */
static bool read_head(struct conn *conn, struct sb *in, struct arena *a,
		      struct web_answer *ret, struct err *err)
{
	size_t head;

	for (int i = 0; i <= INTERIM_MAX; i++) {
		while (!(head = web_head_length(span_of(in->s, in->len)))) {
			if (in->len >= WEB_HEAD_MAX)
				return err_set(err, ERR_UPSTREAM,
					       "the header is longer than %d "
					       "bytes",
					       WEB_HEAD_MAX);
			if (!read_more(conn, in, WEB_HEAD_MAX, err))
				return err_wrap(err, "reading the header");
		}
		if (!web_parse_head(span_of(in->s, head), a, ret, err))
			return false;
		memmove(in->s, in->s + head, in->len - head + 1);
		in->len -= head;
		if (ret->status >= 200)
			return true;
	}
	return err_set(err, ERR_UPSTREAM, "too many interim answers");
}

/* ---- room for bodies ---- */

/*
 * Bodies beyond their first part take turns: as much as BODIES_MAX of them is
 * read or kept at a time, by however many hosts. The part of a body that finds
 * no room is cut off.
 */
static atomic_size_t bodies;

struct claim {
	size_t bytes;
};

static void claim_release(void *arg)
{
	const struct claim *claim = arg;

	atomic_fetch_sub(&bodies, claim->bytes);
}

static struct claim *claim_new(struct arena *a)
{
	struct claim *claim = arena_alloc(a, sizeof(*claim));

	arena_defer(a, claim_release, claim);
	return claim;
}

/* Room for `bytes` in all. */
static bool claim_grow(struct claim *claim, size_t bytes)
{
	size_t more = bytes > claim->bytes ? bytes - claim->bytes : 0;

	if (bytes <= BODY_FREE || !more)
		return true;
	if (atomic_fetch_add(&bodies, more) + more > BODIES_MAX) {
		atomic_fetch_sub(&bodies, more);
		return false;
	}
	claim->bytes += more;
	return true;
}

static bool is_chunked(const struct web_answer *answer)
{
	const char *coding = web_header(answer, "Transfer-Encoding");

	return coding && span_find_nocase(span_str(coding), "chunked");
}

static size_t announced_length(const struct web_answer *answer)
{
	const char *text = web_header(answer, "Content-Length");
	struct span s = span_str(text ? text : "");
	uint64_t length;

	return span_number(&s, WEB_BODY_MAX, &length) ? (size_t)length
						      : SIZE_MAX;
}

/*
 * A body that ends early, for whatever reason, is shown as far as it came:
 * the head has told the status already.
 */
static void read_body(struct conn *conn, struct sb *in, size_t max,
		      struct claim *claim, struct web_answer *ret)
{
	bool chunked = is_chunked(ret), bad = false;
	size_t length = chunked ? SIZE_MAX : announced_length(ret);
	size_t want = length < max ? length : max;
	bool whole = true;

	while (in->len < want) {
		if (!claim_grow(claim, in->len + READ_BYTES)) {
			whole = false;
			break;
		}
		if (read_more(conn, in, want, NULL))
			continue;
		whole = length == SIZE_MAX && conn_state(conn) == CONN_CLOSED;
		break;
	}
	ret->body_len = in->len < want ? in->len : want;
	ret->cut = !whole || (length > max && in->len >= max);
	if (chunked)
		ret->cut = !web_dechunk(in->s, ret->body_len, &ret->body_len,
					&bad);
	in->s[ret->body_len] = '\0';
	ret->body = in->s;
}

/* The bound holds for what comes out, too. */
static void unpack_body(struct web_answer *ret, size_t max, struct claim *claim,
			struct arena *a)
{
	enum inflate_coding coding =
		inflate_coding(web_header(ret, "Content-Encoding"));
	char *body;

	if (coding == INFLATE_NONE)
		return;
	if (max > BODY_FREE && !claim_grow(claim, max))
		max = BODY_FREE;
	ret->cut |= !inflate_body(coding, span_of(ret->body, ret->body_len),
				  max, a, &body, &ret->body_len);
	ret->body = body;
}

/* As a browser would: trusted, in its time, and for this name. */
static bool is_verified(const struct web_request *r,
			const struct cert_chain *chain)
{
	struct cert_verdict v = { 0 };
	char ip[ADDR_TEXT];

	if (!r->tls || !r->trust || !chain->len)
		return false;
	cert_judge(r->trust, chain, r->name ? r->name : addr_text(r->addr, ip),
		   r->now, &v);
	return v.trusted && v.name_match && !v.expired && !v.not_yet_valid;
}

static bool is_redirect(const struct web_answer *answer)
{
	return answer->status >= 300 && answer->status < 400 &&
	       web_header(answer, "Location");
}

/* One request; everything lies in the arena, buffers included. */
static bool exchange(const struct web_request *request, struct arena *a,
		     struct claim *claim, struct web_answer *ret,
		     struct err *err)
{
	_cleanup_conn_ struct conn *conn = NULL;
	struct sb in = sb_new(a, 4096);
	struct conn_tls tls = { 0 };
	size_t max = request->max_body < WEB_BODY_MAX ? request->max_body
						      : WEB_BODY_MAX;

	if (!conn_open(request->addr, request->port, request->deadline, &conn,
		       NULL, err))
		return false;
	if (request->tls &&
	    !conn_start_tls(conn, request->name, "http/1.1", a, &tls, err))
		return err_wrap(err, "TLS");
	if (!send_request(conn, request, a, err) ||
	    !read_head(conn, &in, a, ret, err))
		return false;
	ret->verified = is_verified(request, &tls.chain);
	if (max > REDIRECT_BODY_MAX && is_redirect(ret))
		max = REDIRECT_BODY_MAX;
	if (max) {
		read_body(conn, &in, max, claim, ret);
		unpack_body(ret, max, claim, a);
	}
	return true;
}

/* The body's room goes over to the arena that it stays in. */
static const char *keep_body(const struct web_answer *answer,
			     struct claim *from, struct arena *a)
{
	char *body = arena_bytes(a, answer->body_len + 1);
	struct claim *to;

	memcpy(body, answer->body, answer->body_len);
	body[answer->body_len] = '\0';
	if (answer->body_len > BODY_FREE) {
		to = claim_new(a);
		to->bytes = answer->body_len < from->bytes ? answer->body_len
							   : from->bytes;
		from->bytes -= to->bytes;
	}
	return body;
}

/* The answer without the buffers that it was read with. */
static void keep(const struct web_answer *answer, struct claim *from,
		 struct arena *a, struct web_answer *ret)
{
	*ret = *answer;
	ret->body = keep_body(answer, from, a);
	ret->fields =
		arena_array(a, answer->field_count + 1, sizeof(*ret->fields));
	for (size_t i = 0; i < answer->field_count; i++)
		ret->fields[i] = (struct web_field){
			.name = arena_strdup(a, answer->fields[i].name),
			.value = arena_strdup(a, answer->fields[i].value),
		};
}

/*
 * A host is asked for dozens of small pages, whose buffers would add up to
 * megabytes in an arena that lives as long as the host.
 */
bool web_get(const struct web_request *request, struct arena *a,
	     struct web_answer *ret, struct err *err)
{
	_arena_ struct arena scratch = { 0 };
	struct claim *claim = claim_new(&scratch);
	struct web_answer answer = { 0 };

	if (!exchange(request, &scratch, claim, &answer, err))
		return false;
	keep(&answer, claim, a, ret);
	return true;
}

/* ---- addresses ---- */

static bool split_port(struct span s, bool tls, int *ret)
{
	uint64_t port = tls ? 443 : 80;

	if (span_literal(&s, ":") && !span_number(&s, 65535, &port))
		return false;
	*ret = (int)port;
	return !span_len(s) && port;
}

bool web_url_parse(const char *url, struct arena *a, struct web_url *ret)
{
	struct span s = span_str(url), host;
	size_t len;

	for (const char *p = url; *p; p++)
		if ((unsigned char)*p <= ' ' || (unsigned char)*p >= 0x7f)
			return false;
	ret->tls = span_starts_nocase(s, "https://");
	if (!ret->tls && !span_starts_nocase(s, "http://"))
		return false;
	span_take(&s, ret->tls ? 8 : 7, &host);
	len = strcspn(s.p, "/?#");
	span_take(&s, len, &host);
	if (memchr(host.p, '@', len))
		return false;
	ret->path =
		*s.p == '/' ? arena_strndup(a, s.p, strcspn(s.p, "#")) : "/";
	if (span_literal(&host, "[")) {
		struct span inner;

		if (!memchr(host.p, ']', span_len(host)) ||
		    !span_until(&host, ']', 64, &inner) || !span_len(inner))
			return false;
		ret->host = span_dup(a, inner);
		return split_port(host, ret->tls, &ret->port);
	}
	len = strcspn(host.p, ":/?#");
	if (!len || len > span_len(host) || len > TARGET_NAME_MAX)
		return false;
	ret->host = arena_strndup(a, host.p, len);
	host.p += len;
	return split_port(host, ret->tls, &ret->port);
}
