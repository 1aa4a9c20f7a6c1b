/* api_keys: keys for programs. */
#include "gen/api_ops.h"
#include "http/call.h"

bool op_api_key_list(struct call *call, const struct api_key_list_in *in,
		     struct api_key_all *out, struct err *err)
{
	(void)call, (void)in, (void)out;
	return err_set(err, ERR_INTERNAL, "not there yet");
}

bool op_api_key_create(struct call *call, const struct api_key_create_in *in,
		       struct api_key_created *out, struct err *err)
{
	(void)call, (void)in, (void)out;
	return err_set(err, ERR_INTERNAL, "not there yet");
}

bool op_api_key_revoke(struct call *call, const struct api_key_revoke_in *in,
		       struct err *err)
{
	(void)call, (void)in;
	return err_set(err, ERR_INTERNAL, "not there yet");
}
