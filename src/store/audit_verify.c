#include <stdio.h>
#include <string.h>

#include "gen/queries.h"
#include "store/audit.h"
#include "store/audit_chain.h"

/* Rows read at a time: bounds the memory, whatever the chain's length. */
enum { PAGE = 200 };

#define CHANGED "changed: the row is not what was written here"

struct walk {
	struct db *db;
	struct arena *a; /* for what is told */
	const struct audit_keys *keys;
	const char *org;
	int64_t seq;			 /* of the row before */
	char before[AUDIT_HASH_LEN + 1]; /* and its hash */
	int64_t end;			 /* the last row that there should be */
	struct audit_verification *ret;
};

static void blame(struct walk *w, int64_t seq, const char *id,
		  const char *reason)
{
	struct audit_verification *ret = w->ret;

	if (!ret->intact)
		return;
	ret->intact = false;
	ret->has_first_bad_seq = true;
	ret->first_bad_seq = seq;
	ret->first_bad_id = arena_strdup(w->a, id);
	ret->reason = arena_strdup(w->a, reason);
}

static const char *missing(struct walk *w, const char *how, int64_t from,
			   int64_t to)
{
	if (from == to)
		return arena_printf(w->a, "%s: row %lld is not there", how,
				    (long long)from);
	return arena_printf(w->a, "%s: rows %lld to %lld are not there", how,
			    (long long)from, (long long)to);
}

/* What audit_erase_person() leaves, and nothing else. */
static bool is_blank(const struct audit_row *row)
{
	return !row->user_id && !row->actor_email && !row->actor_name &&
	       !row->details && !row->salt && row->ip_address &&
	       !strcmp(row->ip_address, "127.0.0.1") && row->user_agent &&
	       !strcmp(row->user_agent, "[erased]");
}

static const char *row_problem(const struct walk *w,
			       const struct audit_row *row, struct arena *a)
{
	const struct audit_key *key = audit_key_find(w->keys, row->hash);

	if (!key)
		return "changed: its hash was not made with "
		       "DATA_ENCRYPTION_KEY or the previous one";
	if (strcmp(audit_row_hash(key, row, w->before, a), row->hash) != 0)
		return CHANGED;
	if (row->has_erased_at)
		return is_blank(row) ? NULL
				     : "changed: it is marked as erased, but "
				       "more was changed than that";
	if (!row->salt || !row->personal_hash ||
	    strcmp(audit_personal_hash(key, row, a), row->personal_hash) != 0)
		return "changed: who it was, from where, or the details are "
		       "not what was written";
	return NULL;
}

/* False when the walk is to end. */
static bool check_row(struct walk *w, const struct audit_row *row,
		      struct arena *a)
{
	const char *problem = NULL;

	if (row->seq <= w->seq)
		problem = "inserted: retention has removed all rows here";
	else if (row->seq > w->end)
		problem = "inserted: it stands behind the end of the chain";
	if (!problem && row->seq != w->seq + 1) {
		blame(w, w->seq + 1, NULL,
		      missing(w, "missing", w->seq + 1, row->seq - 1));
		return false;
	}
	if (!problem)
		problem = row_problem(w, row, a);
	if (problem) {
		blame(w, row->seq, row->id, problem);
		return false;
	}
	w->ret->rows++;
	w->ret->erased += row->has_erased_at;
	w->seq = row->seq;
	snprintf(w->before, sizeof(w->before), "%s", row->hash);
	return true;
}

/* Rows above `after` up to `upto`. */
static bool walk_rows(struct walk *w, int64_t after, int64_t upto,
		      struct err *err)
{
	_arena_ struct arena page = { 0 };
	struct audit_row_list rows = { 0 };

	do {
		arena_reset(&page);
		if (!sql_audit_walk(w->db, &page, w->org, after, upto, PAGE,
				    &rows, err))
			return false;
		for (size_t i = 0; i < rows.len; i++) {
			if (!check_row(w, &rows.items[i], &page))
				return true;
			after = rows.items[i].seq;
		}
	} while (rows.len == PAGE);
	return true;
}

static struct walk walk_from(struct db *db, struct arena *a,
			     const struct audit_keys *keys, const char *org,
			     const struct audit_head *head,
			     struct audit_verification *ret)
{
	struct walk w = {
		.db = db,
		.a = a,
		.keys = keys,
		.org = org,
		.seq = head->purged_seq,
		.end = head->last_seq,
		.ret = ret,
	};

	snprintf(w.before, sizeof(w.before), "%s", head->purged_hash);
	return w;
}

bool audit_check_rows(struct db *db, struct arena *a,
		      const struct audit_keys *keys, const char *org,
		      const struct audit_head *head, int64_t upto,
		      struct audit_verification *ret, struct err *err)
{
	struct walk w = walk_from(db, a, keys, org, head, ret);

	return walk_rows(&w, INT64_MIN, upto, err);
}

/* The two ends themselves; `head` NULL: there is no record of them. */
static void check_ends(struct walk *w, const struct audit_head *head)
{
	if (!head)
		blame(w, w->seq + 1, NULL,
		      "cut off: there is no record of where the chain begins "
		      "and ends");
	else if (w->seq < w->end)
		blame(w, w->seq + 1, NULL,
		      missing(w, "cut off at the end", w->seq + 1, w->end));
	else if (!audit_sealed(w->keys, w->org, head, w->a))
		blame(w, w->end + 1, NULL,
		      "cut off: the record of where the chain begins and ends "
		      "is not what was written");
}

/* Rows that never were in the chain. */
static bool check_strays(struct walk *w, struct err *err)
{
	struct audit_row stray = { 0 };
	bool found = false;

	if (!sql_audit_unchained(w->db, w->a, w->org, &stray, &found, err))
		return false;
	if (found)
		blame(w, 0, stray.id, "inserted: it has no place in the chain");
	return true;
}

bool audit_verify(struct db *db, struct arena *a,
		  const struct settings *settings, const char *org,
		  struct audit_verification *ret, struct err *err)
{
	struct audit_head head = { 0 };
	struct audit_keys keys;
	struct walk w;
	bool found = false;

	*ret = (struct audit_verification){ .intact = true };
	audit_keys_make(settings, a, &keys);
	if (!sql_audit_ends(db, a, org, &head, &found, err))
		return false;
	if (!found)
		head = (struct audit_head){ .last_seq = INT64_MAX,
					    .purged_hash = "" };
	ret->purged = head.purged_seq;
	w = walk_from(db, a, &keys, org, &head, ret);
	if (!walk_rows(&w, INT64_MIN, INT64_MAX, err))
		return false;
	check_ends(&w, found ? &head : NULL);
	return check_strays(&w, err);
}
