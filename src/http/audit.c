#include "http/audit.h"

#include <ctype.h>
#include <string.h>

#include "base/rand.h"
#include "base/span.h"
#include "codec/codec.h"
#include "gen/queries.h"

/* What the columns of the contract hold. */
enum { IP_MAX = 45, AGENT_MAX = 512, RESOURCE_MAX = 50, METHOD_MAX = 8 };

/* At most `max` bytes, and no half of a character at the end. */
static const char *cut(struct arena *a, const char *s, size_t max)
{
	size_t len = s ? strlen(s) : 0;

	if (len <= max)
		return s;
	while (max && ((unsigned char)s[max] & 0xc0) == 0x80)
		max--;
	return arena_strndup(a, s, max);
}

static bool insert(struct call *call, const char *action, const char *resource,
		   const char *resource_id, const char *details,
		   struct err *err)
{
	struct arena *a = call->arena;

	if (!call->session->org_id)
		return true;
	return sql_audit_insert(
		call->db, a,
		&(struct sql_audit_insert_args){
			.id = id_new(a),
			.org = call->session->org_id,
			.user_id = call->session->user_id,
			.action = action,
			.resource_type = resource,
			.resource_id = resource_id,
			.details = details,
			.ip_address = cut(a, call->request->ip, IP_MAX),
			.user_agent =
				cut(a, call->request->user_agent, AGENT_MAX),
			.now = call->now,
		},
		err);
}

bool audit_action(struct call *call, const char *action, const char *resource,
		  struct err *err)
{
	return insert(call, action, resource, call->audit.resource_id,
		      call->audit.details, err);
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

bool audit_general(struct call *call, int status, struct err *err)
{
	char *action =
		arena_strndup(call->arena, call->request->method, METHOD_MAX);
	struct sb details = sb_new(call->arena, 128);

	for (char *p = action; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	sb_add(&details, "{\"path\":");
	codec_write_string(&details, call->request->path);
	sb_add(&details, ",\"method\":");
	codec_write_string(&details, call->request->method);
	sb_addf(&details, ",\"status\":%d}", status);
	return insert(call, action,
		      first_segment(call->request->path, call->arena), NULL,
		      details.s, err);
}
