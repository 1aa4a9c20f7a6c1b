/*
 * route: one operation of the contract, as tools/gen_api.py describes it.
 *
 * The router walks this table and nothing else: who may call, how often, what
 * the input may be, which handler runs, what its answer is. Routes are in the
 * order in which they are to be tried: a literal segment before a parameter
 * ("/findings/stats" before "/findings/{finding_id}").
 */
#ifndef NIS2_HTTP_ROUTE_H
#define NIS2_HTTP_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "codec/codec.h"

struct call;

/* The least role; each includes those after it. */
enum need {
	NEED_PUBLIC,  /* nobody is asked who they are */
	NEED_USER,    /* signed in, also without an organisation */
	NEED_VIEWER,  /* a member of the organisation of the session */
	NEED_AUDITOR, /* and so on upwards */
	NEED_ADMIN,
};

/* May an I/O thread run the handler itself? */
enum inline_when {
	INLINE_NO,
	INLINE_ALWAYS,
	INLINE_EMBEDDED, /* when the database is in this process */
};

enum param_in { PARAM_PATH, PARAM_QUERY };

/* One path or query parameter; read with codec_read_word(). */
struct param {
	enum param_in in;
	struct field field; /* offsets are those of struct OP_in */
};

enum body_kind {
	BODY_NONE,
	BODY_JSON,   /* `body_type` at `body_offset` */
	BODY_UPLOAD, /* struct upload at `body_offset`, from the part `part` */
};

enum out_kind {
	OUT_NONE,   /* 204 */
	OUT_STRUCT, /* `out` is a struct of `out_type` */
	OUT_LIST,   /* `out` is a struct any_list of `out_type` */
	OUT_FILE,   /* `out` is a struct file_out */
};

struct route {
	const char *method; /* "GET" */
	const char *path;   /* "/api/v1/assets/{asset_id}" */
	const char *id;	    /* "asset_get": the handler is op_asset_get */
	const char *tag;    /* "assets" */

	/* Calls the handler; `in` and `out` are the structs described below. */
	bool (*run)(struct call *call, const void *in, void *out,
		    struct err *err);
	int status; /* of success */

	enum need need;
	const char *refusal; /* x-refusal: 403 of a lower role; NULL: which
				roles may */
	/*
	 * x-org: the organisation is the one in the path, whatever that of the
	 * session is. NEED_PUBLIC: it is not about one in the path.
	 */
	enum need org_need;
	int org_param;		 /* which path parameter names it */
	const char *org_refusal; /* 403 of a member with too low a role */
	const char *org_missing; /* 404 of others; NULL: org_refusal */
	bool org_pending;	 /* also who has not accepted yet */
	bool sso_ok; /* x-sso: also for who came by an organisation's provider
		      */

	const char *scope; /* an API key with it may call too; NULL: none may */
	int limit;	   /* calls a minute for one client; 0: no limit */
	bool csrf_exempt;  /* no double submit */
	bool count_first;  /* the limit counts before the body is read */
	bool late_transaction;	    /* the handler begins it: call_begin() */
	const char *audit_action;   /* "asset.created"; NULL: catch-all row */
	const char *audit_resource; /* "asset" */
	bool audit_twin;	    /* and the catch-all row beside it */
	enum inline_when inline_when;

	const struct param *params; /* path ones first, in the path's order */
	int param_count;

	enum body_kind body_kind;
	const struct type *body_type; /* BODY_JSON */
	size_t body_offset;
	bool body_required;
	size_t body_has;  /* offset of bool has_body when it is not required */
	const char *part; /* BODY_UPLOAD: name of the form's file part */
	size_t part_max;  /* bytes; 0: whatever the server takes */

	size_t in_size; /* of struct OP_in, zeroed before it is filled */

	enum out_kind out_kind;
	const struct type *out_type; /* of the struct, or of a list's items */
	size_t out_size;
};

extern const struct route api_routes[];
extern const int api_route_count;

#endif
