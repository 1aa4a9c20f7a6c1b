#include <inttypes.h>
#include <string.h>

#include "cmd/scan_config.h"
#include "codec/format.h"

/* What YAML does not take as it is (1.1, section 5.1), or folds as a line. */
static bool needs_escape(unsigned c)
{
	return c < ' ' || (c >= 0x7f && c < 0xa0) || c == 0x2028 ||
	       c == 0x2029 || c == 0xfeff || c == 0xfffe || c == 0xffff;
}

static void add_quoted(struct sb *out, const char *text)
{
	int len = 1;

	sb_addc(out, '"');
	for (const char *p = text; *p; p += len) {
		unsigned c = format_next(p, &len);

		if (needs_escape(c))
			sb_addf(out, "\\u%04x", c);
		else
			sb_addf(out, "%s%.*s", strchr("\"\\", *p) ? "\\" : "",
				len, p);
	}
	sb_addc(out, '"');
}

static void add_texts(struct sb *out, const char *key,
		      const struct str_list *list)
{
	sb_addf(out, "%s: [", key);
	for (size_t i = 0; i < list->len; i++) {
		sb_add(out, i ? ", " : "");
		add_quoted(out, list->items[i]);
	}
	sb_add(out, "]\n");
}

static void add_text(struct sb *out, const char *key, const char *text)
{
	sb_addf(out, "%s: ", key);
	add_quoted(out, text);
	sb_addc(out, '\n');
}

static const char *word(bool yes)
{
	return yes ? "true" : "false";
}

static void add_pins(const struct scan_config *c, struct sb *out)
{
	sb_add(out, c->pin_count ? "pinned_ips:\n" : "pinned_ips: {}\n");
	for (size_t i = 0; i < c->pin_count; i++) {
		sb_add(out, "  ");
		add_quoted(out, c->pins[i].name);
		add_text(out, "", c->pins[i].ip);
	}
}

static void add_ports(const struct scan_config *c, struct sb *out)
{
	sb_add(out, "ports: [");
	for (size_t i = 0; i < c->ports.len; i++)
		sb_addf(out, "%s%" PRId64, i ? ", " : "", c->ports.items[i]);
	sb_add(out, "]\n");
}

void scan_config_write(const struct scan_config *c, struct sb *out)
{
	add_text(out, "project_name", c->project_name);
	add_text(out, "compliance_profile", c->compliance_profile);
	sb_add(out, "targets:\n");
	add_texts(out, "  ip_ranges", &c->ip_ranges);
	add_texts(out, "  domains", &c->domains);
	add_pins(c, out);
	sb_addf(out, "profile: %s\n", scan_plan_profile_names[c->profile]);
	sb_addf(out,
		"features:\n  dns_checks: %s\n  web_checks: %s\n"
		"  port_scan: %s\n  whois_checks: %s\n",
		word(c->features.dns_checks), word(c->features.web_checks),
		word(c->features.port_scan), word(c->features.whois_checks));
	add_ports(c, out);
	sb_addf(out,
		"scan_timeout: %" PRId64 "\nconcurrency: %" PRId64
		"\nmax_hosts: %" PRId64 "\ndeadline: %" PRId64 "\n",
		c->scan_timeout, c->concurrency, c->max_hosts, c->deadline);
	sb_addf(out, "intrusive: %s\ndiscreet: %s\nallow_private_ips: %s\n",
		word(c->intrusive), word(c->discreet),
		word(c->allow_private_ips));
	add_texts(out, "allow_networks", &c->allow_networks);
	if (*c->country)
		add_text(out, "country", c->country);
	sb_addf(out, "fail_on: %s\nmin_score: %" PRId64 "\n", c->fail_on,
		c->min_score);
}
