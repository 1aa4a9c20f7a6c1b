#include "net/dns.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unbound.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/span.h"

/* A hosts file, and a line of one, are not longer than this. */
enum { HOSTS_MAX = 4 << 20, HOSTS_LINE = 4096 };

enum { TYPE_A = 1, TYPE_AAAA = 28, CLASS_IN = 1, RCODE_NXDOMAIN = 3 };

static void list_add(struct addr_list *list, const struct addr *a)
{
	for (size_t i = 0; i < list->len; i++)
		if (addr_equal(&list->items[i], a))
			return;
	if (list->len < DNS_ADDRS_MAX)
		list->items[list->len++] = *a;
}

static struct addr_list list_new(struct arena *a)
{
	return (struct addr_list){
		arena_array(a, DNS_ADDRS_MAX, sizeof(struct addr)), 0
	};
}

/* IPv4 first: it is the family that more networks have a route for. */
static struct addr_list v4_first(const struct addr_list *list, struct arena *a)
{
	struct addr_list out = list_new(a);

	for (int family = 4; family <= 6; family += 2)
		for (size_t i = 0; i < list->len; i++)
			if (list->items[i].family == family)
				list_add(&out, &list->items[i]);
	return out;
}

/* ---- the hosts file ---- */

static void hosts_line(struct span whole, const char *name,
		       struct addr_list *list)
{
	char text[ADDR_TEXT];
	struct span line, word;
	struct addr addr;

	if (!span_until(&whole, '#', HOSTS_LINE, &line))
		return;
	span_skip_blank(&line);
	if (!span_word(&line, sizeof(text) - 1, &word))
		return;
	snprintf(text, sizeof(text), "%.*s", (int)span_len(word), word.p);
	if (!addr_parse(text, &addr))
		return;
	for (;;) {
		span_skip_blank(&line);
		if (!span_word(&line, HOSTS_LINE, &word))
			return;
		if (span_is_nocase(word, name))
			list_add(list, &addr);
	}
}

void dns_hosts_find(const char *text, const char *name, struct arena *a,
		    struct addr_list *ret)
{
	struct addr_list list = list_new(a);
	struct span s = span_str(text), line;

	while (span_len(s)) {
		const char *end = memchr(s.p, '\n', span_len(s));

		line = (struct span){ s.p, end ? end : s.end };
		s.p = end ? end + 1 : s.end;
		if (span_len(line) <= HOSTS_LINE)
			hosts_line(line, name, &list);
	}
	*ret = v4_first(&list, a);
}

static bool hosts_lookup(const char *path, const char *name, struct arena *a,
			 struct addr_list *ret)
{
	_arena_ struct arena scratch = { 0 };
	struct addr_list list = { 0 };
	char *text;

	if (!path || !*path ||
	    !file_read(path, HOSTS_MAX, &scratch, &text, NULL, NULL))
		return false;
	dns_hosts_find(text, name, a, &list);
	if (!list.len)
		return false;
	*ret = list;
	return true;
}

/* ---- the resolver ---- */

struct lookup {
	int type;
	int id;
	bool done;
	int error;
	struct ub_result *result;
};

static void lookup_done(void *arg, int error, struct ub_result *result)
{
	struct lookup *l = arg;

	l->done = true;
	l->error = error;
	l->result = result;
}

static void context_close(struct ub_ctx **ctx)
{
	if (*ctx)
		ub_ctx_delete(*ctx);
}

#define _cleanup_context_ __attribute__((cleanup(context_close)))

static bool context_open(struct ub_ctx **ret, struct err *err)
{
	struct ub_ctx *ctx = ub_ctx_create();
	int rc;

	if (!ctx)
		return err_set(err, ERR_INTERNAL, "no resolver context");
	*ret = ctx;
	ub_ctx_debugout(ctx, NULL);
	/* A thread of its own, so that the deadline is ours to keep. */
	ub_ctx_async(ctx, 1);
	/* systemd-resolved and test beds are on 127.0.0.0/8. */
	ub_ctx_set_option(ctx, "do-not-query-localhost:", "no");
	ub_ctx_set_option(ctx, "rrset-roundrobin:", "no");
	rc = ub_ctx_resolvconf(ctx, NULL);
	if (!rc) {
		/* Built in as absent, but a laboratory's resolver has it. */
		ub_ctx_zone_remove(ctx, "test.");
		return true;
	}
	err_set(err, ERR_UPSTREAM, "no resolver is configured");
	return err_cause(err, "/etc/resolv.conf: %s", ub_strerror(rc));
}

static bool lookup_start(struct ub_ctx *ctx, const char *name, struct lookup *l,
			 struct err *err)
{
	int rc = ub_resolve_async(ctx, name, l->type, CLASS_IN, l, lookup_done,
				  &l->id);

	if (!rc)
		return true;
	err_set(err, ERR_UPSTREAM, "the resolver did not start");
	return err_cause(err, "%s", ub_strerror(rc));
}

/* Until all are done or the deadline passes; late ones are cancelled. */
static void lookups_wait(struct ub_ctx *ctx, struct lookup *lookups, int count,
			 int64_t deadline)
{
	struct pollfd fd = { .fd = ub_fd(ctx), .events = POLLIN };
	int open = count;

	while (open) {
		int64_t left = deadline - clock_tick();

		if (left <= 0 || (poll(&fd, 1, (int)(left / 1000) + 1) < 0 &&
				  errno != EINTR))
			break;
		ub_process(ctx);
		open = 0;
		for (int i = 0; i < count; i++)
			open += !lookups[i].done;
	}
	for (int i = 0; i < count; i++)
		if (!lookups[i].done)
			ub_cancel(ctx, lookups[i].id);
}

static void lookup_take(const struct lookup *l, struct addr_list *list)
{
	const struct ub_result *r = l->result;
	int size = l->type == TYPE_A ? 4 : 16;

	if (!r || !r->havedata)
		return;
	for (int i = 0; r->data[i]; i++) {
		struct addr a = { .family = l->type == TYPE_A ? 4 : 6 };

		if (r->len[i] != size)
			continue;
		memcpy(a.bytes, r->data[i], (size_t)size);
		list_add(list, &a);
	}
}

/* The answer said so, as opposed to: there was no answer. */
static bool lookup_answered(const struct lookup *l)
{
	return l->done && !l->error && l->result &&
	       (!l->result->rcode || l->result->rcode == RCODE_NXDOMAIN);
}

static bool no_address(const struct lookup *l, int count, struct err *err)
{
	for (int i = 0; i < count; i++) {
		if (!l[i].done)
			return err_set(err, ERR_UPSTREAM,
				       "the resolver did not answer in time");
		if (lookup_answered(&l[i]))
			continue;
		err_set(err, ERR_UPSTREAM, "the resolver failed");
		return err_cause(err, "%s, rcode %d", ub_strerror(l[i].error),
				 l[i].result ? l[i].result->rcode : -1);
	}
	if (l[0].result->rcode == RCODE_NXDOMAIN)
		return err_set(err, ERR_NOT_FOUND, "the name does not exist");
	return err_set(err, ERR_NOT_FOUND, "the name has no address");
}

static bool resolve(const char *name, int64_t deadline, struct arena *a,
		    struct addr_list *ret, struct err *err)
{
	struct lookup l[] = { { .type = TYPE_A }, { .type = TYPE_AAAA } };
	_cleanup_context_ struct ub_ctx *ctx = NULL;
	struct addr_list list = list_new(a);
	bool ok;

	if (!context_open(&ctx, err) || !lookup_start(ctx, name, &l[0], err) ||
	    !lookup_start(ctx, name, &l[1], err))
		return false;
	lookups_wait(ctx, l, 2, deadline);
	lookup_take(&l[0], &list);
	lookup_take(&l[1], &list);
	ok = list.len || no_address(l, 2, err);
	for (int i = 0; i < 2; i++)
		if (l[i].result)
			ub_resolve_free(l[i].result);
	if (ok)
		*ret = list;
	return ok;
}

bool dns_resolve(const char *name, int64_t deadline, const char *hosts_file,
		 struct arena *a, struct addr_list *ret, struct err *err)
{
	if (hosts_lookup(hosts_file, name, a, ret))
		return true;
	return resolve(name, deadline, a, ret, err);
}
