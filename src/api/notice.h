/*
 * notice: a mail to the person who is signed in, about something that happened
 * to their account and that they should know if it was not they who did it.
 */
#ifndef NIS2_API_NOTICE_H
#define NIS2_API_NOTICE_H

#include "gen/row_types.h"
#include "http/call.h"

/* Puts the job in the call's transaction. */
bool notice_put(struct call *call, enum notice_mail_args_notice notice,
		struct err *err);

/* The same to somebody who is not signed in yet. */
bool notice_put_to(struct call *call, const char *user_id,
		   enum notice_mail_args_notice notice, struct err *err);

#endif
