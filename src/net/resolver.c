#include "net/resolver.h"

#include <errno.h>
#include <poll.h>
#include <unbound.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/addr.h"

enum { CLASS_IN = 1, RCODE_SERVFAIL = 2, RCODE_NXDOMAIN = 3 };
enum { SERVERS_MAX = 8, SERVER_TEXT = ADDR_TEXT + 6 };
/* Asked of libunbound at a time: it has so many sockets. */
enum { BATCH = 48 };

struct resolver {
	struct resolver_options options;
	struct ub_ctx *validating; /* NULL: none */
	struct ub_ctx *plain;	   /* made when it is needed */
};

/* ---- settings ---- */

const char *resolver_system_anchor(void)
{
	static const char *const files[] = { "/usr/share/dns/root.key",
					     "/var/lib/unbound/root.key",
					     NULL };

	for (size_t i = 0; files[i]; i++)
		if (!access(files[i], R_OK))
			return files[i];
	return NULL;
}

/* "192.0.2.1@53" without what libunbound would not understand. */
static bool server_ok(struct span word)
{
	char text[SERVER_TEXT];
	struct span port, whole = word;
	struct addr addr;
	uint64_t number;

	if (span_len(word) >= sizeof(text) ||
	    !span_until(&word, '@', sizeof(text), &port))
		return false;
	snprintf(text, sizeof(text), "%.*s", (int)span_len(port), port.p);
	if (!addr_parse(text, &addr))
		return false;
	if (span_len(port) == span_len(whole))
		return true;
	return span_number(&word, 65535, &number) && number && !span_len(word);
}

bool resolver_servers_ok(const char *servers)
{
	struct span s = span_str(servers), word;
	int count = 0;

	for (;;) {
		span_skip_blank(&s);
		if (!span_len(s))
			return true;
		if (!span_word(&s, SERVER_TEXT, &word) || !server_ok(word) ||
		    ++count > SERVERS_MAX)
			return false;
	}
}

static int forward_to(struct ub_ctx *ctx, const char *servers)
{
	struct span s = span_str(servers), word;
	int rc = 0;

	for (;;) {
		char text[SERVER_TEXT];

		span_skip_blank(&s);
		if (rc || !span_word(&s, sizeof(text) - 1, &word))
			return rc;
		snprintf(text, sizeof(text), "%.*s", (int)span_len(word),
			 word.p);
		rc = ub_ctx_set_fwd(ctx, text);
	}
}

static bool is_given(const char *text)
{
	return text && *text;
}

static void context_options(struct ub_ctx *ctx)
{
	ub_ctx_debugout(ctx, NULL);
	/* A thread of its own, so that the deadline is ours to keep. */
	ub_ctx_async(ctx, 1);
	/* systemd-resolved and test beds are on 127.0.0.0/8. */
	ub_ctx_set_option(ctx, "do-not-query-localhost:", "no");
	ub_ctx_set_option(ctx, "rrset-roundrobin:", "no");
	/* One host's questions: a small cache does. */
	ub_ctx_set_option(ctx, "msg-cache-size:", "256k");
	ub_ctx_set_option(ctx, "rrset-cache-size:", "512k");
	ub_ctx_set_option(ctx, "key-cache-size:", "256k");
	ub_ctx_set_option(ctx, "neg-cache-size:", "128k");
}

static int context_point(struct ub_ctx *ctx, const struct resolver_options *o,
			 bool validate)
{
	int rc = is_given(o->servers) ? forward_to(ctx, o->servers)
				      : ub_ctx_resolvconf(ctx, NULL);

	if (!rc && validate)
		rc = ub_ctx_add_ta_file(ctx, o->anchor_file);
	/*
	 * Built in as absent, but a laboratory's resolver has them. The calls
	 * are the first ones that end the time of settings.
	 */
	if (!rc) {
		ub_ctx_zone_remove(ctx, "test.");
		ub_ctx_zone_remove(ctx, "127.in-addr.arpa.");
	}
	return rc;
}

static bool context_open(const struct resolver_options *o, bool validate,
			 struct ub_ctx **ret, struct err *err)
{
	struct ub_ctx *ctx = ub_ctx_create();
	int rc;

	if (!ctx)
		return err_set(err, ERR_INTERNAL, "no resolver context");
	context_options(ctx);
	if (!validate)
		ub_ctx_set_option(ctx, "module-config:", "iterator");
	rc = context_point(ctx, o, validate);
	if (!rc) {
		*ret = ctx;
		return true;
	}
	ub_ctx_delete(ctx);
	err_set(err, ERR_UPSTREAM, "no resolver is configured");
	return err_cause(err, "%s: %s",
			 is_given(o->servers) ? o->servers : "/etc/resolv.conf",
			 ub_strerror(rc));
}

/* ---- opening ---- */

void resolver_close(struct resolver *r)
{
	if (!r)
		return;
	if (r->validating)
		ub_ctx_delete(r->validating);
	if (r->plain)
		ub_ctx_delete(r->plain);
	free(r);
}

void resolver_close_at_end(struct resolver **resolver)
{
	resolver_close(*resolver);
}

bool resolver_open(const struct resolver_options *options,
		   struct resolver **ret, struct err *err)
{
	struct resolver *r;
	bool validate = is_given(options->anchor_file);

	if (is_given(options->servers) &&
	    !resolver_servers_ok(options->servers))
		return err_set(err, ERR_INVALID,
			       "RESOLVER must be addresses with an "
			       "optional @port and blanks between");
	r = calloc(1, sizeof(*r));
	if (!r)
		return err_set(err, ERR_INTERNAL, "no resolver");
	r->options = *options;
	if (!context_open(options, validate,
			  validate ? &r->validating : &r->plain, err)) {
		resolver_close(r);
		return false;
	}
	*ret = r;
	return true;
}

bool resolver_validates(const struct resolver *r)
{
	return r->validating != NULL;
}

/* ---- asking ---- */

struct lookup {
	int id;
	bool done, started;
	struct ub_result *result;
	int error;
};

static void lookup_done(void *arg, int error, struct ub_result *result)
{
	struct lookup *l = arg;

	l->done = true;
	l->error = error;
	l->result = result;
}

/* Until all are done or the deadline passes; late ones are cancelled. */
static void lookups_wait(struct ub_ctx *ctx, struct lookup *lookups,
			 size_t count, int64_t deadline)
{
	struct pollfd fd = { .fd = ub_fd(ctx), .events = POLLIN };

	for (;;) {
		int64_t left = deadline - clock_tick();
		size_t open = 0;

		for (size_t i = 0; i < count; i++)
			open += lookups[i].started && !lookups[i].done;
		if (!open || left <= 0 ||
		    (poll(&fd, 1, (int)(left / 1000) + 1) < 0 &&
		     errno != EINTR))
			break;
		ub_process(ctx);
	}
	for (size_t i = 0; i < count; i++)
		if (lookups[i].started && !lookups[i].done)
			ub_cancel(ctx, lookups[i].id);
}

static struct span keep(struct arena *a, const void *bytes, int len)
{
	size_t size = len > 0 ? (size_t)len : 0;
	char *copy = arena_bytes(a, size + 1);

	if (size)
		memcpy(copy, bytes, size);
	return span_of(copy, size);
}

static enum dns_state state_of(const struct ub_result *r)
{
	if (r->havedata)
		return DNS_DATA;
	if (r->rcode == RCODE_NXDOMAIN)
		return DNS_NXDOMAIN;
	return r->rcode ? DNS_FAILED : DNS_NODATA;
}

static void take(const struct lookup *l, struct dns_ask *ask, struct arena *a)
{
	const struct ub_result *r = l->result;
	size_t count = 0;

	ask->state = l->done ? DNS_FAILED : DNS_LATE;
	ask->rcode = RCODE_SERVFAIL;
	ask->len = 0;
	if (!l->done || l->error || !r)
		return;
	ask->state = state_of(r);
	ask->rcode = r->rcode;
	ask->secure = r->secure;
	ask->bogus |= r->bogus != 0;
	if (r->bogus && r->why_bogus)
		ask->why_bogus = arena_strndup(a, r->why_bogus, 400);
	if (r->canonname)
		ask->canonical = arena_strdup(a, r->canonname);
	ask->packet = keep(a, r->answer_packet, r->answer_len);
	while (r->havedata && r->data[count] && count < DNS_RECORDS_MAX)
		count++;
	ask->items = arena_array(a, count + 1, sizeof(*ask->items));
	for (; ask->len < count; ask->len++)
		ask->items[ask->len] =
			keep(a, r->data[ask->len], r->len[ask->len]);
}

static void ask_batch(struct ub_ctx *ctx, struct dns_ask *const *asks,
		      size_t count, int64_t deadline, struct arena *a)
{
	struct lookup lookups[BATCH] = { 0 };

	for (size_t i = 0; i < count; i++)
		lookups[i].started = !ub_resolve_async(
			ctx, asks[i]->name, asks[i]->type, CLASS_IN,
			&lookups[i], lookup_done, &lookups[i].id);
	lookups_wait(ctx, lookups, count, deadline);
	for (size_t i = 0; i < count; i++) {
		take(&lookups[i], asks[i], a);
		if (lookups[i].result)
			ub_resolve_free(lookups[i].result);
	}
}

/* All asks, or with `bogus` those whose answer was thrown away. */
static void ask_some(struct ub_ctx *ctx, struct dns_ask *asks, size_t count,
		     bool bogus, int64_t deadline, struct arena *a)
{
	struct dns_ask *batch[BATCH];
	size_t len = 0;

	for (size_t i = 0; i < count; i++) {
		if (bogus && (!asks[i].bogus || asks[i].len))
			continue;
		batch[len++] = &asks[i];
		if (len < BATCH)
			continue;
		ask_batch(ctx, batch, len, deadline, a);
		len = 0;
	}
	if (len)
		ask_batch(ctx, batch, len, deadline, a);
}

static bool any_bogus(const struct dns_ask *asks, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (asks[i].bogus)
			return true;
	return false;
}

void resolver_ask(struct resolver *r, struct dns_ask *asks, size_t count,
		  int64_t deadline, struct arena *a)
{
	if (r->validating)
		ask_some(r->validating, asks, count, false, deadline, a);
	if (r->validating && !any_bogus(asks, count))
		return;
	if (!r->plain && !context_open(&r->options, false, &r->plain, NULL))
		return;
	ask_some(r->plain, asks, count, r->validating != NULL, deadline, a);
}

bool resolver_check(struct resolver *r, int64_t deadline, struct err *err)
{
	_arena_ struct arena a = { 0 };
	struct dns_ask root = { .name = ".", .type = DNS_DNSKEY };

	resolver_ask(r, &root, 1, deadline, &a);
	if (root.state == DNS_LATE)
		return err_set(err, ERR_UPSTREAM,
			       "the resolver did not answer in time");
	if (r->validating && (root.bogus || root.state == DNS_FAILED)) {
		ub_ctx_delete(r->validating);
		r->validating = NULL;
	}
	return true;
}
