#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const kind_names[] = {
	[ERR_NONE] = "none",
	[ERR_INVALID] = "invalid",
	[ERR_REFUSED] = "refused",
	[ERR_UNAUTHENTICATED] = "unauthenticated",
	[ERR_FORBIDDEN] = "forbidden",
	[ERR_NOT_FOUND] = "not_found",
	[ERR_CONFLICT] = "conflict",
	[ERR_TOO_LARGE] = "too_large",
	[ERR_LIMITED] = "limited",
	[ERR_BUSY] = "busy",
	[ERR_UPSTREAM] = "upstream",
	[ERR_INTERNAL] = "internal",
};

const char *err_kind_name(enum err_kind kind)
{
	return kind_names[kind];
}

bool err_set(struct err *err, enum err_kind kind, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return false;
	err->kind = kind;
	err->field[0] = err->type[0] = err->cause[0] = '\0';
	err->retry_after = 0;
	va_start(ap, fmt);
	vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	return false;
}

bool err_field(struct err *err, const char *field, const char *type,
	       const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return false;
	err_set(err, ERR_INVALID, "%s", "");
	snprintf(err->field, sizeof(err->field), "%s", field);
	snprintf(err->type, sizeof(err->type), "%s", type);
	va_start(ap, fmt);
	vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	return false;
}

bool err_wrap(struct err *err, const char *fmt, ...)
{
	char old[sizeof(err->msg)];
	va_list ap;
	size_t len;

	if (!err)
		return false;
	memcpy(old, err->msg, sizeof(old));
	va_start(ap, fmt);
	vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	len = strlen(err->msg);
	snprintf(err->msg + len, sizeof(err->msg) - len, ": %s", old);
	return false;
}

bool err_cause(struct err *err, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return false;
	va_start(ap, fmt);
	vsnprintf(err->cause, sizeof(err->cause), fmt, ap);
	va_end(ap);
	return false;
}
