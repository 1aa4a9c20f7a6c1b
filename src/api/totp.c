/* totp: the second factor (RFC 6238). */
#include "gen/api_ops.h"
#include "http/call.h"

bool op_totp_status(struct call *call, const struct totp_status_in *in,
		    struct mfa_status *out, struct err *err)
{
	(void)call, (void)in, (void)out;
	return err_set(err, ERR_INTERNAL, "not there yet");
}

bool op_totp_setup(struct call *call, const struct totp_setup_in *in,
		   struct totp_setup *out, struct err *err)
{
	(void)call, (void)in, (void)out;
	return err_set(err, ERR_INTERNAL, "not there yet");
}

bool op_totp_verify(struct call *call, const struct totp_verify_in *in,
		    struct totp_state *out, struct err *err)
{
	(void)call, (void)in, (void)out;
	return err_set(err, ERR_INTERNAL, "not there yet");
}

bool op_totp_disable(struct call *call, const struct totp_disable_in *in,
		     struct totp_state *out, struct err *err)
{
	(void)call, (void)in, (void)out;
	return err_set(err, ERR_INTERNAL, "not there yet");
}

bool op_totp_recovery_codes(struct call *call,
			    const struct totp_recovery_codes_in *in,
			    struct totp_state *out, struct err *err)
{
	(void)call, (void)in, (void)out;
	return err_set(err, ERR_INTERNAL, "not there yet");
}
