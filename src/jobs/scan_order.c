#include "jobs/scan_order.h"

#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/rand.h"
#include "gen/queries.h"
#include "jobs/job.h"

/* An order on its way. */
struct ordering {
	struct db *db;
	struct arena *arena;
	const struct scan_order *order;
	struct target_row_list assets;
	bool intrusive;
	int64_t month;
};

/* ---- the assets ---- */

static bool is_chosen(const struct target_row_list *chosen, const char *id)
{
	for (size_t i = 0; i < chosen->len; i++)
		if (!strcmp(chosen->items[i].id, id))
			return true;
	return false;
}

/* Those of the list that are the organisation's and active, each once. */
static bool choose_assets(struct ordering *o, struct err *err)
{
	const struct str_list *ids = o->order->asset_ids;
	struct target_row_list *chosen = &o->assets;

	chosen->items =
		arena_array(o->arena, ids->len + 1, sizeof(*chosen->items));
	for (size_t i = 0; i < ids->len; i++) {
		struct target_row row = { 0 };
		bool found = false;

		if (is_chosen(chosen, ids->items[i]))
			continue;
		if (!sql_asset_target(o->db, o->arena, o->order->org_id,
				      ids->items[i], &row, &found, err))
			return false;
		if (found)
			chosen->items[chosen->len++] = row;
	}
	return chosen->len ||
	       err_set(err, ERR_REFUSED,
		       "No valid active assets found for the provided IDs");
}

static bool wants_proof(struct ordering *o, bool *ret, struct err *err)
{
	struct org_settings settings = { 0 };
	struct text_row text = { 0 };
	bool found = false;

	if (!sql_org_settings(o->db, o->arena, o->order->org_id, &text, &found,
			      err))
		return false;
	*ret = found &&
	       codec_read(&org_settings_type, text.text, strlen(text.text),
			  "settings", o->arena, &settings, NULL, NULL) &&
	       settings.require_verified_assets;
	return true;
}

static bool check_proof(struct ordering *o, struct err *err)
{
	bool wanted = false;

	if (!wants_proof(o, &wanted, err))
		return false;
	for (size_t i = 0; wanted && i < o->assets.len; i++)
		if (!o->assets.items[i].has_verified_at)
			return err_set(err, ERR_CONFLICT,
				       "Asset '%.100s' has no proof of "
				       "ownership, which this organization "
				       "requires for a scan",
				       o->assets.items[i].name);
	return true;
}

/* ---- how many ---- */

/* The first moment of the month of `now`, in UTC. */
static int64_t month_start(int64_t now)
{
	time_t seconds = (time_t)(now / CLOCK_SECOND);
	struct tm tm;

	gmtime_r(&seconds, &tm);
	return (now / CLOCK_DAY - (tm.tm_mday - 1)) * CLOCK_DAY;
}

static bool check_quota(struct ordering *o, struct err *err)
{
	const char *org = o->order->org_id;
	int64_t now = o->order->now, quota = 0, used = 0;

	o->month = month_start(now);
	if (!sql_org_scan_quota(o->db, o->arena, org, &quota, err) ||
	    !sql_scan_month(o->db, o->arena, org, o->month, &used, err))
		return false;
	if (used < quota)
		return true;
	err_set(err, ERR_LIMITED,
		"The organization's quota of %lld scans for this month is used "
		"up",
		(long long)quota);
	err->retry_after =
		(int)((month_start(o->month + 31 * CLOCK_DAY) - now) /
		      CLOCK_SECOND) +
		1;
	return false;
}

static bool check_unfinished(struct ordering *o, struct err *err)
{
	int64_t most = o->order->settings->max_scans, count = 0;

	if (!sql_scan_unfinished(o->db, o->arena, o->order->org_id, &count,
				 err))
		return false;
	if (count < most)
		return true;
	err_set(err, ERR_LIMITED,
		"%lld scans of the organization have not ended, which is as "
		"many as may be; wait for one, or cancel one",
		(long long)count);
	err->retry_after = SCAN_WAIT;
	return false;
}

/* ---- what it will do ---- */

bool scan_order_intrusive(const char *features, struct arena *a, bool *ret,
			  struct err *err)
{
	struct scan_features read = { 0 };

	if (features &&
	    !codec_read(&scan_features_type, features, strlen(features),
			"body.features", a, &read, NULL, err))
		return false;
	*ret = read.intrusive;
	return true;
}

static void add_targets(struct sb *b, const struct target_row_list *assets,
			bool domains)
{
	const char *comma = "";

	for (size_t i = 0; i < assets->len; i++) {
		if ((strcmp(assets->items[i].target_type, "domain") == 0) !=
		    domains)
			continue;
		sb_add(b, comma);
		codec_write_string(b, assets->items[i].target_value);
		comma = ",";
	}
}

static void add_pins(struct sb *b, const struct target_row_list *assets)
{
	const char *comma = "";

	for (size_t i = 0; i < assets->len; i++) {
		const struct target_row *t = &assets->items[i];

		if (strcmp(t->target_type, "domain") != 0 || !t->pinned_ip)
			continue;
		sb_add(b, comma);
		codec_write_string(b, t->target_value);
		sb_addc(b, ':');
		codec_write_string(b, t->pinned_ip);
		comma = ",";
	}
}

static bool no_features(const char *features)
{
	return !features || strcmp(features, "{}") == 0;
}

/* As it was asked: src/jobs/scan.c plans from it. */
static const char *snapshot(const struct ordering *o)
{
	const struct scan_order *order = o->order;
	struct sb b = sb_new(o->arena, 1024);

	sb_add(&b, "{\"name\":");
	codec_write_string(&b, order->name);
	sb_add(&b, ",\"domains\":[");
	add_targets(&b, &o->assets, true);
	sb_add(&b, "],\"ip_ranges\":[");
	add_targets(&b, &o->assets, false);
	sb_add(&b, "],\"pinned_ips\":{");
	add_pins(&b, &o->assets);
	sb_add(&b, "},\"scan_type\":");
	codec_write_string(&b, order->scan_type);
	sb_addf(&b, ",\"features\":%s",
		no_features(order->features)
			? "{\"dns_checks\":true,\"web_checks\":true,"
			  "\"port_scan\":true,\"whois_checks\":true}"
			: order->features);
	sb_addf(&b,
		",\"concurrency\":%lld,\"scan_timeout\":%lld,"
		"\"max_hosts\":%lld}",
		(long long)order->concurrency, (long long)order->scan_timeout,
		(long long)order->max_hosts);
	return b.s;
}

static const char *audit_details(const struct ordering *o)
{
	struct sb b = sb_new(o->arena, 256);

	sb_add(&b, "{\"name\":");
	codec_write_string(&b, o->order->name);
	sb_add(&b, ",\"scan_type\":");
	codec_write_string(&b, o->order->scan_type);
	sb_addf(&b, ",\"assets\":%zu,\"intrusive\":%s}", o->assets.len,
		o->intrusive ? "true" : "false");
	return b.s;
}

/* ---- the row and the job ---- */

static bool insert(struct ordering *o, struct scan *ret, struct err *err)
{
	const struct scan_order *order = o->order;
	const char *id = id_new(o->arena), *job = id_new(o->arena);

	return sql_scan_insert(o->db, o->arena,
			       &(struct sql_scan_insert_args){
				       .org = order->org_id,
				       .id = id,
				       .created_by = order->created_by,
				       .name = order->name,
				       .scan_type = order->scan_type,
				       .config_snapshot = snapshot(o),
				       .job_id = job,
				       .now = order->now,
			       },
			       ret, err) &&
	       sql_scan_month_add(o->db, o->arena, order->org_id, o->month,
				  err) &&
	       job_put(o->db, o->arena,
		       &(struct job_new){ .id = job,
					  .org_id = order->org_id,
					  .kind = "scan",
					  .args = &(struct job_args){ id },
					  .now = order->now },
		       err);
}

bool scan_order_put(struct db *db, struct arena *a,
		    const struct scan_order *order, struct scan_ordered *ret,
		    struct err *err)
{
	struct ordering o = { .db = db, .arena = a, .order = order };

	if (!scan_order_intrusive(order->features, a, &o.intrusive, err) ||
	    !choose_assets(&o, err) || !check_proof(&o, err) ||
	    !check_quota(&o, err) || !check_unfinished(&o, err) ||
	    !insert(&o, &ret->scan, err))
		return false;
	ret->intrusive = o.intrusive;
	ret->details = audit_details(&o);
	return true;
}
