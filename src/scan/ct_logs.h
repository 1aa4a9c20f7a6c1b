/*
 * ct_logs: the operator's list of public certificate logs (CT_LOG_LIST), JSON
 * in the form that browsers use: operators[].logs[].key.
 */
#ifndef NIS2_SCAN_CT_LOGS_H
#define NIS2_SCAN_CT_LOGS_H

#include "base/arena.h"
#include "base/err.h"
#include "net/sct.h"

/* Files of more bytes are refused. */
enum { CT_LOGS_BYTES_MAX = 4 * 1024 * 1024 };

/* NULL or "" as the path gives NULL: no log is known. */
bool ct_logs_read(const char *path, struct sct_logs **ret, struct err *err);

#endif
