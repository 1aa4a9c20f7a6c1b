-- The two changes that the audit log allows: retention, and the erasure of a person.

-- audit_erase_user(user_id text, now bigint) -> none all-orgs
-- What the person did stays, without the person; what others noted of them
-- (whom they invited) loses its details.
UPDATE audit_log SET user_id = CASE WHEN user_id = $1 THEN NULL ELSE user_id END,
	ip_address = CASE WHEN user_id = $1 THEN '127.0.0.1' ELSE ip_address END,
	user_agent = CASE WHEN user_id = $1 THEN '[erased]' ELSE user_agent END,
	details = NULL, salt = NULL, erased_at = $2
WHERE user_id = $1 OR (action LIKE 'member.%' AND details LIKE '%"target_user_id":"' || $1 || '"%');
