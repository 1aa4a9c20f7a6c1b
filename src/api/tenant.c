#include "api/tenant.h"

#include <string.h>

#include "base/rand.h"
#include "codec/format.h"
#include "codec/letter.h"
#include "gen/queries.h"
#include "http/call.h"

enum { SLUG_MAX = 128, SLUG_TRIES = 20 };

/*
 * "Société & Co." becomes "société-co": lower case, letters and digits of any
 * script, and one hyphen where there were blanks, underscores or hyphens, none
 * at the ends. A name that has none of these gets a random one.
 */
static char *slug_of(struct arena *a, const char *name)
{
	struct sb b = sb_new(a, SLUG_MAX);
	int chars = 0, gap = 0, len;

	for (; *name; name += len) {
		unsigned c = letter_lower(format_next(name, &len));

		if (c == '-' || c == '_' || letter_is_space(c)) {
			gap = chars > 0;
			continue;
		}
		if (!letter_is_alnum(c))
			continue;
		if (chars + gap + 1 > SLUG_MAX)
			break;
		if (gap)
			sb_addc(&b, '-');
		letter_add(&b, c);
		chars += gap + 1;
		gap = 0;
	}
	return b.len ? b.s : arena_printf(a, "org-%s", id_new(a) + 28);
}

/* The short name with an ending, cut so that both fit. */
static char *with_suffix(struct arena *a, const char *slug, const char *suffix)
{
	int room = SLUG_MAX - (int)strlen(suffix), len;
	const char *end = slug;

	for (; *end && room > 0; room--) {
		format_next(end, &len);
		end += len;
	}
	return arena_printf(a, "%.*s%s", (int)(end - slug), slug, suffix);
}

/* -1, -2, …, and a random one when a name is that popular. */
static char *suffix_of(struct arena *a, int attempt)
{
	if (attempt < SLUG_TRIES)
		return arena_printf(a, "-%d", attempt);
	return arena_printf(a, "-%s", id_new(a) + 28);
}

static bool insert_org(struct db *db, struct arena *a, const char *id,
		       const char *name, int64_t now, struct err *err)
{
	const char *base = slug_of(a, name), *slug = base;
	int64_t changed = 0;

	for (int i = 1; i <= SLUG_TRIES + 1; i++) {
		if (!sql_org_insert(db, a, id, name, slug, now, &changed, err))
			return false;
		if (changed)
			return true;
		slug = with_suffix(a, base, suffix_of(a, i));
	}
	return err_set(err, ERR_CONFLICT,
		       "The organization's name is taken, please try again");
}

bool tenant_create(struct db *db, struct arena *a, const char *user_id,
		   const char *name, int64_t now, const char **ret_id,
		   struct err *err)
{
	const char *id = id_new(a);

	if (!insert_org(db, a, id, name, now, err) ||
	    !sql_membership_insert(db, a,
				   &(struct sql_membership_insert_args){
					   .id = id_new(a),
					   .org = id,
					   .user_id = user_id,
					   .role = role_names[ROLE_ADMIN],
					   .now = now,
				   },
				   err))
		return false;
	*ret_id = id;
	return true;
}
