/* members: who belongs to an organisation. */
#include "gen/api_ops.h"
#include "http/call.h"

bool op_member_list(struct call *call, const struct member_list_in *in,
		    struct member_list *out, struct err *err)
{
	(void)call, (void)in, (void)out;
	return err_set(err, ERR_INTERNAL, "not there yet");
}

bool op_member_update(struct call *call, const struct member_update_in *in,
		      struct member *out, struct err *err)
{
	(void)call, (void)in, (void)out;
	return err_set(err, ERR_INTERNAL, "not there yet");
}

bool op_member_remove(struct call *call, const struct member_remove_in *in,
		      struct err *err)
{
	(void)call, (void)in;
	return err_set(err, ERR_INTERNAL, "not there yet");
}

bool op_member_sign_out(struct call *call, const struct member_sign_out_in *in,
			struct err *err)
{
	(void)call, (void)in;
	return err_set(err, ERR_INTERNAL, "not there yet");
}
