/*
 * judge: the facts of one host and the checks of the catalogue make findings.
 *
 * Pure: the same facts at the same time give the same verdicts, in the order
 * of the checks' ids, then ports. A check whose facts were not stated is not
 * evaluated: "could not be tested" is neither a finding nor a pass.
 *
 * What one check says of one target in several places (the cookies of a port)
 * is one verdict that lists them, and costs once.
 */
#ifndef NIS2_CORE_JUDGE_H
#define NIS2_CORE_JUDGE_H

#include <stdint.h>

#include "base/arena.h"
#include "core/catalog.h"
#include "core/fact.h"
#include "core/score.h"

/* Bounds on the outcome for one host. */
enum { JUDGE_VERDICTS_MAX = 512, JUDGE_ITEMS_MAX = 32 };

struct judge_input {
	const char *name; /* the host's name, NULL for an address target */
	const char *ip;
	const struct fact_list *facts;
	const struct check_list *checks;
	int64_t now; /* base/clock.h, for what expires */
};

struct verdict {
	const struct check *check;
	enum check_severity severity; /* the check's, or its unconfirmed one */
	int port;		      /* 0: the host as a whole */
	const char *message;
	const char *target;
	const char *evidence; /* JSON, struct check_evidence */
	bool has_cvss;
	double cvss;
	const char *fingerprint;
};

struct verdict_list {
	struct verdict *items;
	size_t len;
};

struct judgement {
	struct verdict_list verdicts;
	struct host_checks checks;     /* what was evaluated, what failed */
	struct severity_counts counts; /* of all verdicts */
	int score; /* of the host, see score.h: of those that are scored */
};

void judge_host(const struct judge_input *in, struct arena *a,
		struct judgement *ret);

/* The JSON of judgement.checks, as scan_result.checks keeps it. */
char *judge_checks_json(const struct judgement *j, struct arena *a);

#endif
