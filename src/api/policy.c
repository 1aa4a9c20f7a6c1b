#include "api/policy.h"

#include <stdio.h>

#include "base/clock.h"

bool policy_make(struct call *call, struct target_policy *ret, struct err *err)
{
	ret->use = TARGET_REGISTER;
	ret->hosts_file = call->settings->hosts_file;
	if (net_list_parse(call->settings->scan_allow_networks, call->arena,
			   &ret->allow, err))
		return true;
	return err_wrap(err, "SCAN_ALLOW_NETWORKS");
}

bool policy_check(struct call *call, const char *type, const char *value,
		  struct target_spec *ret, const char **ret_pinned,
		  struct err *err)
{
	struct target_policy policy = { 0 };

	if (!policy_make(call, &policy, err))
		return false;
	if (target_check(&policy, type, value,
			 clock_tick() + POLICY_RESOLVE_SECONDS * CLOCK_SECOND,
			 call->arena, ret, ret_pinned, err))
		return true;
	if (err->kind == ERR_INVALID) {
		snprintf(err->field, sizeof(err->field), "body.target_value");
		snprintf(err->type, sizeof(err->type), "value_error");
	}
	return false;
}
