#include "crypto/totp.h"

#include <liboath/oath.h>
#include <stdlib.h>
#include <string.h>

#include "base/rand.h"

enum {
	SECRET_BYTES = 20,
	RECOVERY_BYTES = 6,
	TYPED_MAX = 64,
	WINDOW = 1, /* steps before and after */
};

char *totp_secret(struct arena *a)
{
	char bytes[SECRET_BYTES], *text = NULL, *copy;

	rand_bytes(bytes, sizeof(bytes));
	if (oath_base32_encode(bytes, sizeof(bytes), &text, NULL) != OATH_OK)
		abort(); /* out of memory: 20 bytes always have a text */
	copy = arena_strdup(a, text);
	free(text);
	return copy;
}

char *totp_recovery(struct arena *a)
{
	unsigned char b[RECOVERY_BYTES];

	rand_bytes(b, sizeof(b));
	return arena_printf(a, "%02x%02x-%02x%02x-%02x%02x", b[0], b[1], b[2],
			    b[3], b[4], b[5]);
}

static bool only(const char *s, const char *set, size_t len)
{
	return strlen(s) == len && strspn(s, set) == len;
}

enum totp_kind totp_read(const char *typed, struct arena *a, const char **ret)
{
	char *s = arena_alloc(a, TYPED_MAX + 1);
	size_t len = 0;

	*ret = "";
	for (; *typed; typed++) {
		if (strchr(" \t-", *typed))
			continue;
		if (len == TYPED_MAX)
			return TOTP_NEITHER;
		s[len++] = *typed >= 'A' && *typed <= 'F'
				   ? (char)(*typed - 'A' + 'a')
				   : *typed;
	}
	if (only(s, "0123456789", TOTP_DIGITS)) {
		*ret = s;
		return TOTP_CODE;
	}
	if (!only(s, "0123456789abcdef", 2 * (size_t)RECOVERY_BYTES))
		return TOTP_NEITHER;
	*ret = arena_printf(a, "%.4s-%.4s-%.4s", s, s + 4, s + 8);
	return TOTP_RECOVERY;
}

bool totp_match(const char *secret, const char *code, int64_t now,
		bool *ret_same, int64_t *ret_step, struct err *err)
{
	uint64_t step = 0;
	char *key = NULL;
	size_t len = 0;
	int found;

	*ret_same = false;
	if (!only(code, "0123456789", TOTP_DIGITS))
		return true; /* the library takes codes of other lengths too */
	found = oath_base32_decode(secret, strlen(secret), &key, &len);
	if (found != OATH_OK) {
		err_set(err, ERR_INTERNAL, "a secret is no base32");
		return err_cause(err, "%s", oath_strerror_name(found));
	}
	found = oath_totp_validate3(key, len, (time_t)now, TOTP_STEP, 0, WINDOW,
				    NULL, &step, code);
	explicit_bzero(key, len);
	free(key);
	if (found < 0 && found != OATH_INVALID_OTP) {
		err_set(err, ERR_INTERNAL, "a code could not be checked");
		return err_cause(err, "%s", oath_strerror_name(found));
	}
	*ret_same = found >= 0;
	if (*ret_same)
		*ret_step = (int64_t)step;
	return true;
}
