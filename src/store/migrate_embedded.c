/* The program's own steps; apart, so that tests link without them. */
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
