#include "http/call.h"

#include "gen/queries.h"

bool call_begin(struct call *call, struct err *err)
{
	if (call->in_transaction)
		return true;
	if (!db_begin_write(call->db, err))
		return false;
	call->in_transaction = true;
	return true;
}

bool call_commit(struct call *call, struct err *err)
{
	call->in_transaction = false;
	return db_commit(call->db, err);
}

bool call_lock_org(struct call *call, struct err *err)
{
	int64_t found = 0;

	return sql_org_lock(call->db, call->arena, call->session->org_id,
			    &found, err);
}

void call_header(struct call *call, const char *name, const char *value)
{
	struct reply_header *h = arena_alloc(call->arena, sizeof(*h));

	h->name = name;
	h->value = value;
	h->next = call->headers;
	call->headers = h;
}
