#include "jobs/report_file.h"

#include <sys/stat.h>

#include "report/report.h"

const char *report_file_format(const char *format)
{
	const struct writer *w = writer_find(format);

	return w ? w->name : NULL;
}

const char *report_file_served_as(const char *format)
{
	const struct writer *w = writer_find(format);

	return w ? w->served_as : "application/octet-stream";
}

/* The id makes the name on disk unique; the name for people is not a path. */
char *report_file_path(const struct settings *settings, struct arena *a,
		       const struct report_row *report)
{
	return arena_printf(a, "%s/reports/%s/%s", settings->data_dir,
			    report->org_id, report->id);
}

bool report_file_is_there(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISREG(st.st_mode);
}
