/*
 * The findings as JUnit XML, for what shows test results: a suite a target, a
 * case a finding, called by its label, which is the same in every scan and
 * language; and a suite of the checks that passed. CRITICAL to MEDIUM fail,
 * the rest and what is not NIS2 is told. What somebody decided to live with is
 * skipped. A scan that could assess nothing, or did not come to its end, is an
 * error: silence must not look like success.
 */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "core/catalog.h"
#include "report/report.h"

#define PASSES "checks without findings"

enum outcome { PASSED, TOLD, FAILED, SKIPPED, ERROR };

struct test_case {
	const char *suite;
	const char *name;
	const char *class;
	enum outcome outcome;
	const char *message;	       /* of an error */
	const struct finding *finding; /* of a failure */
	size_t place;
};

struct cases {
	struct test_case *items;
	size_t len;
	struct arena *arena;
};

static void add_case(struct cases *c, const struct test_case *one)
{
	c->items[c->len] = *one;
	c->items[c->len].place = c->len;
	c->len++;
}

/* What keeps the whole from being a result; both are about the scan. */
static void add_errors(const struct report_input *in, struct cases *c)
{
	struct test_case error = { .suite = "nis2 scan",
				   .class = "nis2 scan",
				   .outcome = ERROR };

	if (!in->scan->has_total_score && !in->findings->len) {
		error.name = "something could be assessed";
		error.message = "no host answered";
		add_case(c, &error);
	}
	if (in->incomplete) {
		error.name = "the scan came to its end";
		error.message = "the scan was cut short";
		add_case(c, &error);
	}
}

static bool has_finding(const struct finding_list *list, const char *check)
{
	for (size_t i = 0; i < list->len; i++)
		if (!strcmp(list->items[i].check_id, check))
			return true;
	return false;
}

static void add_passes(const struct report_input *in, struct cases *c)
{
	const struct check_list *checks = catalog_checks();

	for (size_t i = 0; in->checks && i < checks->len; i++) {
		const struct matrix_check *m = &in->checks->checks[i];
		const struct check *check = &checks->items[i];

		if (m->run && !has_finding(in->findings, check->id))
			add_case(c, &(struct test_case){
					    .suite = PASSES,
					    .name = check->id,
					    .class = check->category,
				    });
	}
}

static bool is_settled(enum finding_status status)
{
	return status == FINDING_STATUS_ACCEPTED_RISK ||
	       status == FINDING_STATUS_RESOLVED;
}

static enum outcome outcome_of(const struct finding *f)
{
	if (is_settled(f->status))
		return SKIPPED;
	return f->scored && f->severity <= SEVERITY_MEDIUM ? FAILED : TOLD;
}

static void add_findings(const struct finding_list *list, struct cases *c)
{
	for (size_t i = 0; i < list->len; i++) {
		const struct finding *f = &list->items[i];

		add_case(c, &(struct test_case){
				    .suite = f->target,
				    .name = f->message,
				    .class = f->category,
				    .outcome = outcome_of(f),
				    .finding = f,
			    });
	}
}

static int by_suite(const void *a, const void *b)
{
	const struct test_case *x = a, *y = b;
	int order = strcmp(x->suite, y->suite);

	return order ? order : (x->place > y->place) - (x->place < y->place);
}

/* ---- XML ---- */

static void attribute(struct sb *out, const char *name, const char *text)
{
	sb_addf(out, " %s=\"", name);
	report_xml(out, text);
	sb_addc(out, '"');
}

static void add_counts(struct sb *out, const struct test_case *cases,
		       size_t len)
{
	size_t count[ERROR + 1] = { 0 };

	for (size_t i = 0; i < len; i++)
		count[cases[i].outcome]++;
	sb_addf(out,
		" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" "
		"skipped=\"%zu\"",
		len, count[FAILED], count[ERROR], count[SKIPPED]);
}

static void add_line(struct sb *out, const char *text)
{
	if (!text || !*text)
		return;
	report_xml(out, text);
	sb_addc(out, '\n');
}

static void add_texts(struct sb *out, const struct finding *f)
{
	add_line(out, f->technical_detail);
	add_line(out, f->rationale);
	add_line(out, f->remediation);
	add_line(out, f->reference);
}

static void add_failure(struct sb *out, const struct finding *f)
{
	sb_add(out, "<failure");
	attribute(out, "type",
		  f->severity == SEVERITY_MEDIUM ? "WARNING"
						 : severity_names[f->severity]);
	attribute(out, "message", f->title);
	sb_add(out, ">");
	add_texts(out, f);
	sb_add(out, "</failure>");
}

static void add_told(struct sb *out, const struct finding *f)
{
	sb_add(out, "<system-out>");
	add_line(out, arena_printf(out->arena, "%s: %s",
				   f->scored ? "INFO" : f->compliance_article,
				   f->title));
	add_texts(out, f);
	sb_add(out, "</system-out>");
}

static void add_test_case(struct sb *out, const struct test_case *c)
{
	sb_add(out, "    <testcase");
	attribute(out, "classname", c->class);
	attribute(out, "name", c->name);
	sb_add(out, c->outcome == PASSED ? "/>\n" : ">");
	if (c->outcome == PASSED)
		return;
	if (c->outcome == FAILED)
		add_failure(out, c->finding);
	if (c->outcome == TOLD)
		add_told(out, c->finding);
	if (c->outcome == SKIPPED) {
		sb_add(out, "<skipped");
		attribute(out, "message",
			  finding_status_names[c->finding->status]);
		sb_add(out, "/>");
	}
	if (c->outcome == ERROR) {
		sb_add(out, "<error");
		attribute(out, "message", c->message);
		sb_add(out, "/>");
	}
	sb_add(out, "</testcase>\n");
}

/* The cases of one suite, which stand together; returns how many. */
static size_t add_suite(struct sb *out, const struct cases *all, size_t from,
			const char *time)
{
	const struct test_case *first = &all->items[from];
	size_t len = 1;

	while (from + len < all->len && !strcmp(first[len].suite, first->suite))
		len++;
	sb_add(out, "  <testsuite");
	attribute(out, "name", first->suite);
	add_counts(out, first, len);
	attribute(out, "timestamp", time);
	sb_add(out, ">\n");
	for (size_t i = 0; i < len; i++)
		add_test_case(out, &first[i]);
	sb_add(out, "  </testsuite>\n");
	return len;
}

static bool write(const struct report_input *in, const struct doc *doc,
		  struct arena *a, FILE *out, struct err *err)
{
	const char *locale = catalog_locale(in->locale);
	struct finding_list findings = report_findings(in, locale, a);
	struct cases all = { .arena = a };
	struct sb xml = sb_new(a, 1 << 16);
	char time[CLOCK_TEXT];

	all.items = arena_array(a, findings.len + CATALOG_CHECKS_MAX + 2,
				sizeof(*all.items));
	add_errors(in, &all);
	add_findings(&findings, &all);
	add_passes(in, &all);
	qsort(all.items, all.len, sizeof(*all.items), by_suite);
	clock_text(in->scan->has_started_at ? in->scan->started_at
					    : in->scan->created_at,
		   time);
	sb_add(&xml, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites");
	attribute(&xml, "name", in->scan->name);
	add_counts(&xml, all.items, all.len);
	if (in->scan->has_duration_seconds)
		sb_addf(&xml, " time=\"%" PRId64 "\"",
			in->scan->duration_seconds);
	sb_add(&xml, ">\n");
	for (size_t i = 0; i < all.len;)
		i += add_suite(&xml, &all, i, time);
	sb_add(&xml, "</testsuites>\n");
	if (xml.truncated)
		return err_set(err, ERR_TOO_LARGE, "the report is too large");
	fwrite(xml.s, 1, xml.len, out);
	return true;
}

const struct writer writer_junit = {
	.name = "junit",
	.content_type = "application/xml",
	.served_as = "application/xml; charset=utf-8",
	.extension = "xml",
	.write = write,
};
