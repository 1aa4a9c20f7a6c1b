/* jwks: the keys that tokens are signed with (RFC 7517). */
#include "gen/api_ops.h"
#include "http/call.h"

bool op_jwks(struct call *call, const struct jwks_in *in, struct jwks *out,
	     struct err *err)
{
	(void)call, (void)in, (void)out;
	return err_set(err, ERR_INTERNAL, "not there yet");
}
