/*
 * report_file: where reports are kept: DATA_DIR/reports/ORGANISATION/NAME.
 */
#ifndef NIS2_JOBS_REPORT_FILE_H
#define NIS2_JOBS_REPORT_FILE_H

#include "base/settings.h"
#include "gen/row_types.h"

/* The canonical name of a format ("md" is "markdown"), NULL if not written. */
const char *report_file_format(const char *format);
/* Content-Type of a download. */
const char *report_file_served_as(const char *format);

char *report_file_path(const struct settings *settings, struct arena *a,
		       const struct report_row *report);

/* A regular file, not a link: nothing else is ever handed out. */
bool report_file_is_there(const char *path);

#endif
