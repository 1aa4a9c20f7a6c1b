/*
 * exposed_files: files that a web server gives out and should not
 * (data/sensitive_files.json). A status says nothing: what is in the answer
 * must be what such a file holds, and a file that cannot exist must not get
 * the same. What was in it is not kept.
 */
#include <string.h>

#include "base/rand.h"
#include "core/embedded.h"
#include "gen/data_types.h"
#include "scan/page.h"
#include "scan/pattern.h"

enum { READ_MAX = 64 * 1024, FAILURES_IN_A_ROW = 2, KINDS = 7 };

static const char *const kind_facts[KINDS] = {
	[SENSITIVE_FILE_KIND_ENV] = "files.env",
	[SENSITIVE_FILE_KIND_GIT] = "files.git",
	[SENSITIVE_FILE_KIND_CREDENTIALS] = "files.credentials",
	[SENSITIVE_FILE_KIND_REPOSITORY] = "files.repository",
	[SENSITIVE_FILE_KIND_BACKUP] = "files.backup",
	[SENSITIVE_FILE_KIND_INTERNALS] = "files.internals",
	[SENSITIVE_FILE_KIND_PANEL] = "files.panels",
};

struct look {
	struct probe_run *run;
	struct sensitive_files known;
	struct str_list found[KINDS];
	struct str_list exposed; /* of any kind but panels */
	int failures;		 /* in a row */
};

/* Beside it, of the same kind of name; nobody has it. */
static const char *made_up(const char *path, struct arena *a)
{
	const char *base = strrchr(path, '/') + 1, *dot = strrchr(base, '.');
	const char *name = rand_hex(a, 8);

	if (!*base)
		return arena_printf(a, "/%s/", name);
	if (dot == base)
		return arena_printf(a, "%.*s.%s", (int)(base - path), path,
				    name);
	return arena_printf(a, "%.*s%s%s", (int)(base - path), path, name,
			    dot ? dot : "");
}

/* Behind blanks and the mark of UTF-8. */
static bool is_markup(struct span body)
{
	static const char before[] = " \t\r\n\xef\xbb\xbf";

	while (body.p < body.end && memchr(before, *body.p, sizeof(before) - 1))
		body.p++;
	return body.p < body.end && *body.p == '<';
}

static bool is_it(const struct sensitive_file *file, const struct pattern *p,
		  const struct web_answer *answer)
{
	struct span body = span_of(answer->body, answer->body_len);
	bool asks = file->kind == SENSITIVE_FILE_KIND_PANEL &&
		    answer->status == 401;

	return (answer->status == 200 || asks) &&
	       (file->markup || !is_markup(body)) && pattern_matches(p, body);
}

static bool ask(struct look *l, const char *path, struct arena *a,
		struct web_answer *answer, struct err *err)
{
	struct probe_run in_arena = *l->run;

	in_arena.arena = a;
	*answer = (struct web_answer){ 0 };
	if (page_ask(&in_arena, path, READ_MAX, answer, err)) {
		l->failures = 0;
		return true;
	}
	l->failures++;
	return false;
}

static void keep(struct str_list *list, const char *path, struct look *l)
{
	if (!list->items)
		list->items = arena_array(l->run->arena, l->known.files.len,
					  sizeof(char *));
	list->items[list->len++] = path;
}

/*
 * One that does not answer is passed over; several end it. What was read is
 * given back: the files are many.
 */
static bool look_for(struct look *l, const struct sensitive_file *file,
		     struct err *err)
{
	_arena_ struct arena a = { 0 };
	struct err failed = { 0 };
	struct pattern *p = NULL;
	struct web_answer answer;

	if (!pattern_make(file->pattern, &a, &p, err))
		return err_wrap(err, "pattern of %s", file->path);
	if (!ask(l, file->path, &a, &answer, &failed)) {
		if (l->failures < FAILURES_IN_A_ROW)
			return true;
		*err = failed;
		return false;
	}
	if (!is_it(file, p, &answer) ||
	    !ask(l, made_up(file->path, &a), &a, &answer, &failed) ||
	    is_it(file, p, &answer))
		return true;
	keep(&l->found[file->kind], file->path, l);
	if (file->kind != SENSITIVE_FILE_KIND_PANEL)
		keep(&l->exposed, file->path, l);
	return true;
}

static bool run_exposed_files(struct probe_run *run, struct err *err)
{
	struct look l = { .run = run };
	const struct web_page *page = NULL;
	struct err ignored = { 0 };

	/* That there is no answer at all says the probe `http`. */
	if (!page_get(run, &page, &ignored))
		return true;
	if (!embedded_read("data/sensitive_files.json", &sensitive_files_type,
			   run->arena, &l.known, err))
		return false;
	for (size_t i = 0; i < l.known.files.len; i++)
		if (!look_for(&l, &l.known.files.items[i], err))
			return err_wrap(err, "files on port %d", run->port);
	for (size_t i = 0; i < KINDS; i++)
		fact_strs(run->facts, kind_facts[i], run->port, &l.found[i]);
	fact_strs(run->facts, "files.exposed", run->port, &l.exposed);
	return true;
}

const struct probe probe_exposed_files = {
	.name = "exposed_files",
	.about = "Files that a web server should not give out",
	.feature = PROBE_WEB,
	.any_port = true,
	.thorough = true,
	.requests = 8,
	.facts =
		(const struct fact_def[]){
			{ "files.exposed", FACT_LIST,
			  "Files that are given out, of any kind" },
			{ "files.env", FACT_LIST,
			  "The settings of an application" },
			{ "files.git", FACT_LIST, "A git repository" },
			{ "files.credentials", FACT_LIST,
			  "Files with passwords or keys" },
			{ "files.repository", FACT_LIST,
			  "Parts of a repository of source text" },
			{ "files.backup", FACT_LIST, "Backups and dumps" },
			{ "files.internals", FACT_LIST,
			  "Pages and files about the inside of the server" },
			{ "files.panels", FACT_LIST,
			  "Sign-in pages of administration tools" },
			{ 0 } },
	.run = run_exposed_files,
};
