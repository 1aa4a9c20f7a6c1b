/* profile: one's own account: change, export, erase. */
#include "gen/api_ops.h"
#include "http/call.h"

bool op_auth_me_update(struct call *call, const struct auth_me_update_in *in,
		       struct user *out, struct err *err)
{
	(void)call, (void)in, (void)out;
	return err_set(err, ERR_INTERNAL, "not there yet");
}

bool op_auth_erase(struct call *call, const struct auth_erase_in *in,
		   struct err *err)
{
	(void)call, (void)in;
	return err_set(err, ERR_INTERNAL, "not there yet");
}

bool op_auth_export(struct call *call, const struct auth_export_in *in,
		    struct user_export *out, struct err *err)
{
	(void)call, (void)in, (void)out;
	return err_set(err, ERR_INTERNAL, "not there yet");
}
