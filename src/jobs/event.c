#include "jobs/event.h"

#include "base/rand.h"
#include "gen/queries.h"

bool event_put(struct db *db, struct arena *a, const struct event_new *event,
	       struct err *err)
{
	return sql_event_insert(
		db, a,
		&(struct sql_event_insert_args){
			.org = event->org_id,
			.id = id_new(a),
			.kind = event_kind_names[event->kind],
			.subject_type = event_subject_names[event->subject],
			.subject_id = event->subject_id,
			.scan_id = event->scan_id,
			.now = event->now,
		},
		err);
}
