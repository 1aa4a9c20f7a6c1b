/*
 * form: multipart/form-data (RFC 7578), as far as one file needs it.
 */
#ifndef NIS2_HTTP_FORM_H
#define NIS2_HTTP_FORM_H

#include "http/call.h"

/*
 * Finds the file of part `name` in a body. ERR_INVALID "missing" on
 * body.<name> when there is none.
 */
bool form_file(const char *content_type, const char *body, size_t len,
	       const char *name, struct arena *a, struct upload *ret,
	       struct err *err);

#endif
