/*
 * call: one request on its way through a handler.
 *
 * The router fills it, and has already decided who may call, what the input
 * may be, and opened the transaction; the handler does the operation and
 * returns true, or raises. Then the router commits (or rolls back), writes the
 * audit row inside the same transaction, and sends the reply. A handler never
 * mentions authorisation, transactions, or HTTP statuses.
 */
#ifndef NIS2_HTTP_CALL_H
#define NIS2_HTTP_CALL_H

#include "base/arena.h"
#include "base/err.h"
#include "base/settings.h"
#include "store/db.h"

enum role { ROLE_NONE, ROLE_VIEWER, ROLE_AUDITOR, ROLE_ADMIN };
extern const char *const role_names[]; /* "", "viewer", "auditor", "admin" */

/*
 * Who asks, read from the database on this very request. With `x-org` in the
 * contract, organisation and role are those of the path.
 */
struct session {
	const char *user_id; /* NULL: nobody, or an API key */
	const char *key_id;  /* the API key, or NULL */
	const char *email;
	const char *locale; /* "en", "it", "fr", "de", "es" */
	const char *org_id; /* NULL: a user without an organisation */
	enum role role;
	const char *family;	   /* of the refresh tokens: the sign-in's id */
	int64_t confirmed_at;	   /* a password or a code was last asked for */
	const struct user *user;   /* the account; NULL for an API key */
	const struct key_row *key; /* the API key; NULL for a person */
	/* Whose identity provider vouched: it works there and nowhere else. */
	const char *sso_org_id;
};

/* What handlers of the auth group need of the request; NULL when absent. */
struct request {
	const char *id; /* request id, also in the log and X-Request-Id */
	const char *method;
	const char *path;
	const char *ip; /* the client's, after TRUSTED_PROXIES */
	const char *user_agent;
	const char *access_cookie;
	const char *refresh_cookie;
	const char *csrf_cookie;
	const char *sso_cookie; /* sso_state */
};

/* A Set-Cookie or any other header that the reply is to carry. */
struct reply_header {
	struct reply_header *next;
	const char *name;
	const char *value;
};

/* What the audit row says besides who, when and where. */
struct audit {
	const char *org_id; /* NULL: the session's */
	const char *resource_id;
	const char *details; /* JSON object, NULL for {} */
	bool skip;	     /* the handler wrote rows of its own */
};

struct call {
	struct arena *arena;
	struct db *db;
	int64_t now; /* base/clock.h; one time for the whole request */
	const struct settings *settings;
	const struct session *session;
	const struct request *request;
	struct reply_header *headers; /* add with call_header() */
	struct audit audit;
	bool wake_worker; /* a job was put: wake `nis2 work` after the commit */
	bool in_transaction;
	/* In place of the contract's success, with the same body; 0: that. */
	int status;
	/* Anybody may keep the reply for so long; 0: nobody may. */
	int cache_seconds;
};

/*
 * For operations with `x-transaction: late`: opens the transaction, once what
 * takes long (a hash, a name to resolve) is done. The router ends it as it
 * ends the others.
 */
bool call_begin(struct call *call, struct err *err);

/*
 * Commits now, for the rare handler that raises and wants what it wrote to
 * stay (a token that was used twice revokes its family).
 */
bool call_commit(struct call *call, struct err *err);

/*
 * For an operation that looks and then writes (a quota, a count, a status):
 * others of the same organisation do so after it, or before. Until the
 * transaction ends.
 */
bool call_lock_org(struct call *call, struct err *err);

/* Adds a header to the reply; name and value live in the arena. */
void call_header(struct call *call, const char *name, const char *value);

/* A file in the body of a request (multipart/form-data). */
struct upload {
	const char *filename;
	const char *bytes; /* NUL-terminated after `len` */
	size_t len;
};

/* A file as the answer: on disk, or in memory when `path` is NULL. */
struct file_out {
	const char *path;
	const char *bytes;
	size_t len;
	const char *content_type;
	const char *filename; /* Content-Disposition: attachment */
};

#endif
