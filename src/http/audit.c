#include "http/audit.h"

#include <ctype.h>
#include <string.h>

#include "base/clock.h"
#include "base/span.h"
#include "codec/codec.h"
#include "store/audit.h"
#include "store/kv.h"

/* What the columns of the contract hold. */
enum { RESOURCE_MAX = 50, METHOD_MAX = 8, REFUSED_SECONDS = 60 };

bool audit_note(struct call *call, const struct audit_note *note,
		struct err *err)
{
	const struct session *s = call->session;
	const char *org = note->org_id ? note->org_id : s->org_id;

	if (!org)
		return true;
	return audit_append(
		call->db, call->arena, call->settings,
		&(struct audit_entry){
			.org_id = org,
			.user_id = note->user_id ? note->user_id : s->user_id,
			.api_key_id = s->key_id,
			.action = note->action,
			.resource_type = note->resource,
			.resource_id = note->resource_id,
			.details = note->details,
			.ip_address = call->request->ip,
			.user_agent = call->request->user_agent,
			.now = call->now,
		},
		err);
}

bool audit_action(struct call *call, const char *action, const char *resource,
		  struct err *err)
{
	return audit_note(call,
			  &(struct audit_note){
				  .org_id = call->audit.org_id,
				  .action = action,
				  .resource = resource,
				  .resource_id = call->audit.resource_id,
				  .details = call->audit.details,
			  },
			  err);
}

/* "assets" of "/api/v1/assets/…". */
static const char *first_segment(const char *path, struct arena *a)
{
	struct span s = span_str(path), segment = { s.p, s.p };

	span_literal(&s, "/api/v1/");
	segment.p = s.p;
	for (segment.end = s.p; segment.end < s.end; segment.end++)
		if (*segment.end == '/')
			break;
	return arena_strndup(a, segment.p,
			     span_len(segment) > RESOURCE_MAX
				     ? RESOURCE_MAX
				     : span_len(segment));
}

/* {path, method, and room for more. */
static struct sb describe(struct call *call)
{
	struct sb b = sb_new(call->arena, 128);

	sb_add(&b, "{\"path\":");
	codec_write_string(&b, call->request->path);
	sb_add(&b, ",\"method\":");
	codec_write_string(&b, call->request->method);
	return b;
}

bool audit_general(struct call *call, int status, struct err *err)
{
	char *action =
		arena_strndup(call->arena, call->request->method, METHOD_MAX);
	struct sb details = describe(call);

	for (char *p = action; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	sb_addf(&details, ",\"status\":%d}", status);
	return audit_note(call,
			  &(struct audit_note){
				  .org_id = call->audit.org_id,
				  .action = action,
				  .resource = first_segment(call->request->path,
							    call->arena),
				  .details = details.s,
			  },
			  err);
}

/* The first of its kind within a minute. */
static bool first_refusal(struct call *call, const struct route *route)
{
	const struct session *s = call->session;
	const char *key = arena_printf(call->arena, "refused:%s:%s", route->id,
				       s->user_id ? s->user_id : s->key_id);
	int64_t count = 0;

	return kv_take(kv_process(), key, REFUSED_SECONDS * CLOCK_SECOND,
		       call->now, &count, NULL, NULL) &&
	       count == 1;
}

static bool note_refusal(struct call *call, struct err *err)
{
	struct sb details = describe(call);

	sb_addc(&details, '}');
	return audit_note(call,
			  &(struct audit_note){
				  .action = "access.refused",
				  .resource = first_segment(call->request->path,
							    call->arena),
				  .details = details.s,
			  },
			  err);
}

bool audit_refused(struct call *call, const struct route *route,
		   struct err *err)
{
	const struct session *s = call->session;

	if ((!s->user_id && !s->key_id) || !s->org_id ||
	    !first_refusal(call, route))
		return true;
	if (!db_begin_write(call->db, err))
		return false;
	if (!note_refusal(call, err)) {
		db_rollback(call->db);
		return false;
	}
	return db_commit(call->db, err);
}
