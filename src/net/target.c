#include "net/target.h"

#include <ctype.h>
#include <string.h>

#include "base/span.h"

/* What a message repeats of the input: whole characters, this many bytes. */
enum { SHOWN_MAX = 120 };

/*
 * Names that lead into somebody's own machine or cluster, with all names
 * below them (RFC 6761, 6762, 7686, 8375; ICANN's .internal).
 */
static const char *const blocked_names[] = { "localhost",
					     "localhost.localdomain",
					     "local",
					     "internal",
					     "lan",
					     "home.arpa",
					     "cluster.local",
					     "svc",
					     "onion",
					     "metadata",
					     "kubernetes",
					     "kubernetes.default",
					     "169.254.169.254" };

static const char *shown(struct arena *a, const char *text)
{
	size_t len = strlen(text);

	if (len <= SHOWN_MAX)
		return text;
	for (len = SHOWN_MAX; len && (text[len] & 0xc0) == 0x80; len--)
		;
	return arena_printf(a, "%.*s…", (int)len, text);
}

/* The host of "scheme://user@host:port/path". */
static struct span url_host(struct span s, const char *scheme_end)
{
	struct span authority = { scheme_end + 3, scheme_end + 3 };
	struct span host;
	const char *p;

	while (authority.end < s.end && !strchr("/?#", *authority.end))
		authority.end++;
	host = authority;
	for (p = authority.p; p < authority.end; p++)
		if (*p == '@')
			host.p = p + 1;
	for (p = host.p; p < host.end && *p != ':'; p++)
		;
	if (host.p < host.end && *host.p != '[')
		host.end = p;
	return host;
}

static const char *name_normalise(const char *text, struct arena *a)
{
	struct span s = span_trim(span_str(text));
	const char *scheme = span_find_nocase(s, "://");
	char *name;

	if (scheme)
		s = url_host(s, scheme);
	while (s.end > s.p && s.end[-1] == '/')
		s.end--;
	while (s.end > s.p && s.end[-1] == '.')
		s.end--;
	name = span_dup(a, s);
	for (char *p = name; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p += 'a' - 'A';
	return name;
}

static bool name_blocked(const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < sizeof(blocked_names) / sizeof(char *); i++) {
		size_t tail = strlen(blocked_names[i]);

		if (len >= tail &&
		    !strcmp(name + len - tail, blocked_names[i]) &&
		    (len == tail || name[len - tail - 1] == '.'))
			return true;
	}
	return false;
}

static bool label_ok(const char *label, size_t len)
{
	if (len < 1 || len > 63 || label[0] == '-' || label[len - 1] == '-')
		return false;
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)label[i]) && label[i] != '-')
			return false;
	return true;
}

/* Letters only, or an A-label (RFC 5890) such as "xn--p1ai". */
static bool top_label_ok(const char *label)
{
	if (!strncmp(label, "xn--", 4))
		return label[4] != '\0';
	for (const char *p = label; *p; p++)
		if (!isalpha((unsigned char)*p))
			return false;
	return strlen(label) >= 2;
}

static bool name_ok(const char *name)
{
	const char *label = name, *dot;

	if (strlen(name) > TARGET_NAME_MAX)
		return false;
	for (; (dot = strchr(label, '.')); label = dot + 1)
		if (!label_ok(label, (size_t)(dot - label)))
			return false;
	return label != name && label_ok(label, strlen(label)) &&
	       top_label_ok(label);
}

static bool normalise_domain(const struct target_policy *policy,
			     const char *text, struct arena *a,
			     struct target_spec *ret, struct err *err)
{
	const char *name = name_normalise(text, a);

	if (name_blocked(name))
		return err_set(err, ERR_INVALID, "Blocked hostname: %s",
			       shown(a, name));
	if (!name_ok(name))
		return err_set(err, ERR_INVALID,
			       "Invalid domain format: %s. "
			       "Expected format: example.com",
			       shown(a, name));
	*ret = (struct target_spec){ .kind = TARGET_DOMAIN, .value = name };
	return true;
}

static bool normalise_ip(const struct target_policy *policy, const char *text,
			 struct arena *a, struct target_spec *ret,
			 struct err *err)
{
	const char *word = span_dup(a, span_trim(span_str(text)));
	char buf[ADDR_TEXT];
	struct addr addr;

	if (!addr_parse(word, &addr))
		return err_set(err, ERR_INVALID, "Invalid IP address: %s",
			       shown(a, word));
	addr_text(&addr, buf);
	if (target_refuses(policy, &addr))
		return err_set(err, ERR_INVALID,
			       "Private/reserved IP blocked: %s. "
			       "Only public IPs allowed.",
			       buf);
	*ret = (struct target_spec){ .kind = TARGET_IP,
				     .value = arena_strdup(a, buf),
				     .net = { addr, addr_bits(&addr) } };
	return true;
}

static const char *count_text(const struct cidr *c, struct arena *a)
{
	uint64_t count = cidr_count(c);

	if (count == UINT64_MAX)
		return arena_printf(a, "2^%d", addr_bits(&c->base) - c->prefix);
	return arena_printf(a, "%llu", (unsigned long long)count);
}

static bool net_allowed(const struct net_list *allow, const struct cidr *c)
{
	for (size_t i = 0; i < allow->len; i++)
		if (cidr_covers(&allow->items[i], c))
			return true;
	return false;
}

static bool normalise_cidr(const struct target_policy *policy, const char *text,
			   struct arena *a, struct target_spec *ret,
			   struct err *err)
{
	const char *word = span_dup(a, span_trim(span_str(text)));
	const struct special *s = NULL;
	char buf[CIDR_TEXT];
	struct cidr c;

	if (!cidr_parse(word, &c))
		return err_set(err, ERR_INVALID, "Invalid CIDR range: %s",
			       shown(a, word));
	cidr_text(&c, buf);
	if (cidr_count(&c) > TARGET_CIDR_MAX)
		return err_set(err, ERR_INVALID,
			       "CIDR range too large: %s (%s hosts). "
			       "Maximum allowed: /%d",
			       buf, count_text(&c, a), addr_bits(&c.base) - 16);
	if (!net_allowed(&policy->allow, &c))
		s = cidr_special(&c, policy->use == TARGET_REGISTER);
	if (s)
		return err_set(err, ERR_INVALID,
			       "CIDR range %s overlaps private/reserved "
			       "network %s — SSRF blocked",
			       buf, s->block);
	*ret = (struct target_spec){ TARGET_CIDR, arena_strdup(a, buf), c };
	return true;
}

static const struct target_type {
	const char *name;
	bool (*normalise)(const struct target_policy *policy, const char *text,
			  struct arena *a, struct target_spec *ret,
			  struct err *err);
} target_types[] = {
	{ "domain", normalise_domain },
	{ "ip", normalise_ip },
	{ "cidr", normalise_cidr },
};

bool target_normalise(const struct target_policy *policy, const char *type,
		      const char *text, struct arena *a,
		      struct target_spec *ret, struct err *err)
{
	for (size_t i = 0; i < sizeof(target_types) / sizeof(*target_types);
	     i++)
		if (!strcmp(type, target_types[i].name))
			return target_types[i].normalise(policy, text, a, ret,
							 err);
	return err_set(err, ERR_INVALID, "Unknown target type: %s",
		       shown(a, type));
}

const char *target_refuses(const struct target_policy *policy,
			   const struct addr *a)
{
	const struct special *s = addr_special(a);

	if (!s || net_list_has(&policy->allow, a))
		return NULL;
	if (policy->use == TARGET_REGISTER && s->documentation)
		return NULL;
	return s->reason;
}

/* Keeps what the resolver said for the log, and says what it means here. */
static bool unresolved(const char *name, struct arena *a, struct err *err)
{
	struct err why = *err;

	if (why.kind == ERR_NOT_FOUND)
		err_set(err, ERR_INVALID,
			"Could not resolve domain to a valid public IP: %s",
			shown(a, name));
	else
		err_set(err, ERR_INVALID, "DNS resolution failed for %s: %s",
			shown(a, name), why.msg);
	return err_cause(err, "%s", why.cause[0] ? why.cause : why.msg);
}

bool target_resolve(const char *name, const struct target_policy *policy,
		    int64_t deadline, struct arena *a, struct addr_list *ret,
		    struct err *err)
{
	struct dns_source source = { policy->hosts_file, policy->resolver };
	struct addr_list addrs = { 0 };
	char buf[ADDR_TEXT];
	struct err why = { 0 };

	if (!dns_resolve(name, &source, deadline, a, &addrs, &why)) {
		if (err)
			*err = why;
		return err ? unresolved(name, a, err) : false;
	}
	for (size_t i = 0; i < addrs.len; i++) {
		const char *reason = target_refuses(policy, &addrs.items[i]);

		if (!reason)
			continue;
		err_set(err, ERR_INVALID,
			"Domain %s resolves to a private IP — SSRF blocked",
			shown(a, name));
		return err_cause(err, "%s is %s",
				 addr_text(&addrs.items[i], buf), reason);
	}
	*ret = addrs;
	return true;
}

bool target_check(const struct target_policy *policy, const char *type,
		  const char *text, int64_t deadline, struct arena *a,
		  struct target_spec *ret, const char **ret_pinned,
		  struct err *err)
{
	struct addr_list addrs = { 0 };
	struct target_spec spec;
	char buf[ADDR_TEXT];
	const char *pinned = NULL;

	if (!target_normalise(policy, type, text, a, &spec, err))
		return false;
	if (spec.kind == TARGET_IP)
		pinned = spec.value;
	if (spec.kind == TARGET_DOMAIN) {
		if (!target_resolve(spec.value, policy, deadline, a, &addrs,
				    err))
			return false;
		pinned = arena_strdup(a, addr_text(&addrs.items[0], buf));
	}
	*ret = spec;
	*ret_pinned = pinned;
	return true;
}
