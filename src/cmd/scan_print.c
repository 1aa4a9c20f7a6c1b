#include "cmd/scan_print.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "core/finding.h"
#include "core/matrix.h"
#include "scan/result.h"

/* ---- text ---- */

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

static void print_line(const char *indent, const char *text, FILE *out)
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
	fprintf(out, "  [%s]\n", v->check->article);
	print_line("           ", t.detail ? t.detail : "", out);
	print_line("           -> ", t.remediation ? t.remediation : "", out);
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
		print_line("  not tested: ", h->seen.errors.items[i], out);
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

/* ---- JSON ---- */

static void member(struct sb *out, const char *name, const char *text)
{
	sb_addf(out, ",\"%s\":", name);
	codec_write_string(out, text);
}

static void write_verdict(const struct verdict *v, const struct scanned *scan,
			  struct arena *a, struct sb *out)
{
	const struct check *c = v->check;
	struct finding_texts t = { 0 };

	finding_texts(c->id, v->evidence, scan->locale, a, &t);
	sb_add(out, "{\"check\":");
	codec_write_string(out, c->id);
	member(out, "severity", check_severity_names[v->severity]);
	member(out, "category", c->category);
	member(out, "message", v->message);
	member(out, "rationale", t.rationale);
	member(out, "target", v->target);
	member(out, "reference", c->reference);
	if (v->has_cvss)
		sb_addf(out, ",\"cvss_base_score\":%.1f", v->cvss);
	else
		sb_add(out, ",\"cvss_base_score\":null");
	member(out, "cvss_vector", c->cvss_vector);
	member(out, "technical_detail", t.detail);
	member(out, "remediation", t.remediation);
	member(out, "remediation_cost", check_amount_names[c->cost]);
	member(out, "remediation_effort", check_amount_names[c->effort]);
	member(out, "compliance_article", c->compliance_article);
	member(out, "fingerprint", v->fingerprint);
	sb_addc(out, '}');
}

static void write_ports(const struct int_list *ports, struct sb *out)
{
	sb_add(out, ",\"ports\":[");
	for (size_t i = 0; i < ports->len; i++)
		sb_addf(out, "%s%" PRId64, i ? "," : "", ports->items[i]);
	sb_addc(out, ']');
}

static void write_asset(const struct scanned_host *h, struct arena *a,
			struct sb *out)
{
	struct result_info info;

	result_make(&h->facts, a, &info);
	sb_add(out, "{\"target\":");
	codec_write_string(out, h->seen.target);
	member(out, "ip", h->seen.ip);
	member(out, "status", h->seen.is_alive ? "Active" : "Unresponsive");
	if (h->seen.is_alive)
		sb_addf(out, ",\"score\":%d", h->judged.score);
	else
		sb_add(out, ",\"score\":null");
	write_ports(&h->seen.open_ports, out);
	sb_addf(out, ",\"http_info\":%s,\"tls_info\":%s,\"errors\":%s",
		info.http_info, info.tls_info,
		codec_str_list_json(a, &h->seen.errors));
	sb_add(out, ",\"facts\":[");
	for (size_t i = 0; i < h->facts.len; i++) {
		if (i)
			sb_addc(out, ',');
		fact_write(&h->facts.items[i], out);
	}
	sb_add(out, "]}");
}

/* How many active hosts have this as their worst finding; none: SEVERITIES. */
static int64_t hosts_with_worst(const struct scanned *scan, int worst)
{
	int64_t n = 0;

	for (const struct scanned_host *h = scan->first; h; h = h->next) {
		int i = 0;

		while (i < SEVERITIES && !h->judged.counts.of[i])
			i++;
		n += h->seen.is_alive && i == worst;
	}
	return n;
}

static void write_summary(const struct scanned *scan, struct sb *out)
{
	sb_add(out, "\"summary\":{\"total_score\":");
	if (scan->has_score)
		sb_addf(out, "%d", scan->score);
	else
		sb_add(out, "null");
	sb_addf(out,
		",\"complete\":%s,\"stats\":{\"analyzed_hosts\":%" PRId64
		",\"active_hosts\":%" PRId64 ",\"compliant_hosts\":%" PRId64,
		scan->complete ? "true" : "false", scan->hosts, scan->alive,
		hosts_with_worst(scan, SEVERITIES) +
			hosts_with_worst(scan, CHECK_SEVERITY_INFO));
	sb_addf(out,
		",\"critical_risk_hosts\":%" PRId64
		",\"high_risk_hosts\":%" PRId64
		",\"medium_risk_hosts\":%" PRId64 ",\"low_risk_hosts\":%" PRId64
		"}}",
		hosts_with_worst(scan, CHECK_SEVERITY_CRITICAL),
		hosts_with_worst(scan, CHECK_SEVERITY_HIGH),
		hosts_with_worst(scan, CHECK_SEVERITY_MEDIUM),
		hosts_with_worst(scan, CHECK_SEVERITY_LOW));
}

static const char *matrix_of(const struct scanned *scan, struct arena *a)
{
	struct matrix_sum *sum = arena_alloc(a, sizeof(*sum));

	for (const struct scanned_host *h = scan->first; h; h = h->next)
		if (h->seen.is_alive)
			matrix_add(sum, &h->judged.checks);
	return matrix_json(sum, scan->locale, a);
}

void scan_write_json(const struct scanned *scan, struct sb *out)
{
	struct arena *a = out->arena;
	const char *between = "";
	char time[CLOCK_TEXT];

	clock_text(scan->started, time);
	sb_addf(out,
		"{\"version\":\"2.0\",\"metadata\":{\"timestamp\":\"%s\","
		"\"generator\":\"nis2 " NIS2_VERSION "\","
		"\"duration_seconds\":%.1f},",
		time, (double)(scan->ended - scan->started) / CLOCK_SECOND);
	write_summary(scan, out);
	sb_addf(out, ",\"compliance_matrix\":%s,\"assets\":[",
		matrix_of(scan, a));
	for (const struct scanned_host *h = scan->first; h; h = h->next) {
		sb_add(out, h == scan->first ? "" : ",");
		write_asset(h, a, out);
	}
	sb_add(out, "],\"findings\":[");
	for (const struct scanned_host *h = scan->first; h; h = h->next)
		for (size_t i = 0; i < h->judged.verdicts.len; i++) {
			sb_add(out, between);
			write_verdict(&h->judged.verdicts.items[i], scan, a,
				      out);
			between = ",";
		}
	sb_add(out, "]}\n");
}
