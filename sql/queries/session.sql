-- session_row(user_id text, org text?) -> maybe session_row all-orgs
-- Who asks, and the membership the token names; a token that names none stands
-- for the only one there is (org_count tells). LEFT JOIN: people without an
-- organisation can sign in.
SELECT u.id AS user_id, u.email, u.locale, u.is_active, u.password_changed_at, m.org_id, m.role,
	(SELECT count(*) FROM membership c WHERE c.user_id = u.id) AS org_count
FROM app_user u LEFT JOIN membership m ON m.user_id = u.id /*@if org*/ AND m.org_id = $2 /*@end*/
WHERE u.id = $1 LIMIT 1;
