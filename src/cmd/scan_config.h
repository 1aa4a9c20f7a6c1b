/*
 * scan_config: what `nis2 scan` is to do, from a YAML file.
 *
 *	project_name: Perimeter
 *	targets: {domains: [www.example.com], ip_ranges: [192.0.2.0/28]}
 *	profile: quick
 *	profiles:
 *	  quick: {scan_timeout: 5, features: {whois_checks: false}}
 *
 * The keys are a table in scan_config.c; docs/cli.md has them with their
 * meaning. What a profile says counts more than what stands beside `profiles`,
 * and an option of the command line more than both. A key that is not known,
 * a value of the wrong kind and what we do not do are refused with
 * file:line:column and the name of the key: nothing is ignored.
 */
#ifndef NIS2_CMD_SCAN_CONFIG_H
#define NIS2_CMD_SCAN_CONFIG_H

#include "base/arena.h"
#include "base/err.h"
#include "gen/wire_types.h"

#define SCAN_CONFIG_PROJECT "NIS2 Compliance Audit"

/* A name and the address it is expected to have. */
struct scan_pin {
	const char *name, *ip;
};

struct scan_config {
	const char *project_name;
	const char *compliance_profile;
	struct str_list ip_ranges, domains;
	struct scan_pin *pins;
	size_t pin_count;
	enum scan_plan_profile profile;
	struct plan_features features;
	struct int_list ports; /* none: those of the profile */
	int64_t scan_timeout, concurrency, max_hosts, deadline;
	bool intrusive, discreet;
	bool allow_private_ips;
	struct str_list allow_networks; /* besides those */
	const char *country;		/* "" for none */
	const char *fail_on;		/* a severity, or "never" */
	int64_t min_score;		/* 0: none */
};

/* What holds where nobody says anything. */
void scan_config_defaults(struct scan_config *ret);

/*
 * Reads the text of a file over what `config` holds. `profile` is that of the
 * command line, NULL when none was given there. `path` is for messages.
 */
bool scan_config_read(const char *path, const char *text, size_t len,
		      const char *profile, struct arena *a,
		      struct scan_config *config, struct err *err);

/*
 * One value by its key, for an option of the command line that means the same;
 * the key is one of those whose value is a word. What it may be, in words.
 */
bool scan_config_word(const char *key, const char *text,
		      struct scan_config *config);
const char *scan_config_expects(const char *key);

/* The profile of that name. */
bool scan_config_profile(const char *name, enum scan_plan_profile *ret);

/*
 * Appends the whole of it as YAML that reads back the same, on one profile:
 * what `nis2 init` writes and what is kept with the evidence.
 */
void scan_config_write(const struct scan_config *config, struct sb *out);

#endif
