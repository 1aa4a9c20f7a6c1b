/*
 * Documents and their writers: every kind of node, escaped, and in order.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/catalog.h"
#include "report/report.h"
#include "table.h"

/* The one document that has everything. */
static struct doc *sample(struct arena *a)
{
	static const char *const heads[] = { "Name <x>", "Number" };
	const struct doc_slice slices[] = {
		{ "one", 1, MARK_HIGH },
		{ "none", 0, MARK_LOW },
		{ "three", 3, MARK_OK },
	};
	struct doc *d = doc_new(a, "fr");
	struct doc_node *n;

	d->title = "Title & <more>";
	d->heading = d->eyebrow = d->confidential = d->author = "";
	d->description = "\"quoted\"";
	d->keywords = d->generator = d->footer = "";
	doc_heading(d, 2, "A & B");
	doc_paragraph(d, "<i>not italic</i>");
	n = doc_key_values(d);
	doc_row(d, n, (struct doc_text[]){ { "key" }, { "it's" } });
	n = doc_tiles(d);
	doc_row(d, n, (struct doc_text[]){ { "big" }, { "7", MARK_HIGH } });
	n = doc_list(d);
	doc_row(d, n, (struct doc_text[]){ { "item", MARK_CODE } });
	n = doc_strip(d, "strip");
	doc_row(d, n, (struct doc_text[]){ { "a" }, { "gap", MARK_GAP } });
	n = doc_table(d, "caption", 2, heads);
	doc_row(d, n,
		(struct doc_text[]){ { "cell", MARK_CRITICAL, "beneath" },
				     { "12" } });
	n = doc_table(d, NULL, 2, heads);
	n->empty = "nothing here";
	doc_donut(d, "donut", 25, 100, MARK_OK, "a quarter");
	doc_bar(d, "bar", COUNT(slices), slices, "parts");
	doc_page_break(d);
	return d;
}

static char *html_of(const struct doc *doc, struct arena *a)
{
	struct report_input in = { 0 };
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	char *copy;

	assert_true(writer_find("html")->write(&in, doc, a, out, NULL));
	fclose(out);
	copy = arena_strdup(a, text);
	free(text);
	return copy;
}

static void every_kind_of_node_is_written(void **state)
{
	static const char *const parts[] = {
		"<!DOCTYPE html>\n<html lang=\"fr\">",
		"<title>Title &amp; &lt;more&gt;</title>",
		"content=\"&quot;quoted&quot;\"",
		"<h2>A &amp; B</h2>",
		"&lt;i&gt;not italic&lt;/i&gt;</p>",
		"<dt>key</dt><dd class=\"\">it&#39;s</dd>",
		"<dl class=\"tiles\">",
		"<dd class=\"high\">7</dd>",
		"<li><code>item</code></li>",
		"<ol class=\"strip\" aria-label=\"strip\">",
		"<li class=\"gap\"><strong>a</strong><span>gap</span></li>",
		"<caption>caption</caption>",
		"<th scope=\"col\">Name &lt;x&gt;</th>",
		"<span class=\"badge critical\">cell</span>"
		"<small>beneath</small>",
		"<td class=\"n\">12</td>",
		"<tr><td colspan=\"2\">nothing here</td></tr>",
		"aria-label=\"a quarter\"",
		"stroke-dasharray=\"84.82 339.29\"",
		"<rect class=\"high\" x=\"0\" y=\"0\" width=\"250\"",
		"<rect class=\"ok\" x=\"250\" y=\"0\" width=\"750\"",
		"<hr class=\"page\">",
		"</html>\n",
	};
	_arena_ struct arena a = { 0 };
	const char *html = html_of(sample(&a), &a);
	const char *from = html;

	for (size_t i = 0; i < COUNT(parts); i++) {
		const char *found = strstr(from, parts[i]);

		if (!found)
			fail_msg("'%s' is not where it should be", parts[i]);
		from = found;
	}
}

/* One file, whatever happens to the network. */
static void a_file_needs_nothing_else(void **state)
{
	static const char *const never[] = { "<script",	 "<link",   "<img",
					     "url(",	 "@import", "http://",
					     "https://", "src=" };
	_arena_ struct arena a = { 0 };
	const char *html = html_of(sample(&a), &a);

	for (size_t i = 0; i < COUNT(never); i++)
		if (strstr(html, never[i]))
			fail_msg("%s", never[i]);
	assert_non_null(strstr(html, "default-src 'none'"));
}

static void a_bar_of_nothing_has_no_parts(void **state)
{
	_arena_ struct arena a = { 0 };
	const struct doc_slice slice = { "none", 0, MARK_LOW };
	struct doc *d = doc_new(&a, "en");

	d->title = d->heading = d->eyebrow = d->confidential = "";
	d->author = d->description = d->keywords = d->generator = "";
	d->footer = "";
	doc_bar(d, "bar", 1, &slice, "nothing");
	doc_donut(d, "donut", 0, 0, MARK_OK, "nothing");
	assert_null(strstr(html_of(d, &a), "<rect"));
}

static void formats_have_their_spellings(void **state)
{
	assert_string_equal(writer_find("html")->served_as,
			    "text/html; charset=utf-8");
	assert_string_equal(writer_find("json")->content_type,
			    "application/json");
	assert_ptr_equal(writer_find("md"), writer_find("markdown"));
	assert_null(writer_find("docx"));
	assert_null(writer_find(""));
	assert_non_null(report_find("dossier"));
	assert_null(report_find("novel"));
}

struct file_name {
	const char *scan, *file;
};

static void file_names_are_safe(void **state)
{
	static const struct file_name names[] = {
		{ "Weekly scan", "Weekly_scan" },
		{ "../../etc/passwd", "etc_passwd" },
		{ "__a-b_C9__", "a-b_C9" },
		{ "\xc3\xbc\xc3\xa4", "report" },
		{ "", "report" },
		{ "Gr\xc3\xbc\xc3\x9f"
		  "e",
		  "Gr__e" },
		{ "a\"b\r\nc", "a_b__c" },
		{ "0123456789012345678901234567890123456789012345678901234567"
		  "890123456789",
		  "012345678901234567890123456789012345678901234567890123456789"
		  "0123" },
	};
	_arena_ struct arena a = { 0 };

	for (size_t i = 0; i < COUNT(names); i++)
		assert_string_equal(
			report_filename(&a, names[i].scan,
					INT64_C(1772355603000000),
					writer_find("html")),
			arena_printf(&a, "nis2_report_%s_20260301_090003.html",
				     names[i].file));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_node_is_written),
		cmocka_unit_test(a_file_needs_nothing_else),
		cmocka_unit_test(a_bar_of_nothing_has_no_parts),
		cmocka_unit_test(formats_have_their_spellings),
		cmocka_unit_test(file_names_are_safe),
	};

	return cmocka_run_group_tests_name("doc", tests, NULL, NULL);
}
