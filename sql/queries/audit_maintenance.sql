-- What alters the audit log. On PostgreSQL the application's role may only
-- append to it; these go through functions of the owner (0003_rls.sql).

-- audit_purge(org text, upto_seq bigint) -> none all-orgs
-- Retention: the chain's row keeps the last hash of what goes.
/*@pg SELECT audit_purge($1, $2) @*/
/*@sqlite DELETE FROM audit_log WHERE org_id = $1 AND seq <= $2 @*/;

-- audit_erase_user(user_id text, now bigint) -> none all-orgs
-- A person who has left: their rows stay and say no more whose they are, and
-- what others noted of them (whom they invited) loses its details.
/*@pg SELECT audit_erase_user($1, $2) @*/
/*@sqlite UPDATE audit_log SET user_id = CASE WHEN user_id = $1 THEN NULL ELSE user_id END,
	actor_email = CASE WHEN user_id = $1 THEN NULL ELSE actor_email END,
	actor_name = CASE WHEN user_id = $1 THEN NULL ELSE actor_name END,
	ip_address = CASE WHEN user_id = $1 THEN '127.0.0.1' ELSE ip_address END,
	user_agent = CASE WHEN user_id = $1 THEN '[erased]' ELSE user_agent END,
	details = NULL, salt = NULL, erased_at = $2
WHERE user_id = $1 OR (action LIKE 'member.%' AND details LIKE '%"target_user_id":"' || $1 || '"%') @*/;
