#include "http/call.h"

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

void call_header(struct call *call, const char *name, const char *value)
{
	struct reply_header *h = arena_alloc(call->arena, sizeof(*h));

	h->name = name;
	h->value = value;
	h->next = call->headers;
	call->headers = h;
}
