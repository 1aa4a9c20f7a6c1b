#include "scan/inflate.h"

#include <stdint.h>

#include <zlib.h>

enum { STEP = 16 * 1024 };

enum inflate_coding inflate_coding(const char *content_encoding)
{
	struct span s =
		span_trim(span_str(content_encoding ? content_encoding : ""));

	if (!span_len(s) || span_is_nocase(s, "identity"))
		return INFLATE_NONE;
	if (span_is_nocase(s, "gzip") || span_is_nocase(s, "x-gzip"))
		return INFLATE_GZIP;
	if (span_is_nocase(s, "deflate"))
		return INFLATE_DEFLATE;
	return INFLATE_UNKNOWN;
}

/* `window` as in inflateInit2(): which wrapping is expected. */
static bool unpack(int window, struct span in, size_t max, struct sb *out)
{
	z_stream z = { 0 };
	int state = Z_OK;

	if (inflateInit2(&z, window) != Z_OK)
		return false;
	z.next_in = (Bytef *)(uintptr_t)in.p; /* reads only */
	z.avail_in = (uInt)span_len(in);
	while (state == Z_OK && out->len < max) {
		size_t want = max - out->len < STEP ? max - out->len : STEP;

		z.next_out = (Bytef *)sb_room(out, want);
		z.avail_out = (uInt)want;
		state = inflate(&z, Z_NO_FLUSH);
		out->len += want - z.avail_out;
		out->s[out->len] = '\0';
	}
	inflateEnd(&z);
	return state == Z_STREAM_END;
}

bool inflate_body(enum inflate_coding coding, struct span in, size_t max,
		  struct arena *a, char **ret, size_t *ret_len)
{
	struct sb out = sb_new(a, STEP);
	bool whole = false;

	if (coding == INFLATE_GZIP)
		whole = unpack(15 + 16, in, max, &out);
	else if (coding == INFLATE_DEFLATE)
		whole = unpack(15, in, max, &out) ||
			(!out.len && unpack(-15, in, max, &out));
	*ret = out.s;
	*ret_len = out.len;
	return whole;
}
