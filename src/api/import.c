/* import: many assets from one CSV file, each row with its own fate. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "api/policy.h"
#include "base/clock.h"
#include "base/rand.h"
#include "base/span.h"
#include "codec/csv.h"
#include "codec/format.h"
#include "gen/api_ops.h"
#include "gen/queries.h"
#include "http/call.h"

enum {
	FILE_MAX = 5 * 1024 * 1024,
	ROWS_MAX = 10000,
	FIELDS_MAX = 64,
	NAME_MAX_CHARS = 256,
	VALUE_MAX_CHARS = 512,
	TAGS_MAX = 64,
	TAG_MAX_CHARS = 64,
	RESOLVERS = 16,	      /* names that are looked up at once */
	RESOLVE_SECONDS = 30, /* for the whole file */
};

/* One record on its way: filled by the parser, then by the resolvers. */
struct row {
	size_t number; /* as people count: the header is row 1 */
	const char *name;
	const char *type;
	const char *value;
	const char *tags;
	const char *pinned;
	const char *error; /* NULL: may be stored */
};

struct import {
	struct call *call;
	struct target_policy policy;
	struct row *rows;
	size_t row_count;
	int64_t deadline;
	atomic_size_t next; /* row that the next free resolver takes */
	struct asset_import_result *out;
	size_t error_room;
};

/* ---- columns and cells ---- */

/* Where each column is; -1: not there, as csv_cell() takes it. */
struct columns {
	int name, type, value, tags;
};

/* "a; b;;c" as a JSON list: trimmed, empty ones dropped. */
static const char *tags_json(struct arena *a, const char *text,
			     const char **ret_error)
{
	struct str_list tags = { .items = arena_array(a, TAGS_MAX,
						      sizeof(char *)) };
	struct span rest = span_str(text), one = { 0 };

	while (span_len(rest) && span_until(&rest, ';', FILE_MAX, &one)) {
		char *tag = span_dup(a, span_trim(one));

		if (!*tag)
			continue;
		if (tags.len == TAGS_MAX ||
		    format_length(tag) > TAG_MAX_CHARS) {
			*ret_error = "too many tags, or a tag is too long";
			return NULL;
		}
		tags.items[tags.len++] = tag;
	}
	return codec_str_list_json(a, &tags);
}

static bool known_type(const char *type)
{
	for (const char *const *t = target_type_names; *t; t++)
		if (strcmp(*t, type) == 0)
			return true;
	return false;
}

static char *trimmed(struct arena *a, const char *text)
{
	return span_dup(a, span_trim(span_str(text)));
}

static void read_row(struct arena *a, const struct csv_table *table, size_t i,
		     const struct columns *at, struct row *row)
{
	row->number = i + 1;
	row->name = trimmed(a, csv_cell(table, i, at->name));
	row->type = trimmed(a, csv_cell(table, i, at->type));
	row->value = trimmed(a, csv_cell(table, i, at->value));
	if (!*row->name || !*row->type || !*row->value)
		row->error = "missing required fields";
	else if (!known_type(row->type))
		row->error = arena_printf(a, "invalid target_type '%.64s'",
					  row->type);
	else if (format_length(row->name) > NAME_MAX_CHARS)
		row->error = arena_printf(
			a, "name is longer than %d characters", NAME_MAX_CHARS);
	else if (format_length(row->value) > VALUE_MAX_CHARS)
		row->error = arena_printf(
			a, "target_value is longer than %d characters",
			VALUE_MAX_CHARS);
	else
		row->tags =
			tags_json(a, csv_cell(table, i, at->tags), &row->error);
}

/* ---- judging, several names at a time ---- */

static void judge_row(struct import *im, struct row *row, struct arena *a)
{
	struct target_spec spec = { 0 };
	struct err err = { 0 };

	if (target_check(&im->policy, row->type, row->value, im->deadline, a,
			 &spec, &row->pinned, &err))
		row->value = spec.value;
	else
		row->error = arena_strdup(a, err.msg);
}

static void *resolver_main(void *arg)
{
	struct import *im = arg;
	struct arena *a = calloc(1, sizeof(*a));

	if (!a)
		abort();
	for (;;) {
		size_t i = atomic_fetch_add(&im->next, 1);

		if (i >= im->row_count)
			return a;
		if (!im->rows[i].error)
			judge_row(im, &im->rows[i], a);
	}
}

static void free_arena(void *arg)
{
	arena_free(arg);
	free(arg);
}

/*
 * Each resolver allocates in an arena of its own, which then lives as long as
 * the request does.
 */
static void judge_rows(struct import *im)
{
	pthread_t threads[RESOLVERS];
	int started = 0;

	im->deadline = clock_tick() + RESOLVE_SECONDS * CLOCK_SECOND;
	while (started < RESOLVERS && (size_t)started < im->row_count &&
	       pthread_create(&threads[started], NULL, resolver_main, im) == 0)
		started++;
	if (!started && im->row_count)
		arena_defer(im->call->arena, free_arena, resolver_main(im));
	for (int i = 0; i < started; i++) {
		void *arena = NULL;

		pthread_join(threads[i], &arena);
		arena_defer(im->call->arena, free_arena, arena);
	}
}

/* ---- the whole file ---- */

static void add_error(struct import *im, const char *text)
{
	struct str_list *errors = &im->out->errors;

	if (errors->len < im->error_room)
		errors->items[errors->len++] = text;
}

static bool check_file(const struct upload *file, struct err *err)
{
	size_t len = strlen(file->filename);

	if (len < 4 || strcmp(file->filename + len - 4, ".csv") != 0)
		return err_set(err, ERR_REFUSED, "File must be a CSV");
	if (file->len > FILE_MAX)
		return err_set(err, ERR_TOO_LARGE,
			       "CSV file too large. Maximum size: 5 MB");
	if (!format_utf8(file->bytes, file->len) ||
	    memchr(file->bytes, '\0', file->len))
		return err_set(err, ERR_REFUSED, "File must be UTF-8 encoded");
	return true;
}

/* Row 1 is the header, so the record at table.rows[i] is row i + 1. */
static bool read_rows(struct import *im, const struct upload *file,
		      struct err *err)
{
	struct arena *a = im->call->arena;
	struct csv_table table = { 0 };
	struct columns at;
	size_t data;

	if (!csv_read(file->bytes, file->len, a, ROWS_MAX + 2, FIELDS_MAX,
		      &table, err))
		return false;
	data = table.len ? table.len - 1 : 0;
	im->error_room = (data < ROWS_MAX ? data : ROWS_MAX) + 1;
	im->out->errors.items = arena_array(a, im->error_room, sizeof(char *));
	im->rows = arena_array(a, im->error_room, sizeof(*im->rows));
	if (!data)
		return true;
	at = (struct columns){ csv_column(&table, "name"),
			       csv_column(&table, "target_type"),
			       csv_column(&table, "target_value"),
			       csv_column(&table, "tags") };
	im->row_count = data < ROWS_MAX ? data : ROWS_MAX;
	for (size_t i = 0; i < im->row_count; i++)
		read_row(a, &table, i + 1, &at, &im->rows[i]);
	if (data > ROWS_MAX)
		add_error(im, arena_printf(a,
					   "Row limit exceeded: maximum %d "
					   "rows allowed",
					   ROWS_MAX));
	return true;
}

static bool store_row(struct import *im, struct row *row, struct err *err)
{
	struct call *call = im->call;
	int64_t changed = 0;

	if (!sql_asset_insert(call->db, call->arena,
			      &(struct sql_asset_insert_args){
				      .org = call->session->org_id,
				      .id = id_new(call->arena),
				      .name = row->name,
				      .target_type = row->type,
				      .target_value = row->value,
				      .pinned_ip = row->pinned,
				      .tags = row->tags,
				      .now = call->now,
			      },
			      &changed, err))
		return false;
	im->out->created += changed;
	im->out->skipped += !changed;
	return true;
}

static bool store_rows(struct import *im, struct err *err)
{
	struct arena *a = im->call->arena;

	for (size_t i = 0; i < im->row_count; i++) {
		struct row *row = &im->rows[i];

		if (row->error) {
			im->out->skipped++;
			add_error(im, arena_printf(a, "Row %zu: %s",
						   row->number, row->error));
		} else if (!store_row(im, row, err)) {
			return false;
		}
	}
	return true;
}

bool op_asset_import(struct call *call, const struct asset_import_in *in,
		     struct asset_import_result *out, struct err *err)
{
	struct import im = { .call = call, .out = out };

	if (!check_file(&in->file, err) ||
	    !policy_make(call, &im.policy, err) ||
	    !read_rows(&im, &in->file, err))
		return false;
	judge_rows(&im);
	if (!call_begin(call, err) || !store_rows(&im, err))
		return false;
	call->audit.details = arena_printf(
		call->arena,
		"{\"created\":%lld,\"skipped\":%lld,\"errors_count\":%zu}",
		(long long)out->created, (long long)out->skipped,
		out->errors.len);
	return true;
}
