/*
 * embedded: the files that are part of the program.
 *
 * tools/gen_data.py puts them there with .incbin and writes these tables:
 * data/ under its path in the repository ("data/checks/hsts_missing.json"),
 * and what is served as it is under its path on the wire ("/openapi.json",
 * "/docs"). A path that begins with a slash may be served to anybody.
 *
 * All of it is read-only memory that lives as long as the process.
 */
#ifndef NIS2_CORE_EMBEDDED_H
#define NIS2_CORE_EMBEDDED_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"

struct type;

struct embedded_file {
	const char *path;
	const char *type; /* media type, with charset for text */
	const char *csp;  /* Content-Security-Policy; NULL: the usual */
	const unsigned char *bytes; /* a NUL follows the last one */
	const unsigned char *gzip;  /* NULL where it would not help */
	size_t len;
	size_t gzip_len;
	const char *etag; /* with its quotes */
};

/* Sorted by path as strcmp() has it; the last has path NULL. */
extern const struct embedded_file embedded_files[];
extern const size_t embedded_file_count;

/* The file of that path, or NULL. */
const struct embedded_file *embedded_find(const char *path);

/* The JSON of an embedded file as its type; ERR_INTERNAL names the file. */
bool embedded_read(const char *path, const struct type *type, struct arena *a,
		   void *ret, struct err *err);

/* One text of data/locales/LANG/FILE.json, under the key "FILE/key". */
struct embedded_text {
	const char *key;
	const char *text;
};

struct embedded_locale {
	const char *name;		   /* "en" */
	const struct embedded_text *texts; /* sorted by key */
	size_t len;
};

/* English first, then by name; the last has name NULL. */
extern const struct embedded_locale embedded_locales[];

#endif
