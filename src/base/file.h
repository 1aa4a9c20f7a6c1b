/*
 * file: whole files, and writing that is complete or did not happen.
 */
#ifndef NIS2_BASE_FILE_H
#define NIS2_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"

/* A descriptor that is closed with its scope; -1 is fine. */
#define _cleanup_fd_ __attribute__((cleanup(file_close_fd)))
void file_close_fd(int *fd);

/*
 * The whole file, NUL-terminated; more than `max` bytes is ERR_TOO_LARGE, no
 * such file is ERR_NOT_FOUND. `ret_len` may be NULL.
 */
bool file_read(const char *path, size_t max, struct arena *a, char **ret,
	       size_t *ret_len, struct err *err);

/*
 * Writes `len` bytes to a temporary file beside `path`, syncs it, and renames
 * it over `path`: readers see the old bytes or the new ones. `mode` as in
 * open(2), 0600 for secrets.
 */
bool file_write(const char *path, const void *bytes, size_t len, int mode,
		struct err *err);

/* Makes the folder and its parents; one that is there is fine. */
bool file_make_dir(const char *path, int mode, struct err *err);

#endif
