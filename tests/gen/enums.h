/* Made by tools/gen_types.py from tests/gen/enums.json: change that, not this. */

#ifndef NIS2_GEN_API_TYPES_H
#define NIS2_GEN_API_TYPES_H

#include "codec/codec.h"

enum severity {
	SEVERITY_HIGH,
	SEVERITY_VERY_LOW,
	SEVERITY_24H,
};
extern const char *const severity_names[]; /* ends in NULL */

enum finding_status {
	FINDING_STATUS_OPEN,
	FINDING_STATUS_DONE,
};
extern const char *const finding_status_names[]; /* ends in NULL */

struct finding_list {
	struct finding *items;
	size_t len;
};

/* Named and inline enums. */
struct finding {
	enum severity severity;
	enum finding_status status;
	enum severity level;
};
extern const struct type finding_type;

#endif
