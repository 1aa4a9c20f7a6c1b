/*
 * nis2 scan: looks at targets and says what it found, on the terminal or in
 * files. It needs no server and no database.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "cmd/command.h"
#include "cmd/evidence.h"
#include "cmd/scan_config.h"
#include "cmd/scan_metrics.h"
#include "cmd/scan_output.h"
#include "cmd/scan_plan.h"
#include "cmd/scan_print.h"
#include "core/catalog.h"

enum { CONFIG_MAX = 1 << 20, FORMATS_MAX = 8 };

/* What was asked for. */
struct order {
	struct command_line *line;
	struct arena *arena;
	struct scan_config config;
	struct scan_plan plan;
	const struct writer *writers[FORMATS_MAX];
	size_t writer_count;
	bool text; /* on standard output */
	const char *output, *prometheus;
	struct sign_key key;
	bool has_key;
	struct scanned found;
	const char *id;
};

/* ---- formats ---- */

/* What this command calls json is its own form of it. */
static const struct writer *format_find(const char *name)
{
	const struct writer *json = writer_find("scan-json");

	if (!strcmp(name, "json"))
		return json;
	return strcmp(name, json->name) != 0 ? writer_find(name) : NULL;
}

static bool add_format(struct order *o, const char *name, struct err *err)
{
	const struct writer *w = format_find(name);

	if (!w)
		return err_set(err, ERR_INVALID,
			       "--format must be text, json, markdown, html, "
			       "junit or sarif; with --output several, with "
			       "commas");
	for (size_t i = 0; i < o->writer_count; i++)
		if (o->writers[i] == w)
			return true;
	o->writers[o->writer_count++] = w;
	return true;
}

/* To the terminal one format, to a folder several, and the text besides. */
static bool read_formats(struct order *o, struct err *err)
{
	const char *given = command_option(o->line, "format");
	char *rest = arena_strdup(o->arena, given	? given
					    : o->output ? "json,markdown,html"
							: "text");

	o->text = o->output != NULL;
	for (char *name; (name = strsep(&rest, ","));) {
		if (!strcmp(name, "text") && !o->output)
			o->text = true;
		else if (!add_format(o, name, err))
			return false;
	}
	if (!o->output && o->writer_count + o->text > 1)
		return err_set(err, ERR_INVALID,
			       "several formats need a folder: --output DIR");
	o->text &= !command_given(o->line, "quiet");
	return true;
}

/* ---- the order ---- */

static bool read_config(struct order *o, struct err *err)
{
	const char *path = command_option(o->line, "config");
	const char *profile = command_option(o->line, "profile");
	enum scan_plan_profile known;
	char *text = NULL;
	size_t len = 0;

	scan_config_defaults(&o->config);
	if (profile && !scan_config_profile(profile, &known))
		return err_set(err, ERR_INVALID,
			       "--profile must be quick, full or custom");
	if (profile)
		o->config.profile = known;
	return !path ||
	       (file_read(path, CONFIG_MAX, o->arena, &text, &len, err) &&
		scan_config_read(path, text, len, profile, o->arena, &o->config,
				 err));
}

static bool read_key(struct order *o, struct err *err)
{
	const char *path = command_option(o->line, "sign-key");
	char *text = NULL;

	if (!path)
		return true;
	if (!command_given(o->line, "evidence"))
		return err_set(err, ERR_INVALID,
			       "--sign-key signs evidence: --evidence");
	if (!file_read(path, SIGN_PEM_MAX, o->arena, &text, NULL, err))
		return false;
	o->has_key = sign_key_read(text, &o->key, err);
	explicit_bzero(text, strlen(text));
	return o->has_key || err_wrap(err, "--sign-key");
}

/* Where things go is tried before anything is looked at. */
static bool read_places(struct order *o, struct err *err)
{
	o->output = command_option(o->line, "output");
	o->prometheus = command_option(o->line, "prometheus");
	if (command_given(o->line, "evidence") && !o->output)
		return err_set(err, ERR_INVALID,
			       "--evidence needs a folder: --output DIR");
	return (!o->prometheus ||
		scan_metrics_ours(o->prometheus, o->arena, err)) &&
	       (!o->output || file_make_dir(o->output, 0700, err));
}

static bool read_order(struct order *o, struct err *err)
{
	return catalog_load(err) && read_config(o, err) &&
	       scan_plan_options(o->line, &o->config, err) &&
	       scan_plan_make(o->line, &o->config, &o->plan, err) &&
	       read_places(o, err) && read_formats(o, err) && read_key(o, err);
}

/* ---- what comes of it ---- */

/* "de_DE.UTF-8" as people set it for programs that talk to them. */
static const char *wanted_locale(void)
{
	static const char *const names[] = { "LC_ALL", "LC_MESSAGES", "LANG" };

	for (size_t i = 0; i < 3; i++) {
		const char *value = getenv(names[i]);

		if (value && *value)
			return catalog_locale(value);
	}
	return catalog_locale("en");
}

static bool keep_evidence(const struct order *o, struct report_input *in,
			  struct err *err)
{
	struct evidence e = {
		.folder = o->output,
		.config = &o->config,
		.scan = &o->found,
		.report = in,
		.key = o->has_key ? &o->key : NULL,
	};
	const char *hash = NULL;

	if (!command_given(o->line, "evidence"))
		return true;
	if (!evidence_write(&e, o->arena, &hash, err))
		return err_wrap(err, "evidence");
	in->evidence_sha256 = hash;
	if (o->text)
		printf("evidence: %s/scan_%s\n"
		       "SHA-256 of its metadata.json: %s\n",
		       o->output, o->id, hash);
	return true;
}

static bool write_files(const struct order *o, const struct report_input *in,
			struct err *err)
{
	for (size_t i = 0; i < o->writer_count; i++) {
		char *path = arena_printf(o->arena, "%s/nis2_report_%s.%s",
					  o->output, o->id,
					  o->writers[i]->extension);

		if (!report_save(in, o->writers[i], path, NULL, err))
			return false;
		if (o->text)
			printf("report: %s\n", path);
	}
	return true;
}

static bool tell(const struct order *o, struct err *err)
{
	bool colour = isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
	struct report_input *in =
		scan_output_input(&o->found, o->id, o->config.project_name,
				  command_given(o->line, "facts"), o->arena);

	if (o->text)
		scan_print_text(&o->found, colour, o->arena, stdout);
	if (!o->output)
		return !o->writer_count ||
		       report_write(in, o->writers[0], stdout, err);
	return keep_evidence(o, in, err) && write_files(o, in, err);
}

static bool keep_metrics(const struct order *o, struct err *err)
{
	return !o->prometheus ||
	       scan_metrics_write(o->prometheus, &o->found,
				  scan_plan_profile_names[o->config.profile],
				  o->arena, err);
}

/* ---- how it ends ---- */

static bool was_assessed(const struct scanned *s)
{
	for (size_t i = 0; i < CATALOG_CHECKS_MAX; i++)
		if (s->checks.checks[i].run)
			return true;
	return false;
}

/* Not one of the targets could be looked at: that is no "nothing found". */
static bool was_reached(const struct scanned *s)
{
	for (const struct scanned_host *h = s->first; h; h = h->next)
		if (h->seen.is_alive || !h->seen.errors.len)
			return true;
	return false;
}

static bool is_assessed(const struct order *o, struct err *err)
{
	if (!was_reached(&o->found))
		return err_set(err, ERR_UPSTREAM, "no target was reached");
	if (!was_assessed(&o->found))
		return err_set(err, ERR_UPSTREAM,
			       "nothing could be assessed: no target answered");
	return o->found.has_score || !o->config.min_score ||
	       err_set(err, ERR_UPSTREAM,
		       "there is no score to compare with --min-score: no "
		       "target answered");
}

/* Whether something was found that the caller wants to fail on. */
static bool is_bad(const struct order *o)
{
	enum check_severity least;

	if (o->found.has_score && o->found.score < o->config.min_score)
		return true;
	if (!severity_parse(o->config.fail_on, &least))
		return false; /* never */
	for (int i = 0; i <= (int)least; i++)
		if (o->found.counts.of[i])
			return true;
	return false;
}

static int failed(const struct order *o, const struct err *err)
{
	command_fail(o->line, err);
	return EXIT_FAILED;
}

static int look(struct order *o)
{
	bool progress =
		isatty(STDERR_FILENO) && !command_given(o->line, "quiet");
	struct err err = { 0 }, later = { 0 };
	bool done;

	o->found.locale = wanted_locale();
	o->id = scan_output_id(clock_now(), o->arena);
	done = scan_run(&o->plan, progress, o->arena, &o->found, &err);
	/* What was seen is told, whatever happened then. */
	if (!tell(o, &later) || (done && !keep_metrics(o, &later))) {
		if (!done)
			command_fail(o->line, &err);
		return failed(o, &later);
	}
	fflush(stdout);
	if (!done || !is_assessed(o, &err))
		return failed(o, &err);
	return is_bad(o) ? EXIT_FINDINGS : EXIT_OK;
}

static int dry_run(struct order *o)
{
	struct err err = { 0 };

	return scan_plan_show(&o->plan, !command_given(o->line, "quiet"),
			      o->arena, &err)
		       ? EXIT_OK
		       : failed(o, &err);
}

static int run_scan(struct command_line *line)
{
	struct order *o = arena_alloc(line->arena, sizeof(*o));
	struct err err = { 0 };
	int code;

	o->line = line;
	o->arena = line->arena;
	if (!read_order(o, &err))
		return command_fail(line, &err);
	code = command_given(line, "dry-run") ? dry_run(o) : look(o);
	sign_key_wipe(&o->key);
	return code;
}

const struct command cmd_scan = {
	.name = "scan",
	.about = "Look at targets and say what is found; needs no server",
	.usage = "[TARGET…]",
	.max_args = 1000,
	.options =
		(const struct option_def[]){
			{ "config", "FILE", NULL, NULL,
			  "what to scan and how, in YAML; options and targets "
			  "of the command line count more" },
			{ "profile", "quick|full|custom", NULL, NULL,
			  "how much to look at (full)" },
			{ "limit", "N", NULL, NULL,
			  "at most so many addresses; 0: all" },
			{ "dry-run", NULL, NULL, NULL,
			  "say which addresses would be looked at, and stop" },
			{ "output", "DIR", NULL, NULL,
			  "write reports into this folder" },
			{ "format", "LIST", NULL, NULL,
			  "text, json, markdown, html, junit, sarif (text; "
			  "with --output: json,markdown,html)" },
			{ "facts", NULL, NULL, NULL,
			  "JSON: with what the probes stated of each host" },
			{ "prometheus", "FILE", NULL, NULL,
			  "write gauges for node_exporter; other profiles' "
			  "stay" },
			{ "evidence", NULL, NULL, NULL,
			  "keep what was seen, with hashes, in the folder of "
			  "--output" },
			{ "sign-key", "FILE", NULL, NULL,
			  "sign the evidence; `nis2 evidence keygen` makes a "
			  "key" },
			{ "fail-on", "SEVERITY", NULL, NULL,
			  "exit status 1 from this severity on, or never "
			  "(LOW)" },
			{ "min-score", "N", NULL, NULL,
			  "exit status 1 below this score (0)" },
			{ "intrusive", NULL, NULL, NULL,
			  "also do what only an owner may agree to" },
			{ "discreet", NULL, NULL, NULL,
			  "ask nobody but the targets about them" },
			{ "allow-private", NULL, NULL, NULL,
			  "private and loopback addresses may be contacted" },
			{ "allow-networks", "CIDRS", NULL,
			  "SCAN_ALLOW_NETWORKS",
			  "private networks that may be contacted" },
			{ "country", "XX", NULL, NULL,
			  "where the organisation is: adds the checks of that "
			  "country's law" },
			{ "ports", "LIST", NULL, NULL,
			  "TCP ports, with commas; none: those of the "
			  "profile" },
			{ "timeout", "SECONDS", NULL, NULL,
			  "for one HTTP request (10)" },
			{ "concurrency", "N", NULL, NULL,
			  "hosts that are probed at the same time (20)" },
			{ "deadline", "SECONDS", NULL, NULL,
			  "for all of it (3600)" },
			{ "hosts-file", "PATH", NULL, "HOSTS_FILE",
			  "names that need no name server" },
			{ "ca-file", "PATH", NULL, "CA_FILE",
			  "certificates to trust besides the system's" },
			{ "resolver", "ADDRESSES", NULL, "RESOLVER",
			  "name servers to ask, instead of resolv.conf's" },
			{ "trust-anchor", "PATH", NULL, "SCAN_TRUST_ANCHOR",
			  "trust anchor of DNSSEC, instead of the system's" },
			{ "quiet", NULL, NULL, NULL,
			  "no progress and no text; errors are said all the "
			  "same" },
			{ 0 } },
	.run = run_scan,
};
