/*
 * plan: from a scan's targets to the addresses that are looked at.
 *
 * Names are resolved once, when the walk is opened, and every answer is judged
 * by net/target.h; networks are walked address by address and never listed. A
 * name with addresses of both families is looked at over one of each: a result
 * each, and the first of them speaks for the name.
 * The order is the contract's: addresses and networks first,
 * then names; with `max_hosts` the targets take turns. Addresses of `done` are
 * passed over, those of `retry` are left to the end.
 */
#ifndef NIS2_SCAN_PLAN_H
#define NIS2_SCAN_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "gen/wire_types.h"
#include "net/addr.h"
#include "net/target.h"

/* However large the networks are; what is beyond is left out and said. */
enum { PLAN_HOSTS_MAX = 262144, PLAN_PORTS_MAX = 256 };

/*
 * The ports that are looked at when a plan names none, ascending, 0 at the
 * end: of a quick scan, and of any other, which has all of those too.
 */
extern const int plan_quick_ports[];
extern const int plan_full_ports[];

/* How requests introduce themselves; with whom to speak about them. */
#define PLAN_USER_AGENT "nis2-scanner/" NIS2_VERSION
const char *plan_user_agent(const char *contact_url, struct arena *a);

/* Connections a second to one address, beyond a first CONN_BURST. */
enum { PLAN_TARGET_RATE = 100 };

/*
 * A plan for targets typed by a person ("example.com", "192.0.2.0/24"): what
 * each is follows from its form, what it may be from the policy. Defaults
 * everywhere else; `ret->features` is set, all on.
 */
bool plan_make(const struct target_policy *policy, const char *const *targets,
	       size_t count, struct arena *a, struct scan_plan *ret,
	       struct err *err);

/* The ports of the plan that its features leave: sorted, without doubles. */
size_t plan_ports(const struct scan_plan *plan, int ret[PLAN_PORTS_MAX]);

/*
 * JSON, both ways; reading checks every bound. A number that is 0 in the
 * struct is written as its default, and no `features` means all of them.
 */
void plan_write(const struct scan_plan *plan, struct sb *out);
bool plan_read(const char *text, size_t len, struct arena *a,
	       struct scan_plan *ret, struct err *err);

/* One address to look at. */
struct plan_address {
	const char *target;
	const char *name;   /* NULL: none */
	char ip[ADDR_TEXT]; /* its text; "" for a name without one */
	struct addr addr;   /* family 0: not contacted, `why` says the reason */
	const char *why; /* an error of the host; also about a contacted one */
	bool speaks_for_name; /* see struct probe_host */
	bool alone;	      /* of `retry`: nothing else runs beside it */
};

struct plan_walk;

/*
 * Resolves the names, several at a time, until `deadline` (clock_tick()). The
 * plan must live as long as the walk, which is the arena's.
 */
bool plan_open(const struct scan_plan *plan, int64_t deadline, struct arena *a,
	       struct plan_walk **ret, struct err *err);
/* Addresses in all, `done` ones included. */
size_t plan_total(const struct plan_walk *walk);
/* Who may be contacted; it lives as long as the walk. */
const struct target_policy *plan_policy(const struct plan_walk *walk);
/* What was left out, in words, or NULL. */
const char *plan_cut(const struct plan_walk *walk);
/* The next one; false after the last. */
bool plan_next(struct plan_walk *walk, struct plan_address *ret);

#endif
