#include "jobs/schedule.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/zone.h"
#include "core/cron.h"
#include "gen/queries.h"
#include "jobs/event.h"
#include "store/audit.h"

enum { NAME_MAX_BYTES = 1024, NAME_MAX_CHARS = 256, STAMP = 16 };

bool schedule_next(const char *cron_expression, const char *timezone,
		   int64_t now, int64_t *ret, struct err *err)
{
	_arena_ struct arena a = { 0 };
	const struct zone *zone = NULL;
	struct cron cron = { 0 };
	struct err why = { 0 };

	if (!cron_parse(cron_expression, &cron, err))
		return false;
	if (!zone_open(timezone, &a, &zone, &why))
		return err_field(err, "body.timezone", "value_error", "%s",
				 why.msg);
	return cron_next(&cron, zone, now, ret) ||
	       err_set(err, ERR_INVALID, "it is never due");
}

/* ---- one scan ---- */

/* The bytes of the first `max` characters of UTF-8. */
static int cut(const char *text, int max)
{
	int bytes = 0;

	for (int chars = 0; text[bytes]; bytes++) {
		chars += ((unsigned char)text[bytes] & 0xc0) != 0x80;
		if (chars > max)
			break;
	}
	return bytes;
}

/* "Weekly - 2026-03-02 06:00", in UTC; a long name gives way to the time. */
static const char *scan_name(struct arena *a, const char *name, int64_t now)
{
	char stamp[CLOCK_TEXT];

	clock_text(now, stamp);
	stamp[10] = ' ';
	return arena_printf(a, "%.*s - %.*s",
			    cut(name, NAME_MAX_CHARS - STAMP - 3), name, STAMP,
			    stamp);
}

bool schedule_start(struct db *db, struct arena *a,
		    const struct settings *settings,
		    const struct schedule_row *row, const char *by, int64_t now,
		    struct scan_ordered *ret, struct err *err)
{
	struct schedule_config config = { 0 };
	struct scan_order order = {
		.org_id = row->org_id,
		.created_by = by,
		.name = scan_name(a, row->name, now),
		.asset_ids = &config.asset_ids,
		.concurrency = SCAN_CONCURRENCY,
		.scan_timeout = SCAN_TIMEOUT,
		.settings = settings,
		.now = now,
	};

	if (!codec_read(&schedule_config_type, row->config, strlen(row->config),
			"config", a, &config, NULL, err))
		return false;
	order.scan_type = config.scan_type;
	order.features = config.features;
	return scan_order_put(db, a, &order, ret, err) &&
	       sql_schedule_ran(db, a, row->org_id, row->id, ret->scan.id, now,
				NULL, err);
}

/* ---- those that are due ---- */

struct due {
	struct db *db;
	struct arena *arena;
	const struct settings *settings;
	const struct schedule_row *row;
	int64_t now;
	bool started;
};

/* Appended last: others wait for the end of the chain (store/audit.h). */
static bool note_start(struct due *d, const struct scan_ordered *ordered,
		       struct err *err)
{
	struct sb details = sb_new(d->arena, 256);

	sb_addf(&details, "{\"schedule_id\":\"%s\",%s", d->row->id,
		ordered->details + 1);
	d->started = true;
	return audit_append(d->db, d->arena, d->settings,
			    &(struct audit_entry){
				    .org_id = d->row->org_id,
				    .action = "scan.created",
				    .resource_type = "scan",
				    .resource_id = ordered->scan.id,
				    .details = details.s,
				    .now = d->now,
			    },
			    err);
}

/* It makes no scan this time; people can read why. */
static bool note_failure(struct due *d, const struct err *why, struct err *err)
{
	const struct schedule_row *row = d->row;

	return sql_schedule_failed(d->db, d->arena, row->org_id, row->id,
				   why->msg, d->now, NULL, err) &&
	       event_put(d->db, d->arena,
			 &(struct event_new){
				 .org_id = row->org_id,
				 .kind = EVENT_KIND_SCHEDULE_FAILED,
				 .subject = EVENT_SUBJECT_SCHEDULE,
				 .subject_id = row->id,
				 .now = d->now,
			 },
			 err);
}

/* Ours to fix, or worth another try: not the schedule's fault. */
static bool is_passing(const struct err *why)
{
	return why->kind == ERR_BUSY || why->kind == ERR_UPSTREAM ||
	       why->kind == ERR_INTERNAL;
}

/* Nobody else's from here on: the moment that it was due at is gone. */
static bool claim(struct due *d, int64_t due_at, bool has_next, int64_t next,
		  bool *ret_ours, struct err *err)
{
	int64_t changed = 0;

	if (!sql_schedule_claim(d->db, d->arena,
				&(struct sql_schedule_claim_args){
					.org = d->row->org_id,
					.id = d->row->id,
					.due_at = due_at,
					.has_next_run_at = has_next,
					.next_run_at = next,
					.now = d->now,
				},
				&changed, err))
		return false;
	*ret_ours = changed != 0;
	return true;
}

static bool run(struct due *d, struct err *err)
{
	const struct schedule_row *row = d->row;
	struct scan_ordered ordered = { 0 };
	struct err why = { 0 };
	int64_t next = 0, found = 0;
	bool ours = false, has_next;

	if (!sql_org_lock(d->db, d->arena, row->org_id, &found, err))
		return false;
	has_next = schedule_next(row->cron_expression, row->timezone, d->now,
				 &next, &why);
	if (!claim(d, row->next_run_at, has_next, next, &ours, err))
		return false;
	if (!ours)
		return true;
	if (!has_next)
		return note_failure(d, &why, err);
	if (schedule_start(d->db, d->arena, d->settings, row, row->created_by,
			   d->now, &ordered, &why))
		return note_start(d, &ordered, err);
	if (is_passing(&why)) {
		*err = why;
		return false;
	}
	/* There is no place now: the same again in a minute. */
	if (why.kind == ERR_LIMITED && why.retry_after == SCAN_WAIT)
		return claim(d, next, true, d->now + SCAN_WAIT * CLOCK_SECOND,
			     &ours, err);
	return note_failure(d, &why, err);
}

static bool run_one(struct due *d, struct err *err)
{
	bool ok;

	db_scope(d->db, (struct db_scope){ .org_id = d->row->org_id });
	ok = db_begin_write(d->db, err) && run(d, err) && db_commit(d->db, err);
	if (!ok)
		db_rollback(d->db);
	db_scope(d->db, (struct db_scope){ 0 });
	return ok;
}

bool schedule_run_due(struct db *db, const struct settings *settings,
		      int64_t now, int *ret_started, struct err *err)
{
	_arena_ struct arena a = { 0 };
	struct schedule_row_list due = { 0 };

	*ret_started = 0;
	if (!sql_schedule_due(db, &a, now, &due, err))
		return false;
	for (size_t i = 0; i < due.len; i++) {
		struct due d = { .db = db,
				 .arena = &a,
				 .settings = settings,
				 .row = &due.items[i],
				 .now = now };
		struct err why = { 0 };

		/* What is wrong with one holds up no other. */
		if (!run_one(&d, &why))
			log_error("schedule", due.items[i].id, &why);
		else
			*ret_started += d.started;
	}
	return true;
}
