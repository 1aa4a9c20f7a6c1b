#include "core/matrix.h"

#include <inttypes.h>
#include <string.h>

enum { EVIDENCE_MAX = 20 };

/* The index of a check in the catalogue, -1 for one that is gone. */
static int index_of(const char *id)
{
	const struct check *c = catalog_check(id);

	return c ? (int)(c - catalog_checks()->items) : -1;
}

void matrix_add(struct matrix_sum *m, const struct host_checks *checks)
{
	for (size_t i = 0; i < checks->run.len; i++) {
		int at = index_of(checks->run.items[i]);

		if (at >= 0)
			m->checks[at].run = true;
	}
	for (size_t i = 0; i < checks->failed.len; i++) {
		const struct host_failure *f = &checks->failed.items[i];
		int at = index_of(f->id);
		struct matrix_check *c = at < 0 ? NULL : &m->checks[at];

		/* Information is no gap: it costs no point either. */
		if (!c || f->severity == CHECK_SEVERITY_INFO)
			continue;
		if (!(c->grave + c->minor) || f->severity < c->worst)
			c->worst = f->severity;
		if (f->severity <= CHECK_SEVERITY_HIGH)
			c->grave += f->findings;
		else
			c->minor += f->findings;
	}
}

bool matrix_add_json(struct matrix_sum *m, const char *json, struct arena *a,
		     struct err *err)
{
	struct host_checks checks = { 0 };

	if (!codec_read(&host_checks_type, json, strlen(json), "checks", a,
			&checks, NULL, err))
		return false;
	matrix_add(m, &checks);
	return true;
}

/* One letter over all its checks. */
struct letter {
	int total, run, failed; /* checks */
	int64_t grave, minor;	/* findings */
	enum check_severity worst;
};

static struct letter sum_letter(const struct matrix_sum *m, char letter)
{
	const struct check_list *checks = catalog_checks();
	struct letter sum = { .worst = CHECK_SEVERITY_INFO };

	for (size_t i = 0; i < checks->len; i++) {
		const struct matrix_check *c = &m->checks[i];

		if (catalog_letter(checks->items[i].article) != letter)
			continue;
		sum.total++;
		sum.run += c->run;
		if (!(c->grave + c->minor))
			continue;
		sum.failed++;
		sum.grave += c->grave;
		sum.minor += c->minor;
		if (c->worst < sum.worst)
			sum.worst = c->worst;
	}
	return sum;
}

/*
 * The words are read by programs, which look for "partial", "automated" and
 * "manual" in them: the one for gaps has none.
 */
static char *status_of(const struct letter *s, enum article_coverage coverage,
		       struct arena *a)
{
	if (s->grave)
		return arena_printf(a, "Non-compliant (%" PRId64 " finding%s)",
				    s->grave, s->grave == 1 ? "" : "s");
	if (s->minor)
		return arena_printf(
			a, "Partially Automated (%" PRId64 " minor gap%s)",
			s->minor, s->minor == 1 ? "" : "s");
	if (!s->run)
		return arena_strdup(a, "Manual Verification Required");
	if (s->run < s->total)
		return arena_printf(a,
				    "Partially Automated (no gaps found, %d of "
				    "%d checks could run)",
				    s->run, s->total);
	if (coverage != ARTICLE_COVERAGE_TECHNICAL)
		return arena_strdup(a, "Partially Automated (no gaps found)");
	return arena_strdup(a, "Automated (no gaps found)");
}

/* The titles of the checks of a letter that failed, worst first. */
static struct str_list evidence_of(const struct matrix_sum *m, char letter,
				   const char *locale, struct arena *a)
{
	const struct check_list *checks = catalog_checks();
	struct str_list list = { arena_array(a, EVIDENCE_MAX, sizeof(char *)),
				 0 };

	for (int s = CHECK_SEVERITY_CRITICAL; s < CHECK_SEVERITY_INFO; s++)
		for (size_t i = 0; i < checks->len; i++) {
			const struct matrix_check *c = &m->checks[i];
			const struct check *check = &checks->items[i];

			if (!(c->grave + c->minor) || (int)c->worst != s ||
			    catalog_letter(check->article) != letter ||
			    list.len == EVIDENCE_MAX)
				continue;
			list.items[list.len++] = catalog_text(
				locale, "checks",
				arena_printf(a, "%s.title", check->id));
		}
	return list;
}

static struct matrix_cell cell_of(const struct matrix_sum *m,
				  const struct article *article,
				  const char *locale, struct arena *a)
{
	char letter = article->letter[0];
	struct letter sum = sum_letter(m, letter);

	return (struct matrix_cell){
		.status = status_of(&sum, article->coverage, a),
		.description = catalog_text(
			locale, "report",
			arena_printf(a, "article.%c.description", letter)),
		.letter = article->letter,
		.checks_run = sum.run,
		.checks_failed = sum.failed,
		.worst_severity =
			sum.failed ? check_severity_names[sum.worst] : NULL,
		.evidence = evidence_of(m, letter, locale, a),
	};
}

void matrix_make(const struct matrix_sum *m, const char *locale,
		 struct arena *a, struct matrix *ret)
{
	struct matrix_cell cells[MATRIX_LETTERS];

	for (int i = 0; i < MATRIX_LETTERS; i++)
		cells[i] =
			cell_of(m, catalog_article((char)('a' + i)), locale, a);
	*ret = (struct matrix){
		.art21_a = cells[0],
		.art21_b = cells[1],
		.art21_c = cells[2],
		.art21_d = cells[3],
		.art21_e = cells[4],
		.art21_f = cells[5],
		.art21_g = cells[6],
		.art21_h = cells[7],
		.art21_i = cells[8],
		.art21_j = cells[9],
	};
}

void matrix_cells(const struct matrix *m,
		  const struct matrix_cell *ret[MATRIX_LETTERS])
{
	const struct matrix_cell *cells[MATRIX_LETTERS] = {
		&m->art21_a, &m->art21_b, &m->art21_c, &m->art21_d, &m->art21_e,
		&m->art21_f, &m->art21_g, &m->art21_h, &m->art21_i, &m->art21_j,
	};

	memcpy(ret, cells, sizeof(cells));
}

char *matrix_json(const struct matrix_sum *m, const char *locale,
		  struct arena *a)
{
	struct sb json = sb_new(a, 4096);
	struct matrix matrix;

	matrix_make(m, locale, a, &matrix);
	codec_write(&matrix_type, &matrix, &json);
	return json.s;
}

enum coverage matrix_coverage(const char *status)
{
	/* The first word that occurs decides. */
	static const struct {
		const char *word;
		enum coverage coverage;
	} words[] = {
		{ "fail", COVERAGE_GAP },
		{ "missing", COVERAGE_GAP },
		{ "non-compliant", COVERAGE_GAP },
		{ "not compliant", COVERAGE_GAP },
		{ "not implemented", COVERAGE_GAP },
		{ "partial", COVERAGE_PARTIAL },
		{ "manual", COVERAGE_MANUAL },
		{ "automated", COVERAGE_OK },
		{ "verified", COVERAGE_OK },
		{ "compliant", COVERAGE_OK },
		{ "pass", COVERAGE_OK },
		{ "covered", COVERAGE_OK },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasestr(status, words[i].word))
			return words[i].coverage;
	return COVERAGE_MANUAL;
}
