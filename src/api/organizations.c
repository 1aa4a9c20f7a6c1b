/* organizations: tenants. */
#include "gen/api_ops.h"
#include "http/call.h"

bool op_org_create(struct call *call, const struct org_create_in *in,
		   struct organization *out, struct err *err)
{
	(void)call, (void)in, (void)out;
	return err_set(err, ERR_INTERNAL, "not there yet");
}

bool op_org_list(struct call *call, const struct org_list_in *in,
		 struct organization_list *out, struct err *err)
{
	(void)call, (void)in, (void)out;
	return err_set(err, ERR_INTERNAL, "not there yet");
}

bool op_org_get(struct call *call, const struct org_get_in *in,
		struct organization *out, struct err *err)
{
	(void)call, (void)in, (void)out;
	return err_set(err, ERR_INTERNAL, "not there yet");
}

bool op_org_update(struct call *call, const struct org_update_in *in,
		   struct organization *out, struct err *err)
{
	(void)call, (void)in, (void)out;
	return err_set(err, ERR_INTERNAL, "not there yet");
}

bool op_org_leave(struct call *call, const struct org_leave_in *in,
		  struct err *err)
{
	(void)call, (void)in;
	return err_set(err, ERR_INTERNAL, "not there yet");
}
