/* schedules: scans that recur; jobs/schedule.c starts them. */
#include <string.h>

#include "base/rand.h"
#include "gen/api_ops.h"
#include "gen/queries.h"
#include "gen/row_types.h"
#include "http/call.h"
#include "jobs/schedule.h"

/* Of one organisation; each costs a look when it is due. */
enum { SCHEDULES_MAX = 200 };

static const char all_features[] = "{\"dns_checks\":true,\"web_checks\":true,"
				   "\"port_scan\":true,\"whois_checks\":true}";

bool op_schedule_list(struct call *call, const struct schedule_list_in *in,
		      struct schedule_list *out, struct err *err)
{
	(void)in;
	return sql_schedule_list(call->db, call->arena, call->session->org_id,
				 out, err);
}

static bool find(struct call *call, const char *id, struct schedule *ret,
		 struct err *err)
{
	bool found = false;

	if (!sql_schedule_get(call->db, call->arena, call->session->org_id, id,
			      ret, &found, err))
		return false;
	return found || err_set(err, ERR_NOT_FOUND, "Schedule not found");
}

/* What the audit row says. */
static void describe(struct call *call, const struct schedule *s)
{
	struct sb b = sb_new(call->arena, 256);

	sb_add(&b, "{\"name\":");
	codec_write_string(&b, s->name);
	sb_add(&b, ",\"cron_expression\":");
	codec_write_string(&b, s->cron_expression);
	sb_addf(&b, ",\"timezone\":\"%s\",\"is_active\":%s,\"config\":%s}",
		s->timezone, s->is_active ? "true" : "false", s->config);
	call->audit.resource_id = s->id;
	call->audit.details = b.s;
}

/* ---- what it is made of ---- */

static bool is_kept(const struct str_list *kept, const char *id)
{
	for (size_t i = 0; i < kept->len; i++)
		if (!strcmp(kept->items[i], id))
			return true;
	return false;
}

/* Those that are the organisation's, each once; one at least is active. */
static bool own_assets(struct call *call, const struct str_list *ids,
		       struct str_list *ret, struct err *err)
{
	bool active = false;

	ret->items = arena_array(call->arena, ids->len + 1, sizeof(char *));
	ret->len = 0;
	for (size_t i = 0; i < ids->len; i++) {
		struct asset asset = { 0 };
		bool found = false;

		if (is_kept(ret, ids->items[i]))
			continue;
		if (!sql_asset_get(call->db, call->arena, call->session->org_id,
				   ids->items[i], &asset, &found, err))
			return false;
		if (found)
			ret->items[ret->len++] = ids->items[i];
		active |= found && asset.is_active;
	}
	return active ||
	       err_set(err, ERR_REFUSED,
		       "No valid active assets found for the provided IDs");
}

static const char *features_of(const char *sent)
{
	return sent && strcmp(sent, "{}") != 0 ? sent : all_features;
}

/* Keeps the message of an expression that is none, as the contract has it. */
static bool next_run(struct call *call, struct schedule *s, struct err *err)
{
	struct err why = { 0 };

	if (!schedule_next(s->cron_expression, s->timezone, call->now,
			   &s->next_run_at, &why)) {
		if (!*why.field)
			return err_set(err, ERR_REFUSED,
				       "Invalid cron expression: %s", why.msg);
		*err = why;
		return false;
	}
	s->has_next_run_at = s->is_active;
	return true;
}

static const char *config_json(struct call *call,
			       const struct schedule_config *config)
{
	struct sb b = sb_new(call->arena, 256);

	codec_write(&schedule_config_type, config, &b);
	return b.s;
}

/* ---- create ---- */

static bool has_room(struct call *call, struct err *err)
{
	int64_t count = 0;

	if (!sql_schedule_total(call->db, call->arena, call->session->org_id,
				&count, err))
		return false;
	return count < SCHEDULES_MAX ||
	       err_set(err, ERR_CONFLICT,
		       "This organization has %d schedules: delete one first",
		       SCHEDULES_MAX);
}

static bool insert(struct call *call, const struct schedule *s,
		   struct schedule *out, struct err *err)
{
	return sql_schedule_insert(
		call->db, call->arena,
		&(struct sql_schedule_insert_args){
			.org = call->session->org_id,
			.id = id_new(call->arena),
			.created_by = call->session->user_id,
			.name = s->name,
			.cron_expression = s->cron_expression,
			.timezone = s->timezone,
			.config = s->config,
			.is_active = s->is_active,
			.has_next_run_at = s->has_next_run_at,
			.next_run_at = s->next_run_at,
			.now = call->now,
		},
		out, err);
}

bool op_schedule_create(struct call *call, const struct schedule_create_in *in,
			struct schedule *out, struct err *err)
{
	const struct schedule_create *body = &in->body;
	struct schedule_config config = {
		.scan_type = schedule_create_scan_type_names[body->scan_type],
		.features = features_of(body->features),
	};
	struct schedule s = {
		.name = body->name,
		.cron_expression = body->cron_expression,
		.timezone = body->timezone ? body->timezone : "UTC",
		.is_active = body->is_active,
	};
	bool intrusive = false;

	if (!next_run(call, &s, err) ||
	    !scan_order_intrusive(config.features, call->arena, &intrusive,
				  err) ||
	    !call_lock_org(call, err) || !has_room(call, err) ||
	    !own_assets(call, &body->asset_ids, &config.asset_ids, err))
		return false;
	s.config = config_json(call, &config);
	if (!insert(call, &s, out, err))
		return false;
	describe(call, out);
	return true;
}

/* ---- change ---- */

static bool change_config(struct call *call, const struct schedule_update *body,
			  struct schedule *s, struct err *err)
{
	struct schedule_config config = { 0 };
	bool intrusive = false;

	if (!codec_read(&schedule_config_type, s->config, strlen(s->config),
			"config", call->arena, &config, NULL, err))
		return err_set(err, ERR_INTERNAL, "schedule %s has no config",
			       s->id);
	if (body->has_scan_type)
		config.scan_type =
			schedule_update_scan_type_names[body->scan_type];
	if (body->features)
		config.features = features_of(body->features);
	if (body->features &&
	    !scan_order_intrusive(config.features, call->arena, &intrusive,
				  err))
		return false;
	if (body->has_asset_ids &&
	    !own_assets(call, &body->asset_ids, &config.asset_ids, err))
		return false;
	s->config = config_json(call, &config);
	return true;
}

static bool apply(struct call *call, const struct schedule_update *body,
		  struct schedule *s, struct err *err)
{
	bool same = !body->cron_expression && !body->timezone &&
		    (!body->has_is_active || body->is_active == s->is_active);

	if (body->name)
		s->name = body->name;
	if (body->cron_expression)
		s->cron_expression = body->cron_expression;
	if (body->timezone)
		s->timezone = body->timezone;
	if (body->has_is_active)
		s->is_active = body->is_active;
	/* A new name takes no run away that is due just now. */
	return (same || next_run(call, s, err)) &&
	       change_config(call, body, s, err);
}

bool op_schedule_update(struct call *call, const struct schedule_update_in *in,
			struct schedule *out, struct err *err)
{
	const char *org = call->session->org_id;
	struct schedule s = { 0 };

	if (!call_lock_org(call, err) ||
	    !find(call, in->schedule_id, &s, err) ||
	    !apply(call, &in->body, &s, err) ||
	    !sql_schedule_update(call->db, call->arena,
				 &(struct sql_schedule_update_args){
					 .org = org,
					 .id = s.id,
					 .name = s.name,
					 .cron_expression = s.cron_expression,
					 .timezone = s.timezone,
					 .config = s.config,
					 .is_active = s.is_active,
					 .has_next_run_at = s.has_next_run_at,
					 .next_run_at = s.next_run_at,
					 .now = call->now,
				 },
				 out, err))
		return false;
	describe(call, out);
	return true;
}

bool op_schedule_delete(struct call *call, const struct schedule_delete_in *in,
			struct err *err)
{
	struct schedule s = { 0 };

	if (!find(call, in->schedule_id, &s, err) ||
	    !sql_schedule_delete(call->db, call->arena, call->session->org_id,
				 in->schedule_id, NULL, err))
		return false;
	describe(call, &s);
	return true;
}

/* ---- now ---- */

bool op_schedule_run(struct call *call, const struct schedule_run_in *in,
		     struct schedule_run *out, struct err *err)
{
	struct scan_ordered ordered = { 0 };
	struct schedule s = { 0 };
	struct schedule_row row = { .org_id = call->session->org_id };

	if (!call_lock_org(call, err) || !find(call, in->schedule_id, &s, err))
		return false;
	if (!s.is_active)
		return err_set(err, ERR_CONFLICT, "Schedule is not active");
	row.id = s.id;
	row.name = s.name;
	row.config = s.config;
	if (!schedule_start(call->db, call->arena, call->settings, &row,
			    call->session->user_id, call->now, &ordered, err))
		return false;
	*out = (struct schedule_run){
		.task_id = ordered.scan.celery_task_id,
		.status = SCHEDULE_RUN_STATUS_QUEUED,
		.schedule_id = s.id,
		.scan_id = ordered.scan.id,
	};
	call->wake_worker = true;
	call->audit.resource_id = s.id;
	call->audit.details = arena_printf(call->arena, "{\"scan_id\":\"%s\"}",
					   ordered.scan.id);
	return true;
}
