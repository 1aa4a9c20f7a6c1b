/*
 * What clang-tidy does not see across files: raising an error returns false.
 * tools/check.py puts this before every file but err.c.
 */
#include "base/err.h"

#define err_set(...) (err_set(__VA_ARGS__), false)
#define err_field(...) (err_field(__VA_ARGS__), false)
#define err_wrap(...) (err_wrap(__VA_ARGS__), false)
#define err_cause(...) (err_cause(__VA_ARGS__), false)
