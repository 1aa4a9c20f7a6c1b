/*
 * settings: every knob of the program, in one table (settings.c).
 *
 * Values come, the later winning, from the table's defaults, an environment
 * file (DATA_DIR/.env, or ENV_FILE), the environment, and flags. Names are the
 * environment names of the contract. `nis2 check` prints the effective values
 * and what is wrong with them; production refuses to start on the same list.
 */
#ifndef NIS2_BASE_SETTINGS_H
#define NIS2_BASE_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/err.h"

struct settings {
	/* Where. */
	const char *listen;	  /* LISTEN, "127.0.0.1:8000" */
	const char *data_dir;	  /* DATA_DIR, "var" */
	const char *database_url; /* DATABASE_URL, "" is SQLite in data_dir */
	const char *migrate_url;  /* DATABASE_URL_SYNC, "" is database_url */
	bool privileged_role;	  /* RLS_SUPERUSER_OK */
	const char *redis_url;	  /* REDIS_URL, "" means in memory */
	const char *public_url;	  /* PUBLIC_URL */
	const char *environment;  /* ENVIRONMENT: production or development */
	/* Identity. */
	const char *jwt_secret;		 /* JWT_SECRET */
	const char *jwt_algorithm;	 /* JWT_ALGORITHM: HS256 or RS256 */
	const char *jwt_private_key;	 /* JWT_PRIVATE_KEY, PEM */
	const char *jwt_public_key;	 /* JWT_PUBLIC_KEY, PEM or "" */
	const char *jwt_previous_keys;	 /* JWT_PREVIOUS_PUBLIC_KEYS, PEMs */
	const char *data_key;		 /* DATA_ENCRYPTION_KEY */
	const char *data_key_previous;	 /* DATA_ENCRYPTION_KEY_PREVIOUS */
	int64_t access_minutes;		 /* ACCESS_TOKEN_EXPIRE_MINUTES, 30 */
	int64_t refresh_days;		 /* REFRESH_TOKEN_EXPIRE_DAYS, 7 */
	int64_t reset_minutes;		 /* RESET_TOKEN_TTL_MINUTES, 30 */
	int64_t invitation_hours;	 /* INVITATION_TTL_HOURS, 48 */
	int64_t audit_days;		 /* AUDIT_LOG_RETENTION_DAYS, 400 */
	const char *security_contact;	 /* SECURITY_CONTACT */
	const char *oidc_allow_networks; /* OIDC_ALLOW_NETWORKS, CIDRs */
	const char *cors_origins;	 /* CORS_ORIGINS, comma separated */
	const char *trusted_proxies;	 /* TRUSTED_PROXIES, CIDRs */
	bool rate_limits;		 /* RATE_LIMITS, on */
	bool cookie_secure;		 /* COOKIE_SECURE, on in production */
	bool has_cookie_secure;		 /* it was given, and is not derived */
	/* Mail. */
	const char *smtp_host;		       /* SMTP_HOST, "" writes files */
	int64_t smtp_port;		       /* SMTP_PORT, 587 */
	const char *smtp_user, *smtp_password; /* SMTP_USER, SMTP_PASSWORD */
	const char *smtp_from;		       /* SMTP_FROM */
	bool smtp_starttls, smtp_ssl;	       /* SMTP_STARTTLS, SMTP_SSL */
	bool has_smtp_starttls;		       /* as has_cookie_secure */
	/* Server. */
	int64_t io_threads;	   /* IO_THREADS, 0 = processors */
	int64_t handler_threads;   /* HANDLER_THREADS, 8 */
	int64_t queue_length;	   /* QUEUE_LENGTH, 512 */
	bool log_json;		   /* LOG_FORMAT: logfmt or json */
	const char *log_level;	   /* LOG_LEVEL, info */
	const char *metrics_token; /* METRICS_TOKEN, "": this machine only */
	/* Scanning and jobs. */
	const char *scan_allow_networks; /* SCAN_ALLOW_NETWORKS, empty */
	const char *hosts_file;		 /* HOSTS_FILE, /etc/hosts */
	const char *ca_file;	       /* CA_FILE, extra trusted certificates */
	const char *scan_contact_url;  /* SCAN_CONTACT_URL, empty */
	const char *ct_log_list;       /* CT_LOG_LIST, "" knows no log */
	const char *ct_url;	       /* CT_SEARCH_URL, "" asks nobody */
	int64_t ct_cache_hours;	       /* CT_CACHE_HOURS, 24 */
	int64_t scan_deadline;	       /* SCAN_DEADLINE, seconds, 3600 */
	int64_t max_reports;	       /* MAX_CONCURRENT_REPORTS_PER_ORG, 3 */
	int64_t report_ttl_days;       /* REPORT_TTL_DAYS, 30 */
	bool with_worker;	       /* WITH_WORKER, on */
	bool scan_discreet;	       /* SCAN_DISCREET, off */
	const char *scan_trust_anchor; /* SCAN_TRUST_ANCHOR, DNSSEC's root */
	const char *resolver;	       /* RESOLVER, "": resolv.conf */
	int64_t max_scans;	       /* MAX_CONCURRENT_SCANS_PER_ORG, 10 */
};

/*
 * Reads them all. A value of the wrong type or out of range is an error that
 * names the setting. Strings live in the arena. A flag that says where to read
 * (DATA_DIR, ENV_FILE) must be in the environment by then: setenv(3) first.
 */
bool settings_load(struct arena *a, struct settings *ret, struct err *err);

/* Overrides one by name (a flag); the same checks. */
bool settings_set(struct settings *s, struct arena *a, const char *name,
		  const char *value, struct err *err);

/*
 * What is wrong with values that are valid each for itself: one line a problem
 * into `out`; how many there are. Production refuses to start on any.
 */
int settings_problems(const struct settings *s, struct sb *out);

/* What is no reason to refuse, but is hardly meant; in the same form. */
int settings_warnings(const struct settings *s, struct sb *out);

/* NAME=value lines with secrets masked, and what each is for. */
void settings_print(const struct settings *s, FILE *out);

bool settings_production(const struct settings *s);

/*
 * Makes JWT_SECRET and DATA_ENCRYPTION_KEY when neither the environment nor
 * DATA_DIR/secrets.env (0600) has them, and keeps them there.
 */
bool settings_secrets(struct settings *s, struct arena *a, struct err *err);

/* Only reads what is kept there: a secret that is nowhere stays empty. */
bool settings_kept_secrets(struct settings *s, struct arena *a,
			   struct err *err);

#endif
