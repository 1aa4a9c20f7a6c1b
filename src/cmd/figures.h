/*
 * figures: the lines of /metrics that only the database and the process know,
 * for the installation as a whole; none is about one organisation.
 */
#ifndef NIS2_CMD_FIGURES_H
#define NIS2_CMD_FIGURES_H

#include "store/db.h"

/* Appends them, as struct server_setup wants it; `arg` is not used. */
bool figures_write(void *arg, struct db *db, struct sb *out, struct err *err);

#endif
