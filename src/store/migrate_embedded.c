/* The program's own steps; apart, so that tests link without them. */
#include "gen/queries.h"
#include "store/migrate.h"

static struct migration_list own(void)
{
	return (struct migration_list){ migrations, migration_count };
}

bool migrate_run(struct db *db, struct err *err)
{
	return migrate_run_list(db, own(), err);
}

bool migrate_pending(struct db *db, int *ret, struct err *err)
{
	return migrate_pending_list(db, own(), ret, err);
}

static bool grant(struct db *db, struct arena *a, bool *ret_role,
		  struct err *err)
{
	int64_t roles = 0;

	if (!migrate_lock(db, a, err) || !db_exec(db, migration_grants, err) ||
	    !sql_guard_app_role(db, a, &roles, err))
		return false;
	*ret_role = roles;
	return true;
}

bool migrate_grant(struct db *db, bool *ret_role, struct err *err)
{
	_arena_ struct arena a = { 0 };

	*ret_role = true;
	if (db_is_embedded(db))
		return true;
	if (!db_begin_write(db, err))
		return false;
	if (grant(db, &a, ret_role, err))
		return db_commit(db, err);
	db_rollback(db);
	return err_wrap(err, "the rights of nis2_app");
}
