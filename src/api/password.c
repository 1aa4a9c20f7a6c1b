/* password: changing one's own password. */
#include "gen/api_ops.h"
#include "http/call.h"

bool op_auth_change_password(struct call *call,
			     const struct auth_change_password_in *in,
			     struct err *err)
{
	(void)call, (void)in;
	return err_set(err, ERR_INTERNAL, "not there yet");
}
