#include "cmd/scan_print.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "core/finding.h"

static const char *const colours[SEVERITIES] = {
	[CHECK_SEVERITY_CRITICAL] = "\033[1;35m",
	[CHECK_SEVERITY_HIGH] = "\033[1;31m",
	[CHECK_SEVERITY_MEDIUM] = "\033[33m",
	[CHECK_SEVERITY_LOW] = "\033[36m",
	[CHECK_SEVERITY_INFO] = "",
};

/*
 * A terminal obeys control characters, and much of what is printed here was
 * said by strangers: what is no text is shown as '?'.
 */
static void print_safe(const char *text, FILE *out)
{
	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		bool c1 = p[0] == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0;

		fputc(*p < ' ' || *p == 0x7f || c1 ? '?' : *p, out);
	}
}

void scan_print_line(const char *indent, const char *text, FILE *out)
{
	if (!text[0])
		return;
	fputs(indent, out);
	print_safe(text, out);
	fputc('\n', out);
}

static void print_verdict(const struct verdict *v, const struct scanned *scan,
			  bool colour, struct arena *a, FILE *out)
{
	struct finding_texts t = { 0 };

	finding_texts(v->check->id, v->evidence, scan->locale, a, &t);
	fprintf(out, "  %s%-8s%s ", colour ? colours[v->severity] : "",
		check_severity_names[v->severity], colour ? "\033[0m" : "");
	print_safe(v->message, out);
	fprintf(out, "  [%s]\n",
		v->check->scored ? v->check->article
				 : v->check->compliance_article);
	scan_print_line("           ", t.detail ? t.detail : "", out);
	scan_print_line("           -> ", t.remediation ? t.remediation : "",
			out);
}

static const char *service_on(const struct scanned_host *h, int64_t port)
{
	const struct fact *f = fact_find(&h->facts, "service.name", (int)port);

	return f && f->kind == FACT_TEXT ? f->text : "";
}

static void print_head(const struct scanned_host *h, FILE *out)
{
	print_safe(h->seen.target, out);
	if (h->seen.ip[0] && strcmp(h->seen.ip, h->seen.target) != 0) {
		fputs(" (", out);
		print_safe(h->seen.ip, out);
		fputc(')', out);
	}
	if (h->seen.is_alive)
		fprintf(out, "  score %d", h->judged.score);
	fputc('\n', out);
}

static void print_host(const struct scanned_host *h, const struct scanned *scan,
		       bool colour, struct arena *a, FILE *out)
{
	print_head(h, out);
	if (h->seen.open_ports.len)
		fputs("  open:", out);
	else if (!h->seen.errors.len)
		fputs("  nothing open\n", out);
	for (size_t i = 0; i < h->seen.open_ports.len; i++) {
		fprintf(out, "%s %" PRId64 " ", i ? "," : "",
			h->seen.open_ports.items[i]);
		print_safe(service_on(h, h->seen.open_ports.items[i]), out);
	}
	if (h->seen.open_ports.len)
		fputc('\n', out);
	for (size_t i = 0; i < h->judged.verdicts.len; i++)
		print_verdict(&h->judged.verdicts.items[i], scan, colour, a,
			      out);
	for (size_t i = 0; i < h->seen.errors.len; i++)
		scan_print_line("  not tested: ", h->seen.errors.items[i], out);
	fputc('\n', out);
}

void scan_print_text(const struct scanned *scan, bool colour, struct arena *a,
		     FILE *out)
{
	const char *between = "";

	/* Of a network only the hosts that have something to say. */
	for (const struct scanned_host *h = scan->first; h; h = h->next)
		if (h->seen.is_alive || h->seen.errors.len ||
		    !strchr(h->seen.target, '/'))
			print_host(h, scan, colour, a, out);
	fprintf(out,
		"%" PRId64 " addresses, %" PRId64 " with open ports, "
		"%.1f seconds\n",
		scan->hosts, scan->alive,
		(double)(scan->ended - scan->started) / CLOCK_SECOND);
	fputs("findings: ", out);
	for (int i = 0; i < SEVERITIES; i++) {
		if (!scan->counts.of[i])
			continue;
		fprintf(out, "%s%" PRId64 " %s", between, scan->counts.of[i],
			check_severity_names[i]);
		between = ", ";
	}
	fputs(between[0] ? "\n" : "none\n", out);
	if (scan->has_score)
		fprintf(out, "score: %d of 100\n", scan->score);
	else
		fputs("score: not assessed\n", out);
	if (!scan->complete)
		fputs("incomplete: the scan did not come to its end\n", out);
}
