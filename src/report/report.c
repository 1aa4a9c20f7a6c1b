#include "report/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "core/catalog.h"
#include "core/finding.h"
#include "core/summary.h"

#define REPORT(name) extern const struct report report_##name;
#include "report/reports.def"
#undef REPORT
#define WRITER(name) extern const struct writer writer_##name;
#include "report/writers.def"
#undef WRITER

static const struct report *const reports[] = {
#define REPORT(name) &report_##name,
#include "report/reports.def"
#undef REPORT
	NULL,
};

const struct writer *const writers[] = {
#define WRITER(name) &writer_##name,
#include "report/writers.def"
#undef WRITER
	NULL,
};

const struct report *report_find(const char *name)
{
	for (int i = 0; reports[i]; i++)
		if (!strcmp(reports[i]->name, name))
			return reports[i];
	return NULL;
}

const struct writer *writer_find(const char *format)
{
	/* Spellings of the contract that mean another one. */
	static const struct {
		const char *spelling, *name;
	} same[] = { { "md", "markdown" }, { "xml", "junit" } };

	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		if (!strcmp(format, same[i].spelling))
			format = same[i].name;
	for (int i = 0; writers[i]; i++)
		if (!strcmp(writers[i]->name, format))
			return writers[i];
	return NULL;
}

bool report_write(const struct report_input *in, const struct writer *writer,
		  FILE *out, struct err *err)
{
	_arena_ struct arena a = { 0 };
	struct doc *doc = NULL;

	if (writer->needs_doc) {
		doc = doc_new(&a, catalog_locale(in->locale));
		report_find("dossier")->build(in, doc);
	}
	if (!writer->write(in, doc, &a, out, err))
		return false;
	if (!fflush(out) && !ferror(out))
		return true;
	err_set(err, ERR_INTERNAL, "the report cannot be written");
	return err_cause(err, "%s", strerror(errno));
}

bool report_save(const struct report_input *in, const struct writer *writer,
		 const char *path, size_t *ret_size, struct err *err)
{
	char *bytes = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&bytes, &len);
	bool ok;

	if (!out)
		return err_set(err, ERR_INTERNAL, "out of memory");
	ok = report_write(in, writer, out, err);
	if (fclose(out) != 0 && ok)
		ok = err_set(err, ERR_INTERNAL, "the report cannot be written");
	ok = ok && file_write(path, bytes, len, 0600, err);
	free(bytes);
	if (ret_size)
		*ret_size = len;
	return ok;
}

static int by_weight(const void *a, const void *b)
{
	const struct finding *x = a, *y = b;
	int order = (x->severity > y->severity) - (x->severity < y->severity);

	if (!order)
		order = (y->cvss_base_score > x->cvss_base_score) -
			(y->cvss_base_score < x->cvss_base_score);
	if (!order)
		order = strcmp(x->target, y->target);
	return order ? order : strcmp(x->id, y->id);
}

struct finding_list report_findings(const struct report_input *in,
				    const char *locale, struct arena *a)
{
	size_t len = in->findings->len;
	struct finding_list list = {
		arena_array(a, len + 1, sizeof(struct finding)), len
	};

	if (len)
		memcpy(list.items, in->findings->items,
		       len * sizeof(struct finding));
	qsort(list.items, len, sizeof(struct finding), by_weight);
	for (size_t i = 0; i < len; i++)
		finding_localize(&list.items[i], locale, a);
	return list;
}

void report_xml(struct sb *out, const char *text)
{
	struct sb clean = sb_new(out->arena, text ? strlen(text) + 1 : 1);

	for (const char *p = text ? text : ""; *p; p++) {
		bool noncharacter = !strncmp(p, "\xef\xbf\xbe", 3) ||
				    !strncmp(p, "\xef\xbf\xbf", 3);

		if (noncharacter)
			p += 2;
		sb_addc(&clean, noncharacter || ((unsigned char)*p < ' ' &&
						 !strchr("\t\n\r", *p))
					? '?'
					: *p);
	}
	html_escape(out, clean.s);
}

/* Letters, digits, '_' and '-' stay; 64 of them, without '_' at the ends. */
static char *slug_of(struct arena *a, const char *name)
{
	static const char keep[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "abcdefghijklmnopqrstuvwxyz0123456789_-";
	struct sb slug = sb_new(a, 64);
	char *start;

	for (; *name && slug.len < 64; name++) {
		/* One for a whole character, not for each of its bytes. */
		if (((unsigned char)*name & 0xc0) == 0x80)
			continue;
		sb_addc(&slug, strchr(keep, *name) ? *name : '_');
	}
	while (slug.len && slug.s[slug.len - 1] == '_')
		slug.s[--slug.len] = '\0';
	start = slug.s + strspn(slug.s, "_");
	return *start ? start : arena_strdup(a, "report");
}

char *report_filename(struct arena *a, const char *scan_name, int64_t time,
		      const struct writer *writer)
{
	char t[CLOCK_TEXT];

	clock_text(time, t); /* 2026-03-01T09:00:00… */
	return arena_printf(a, "nis2_report_%s_%.4s%.2s%.2s_%.2s%.2s%.2s.%s",
			    slug_of(a, scan_name), t, t + 5, t + 8, t + 11,
			    t + 14, t + 17, writer->extension);
}
