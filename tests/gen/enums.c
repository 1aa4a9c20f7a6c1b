/* Made by tools/gen_types.py from tests/gen/enums.json: change that, not this. */

#include "gen/api_types.h"

const char *const severity_names[] = {
	"HIGH", "very-low", "24h", NULL,
};

const char *const finding_status_names[] = {
	"open", "done", NULL,
};

static const struct field finding_fields[] = {
	{ "severity", ",\"severity\":", 12, F_ENUM,
	  .offset = offsetof(struct finding, severity), .has = FIELD_NONE,
	  .set = FIELD_NONE, .required = true, .names = severity_names,
	  .names_len = 3 },
	{ "status", ",\"status\":", 10, F_ENUM,
	  .offset = offsetof(struct finding, status), .has = FIELD_NONE,
	  .set = FIELD_NONE, .required = true, .names = finding_status_names,
	  .names_len = 2 },
	{ "level", ",\"level\":", 9, F_ENUM,
	  .offset = offsetof(struct finding, level), .has = FIELD_NONE,
	  .set = FIELD_NONE, .has_default = true, .default_number = 2,
	  .names = severity_names, .names_len = 3 },
	{ NULL },
};

const struct type finding_type = {
	"finding",
	sizeof(struct finding),
	finding_fields,
};
