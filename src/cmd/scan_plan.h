/*
 * scan_plan: from the configuration and the command line to the plan that the
 * sandboxed child gets (scan/plan.h).
 */
#ifndef NIS2_CMD_SCAN_PLAN_H
#define NIS2_CMD_SCAN_PLAN_H

#include "cmd/command.h"
#include "cmd/scan_config.h"

/* The options of `nis2 scan` over what the file says. */
bool scan_plan_options(const struct command_line *line,
		       struct scan_config *config, struct err *err);

/*
 * Checks and normalises the targets, and takes the settings of the machine.
 * Everything lives in the arena of the command line, the features in
 * `config`.
 */
bool scan_plan_make(const struct command_line *line, struct scan_config *config,
		    struct scan_plan *ret, struct err *err);

/*
 * Prints, unless `print` is false, the ports and each address with its target,
 * or why there is none. Names are resolved, nothing else is contacted. False
 * when no address is left.
 */
bool scan_plan_show(const struct scan_plan *plan, bool print, struct arena *a,
		    struct err *err);

#endif
