/* Made by tools/gen_api.py from tests/gen/contract.json: change that, not this. */

#ifndef NIS2_GEN_API_OPS_H
#define NIS2_GEN_API_OPS_H

#include "gen/api_types.h"
#include "http/call.h"

/* POST /api/places/{org_id}: Go in */
struct place_enter_in {
	const char *org_id;
};
bool op_place_enter(struct call *call, const struct place_enter_in *in,
		    struct err *err);

/* POST /api/things: Make a thing */
struct thing_create_in {
	struct thing body;
};
bool op_thing_create(struct call *call, const struct thing_create_in *in,
		     struct thing *out, struct err *err);

/* PUT /api/things: Read things from a file */
struct thing_import_in {
	struct upload file;
};
bool op_thing_import(struct call *call, const struct thing_import_in *in,
		     struct file_out *out, struct err *err);

/* PATCH /api/things: Say hello */
struct thing_ping_in {
	struct thing body;
	bool has_body;
};
bool op_thing_ping(struct call *call, const struct thing_ping_in *in,
		   struct err *err);

/* GET /api/things/all: List things */
struct thing_list_in {
	int64_t page;
	enum thing_list_kind kind;
	bool has_kind;
	bool deep;
	bool has_deep;
};
bool op_thing_list(struct call *call, const struct thing_list_in *in,
		   struct thing_list *out, struct err *err);

/* GET /api/things/{thing_id}: Get a thing */
struct thing_get_in {
	const char *thing_id;
};
bool op_thing_get(struct call *call, const struct thing_get_in *in,
		  struct thing *out, struct err *err);

/* DELETE /api/things/{thing_id}: Delete a thing */
struct thing_delete_in {
	const char *thing_id;
};
bool op_thing_delete(struct call *call, const struct thing_delete_in *in,
		     struct err *err);

#endif
