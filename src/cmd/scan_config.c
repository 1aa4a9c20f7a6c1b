#include "cmd/scan_config.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "codec/format.h"
#include "codec/yaml.h"
#include "core/score.h"
#include "net/addr.h"
#include "scan/plan.h"

enum kind {
	KIND_TEXT,
	KIND_WORD, /* a text that `check` knows */
	KIND_INT,
	KIND_BOOL,
	KIND_TEXTS,
	KIND_INTS,
	KIND_PINS,
	KIND_TABLE,
	KIND_PROFILES, /* read apart: they come over what else is said */
	KIND_NONE,     /* not done: only an empty list is taken */
};

/* A key, where its value goes, and what it may be. */
struct key {
	const char *name;
	enum kind kind;
	size_t at;	    /* in struct scan_config */
	int64_t min, max;   /* of a number; `max` items of a list */
	const char *expect; /* KIND_WORD, KIND_NONE: what to say */
	bool (*check)(const char *text);
	const struct key *keys; /* KIND_TABLE */
};

struct reading {
	const char *path;
	struct arena *arena;
	struct scan_config *config;
	struct err *err;
};

static bool read_table(struct reading *r, const struct key *keys,
		       const struct yaml_node *map);

static bool fail_at(struct reading *r, const struct yaml_node *node,
		    const char *what)
{
	return err_set(r->err, ERR_INVALID, "%.80s:%d:%d: %.140s", r->path,
		       node->line, node->column, what);
}

static bool wrong(struct reading *r, const struct yaml_node *node,
		  const char *key, const char *expected)
{
	return fail_at(
		r, node,
		arena_printf(r->arena, "%.40s must be %s", key, expected));
}

/* ---- values ---- */

static bool read_text(struct reading *r, const struct yaml_node *node,
		      const char *key, const char **ret)
{
	const char *why = NULL, *text;

	if (node->kind != YAML_TEXT || yaml_is_null(node))
		return wrong(r, node, key, "a text");
	text = format_apply(FORMAT_TEXT, r->arena, node->text, &why);
	if (!text || !*text || strlen(text) > 512)
		return wrong(r, node, key,
			     "a text of one line, at most 512 bytes");
	*ret = text;
	return true;
}

static bool read_int(struct reading *r, const struct yaml_node *node,
		     const char *name, int64_t min, int64_t max, int64_t *ret)
{
	char *end = NULL;
	long long n = 0;

	errno = 0;
	if (node->kind == YAML_TEXT && !node->quoted)
		n = strtoll(node->text, &end, 10);
	if (!end || end == node->text || *end || errno || n < min || n > max)
		return wrong(r, node, name,
			     arena_printf(r->arena,
					  "a number from %" PRId64
					  " to %" PRId64,
					  min, max));
	*ret = n;
	return true;
}

static bool read_bool(struct reading *r, const struct yaml_node *node,
		      const char *key, bool *ret)
{
	bool yes = node->kind == YAML_TEXT && !node->quoted &&
		   !strcmp(node->text, "true");
	bool no = node->kind == YAML_TEXT && !node->quoted &&
		  !strcmp(node->text, "false");

	*ret = yes;
	return yes || no || wrong(r, node, key, "true or false");
}

/* How many items; a key without a value is an empty list. */
static bool count_items(struct reading *r, const struct yaml_node *node,
			const struct key *key, size_t *ret)
{
	size_t n = 0;

	if (node->kind != YAML_LIST && !yaml_is_null(node))
		return wrong(r, node, key->name, "a list");
	for (const struct yaml_node *i = node->first; i; i = i->next)
		if (++n > (size_t)key->max)
			return wrong(r, i, key->name,
				     arena_printf(r->arena,
						  "a list of at most %" PRId64,
						  key->max));
	*ret = n;
	return true;
}

static bool read_texts(struct reading *r, const struct yaml_node *node,
		       const struct key *key, struct str_list *ret)
{
	struct str_list list = { 0 };
	size_t n = 0;

	if (!count_items(r, node, key, &n))
		return false;
	list.items = arena_array(r->arena, n + 1, sizeof(char *));
	for (const struct yaml_node *i = node->first; i; i = i->next) {
		const char **item = &list.items[list.len++];

		if (!read_text(r, i, key->name, item))
			return false;
		if (key->check && !key->check(*item))
			return wrong(r, i, key->name, key->expect);
	}
	*ret = list;
	return true;
}

static bool read_ints(struct reading *r, const struct yaml_node *node,
		      const struct key *key, struct int_list *ret)
{
	struct int_list list = { 0 };
	size_t n = 0;

	if (!count_items(r, node, key, &n))
		return false;
	list.items = arena_array(r->arena, n + 1, sizeof(int64_t));
	for (const struct yaml_node *i = node->first; i; i = i->next)
		if (!read_int(r, i, key->name, 1, 65535,
			      &list.items[list.len++]))
			return false;
	*ret = list;
	return true;
}

static bool read_pins(struct reading *r, const struct yaml_node *node,
		      const struct key *key)
{
	struct scan_config *c = r->config;
	struct addr addr;
	size_t n = 0;

	if (node->kind != YAML_MAP && !yaml_is_null(node))
		return wrong(r, node, key->name, "names with their addresses");
	for (const struct yaml_node *i = node->first; i; i = i->next)
		n++;
	c->pins = arena_array(r->arena, n + 1, sizeof(*c->pins));
	c->pin_count = 0;
	for (const struct yaml_node *i = node->first; i; i = i->next) {
		struct scan_pin *pin = &c->pins[c->pin_count++];

		pin->name = i->key;
		if (!read_text(r, i, i->key, &pin->ip))
			return false;
		if (!addr_parse(pin->ip, &addr))
			return wrong(r, i, i->key, "an address");
	}
	return true;
}

static bool read_word(struct reading *r, const struct yaml_node *node,
		      const struct key *key, const char **ret)
{
	const char *text = NULL;

	if (!read_text(r, node, key->name, &text))
		return false;
	if (!key->check(text))
		return wrong(r, node, key->name, key->expect);
	*ret = text;
	return true;
}

/* An empty list asks for nothing; with anything in it, it would be ignored. */
static bool refuse(struct reading *r, const struct yaml_node *node,
		   const struct key *key)
{
	return (node->kind == YAML_LIST && !node->first) ||
	       yaml_is_null(node) || fail_at(r, node, key->expect);
}

static bool read_value(struct reading *r, const struct key *key,
		       const struct yaml_node *node)
{
	void *at = (char *)r->config + key->at;

	switch (key->kind) {
	case KIND_TEXT:
		return read_text(r, node, key->name, at);
	case KIND_WORD:
		return read_word(r, node, key, at);
	case KIND_INT:
		return read_int(r, node, key->name, key->min, key->max, at);
	case KIND_BOOL:
		return read_bool(r, node, key->name, at);
	case KIND_TEXTS:
		return read_texts(r, node, key, at);
	case KIND_INTS:
		return read_ints(r, node, key, at);
	case KIND_PINS:
		return read_pins(r, node, key);
	case KIND_TABLE:
		return node->kind == YAML_MAP
			       ? read_table(r, key->keys, node)
			       : wrong(r, node, key->name,
				       "a mapping of keys to values");
	case KIND_PROFILES:
		return true;
	case KIND_NONE:
		return refuse(r, node, key);
	}
	return false;
}

/* ---- words ---- */

bool scan_config_profile(const char *name, enum scan_plan_profile *ret)
{
	for (int i = 0; scan_plan_profile_names[i]; i++)
		if (!strcmp(name, scan_plan_profile_names[i])) {
			*ret = (enum scan_plan_profile)i;
			return true;
		}
	return false;
}

static bool is_country(const char *text)
{
	return strlen(text) == 2 &&
	       strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 2;
}

static bool is_compliance_profile(const char *text)
{
	return !strcmp(text, "default") || !strcmp(text, "standard_nis2");
}

static bool is_threshold(const char *text)
{
	enum check_severity severity;

	return !strcmp(text, "never") || severity_parse(text, &severity);
}

static bool is_network(const char *text)
{
	struct cidr net;

	return cidr_parse(text, &net);
}

/* ---- the keys ---- */

#define AT(member) offsetof(struct scan_config, member)

static const struct key target_keys[] = {
	{ "ip_ranges", KIND_TEXTS, AT(ip_ranges), .max = 5000 },
	{ "domains", KIND_TEXTS, AT(domains), .max = 5000 },
	{ "asns", KIND_NONE,
	  .expect = "asns: networks are not looked up by the number of their "
		    "operator; list them under ip_ranges" },
	{ 0 },
};

static const struct key feature_keys[] = {
	{ "dns_checks", KIND_BOOL, AT(features.dns_checks) },
	{ "web_checks", KIND_BOOL, AT(features.web_checks) },
	{ "port_scan", KIND_BOOL, AT(features.port_scan) },
	{ "whois_checks", KIND_BOOL, AT(features.whois_checks) },
	{ 0 },
};

/* What may differ from one profile to another. */
#define PROFILE_KEYS                                                      \
	{ "scan_timeout", KIND_INT, AT(scan_timeout), 1, 120 },           \
		{ "concurrency", KIND_INT, AT(concurrency), 1, 200 },     \
		{ "max_hosts", KIND_INT, AT(max_hosts), 0, 100000 },      \
		{ "deadline", KIND_INT, AT(deadline), 1, 86400 },         \
		{ "ports", KIND_INTS, AT(ports), .max = PLAN_PORTS_MAX }, \
		{ "features", KIND_TABLE, .keys = feature_keys },         \
		{ "intrusive", KIND_BOOL, AT(intrusive) },                \
		{ "discreet", KIND_BOOL, AT(discreet) },                  \
		{ "fail_on", KIND_WORD, AT(fail_on),                      \
		  .expect = "CRITICAL, HIGH, MEDIUM, LOW, INFO or never", \
		  .check = is_threshold },                                \
	{                                                                 \
		"min_score", KIND_INT, AT(min_score), 0, 100              \
	}

static const struct key profile_keys[] = { PROFILE_KEYS, { 0 } };

static const struct key top_keys[] = {
	{ "project_name", KIND_TEXT, AT(project_name) },
	{ "targets", KIND_TABLE, .keys = target_keys },
	{ "compliance_profile", KIND_WORD, AT(compliance_profile),
	  .expect = "standard_nis2 or default: there is one set of checks, "
		    "that of Article 21(2)",
	  .check = is_compliance_profile },
	{ "pinned_ips", KIND_PINS },
	{ "allow_private_ips", KIND_BOOL, AT(allow_private_ips) },
	{ "allow_networks", KIND_TEXTS, AT(allow_networks), .max = NET_LIST_MAX,
	  .expect = "networks, as 10.1.0.0/16", .check = is_network },
	{ "country", KIND_WORD, AT(country),
	  .expect = "a country by its two capital letters, as IT",
	  .check = is_country },
	/* Read first, see chosen_profile(). */
	{ "profile", KIND_PROFILES },
	{ "profiles", KIND_PROFILES },
	PROFILE_KEYS,
	{ 0 },
};

static bool read_table(struct reading *r, const struct key *keys,
		       const struct yaml_node *map)
{
	for (const struct yaml_node *n = map->first; n; n = n->next) {
		const struct key *key = keys;

		while (key->name && strcmp(key->name, n->key) != 0)
			key++;
		if (!key->name)
			return fail_at(r, n,
				       arena_printf(r->arena,
						    "unknown key '%.60s'",
						    n->key));
		if (!read_value(r, key, n))
			return false;
	}
	return true;
}

static const struct key *word_key(const char *name)
{
	const struct key *key = top_keys;

	while (strcmp(key->name, name) != 0)
		key++;
	return key;
}

bool scan_config_word(const char *name, const char *text,
		      struct scan_config *config)
{
	const struct key *key = word_key(name);

	if (key->check(text))
		*(const char **)((char *)config + key->at) = text;
	return key->check(text);
}

const char *scan_config_expects(const char *name)
{
	return word_key(name)->expect;
}

/* ---- profiles ---- */

static const struct yaml_node *member(const struct yaml_node *map,
				      const char *key)
{
	const struct yaml_node *n = map->first;

	while (n && strcmp(n->key, key) != 0)
		n = n->next;
	return n;
}

/* That of the command line, else of the file, else what was there. */
static bool chosen_profile(struct reading *r, const struct yaml_node *root,
			   const char *given)
{
	const struct yaml_node *node = member(root, "profile");
	enum scan_plan_profile profile = r->config->profile;

	if (node && (node->kind != YAML_TEXT ||
		     !scan_config_profile(node->text, &profile)))
		return wrong(r, node, "profile", "quick, full or custom");
	if (!given || !scan_config_profile(given, &r->config->profile))
		r->config->profile = profile;
	return true;
}

/* The one that was chosen counts; the others are read to be checked. */
static bool read_profiles(struct reading *r, const struct yaml_node *map)
{
	struct reading other = *r;

	if (map->kind != YAML_MAP)
		return wrong(r, map, "profiles", "a mapping of keys to values");
	for (const struct yaml_node *n = map->first; n; n = n->next) {
		struct scan_config scratch = *r->config;
		enum scan_plan_profile profile;

		other.config = &scratch;
		if (!scan_config_profile(n->key, &profile))
			return wrong(r, n, "a profile",
				     "quick, full or custom");
		if (n->kind != YAML_MAP)
			return wrong(r, n, n->key,
				     "a mapping of keys to values");
		if (!read_table(profile == r->config->profile ? r : &other,
				profile_keys, n))
			return false;
	}
	return true;
}

bool scan_config_read(const char *path, const char *text, size_t len,
		      const char *profile, struct arena *a,
		      struct scan_config *config, struct err *err)
{
	struct scan_config copy = *config;
	struct reading r = { path, a, &copy, err };
	struct yaml_node *root = NULL;
	const struct yaml_node *profiles;

	if (!yaml_read(text, len, a, &root, err)) {
		struct err why = *err;

		return err_set(err, why.kind, "%.80s:%.160s", path, why.msg);
	}
	if (root->kind != YAML_MAP)
		return fail_at(&r, root,
			       "a configuration is a mapping of keys to "
			       "values");
	profiles = member(root, "profiles");
	if (!chosen_profile(&r, root, profile) ||
	    !read_table(&r, top_keys, root) ||
	    (profiles && !read_profiles(&r, profiles)))
		return false;
	*config = copy;
	return true;
}

void scan_config_defaults(struct scan_config *ret)
{
	*ret = (struct scan_config){
		.project_name = SCAN_CONFIG_PROJECT,
		.compliance_profile = "standard_nis2",
		.profile = SCAN_PLAN_PROFILE_FULL,
		.features = { .dns_checks = true,
			      .web_checks = true,
			      .port_scan = true,
			      .whois_checks = true },
		.scan_timeout = 10,
		.concurrency = 20,
		.deadline = 3600,
		.country = "",
		.fail_on = "LOW",
	};
}
