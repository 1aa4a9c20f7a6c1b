/*
 * report: from a scan to a file.
 *
 * Who asks has read the scan, its findings and its hosts; what comes out
 * depends on nothing else, not even on the clock. A report (reports.def) makes
 * a document of them; a writer (writers.def) makes bytes of the document or,
 * for formats that machines read, of the data itself.
 *
 *	const struct writer *w = writer_find("html");
 *	if (!report_write(&input, w, file, err)) …
 *
 * The caller writes to a temporary name and renames, so that a file that is
 * there is whole.
 */
#ifndef NIS2_REPORT_REPORT_H
#define NIS2_REPORT_REPORT_H

#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/err.h"
#include "core/matrix.h"
#include "gen/api_types.h"
#include "report/doc.h"

/* What `nis2 scan` knows of a host besides its result. */
struct report_host {
	int64_t score;
	int worst;	   /* enum check_severity; SEVERITIES: no finding */
	const char *facts; /* JSON array; NULL: they are not shown */
};

struct report_input {
	const struct scan *scan;
	/* As sql_report_findings has them: technical_detail is the evidence. */
	const struct finding_list *findings;
	const struct scan_result_list *results;
	const char *organization; /* its name; NULL or "": none is shown */
	const char *locale;	  /* any spelling, see catalog_locale() */
	int64_t now;
	/* What ran and what failed, for a format that lists passes too. */
	const struct matrix_sum *checks; /* NULL: not known */
	const struct report_host *hosts; /* one a result; NULL: not known */
	const char *evidence_sha256; /* of metadata.json; NULL: none is kept */
	bool incomplete;	     /* the scan did not come to its end */
};

/* What the product calls itself. */
#define REPORT_GENERATOR "NIS2 Platform"

struct report {
	const char *name;
	/* Fills the document, whose locale and arena are set. */
	void (*build)(const struct report_input *in, struct doc *doc);
};

/* The report of that name ("dossier"), or NULL. */
const struct report *report_find(const char *name);

struct writer {
	const char *name;	  /* "html": the canonical format */
	const char *content_type; /* as a status answer has it */
	const char *served_as;	  /* the same with its charset */
	const char *extension;	  /* "html" */
	bool needs_doc;		  /* `doc` is NULL for the others */
	bool (*write)(const struct report_input *in, const struct doc *doc,
		      struct arena *a, FILE *out, struct err *err);
};

/*
 * The findings of a scan for a reader: a copy, worst first, each with its texts
 * in the language.
 */
struct finding_list report_findings(const struct report_input *in,
				    const char *locale, struct arena *a);

/*
 * The writer of a format in any of its spellings ("md" is "markdown"), or
 * NULL when this build has none.
 */
const struct writer *writer_find(const char *format);

/* The writers' table; the last has name NULL. */
extern const struct writer *const writers[];

/* Builds the dossier and writes it; flushes, and checks that all was written.
 */
bool report_write(const struct report_input *in, const struct writer *writer,
		  FILE *out, struct err *err);

/*
 * The same into a file that is whole or was not written, for its owner alone;
 * `ret_size` may be NULL.
 */
bool report_save(const struct report_input *in, const struct writer *writer,
		 const char *path, size_t *ret_size, struct err *err);

/*
 * Appends text of any origin for XML 1.0: escaped, and without the characters
 * that no escape lets in (section 2.2).
 */
void report_xml(struct sb *out, const char *text);

/*
 * The name of the file for people: "nis2_report_<scan>_20260301_090000.html",
 * with a time in UTC.
 */
char *report_filename(struct arena *a, const char *scan_name, int64_t time,
		      const struct writer *writer);

#endif
