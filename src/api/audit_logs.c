/* audit_logs: reading and checking the audit log. */
#include "gen/api_ops.h"
#include "http/call.h"

bool op_audit_list(struct call *call, const struct audit_list_in *in,
		   struct audit_log_page *out, struct err *err)
{
	(void)call, (void)in, (void)out;
	return err_set(err, ERR_INTERNAL, "not there yet");
}

bool op_audit_verify(struct call *call, const struct audit_verify_in *in,
		     struct audit_verification *out, struct err *err)
{
	(void)call, (void)in, (void)out;
	return err_set(err, ERR_INTERNAL, "not there yet");
}
