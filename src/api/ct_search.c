#include "api/ct_search.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/url.h"
#include "gen/queries.h"
#include "gen/row_types.h"
#include "net/fetch.h"

/* ---- reading ---- */

/* Newest first; of equal ones the later number. */
static int by_start(const void *a, const void *b)
{
	const struct ct_entry *x = a, *y = b;
	int order = strcmp(y->not_before, x->not_before);

	return order ? order : (y->id > x->id) - (y->id < x->id);
}

static int by_id(const void *a, const void *b)
{
	const struct ct_entry *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

static const char *cut(struct arena *a, const char *text, size_t max)
{
	size_t len = text ? strlen(text) : 0;

	if (len <= max)
		return text ? text : "";
	while (max && ((unsigned char)text[max] & 0xc0) == 0x80)
		max--;
	return arena_strndup(a, text, max);
}

static struct ct_entry entry_of(const struct ct_found *f, struct arena *a)
{
	return (struct ct_entry){
		.id = f->has_id ? f->id : 0,
		.issuer = cut(a, f->issuer_name, 1024),
		.common_name = cut(a, f->common_name, 1024),
		.not_before = cut(a, f->not_before, 32),
		.not_after = cut(a, f->not_after, 32),
		.serial = cut(a, f->serial_number, 128),
	};
}

bool ct_search_read(const char *name, const char *json, size_t len,
		    struct arena *a, struct ct_search *ret, struct err *err)
{
	struct ct_answer answer = { 0 };
	struct ct_entry *items;
	size_t count = 0;
	char *text = arena_printf(a, "{\"entries\":%.*s}", (int)len, json);

	if (!codec_read(&ct_answer_type, text, strlen(text), "answer", a,
			&answer, NULL, err))
		return err_set(err, ERR_UPSTREAM, "not an answer of a search");
	items = arena_array(a, answer.entries.len, sizeof(*items));
	for (size_t i = 0; i < answer.entries.len; i++)
		items[i] = entry_of(&answer.entries.items[i], a);
	/* A certificate and its precertificate may have the same number. */
	if (answer.entries.len)
		qsort(items, answer.entries.len, sizeof(*items), by_id);
	for (size_t i = 0; i < answer.entries.len; i++)
		if (!count || items[count - 1].id != items[i].id)
			items[count++] = items[i];
	if (count)
		qsort(items, count, sizeof(*items), by_start);
	*ret = (struct ct_search){ .domain = name,
				   .total = (int64_t)count,
				   .has_total = true };
	ret->entries.items = items;
	ret->entries.len = count < CT_ENTRIES_SHOWN ? count : CT_ENTRIES_SHOWN;
	return true;
}

/* ---- asking ---- */

/* The name stands where the setting says {domain}, or behind all of it. */
static const char *url_for(struct call *call, const char *name)
{
	static const char place[] = "{domain}";
	const char *url = call->settings->ct_url;
	const char *at = strstr(url, place);

	if (!at)
		return arena_printf(call->arena, "%s%s", url,
				    url_encode(call->arena, name));
	return arena_printf(call->arena, "%.*s%s%s", (int)(at - url), url,
			    url_encode(call->arena, name), at + strlen(place));
}

/* An error in the reply; the log has the reason. */
static bool failed(struct call *call, const char *name, const char *text,
		   const struct err *why, struct ct_search *ret)
{
	if (why && why->msg[0])
		log_error("ct_search", call->request->id, why);
	*ret = (struct ct_search){ .domain = name, .error = text };
	return true;
}

static bool keep(struct call *call, const char *name,
		 const struct ct_search *found, struct err *err)
{
	int64_t oldest = call->now -
			 call->settings->ct_cache_hours * 3600 * CLOCK_SECOND;
	struct sb text = sb_new(call->arena, 4096);

	codec_write(&ct_search_type, found, &text);
	return call_begin(call, err) &&
	       sql_ct_cache_drop(call->db, call->arena, oldest, NULL, err) &&
	       sql_ct_cache_put(call->db, call->arena, name, call->now, text.s,
				err);
}

static bool ask(struct call *call, const char *name, struct ct_search *ret,
		struct err *err)
{
	struct fetch f = { .url = url_for(call, name),
			   .seconds = CT_SEARCH_SECONDS,
			   .max = CT_SEARCH_MAX,
			   .ca_file = call->settings->ca_file };
	struct fetched got = { 0 };
	struct err why = { 0 };

	if (!net_list_parse(call->settings->scan_allow_networks, call->arena,
			    &f.allow, err))
		return err_wrap(err, "SCAN_ALLOW_NETWORKS");
	if (!fetch_run(&f, call->arena, &got, &why))
		return failed(call, name, "CT-log lookup failed", &why, ret);
	if (got.status != 200) {
		err_set(&why, ERR_UPSTREAM, "HTTP status %d", got.status);
		return failed(call, name, "crt.sh unavailable", &why, ret);
	}
	if (!ct_search_read(name, got.body, got.len, call->arena, ret, &why))
		return failed(call, name, "CT-log lookup failed", &why, ret);
	return keep(call, name, ret, err);
}

static bool read_kept(struct call *call, const struct ct_cache_row *row,
		      const char *name, struct ct_search *ret)
{
	struct ct_search *kept = arena_alloc(call->arena, sizeof(*kept));

	if (!codec_read(&ct_search_type, row->answer, strlen(row->answer),
			"answer", call->arena, kept, NULL, NULL))
		return false;
	*ret = *kept;
	ret->domain = name;
	return true;
}

bool ct_search(struct call *call, const char *name, struct ct_search *ret,
	       struct err *err)
{
	int64_t since = call->now -
			call->settings->ct_cache_hours * 3600 * CLOCK_SECOND;
	struct ct_cache_row row = { 0 };
	bool found = false;

	if (!*call->settings->ct_url)
		return failed(call, name, "CT-log lookup is switched off", NULL,
			      ret);
	if (!sql_ct_cache_get(call->db, call->arena, name, since, &row, &found,
			      err))
		return false;
	if (found && read_kept(call, &row, name, ret))
		return true;
	return ask(call, name, ret, err);
}
