#include "net/dns_txt.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unbound.h>

#include "base/clock.h"
#include "base/span.h"

enum { TYPE_TXT = 16, CLASS_IN = 1, SERVER_MAX = 64 };

const char *dns_txt_join(const void *rdata, size_t len, struct arena *a)
{
	struct span s = span_of(rdata, len), part;
	struct sb text = sb_new(a, len + 1);
	uint8_t size = 0;

	while (span_len(s)) {
		if (!span_u8(&s, &size) || !span_take(&s, size, &part))
			return NULL;
		sb_addn(&text, part.p, size);
	}
	return text.s;
}

/* ---- the resolver ---- */

static void context_close(struct ub_ctx **ctx)
{
	if (*ctx)
		ub_ctx_delete(*ctx);
}

#define _cleanup_context_ __attribute__((cleanup(context_close)))

static bool add_servers(struct ub_ctx *ctx, const char *servers,
			struct arena *a)
{
	struct span s = span_str(servers), one;

	span_skip_blank(&s);
	if (!span_len(s))
		return !ub_ctx_resolvconf(ctx, NULL);
	while (span_len(s)) {
		if (!span_word(&s, SERVER_MAX, &one) ||
		    ub_ctx_set_fwd(ctx, span_dup(a, one)))
			return false;
		span_skip_blank(&s);
	}
	return true;
}

static bool context_open(const char *servers, struct arena *a,
			 struct ub_ctx **ret, struct err *err)
{
	*ret = ub_ctx_create();
	if (!*ret)
		return err_set(err, ERR_INTERNAL, "no resolver context");
	ub_ctx_debugout(*ret, NULL);
	/* A thread of its own, so that the deadline is ours to keep. */
	ub_ctx_async(*ret, 1);
	ub_ctx_set_option(*ret, "do-not-query-localhost:", "no");
	if (!add_servers(*ret, servers, a))
		return err_set(err, ERR_UPSTREAM, "no resolver is configured");
	/* Built in as absent, but a laboratory's resolver has them. */
	ub_ctx_zone_remove(*ret, "test.");
	ub_ctx_zone_remove(*ret, "127.in-addr.arpa.");
	return true;
}

struct lookup {
	bool done;
	int error;
	struct ub_result *result;
};

static void lookup_done(void *arg, int error, struct ub_result *result)
{
	struct lookup *l = arg;

	*l = (struct lookup){ true, error, result };
}

static void wait_for(struct ub_ctx *ctx, const struct lookup *l,
		     int64_t deadline)
{
	struct pollfd fd = { .fd = ub_fd(ctx), .events = POLLIN };

	while (!l->done) {
		int64_t left = deadline - clock_tick();

		if (left <= 0 || (poll(&fd, 1, (int)(left / 1000) + 1) < 0 &&
				  errno != EINTR))
			return;
		ub_process(ctx);
	}
}

static bool take(const struct lookup *l, struct arena *a, struct dns_texts *ret,
		 struct err *err)
{
	const struct ub_result *r = l->result;

	if (!l->done)
		return err_set(err, ERR_UPSTREAM,
			       "the resolver did not answer in time");
	if (l->error || !r || (r->rcode && !r->nxdomain))
		return err_set(err, ERR_UPSTREAM, "the resolver failed");
	ret->items = arena_array(a, DNS_TXT_MAX, sizeof(*ret->items));
	ret->len = 0;
	for (int i = 0; r->havedata && r->data[i] && ret->len < DNS_TXT_MAX;
	     i++) {
		const char *text =
			dns_txt_join(r->data[i], (size_t)r->len[i], a);

		if (text)
			ret->items[ret->len++] = text;
	}
	return ret->len ||
	       err_set(err, ERR_NOT_FOUND, "there is no TXT record");
}

bool dns_txt(const char *name, const char *servers, int64_t deadline,
	     struct arena *a, struct dns_texts *ret, struct err *err)
{
	_cleanup_context_ struct ub_ctx *ctx = NULL;
	struct lookup l = { 0 };
	int id = 0;
	bool ok;

	if (!context_open(servers, a, &ctx, err))
		return false;
	if (ub_resolve_async(ctx, name, TYPE_TXT, CLASS_IN, &l, lookup_done,
			     &id))
		return err_set(err, ERR_UPSTREAM, "the resolver did not start");
	wait_for(ctx, &l, deadline);
	if (!l.done)
		ub_cancel(ctx, id);
	ok = take(&l, a, ret, err);
	if (l.result)
		ub_resolve_free(l.result);
	return ok;
}
