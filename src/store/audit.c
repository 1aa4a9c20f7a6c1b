#include "store/audit.h"

#include "base/rand.h"
#include "gen/queries.h"

bool audit_append(struct db *db, struct arena *a,
		  const struct settings *settings,
		  const struct audit_entry *entry, struct err *err)
{
	return sql_audit_insert(db, a,
				&(struct sql_audit_insert_args){
					.id = id_new(a),
					.org = entry->org_id,
					.user_id = entry->user_id,
					.api_key_id = entry->api_key_id,
					.action = entry->action,
					.resource_type = entry->resource_type,
					.resource_id = entry->resource_id,
					.details = entry->details,
					.ip_address = entry->ip_address,
					.user_agent = entry->user_agent,
					.now = entry->now,
				},
				err);
}
