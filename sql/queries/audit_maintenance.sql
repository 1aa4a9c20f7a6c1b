-- What alters the audit log. On PostgreSQL the application's role may only
-- append to it; these go through functions of the owner (0003_rls.sql).

-- audit_purge(org text, upto_seq bigint) -> none all-orgs
-- Retention: the chain's row keeps the last hash of what goes.
/*@pg SELECT audit_purge($1, $2) @*/
/*@sqlite DELETE FROM audit_log WHERE org_id = $1 AND seq <= $2 @*/;

-- audit_erase_user(user_id text, now bigint) -> none all-orgs
-- A person who has left: their rows stay and say no more whose they are. So do
-- those in which others noted their address (whom they invited): what tells who
-- it was has one hash and goes as a whole, or the chain would prove less.
/*@pg SELECT audit_erase_user($1, $2) @*/
/*@sqlite UPDATE audit_log SET user_id = NULL, actor_email = NULL, actor_name = NULL, ip_address = '127.0.0.1', user_agent = '[erased]',
	details = NULL, salt = NULL, erased_at = $2
WHERE user_id = $1 OR details LIKE '%"target_user_id":"' || $1 || '","target_email":%' @*/;
