#include "base/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>

#include "base/file.h"
#include "base/rand.h"
#include "base/span.h"

extern char **environ;

enum kind { TEXT, INT, BOOL };

struct setting {
	const char *name;
	enum kind kind;
	size_t offset;
	const char *value; /* the default, as it would be written */
	int64_t min, max;  /* INT */
	/* TEXT: the closed list; BOOL: its words for false and true. */
	const char *const *words;
	bool secret;
	const char *help;
};

static const char *const on_off[] = { "off", "on", NULL };
static const char *const algorithms[] = { "HS256", "RS256", NULL };
static const char *const log_formats[] = { "logfmt", "json", NULL };
static const char *const log_levels[] = { "debug", "info", "warn", "error",
					  NULL };

#define AT(member) offsetof(struct settings, member)

static const struct setting table[] = {
	{ "LISTEN", TEXT, AT(listen), "127.0.0.1:8000",
	  .help = "address and port the server listens on" },
	{ "DATA_DIR", TEXT, AT(data_dir), "var",
	  .help = "folder of the database, secrets and reports" },
	{ "DATABASE_URL", TEXT, AT(database_url), "", .secret = true,
	  .help = "sqlite:PATH or postgresql://...; empty: DATA_DIR/nis2.db" },
	{ "DATABASE_URL_SYNC", TEXT, AT(migrate_url), "", .secret = true,
	  .help = "what `nis2 migrate` connects as: the owner of the tables; "
		  "empty: DATABASE_URL" },
	{ "RLS_SUPERUSER_OK", BOOL, AT(privileged_role), "off", .words = on_off,
	  .help = "on: a database role that row policies do not bind may "
		  "serve" },
	{ "REDIS_URL", TEXT, AT(redis_url), "", .secret = true,
	  .help = "shared counters; empty: in the memory of this process" },
	{ "PUBLIC_URL", TEXT, AT(public_url), "http://localhost:8000",
	  .help = "how people reach this server; base of links in mails" },
	{ "ENVIRONMENT", TEXT, AT(environment), "production",
	  .help = "production or development" },
	{ "JWT_SECRET", TEXT, AT(jwt_secret), "", .secret = true,
	  .help = "key that signs sessions; made on first start" },
	{ "JWT_ALGORITHM", TEXT, AT(jwt_algorithm), "HS256",
	  .words = algorithms,
	  .help = "HS256, or RS256, which a JWT_PRIVATE_KEY chooses too" },
	{ "JWT_PRIVATE_KEY", TEXT, AT(jwt_private_key), "", .secret = true,
	  .help = "RSA key in PEM form, line ends also as \\n" },
	{ "JWT_PUBLIC_KEY", TEXT, AT(jwt_public_key), "",
	  .help = "its public half; empty: taken from the private key" },
	{ "JWT_PREVIOUS_PUBLIC_KEYS", TEXT, AT(jwt_previous_keys), "",
	  .help = "PEM keys that signed before, still accepted" },
	{ "DATA_ENCRYPTION_KEY", TEXT, AT(data_key), "", .secret = true,
	  .help = "key of encrypted columns; made on first start" },
	{ "DATA_ENCRYPTION_KEY_PREVIOUS", TEXT, AT(data_key_previous), "",
	  .secret = true,
	  .help = "the one before, until `nis2 rekey` has run" },
	{ "ACCESS_TOKEN_EXPIRE_MINUTES", INT, AT(access_minutes), "30", 1, 1440,
	  .help = "lifetime of an access token" },
	{ "REFRESH_TOKEN_EXPIRE_DAYS", INT, AT(refresh_days), "7", 1, 365,
	  .help = "lifetime of a refresh token" },
	{ "RESET_TOKEN_TTL_MINUTES", INT, AT(reset_minutes), "30", 5, 1440,
	  .help = "lifetime of a link that resets a password" },
	{ "INVITATION_TTL_HOURS", INT, AT(invitation_hours), "48", 1, 720,
	  .help = "lifetime of an invitation" },
	{ "AUDIT_LOG_RETENTION_DAYS", INT, AT(audit_days), "400", 90, 36500,
	  .help = "days that rows of the audit log are kept" },
	{ "SMTP_HOST", TEXT, AT(smtp_host), "",
	  .help = "mail server; empty: mail is written to DATA_DIR/mail" },
	{ "SMTP_PORT", INT, AT(smtp_port), "587", 1, 65535,
	  .help = "its port" },
	{ "SMTP_USER", TEXT, AT(smtp_user), "",
	  .help = "name to sign in there; empty: without" },
	{ "SMTP_PASSWORD", TEXT, AT(smtp_password), "", .secret = true,
	  .help = "and password" },
	{ "SMTP_FROM", TEXT, AT(smtp_from), "noreply@nis2.local",
	  .help = "sender of mails" },
	{ "SMTP_STARTTLS", BOOL, AT(smtp_starttls), "", .words = on_off,
	  .help = "refuse to go on without STARTTLS; empty: on, unless "
		  "SMTP_SSL is" },
	{ "SMTP_SSL", BOOL, AT(smtp_ssl), "off", .words = on_off,
	  .help = "TLS from the first byte (port 465)" },
	{ "SECURITY_CONTACT", TEXT, AT(security_contact), "",
	  .help = "mailto: or https: address for /.well-known/security.txt" },
	{ "OIDC_ALLOW_NETWORKS", TEXT, AT(oidc_allow_networks), "",
	  .help = "private networks where identity providers may be" },
	{ "CORS_ORIGINS", TEXT, AT(cors_origins), "",
	  .help = "origins that may call with cookies, comma separated" },
	{ "TRUSTED_PROXIES", TEXT, AT(trusted_proxies), "",
	  .help = "networks whose X-Forwarded-For is believed" },
	{ "RATE_LIMITS", BOOL, AT(rate_limits), "on", .words = on_off,
	  .help = "off only for tests and benchmarks" },
	{ "COOKIE_SECURE", BOOL, AT(cookie_secure), "", .words = on_off,
	  .help = "Secure cookies; empty: on in production" },
	{ "IO_THREADS", INT, AT(io_threads), "0", 0, 256,
	  .help = "threads of the HTTP server; 0: one a processor" },
	{ "HANDLER_THREADS", INT, AT(handler_threads), "8", 1, 256,
	  .help = "threads, and database connections, of the handlers" },
	{ "QUEUE_LENGTH", INT, AT(queue_length), "512", 1, 65536,
	  .help = "requests that may wait for a handler" },
	{ "LOG_FORMAT", BOOL, AT(log_json), "logfmt", .words = log_formats,
	  .help = "logfmt or json" },
	{ "LOG_LEVEL", TEXT, AT(log_level), "info", .words = log_levels,
	  .help = "debug, info, warn or error" },
	{ "METRICS_TOKEN", TEXT, AT(metrics_token), "", .secret = true,
	  .help = "what Prometheus sends to see /metrics from elsewhere" },
	{ "SCAN_ALLOW_NETWORKS", TEXT, AT(scan_allow_networks), "",
	  .help = "private networks that may be scanned, comma separated" },
	{ "HOSTS_FILE", TEXT, AT(hosts_file), "/etc/hosts",
	  .help = "names that are looked up before DNS" },
	{ "RESOLVER", TEXT, AT(resolver), "",
	  .help = "name servers to ask, ADDRESS or ADDRESS@PORT with blanks "
		  "between; empty: those of /etc/resolv.conf" },
	{ "CA_FILE", TEXT, AT(ca_file), "",
	  .help = "certificates to trust besides the system's" },
	{ "SCAN_CONTACT_URL", TEXT, AT(scan_contact_url), "",
	  .help = "shown to scanned servers: whom to ask about the scan" },
	{ "CT_LOG_LIST", TEXT, AT(ct_log_list), "",
	  .help = "public logs of certificates, JSON of the third version of "
		  "the list of browsers; empty: receipts are counted only" },
	{ "CT_SEARCH_URL", TEXT, AT(ct_url), "https://crt.sh/?output=json&q=",
	  .help = "who is asked which certificates a name has, put where "
		  "{domain} stands or behind; empty: nobody" },
	{ "CT_CACHE_HOURS", INT, AT(ct_cache_hours), "24", 1, 8760,
	  .help = "how long its answers are kept" },
	{ "SCAN_TRUST_ANCHOR", TEXT, AT(scan_trust_anchor), "",
	  .help = "file with the trust anchor of DNSSEC; empty: the system's" },
	{ "SCAN_DISCREET", BOOL, AT(scan_discreet), "off", .words = on_off,
	  .help = "scans ask nobody but the target, its name servers and its "
		  "mail servers: no revocation server" },
	{ "SCAN_DEADLINE", INT, AT(scan_deadline), "3600", 10, 86400,
	  .help = "seconds a scan may take" },
	{ "MAX_CONCURRENT_SCANS_PER_ORG", INT, AT(max_scans), "10", 1, 1000,
	  .help = "scans of one organisation that have not ended" },
	{ "MAX_CONCURRENT_REPORTS_PER_ORG", INT, AT(max_reports), "3", 1, 100,
	  .help = "reports in work for one organisation" },
	{ "REPORT_TTL_DAYS", INT, AT(report_ttl_days), "30", 1, 3650,
	  .help = "days until a report file is deleted" },
	{ "WITH_WORKER", BOOL, AT(with_worker), "on", .words = on_off,
	  .help = "serve starts and keeps a worker" },
};

enum { SETTINGS = sizeof(table) / sizeof(table[0]) };
/* Far more than any name, secret or list of networks needs. */
enum { VALUE_MAX = 1 << 14, FILE_MAX = 1 << 16 };

static const struct setting *find(struct span name)
{
	for (int i = 0; i < SETTINGS; i++)
		if (span_is_nocase(name, table[i].name))
			return &table[i];
	return NULL;
}

static const char **text_at(struct settings *s, const struct setting *t)
{
	return (const char **)((char *)s + t->offset);
}

static bool set_text(struct settings *s, const struct setting *t,
		     const char *value, struct err *err)
{
	for (const char *const *w = t->words; w; w++) {
		if (!*w)
			return err_set(err, ERR_INVALID,
				       "%s: '%.40s' is not one of its values "
				       "(%s)",
				       t->name, value, t->help);
		if (!strcmp(*w, value))
			break;
	}
	*text_at(s, t) = value;
	return true;
}

static bool set_int(struct settings *s, const struct setting *t,
		    const char *value, struct err *err)
{
	struct span rest = span_str(value);
	bool negative = span_literal(&rest, "-");
	uint64_t n;

	if (!span_number(&rest, INT64_MAX, &n) || span_len(rest))
		return err_set(err, ERR_INVALID,
			       "%s: '%.40s' is not a whole number", t->name,
			       value);
	if ((negative && n) || (int64_t)n < t->min || (int64_t)n > t->max)
		return err_set(err, ERR_INVALID,
			       "%s: %.40s is not between %lld and %lld",
			       t->name, value, (long long)t->min,
			       (long long)t->max);
	*(int64_t *)((char *)s + t->offset) = (int64_t)n;
	return true;
}

/* Its own words, and for a switch also what other programs write. */
static bool read_bool(const struct setting *t, const char *value, bool *ret)
{
	static const char *const no[] = { "false", "no", "0", NULL };
	static const char *const yes[] = { "true", "yes", "1", NULL };

	*ret = !strcasecmp(value, t->words[1]);
	if (*ret || !strcasecmp(value, t->words[0]))
		return true;
	for (int i = 0; t->words == on_off && no[i]; i++) {
		*ret = !strcasecmp(value, yes[i]);
		if (*ret || !strcasecmp(value, no[i]))
			return true;
	}
	return false;
}

static bool set_bool(struct settings *s, const struct setting *t,
		     const char *value, struct err *err)
{
	bool yes;

	if (!read_bool(t, value, &yes))
		return err_set(err, ERR_INVALID,
			       "%s: '%.40s' is neither %s nor %s", t->name,
			       value, t->words[1], t->words[0]);
	*(bool *)((char *)s + t->offset) = yes;
	return true;
}

/* Whether a switch that has no default was set: else derive() does. */
static bool *given(struct settings *s, const struct setting *t)
{
	return t->offset == AT(cookie_secure) ? &s->has_cookie_secure
					      : &s->has_smtp_starttls;
}

static bool set(struct settings *s, const struct setting *t, const char *value,
		struct err *err)
{
	if (strlen(value) > VALUE_MAX)
		return err_set(err, ERR_INVALID, "%s: longer than %d bytes",
			       t->name, VALUE_MAX);
	if (t->kind == TEXT)
		return set_text(s, t, value, err);
	/* Set to nothing is as good as not set. */
	if (!*value)
		value = t->value;
	if (t->kind == BOOL && !*t->value) {
		*given(s, t) = *value;
		if (!*value)
			return true;
	}
	return t->kind == INT ? set_int(s, t, value, err)
			      : set_bool(s, t, value, err);
}

bool settings_production(const struct settings *s)
{
	/* Whatever is not plainly development is held to the strict rules. */
	return strcmp(s->environment, "development") != 0;
}

/* What follows from other settings. */
static void derive(struct settings *s)
{
	if (!s->has_cookie_secure)
		s->cookie_secure = settings_production(s);
	if (!s->has_smtp_starttls)
		s->smtp_starttls = !s->smtp_ssl;
}

bool settings_set(struct settings *s, struct arena *a, const char *name,
		  const char *value, struct err *err)
{
	const struct setting *t = find(span_str(name));

	if (!t)
		return err_set(err, ERR_INVALID, "there is no setting %s",
			       name);
	if (!set(s, t, arena_strdup(a, value), err))
		return false;
	derive(s);
	return true;
}

/* NAME=VALUE as env(1) shows it, `export` and quotes as shells like it. */
static bool set_line(struct settings *s, struct arena *a, struct span line,
		     struct err *err)
{
	const struct setting *t;
	struct span name, value;

	line = span_trim(line);
	if (!span_len(line) || *line.p == '#')
		return true;
	if (span_literal(&line, "export "))
		span_skip_blank(&line);
	if (!span_until(&line, '=', VALUE_MAX, &name))
		return true;
	t = find(span_trim(name));
	if (!t)
		return true; /* others keep theirs in the same file */
	value = span_trim(line);
	if (span_len(value) >= 2 && (*value.p == '"' || *value.p == '\'') &&
	    value.end[-1] == *value.p) {
		value.p++;
		value.end--;
	}
	return set(s, t, span_dup(a, value), err);
}

static bool load_file(struct settings *s, struct arena *a, const char *path,
		      bool needed, struct err *err)
{
	struct err why = { 0 };
	struct span rest, line;
	size_t len;
	char *text;

	if (!file_read(path, FILE_MAX, a, &text, &len, &why)) {
		if (why.kind == ERR_NOT_FOUND && !needed)
			return true;
		*err = why;
		return false;
	}
	rest = span_of(text, len);
	while (span_len(rest)) {
		if (!span_until(&rest, '\n', FILE_MAX, &line) ||
		    !set_line(s, a, line, err))
			return err_wrap(err, "%s", path);
	}
	return true;
}

/* The names of the contract are the same in any case. */
static const char *environment_value(const char *name)
{
	size_t len = strlen(name);

	for (char **e = environ; e && *e; e++)
		if (!strncasecmp(*e, name, len) && (*e)[len] == '=')
			return *e + len + 1;
	return NULL;
}

static bool load_environment(struct settings *s, struct arena *a,
			     struct err *err)
{
	for (int i = 0; i < SETTINGS; i++) {
		const char *value = environment_value(table[i].name);

		if (value && !set(s, &table[i], arena_strdup(a, value), err))
			return false;
	}
	return true;
}

bool settings_load(struct arena *a, struct settings *ret, struct err *err)
{
	const char *file = environment_value("ENV_FILE");
	const char *dir = environment_value("DATA_DIR");
	struct settings s = { 0 };

	for (int i = 0; i < SETTINGS; i++)
		if (!set(&s, &table[i], table[i].value, err))
			return false;
	if (!file)
		file = arena_printf(a, "%s/.env", dir ? dir : s.data_dir);
	if (!load_file(&s, a, file, environment_value("ENV_FILE"), err) ||
	    !load_environment(&s, a, err))
		return false;
	derive(&s);
	*ret = s;
	return true;
}

/*
 * Makes those that are nowhere yet and writes all that this folder keeps: a
 * key that came from the environment is not copied to the disk.
 */
static bool keep_secrets(const struct settings *s, struct settings *kept,
			 struct arena *a, const char *path, struct err *err)
{
	struct sb file = sb_new(a, 256);

	sb_add(&file, "# Made by nis2 on its first start. Whoever has these "
		      "can sign in as anybody.\n");
	if (!*s->jwt_secret && !*kept->jwt_secret)
		kept->jwt_secret = rand_token(a, 32);
	if (!*s->data_key && !*kept->data_key)
		kept->data_key = rand_token(a, 32);
	if (*kept->jwt_secret)
		sb_addf(&file, "JWT_SECRET=%s\n", kept->jwt_secret);
	if (*kept->data_key)
		sb_addf(&file, "DATA_ENCRYPTION_KEY=%s\n", kept->data_key);
	return file_write(path, file.s, file.len, 0600, err);
}

static bool load_kept(const struct settings *s, struct settings *kept,
		      struct arena *a, const char *path, struct err *err)
{
	*kept = *s;
	kept->jwt_secret = kept->data_key = "";
	return load_file(kept, a, path, false, err);
}

static void take_kept(struct settings *s, const struct settings *kept)
{
	if (!*s->jwt_secret)
		s->jwt_secret = kept->jwt_secret;
	if (!*s->data_key)
		s->data_key = kept->data_key;
}

static const char *secrets_path(const struct settings *s, struct arena *a)
{
	return arena_printf(a, "%s/secrets.env", s->data_dir);
}

bool settings_kept_secrets(struct settings *s, struct arena *a, struct err *err)
{
	struct settings kept;

	if (!load_kept(s, &kept, a, secrets_path(s, a), err))
		return false;
	take_kept(s, &kept);
	return true;
}

bool settings_secrets(struct settings *s, struct arena *a, struct err *err)
{
	const char *path = secrets_path(s, a);
	struct settings kept;
	_cleanup_fd_ int lock = -1;

	if (*s->jwt_secret && *s->data_key)
		return true;
	if (!file_make_dir(s->data_dir, 0700, err))
		return false;
	/* Two processes that start at once must agree on the keys. */
	lock = open(s->data_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (lock < 0 || flock(lock, LOCK_EX) < 0)
		return err_set(err, ERR_INTERNAL, "cannot read '%s': %s",
			       s->data_dir, strerror(errno));
	if (!load_kept(s, &kept, a, path, err))
		return false;
	if (((!*s->jwt_secret && !*kept.jwt_secret) ||
	     (!*s->data_key && !*kept.data_key)) &&
	    !keep_secrets(s, &kept, a, path, err))
		return false;
	take_kept(s, &kept);
	return true;
}

/* "postgresql://user:secret@host/db" shows all but what stands before the @. */
static const char *masked(const char *value, struct arena *a)
{
	const char *at = strrchr(value, '@');
	const char *scheme = strstr(value, "://");

	if (!*value)
		return "";
	if (!scheme && strncmp(value, "sqlite:", 7) != 0)
		return "********";
	if (strchr(value, '?') && scheme)
		return arena_printf(a, "%.*s://********", (int)(scheme - value),
				    value);
	return scheme && at && at > scheme
		       ? arena_printf(a, "%.*s://********%s",
				      (int)(scheme - value), value, at)
		       : value;
}

static const char *shown(const struct settings *s, const struct setting *t,
			 struct arena *a)
{
	const char *at = (const char *)s + t->offset;
	const char *text;

	if (t->kind == INT)
		return arena_printf(a, "%lld", (long long)*(const int64_t *)at);
	if (t->kind == BOOL)
		return t->words[*(const bool *)at];
	text = *(const char *const *)at;
	return t->secret ? masked(text, a) : text;
}

void settings_print(const struct settings *s, FILE *out)
{
	_arena_ struct arena a = { 0 };

	for (int i = 0; i < SETTINGS; i++)
		fprintf(out, "# %s\n%s=%s\n", table[i].help, table[i].name,
			shown(s, &table[i], &a));
}
