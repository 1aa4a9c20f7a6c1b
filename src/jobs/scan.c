/*
 * scan: the job behind POST /scans.
 *
 * A probe process does the scanning (scan/child.h); this file plans it, judges
 * the facts of each host as they come, and stores host by host, so that what
 * is stored stays whatever happens. A scan that is taken up again looks only
 * at the addresses that have no row yet.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "core/matrix.h"
#include "core/score.h"
#include "core/summary.h"
#include "crypto/mac.h"
#include "gen/queries.h"
#include "jobs/event.h"
#include "jobs/job.h"
#include "jobs/scan_order.h"
#include "jobs/scan_store.h"
#include "scan/child.h"
#include "scan/plan.h"

enum {
	BATCH_HOSTS = 128,  /* stored in one transaction, at most */
	BATCH_WAIT_MS = 20, /* how long an open one waits for the next host */
	LOOK_MS = 500,	    /* between looks at whether it was cancelled */
	CRASHES_MAX = 3,    /* then the address is given up, not the scan */
	SELF_DEATHS_MAX = 3,
};

struct scan_run {
	struct job_run *job;
	const char *org;
	const char *scan_id;
	struct scan scan;
	struct scan_plan plan;
	struct child *child;
	int pending; /* hosts in the open transaction */
	int self_deaths;
	int64_t next_look;
	bool gone; /* cancelled or deleted: stop, and write nothing more */
};

/* ---- the plan ---- */

static void add_targets(struct scan_plan *plan, const struct str_list *values,
			bool domains)
{
	for (size_t i = 0; i < values->len; i++) {
		struct plan_target *t = &plan->targets.items[plan->targets.len];

		t->target = values->items[i];
		t->target_type = domains ? PLAN_TARGET_TARGET_TYPE_DOMAIN
				 : strchr(t->target, '/')
					 ? PLAN_TARGET_TARGET_TYPE_CIDR
					 : PLAN_TARGET_TARGET_TYPE_IP;
		plan->targets.len++;
	}
}

/* A feature that is no boolean does not switch anything off. */
static struct plan_features *features(struct arena *a, const char *json)
{
	struct plan_features *f = arena_alloc(a, sizeof(*f));

	if (codec_read(&plan_features_type, json ? json : "{}",
		       strlen(json ? json : "{}"), "features", a, f, NULL,
		       NULL))
		return f;
	*f = (struct plan_features){ .dns_checks = true,
				     .web_checks = true,
				     .port_scan = true,
				     .whois_checks = true };
	return f;
}

/* What the wire calls anything else is a full scan. */
static enum scan_plan_profile profile(const char *kind)
{
	if (strcasecmp(kind, "quick") == 0)
		return SCAN_PLAN_PROFILE_QUICK;
	return strcasecmp(kind, "custom") == 0 ? SCAN_PLAN_PROFILE_CUSTOM
					       : SCAN_PLAN_PROFILE_FULL;
}

/* A secret is known again in the organisation's next scan, and nowhere else. */
static const char *secret_salt(const struct settings *settings, const char *org,
			       struct arena *a)
{
	struct mac_key key;

	mac_key_derive(settings->data_key, "secrets in pages v1", &key);
	return mac_hex(&key, org, strlen(org), a);
}

static bool make_plan(struct scan_run *run, struct err *err)
{
	const struct settings *settings = run->job->settings;
	struct arena *a = run->job->arena;
	struct scan_plan *plan = &run->plan;
	struct scan_config config = { 0 };
	struct text_row country = { 0 };
	bool has_country = false;

	if (!codec_read(&scan_config_type, run->scan.config_snapshot,
			strlen(run->scan.config_snapshot), "config", a, &config,
			NULL, err))
		return false;
	plan->targets.items =
		arena_array(a, config.domains.len + config.ip_ranges.len,
			    sizeof(*plan->targets.items));
	add_targets(plan, &config.ip_ranges, false);
	add_targets(plan, &config.domains, true);
	plan->profile = profile(run->scan.scan_type);
	plan->features = features(a, config.features);
	if (!scan_order_intrusive(config.features, a, &plan->intrusive, err))
		return false;
	plan->concurrency = config.concurrency;
	plan->scan_timeout = config.scan_timeout;
	plan->max_hosts = config.max_hosts;
	plan->deadline = settings->scan_deadline;
	plan->allow_networks = settings->scan_allow_networks;
	plan->hosts_file = settings->hosts_file;
	plan->resolver = settings->resolver;
	plan->ca_file = settings->ca_file;
	plan->user_agent = plan_user_agent(settings->scan_contact_url, a);
	plan->ct_log_list = settings->ct_log_list;
	plan->discreet = settings->scan_discreet;
	plan->trust_anchor = settings->scan_trust_anchor;
	plan->salt = secret_salt(settings, run->org, a);
	if (!sql_org_country(run->job->db, a, run->org, &country, &has_country,
			     err))
		return false;
	plan->country = has_country ? country.text : NULL;
	return true;
}

static bool is_done(const struct address_row_list *done,
		    const struct address_row *address)
{
	for (size_t i = 0; i < done->len; i++)
		if (strcmp(done->items[i].ip, address->ip) == 0 &&
		    strcmp(done->items[i].target, address->target) == 0)
			return true;
	return false;
}

/* What is stored is not looked at again; what crashed comes last and alone. */
static bool plan_around(struct scan_run *run, struct err *err)
{
	struct arena *a = run->job->arena;
	struct db *db = run->job->db;
	struct address_row_list done = { 0 }, crashed = { 0 };
	struct scan_plan *plan = &run->plan;

	if (!sql_result_addresses(db, a, run->org, run->scan_id, &done, err) ||
	    !sql_crash_list(db, a, run->org, run->scan_id, &crashed, err))
		return false;
	plan->done.items =
		arena_array(a, done.len + 1, sizeof(*plan->done.items));
	plan->retry.items =
		arena_array(a, crashed.len + 1, sizeof(*plan->retry.items));
	plan->done.len = plan->retry.len = 0;
	plan->has_done = plan->has_retry = true;
	for (size_t i = 0; i < done.len; i++)
		plan->done.items[plan->done.len++] = (struct plan_host){
			.target = done.items[i].target,
			.ip = done.items[i].ip,
		};
	for (size_t i = 0; i < crashed.len; i++)
		if (!is_done(&done, &crashed.items[i]))
			plan->retry.items[plan->retry.len++] =
				(struct plan_host){
					.target = crashed.items[i].target,
					.ip = crashed.items[i].ip,
				};
	return true;
}

static bool start_child(struct scan_run *run, struct err *err)
{
	char pid[16];

	child_stop(run->child);
	run->child = NULL;
	if (!plan_around(run, err) ||
	    !child_start(&run->plan, &run->child, err))
		return false;
	snprintf(pid, sizeof(pid), "%d", child_pid(run->child));
	log_event(LOG_INFO, "probe_started", "scan", run->scan_id, "pid", pid,
		  NULL);
	return true;
}

/* ---- storing ---- */

/* Two scans of one organisation take turns: they count the same findings. */
static bool batch_begin(struct scan_run *run, struct err *err)
{
	_arena_ struct arena a = { 0 };
	int64_t found = 0;

	return run->pending > 0 ||
	       (db_begin_write(run->job->db, err) &&
		sql_org_lock(run->job->db, &a, run->org, &found, err));
}

/* Commits what is pending, with the counters that belong to it. */
static bool batch_end(struct scan_run *run, struct err *err)
{
	_arena_ struct arena a = { 0 };
	int64_t changed = 0;

	if (!run->pending)
		return true;
	if (!sql_scan_recount(run->job->db, &a, run->org, run->scan_id,
			      clock_now(), &changed, err) ||
	    !db_commit(run->job->db, err))
		return false;
	run->pending = 0;
	run->gone |= !changed;
	return true;
}

static bool store_host(struct scan_run *run, const struct probe_message *host,
		       struct arena *a, struct err *err)
{
	struct fact_list facts = { 0 };
	struct scan_store store = {
		.db = run->job->db,
		.arena = a,
		.org = run->org,
		.scan_id = run->scan_id,
		.now = clock_now(),
	};

	if (!child_facts(host, a, &facts, err) || !batch_begin(run, err))
		return false;
	run->pending++;
	if (!scan_store_host(&store, host, &facts, err))
		return false;
	return run->pending < BATCH_HOSTS || batch_end(run, err);
}

/* The third crash on one address is the end of that address, not of the scan.
 */
static bool note_crash(struct scan_run *run, const struct plan_host *host,
		       struct err *err)
{
	static const char *gave_up =
		"The probe crashed three times on this address";
	_arena_ struct arena a = { 0 };
	struct probe_message failed = {
		.kind = PROBE_MESSAGE_KIND_HOST,
		.target = host->target,
		.ip = host->ip,
		.has_errors = true,
		.errors = { .items = &gave_up, .len = 1 },
	};
	int64_t crashes = 0;

	if (!sql_crash_add(run->job->db, &a, run->org, run->scan_id,
			   host->target, host->ip, &crashes, err))
		return false;
	if (crashes < CRASHES_MAX)
		return true;
	return store_host(run, &failed, &a, err);
}

static bool on_death(struct scan_run *run, const struct err *why,
		     struct err *err)
{
	const struct plan_host_list *blame = child_in_flight(run->child);

	log_error("probe", run->scan_id, why);
	if (!blame->len && ++run->self_deaths == SELF_DEATHS_MAX)
		return err_set(err, ERR_INTERNAL,
			       "the probe process keeps dying: %.200s",
			       why->msg);
	for (size_t i = 0; i < blame->len; i++)
		if (!note_crash(run, &blame->items[i], err))
			return false;
	return batch_end(run, err) && start_child(run, err);
}

/* ---- while it runs ---- */

/* Cancelled, deleted, or not ours any more? */
static bool look(struct scan_run *run, struct err *err)
{
	_arena_ struct arena a = { 0 };
	struct text_row status = { 0 };
	bool found = false;

	if (clock_tick() < run->next_look)
		return true;
	run->next_look = clock_tick() + LOOK_MS * (CLOCK_SECOND / 1000);
	if (!batch_end(run, err) ||
	    !sql_scan_status(run->job->db, &a, run->org, run->scan_id, &status,
			     &found, err))
		return false;
	run->gone |= !found || strcmp(status.text, "running") != 0;
	return run->gone || job_beat(run->job, err);
}

static bool on_message(struct scan_run *run, const struct probe_message *m,
		       struct arena *a, struct err *err)
{
	switch (m->kind) {
	case PROBE_MESSAGE_KIND_HOST:
		return store_host(run, m, a, err);
	case PROBE_MESSAGE_KIND_TOTAL:
		return batch_end(run, err) &&
		       sql_scan_set_total(run->job->db, a, run->org,
					  run->scan_id, m->total, clock_now(),
					  err);
	case PROBE_MESSAGE_KIND_NOTE:
		log_event(LOG_INFO, "probe_note", "scan", run->scan_id, "text",
			  m->text, NULL);
		return true;
	default:
		return true;
	}
}

/* One step; `ret_over` when the probe has said all. */
static bool step(struct scan_run *run, struct arena *a, bool *ret_over,
		 struct err *err)
{
	struct probe_message message = { 0 };
	struct err why = { 0 };

	arena_reset(a);
	switch (child_next(run->child, run->pending ? BATCH_WAIT_MS : LOOK_MS,
			   a, &message, &why)) {
	case CHILD_MESSAGE:
		return on_message(run, &message, a, err) && look(run, err);
	case CHILD_TIMEOUT:
		return batch_end(run, err) && look(run, err);
	case CHILD_DIED:
		return on_death(run, &why, err);
	case CHILD_LATE:
		return batch_end(run, err) &&
		       err_set(err, ERR_INTERNAL,
			       "The scan did not end within its deadline of "
			       "%lld seconds; what was seen is kept",
			       (long long)run->plan.deadline);
	case CHILD_ENDED:
		*ret_over = true;
		return batch_end(run, err);
	}
	return err_set(err, ERR_INTERNAL, "unknown event of the probe");
}

/* ---- the end ---- */

static const char *locale_of_creator(struct scan_run *run)
{
	struct user user = { 0 };

	if (run->scan.created_by &&
	    sql_user_get(run->job->db, run->job->arena, run->scan.created_by,
			 &user, NULL))
		return user.locale;
	return "en";
}

static bool sum_up(struct scan_run *run, struct summary_input *sum,
		   struct matrix_sum *matrix, struct err *err)
{
	struct arena *a = run->job->arena;
	struct host_row_list hosts = { 0 };
	struct finding_list *findings = arena_alloc(a, sizeof(*findings));
	int64_t scores = 0;
	int score = 0;

	if (!sql_result_hosts(run->job->db, a, run->org, run->scan_id, &hosts,
			      err) ||
	    !sql_report_findings(run->job->db, a, run->org, run->scan_id,
				 findings, err))
		return false;
	for (size_t i = 0; i < hosts.len; i++) {
		const struct host_row *h = &hosts.items[i];

		sum->alive += h->is_alive;
		scores += h->is_alive && h->has_score ? h->score : 0;
		if (h->checks && !matrix_add_json(matrix, h->checks, a, err))
			return false;
	}
	sum->hosts = (int64_t)hosts.len;
	sum->has_score = score_scan(scores, sum->alive, &score);
	sum->score = score;
	sum->findings = findings;
	return true;
}

static bool put_event(struct job_run *job, const char *scan_id,
		      enum event_kind kind, int64_t now, struct err *err)
{
	return event_put(job->db, job->arena,
			 &(struct event_new){
				 .org_id = job->job->org_id,
				 .kind = kind,
				 .subject = EVENT_SUBJECT_SCAN,
				 .subject_id = scan_id,
				 .scan_id = scan_id,
				 .now = now,
			 },
			 err);
}

static bool complete(struct scan_run *run, const struct summary_input *sum,
		     const struct matrix_sum *matrix, struct err *err)
{
	struct arena *a = run->job->arena;
	const char *locale = locale_of_creator(run);
	int64_t now = clock_now(), changed = 0;

	return db_begin_write(run->job->db, err) &&
	       sql_scan_complete(run->job->db, a,
				 &(struct sql_scan_complete_args){
					 .org = run->org,
					 .id = run->scan_id,
					 .has_total_score = sum->has_score,
					 .total_score = sum->score,
					 .compliance_matrix =
						 matrix_json(matrix, locale, a),
					 .executive_summary =
						 summary_html(sum, locale, a),
					 .now = now,
				 },
				 &changed, err) &&
	       (!changed || put_event(run->job, run->scan_id,
				      EVENT_KIND_SCAN_COMPLETED, now, err)) &&
	       db_commit(run->job->db, err);
}

static bool finish(struct scan_run *run, struct err *err)
{
	struct matrix_sum *matrix =
		arena_alloc(run->job->arena, sizeof(*matrix));
	struct summary_input sum = { 0 };

	return sum_up(run, &sum, matrix, err) &&
	       complete(run, &sum, matrix, err);
}

static bool run_to_end(struct scan_run *run, struct err *err)
{
	_arena_ struct arena a = { 0 };
	bool over = false;

	if (!make_plan(run, err) || !start_child(run, err))
		return false;
	while (!over && !run->gone)
		if (!step(run, &a, &over, err))
			return false;
	return run->gone || finish(run, err);
}

/* Nothing to do: it was cancelled or deleted before we came to it. */
static bool load(struct scan_run *run, bool *ret_wanted, struct err *err)
{
	struct arena *a = run->job->arena;
	int64_t changed = 0;

	if (!sql_scan_start(run->job->db, a, run->org, run->scan_id,
			    clock_now(), &changed, err))
		return false;
	*ret_wanted = changed != 0;
	if (!changed)
		return true;
	return sql_scan_get(run->job->db, a, run->org, run->scan_id, &run->scan,
			    ret_wanted, err);
}

static bool run_scan(struct job_run *job, const void *args, struct err *err)
{
	const struct job_args *in = args;
	struct scan_run run = { .job = job,
				.org = job->job->org_id,
				.scan_id = in->id };
	bool wanted = false, done;

	if (!load(&run, &wanted, err))
		return false;
	if (!wanted)
		return true;
	done = run_to_end(&run, err);
	db_rollback(job->db);
	child_stop(run.child);
	/* Rows that vanish under us are a scan that was deleted. */
	return done || run.gone;
}

static bool fail(struct job_run *job, const char *id, const char *why,
		 struct err *err)
{
	int64_t now = clock_now(), changed = 0;

	return db_begin_write(job->db, err) &&
	       sql_scan_fail(job->db, job->arena, job->job->org_id, id, why,
			     now, &changed, err) &&
	       (!changed ||
		put_event(job, id, EVENT_KIND_SCAN_FAILED, now, err)) &&
	       db_commit(job->db, err);
}

static void scan_failed(struct job_run *job, const void *args,
			const struct err *why)
{
	const struct job_args *in = args;
	struct err err = { 0 };

	if (!in || !in->id || fail(job, in->id, why->msg, &err))
		return;
	db_rollback(job->db);
	log_error("scan", in->id, &err);
}

const struct job_kind job_scan = {
	.name = "scan",
	.lane = JOB_LANE_SCAN,
	.args = &job_args_type,
	.args_size = sizeof(struct job_args),
	.max_attempts = 5,
	.run = run_scan,
	.failed = scan_failed,
};
