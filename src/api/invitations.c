/* invitations: asking people into an organisation. */
#include "gen/api_ops.h"
#include "http/call.h"

bool op_member_invite(struct call *call, const struct member_invite_in *in,
		      struct member *out, struct err *err)
{
	(void)call, (void)in, (void)out;
	return err_set(err, ERR_INTERNAL, "not there yet");
}

bool op_invitation_list(struct call *call, const struct invitation_list_in *in,
			struct invitation_list *out, struct err *err)
{
	(void)call, (void)in, (void)out;
	return err_set(err, ERR_INTERNAL, "not there yet");
}

bool op_invitation_withdraw(struct call *call,
			    const struct invitation_withdraw_in *in,
			    struct err *err)
{
	(void)call, (void)in;
	return err_set(err, ERR_INTERNAL, "not there yet");
}

bool op_invitation_resend(struct call *call,
			  const struct invitation_resend_in *in,
			  struct member *out, struct err *err)
{
	(void)call, (void)in, (void)out;
	return err_set(err, ERR_INTERNAL, "not there yet");
}

bool op_auth_accept_invite(struct call *call,
			   const struct auth_accept_invite_in *in,
			   struct token_response *out, struct err *err)
{
	(void)call, (void)in, (void)out;
	return err_set(err, ERR_INTERNAL, "not there yet");
}
