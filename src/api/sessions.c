/* sessions: one's own sign-ins, and the organisation they work in. */
#include "gen/api_ops.h"
#include "http/call.h"

bool op_session_list(struct call *call, const struct session_list_in *in,
		     struct session_info_list *out, struct err *err)
{
	(void)call, (void)in, (void)out;
	return err_set(err, ERR_INTERNAL, "not there yet");
}

bool op_session_end_others(struct call *call,
			   const struct session_end_others_in *in,
			   struct err *err)
{
	(void)call, (void)in;
	return err_set(err, ERR_INTERNAL, "not there yet");
}

bool op_session_end(struct call *call, const struct session_end_in *in,
		    struct err *err)
{
	(void)call, (void)in;
	return err_set(err, ERR_INTERNAL, "not there yet");
}

bool op_auth_switch_org(struct call *call, const struct auth_switch_org_in *in,
			struct token_response *out, struct err *err)
{
	(void)call, (void)in, (void)out;
	return err_set(err, ERR_INTERNAL, "not there yet");
}
