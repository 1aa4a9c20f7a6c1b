#include "scan/result_member.h"

#include <string.h>

/* The members of secret.found, in its order (probes/secrets.c). */
static const char *const keys[] = { "type", "source", "preview", "position",
				    "hash" };
enum { KEYS = 5, POSITION = 3 };

static void write_one(const struct fact *f, bool with_port, struct sb *out)
{
	sb_addc(out, '{');
	for (size_t i = 0; i < KEYS && i < f->list.len; i++) {
		sb_addf(out, "%s\"%s\":", i ? "," : "", keys[i]);
		if (i == POSITION)
			sb_add(out, f->list.items[i]);
		else
			codec_write_string(out, f->list.items[i]);
	}
	if (with_port)
		sb_addf(out, ",\"port\":%d", f->port);
	sb_addc(out, '}');
}

static void write_all(const struct fact_list *facts, int port, struct sb *out)
{
	const char *between = "";

	sb_addc(out, '[');
	for (size_t i = 0; i < facts->len; i++) {
		const struct fact *f = &facts->items[i];

		if (f->kind != FACT_LIST || strcmp(f->name, "secret.found") ||
		    (port && f->port != port))
			continue;
		sb_add(out, between);
		write_one(f, !port, out);
		between = ",";
	}
	sb_addc(out, ']');
}

bool member_secrets(const struct fact_list *facts, int port, const char *name,
		    struct sb *out)
{
	if (!fact_find(facts, name, port))
		return false;
	write_all(facts, port, out);
	return true;
}

const char *result_secrets(const struct fact_list *facts, struct arena *a)
{
	struct sb out = sb_new(a, 64);

	write_all(facts, 0, &out);
	return out.s;
}
