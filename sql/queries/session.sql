-- session_row(user_id text, family text?, org text?) -> maybe session_row all-orgs
-- Who asks, the sign-in that the token belongs to, and the membership it
-- names; a token that names none stands for the only one there is
-- (session_org_count tells). An invitation that was not accepted is no membership. LEFT JOIN:
-- people without an organisation can sign in.
SELECT u.id AS user_id, u.email, u.full_name, u.locale, u.avatar_url, u.email_verified, u.is_active, u.created_at,
	u.totp_enabled_at, u.password_changed_at, s.id AS session_id, s.ended_at, s.end_reason, s.confirmed_at, s.sso_org_id, m.org_id, m.role
FROM app_user u LEFT JOIN session s ON s.id = $2 AND s.user_id = u.id
LEFT JOIN membership m ON m.user_id = u.id AND m.accepted_at IS NOT NULL /*@if org*/ AND m.org_id = $3 /*@end*/
WHERE u.id = $1 LIMIT 1;

-- session_org_count(user_id text) -> value all-orgs
SELECT count(*) FROM membership WHERE user_id = $1 AND accepted_at IS NOT NULL;

-- session_insert(id text, user_id text, org text?, sso_org text?, ip_address text?, user_agent text?, now bigint, expires_at bigint) -> none all-orgs
INSERT INTO session (id, user_id, active_org, sso_org_id, ip_address, user_agent, created_at, last_used_at, confirmed_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $7, $8);

-- session_continue(id text, org text?, now bigint, expires_at bigint) -> changes all-orgs
UPDATE session SET active_org = $2, last_used_at = $3, expires_at = $4 WHERE id = $1 AND ended_at IS NULL;

-- session_finish(id text, reason text, now bigint) -> changes all-orgs
UPDATE session SET ended_at = $3, end_reason = $2 WHERE id = $1 AND ended_at IS NULL;

-- session_finish_others(user_id text, but text, reason text, now bigint) -> changes all-orgs
-- All sign-ins of a person but one; '' spares none.
UPDATE session SET ended_at = $4, end_reason = $3 WHERE user_id = $1 AND id <> $2 AND ended_at IS NULL;

-- session_finish_sso(org text, now bigint) -> changes all-orgs
-- The provider of an organisation is gone, and with it what it vouched for.
UPDATE session SET ended_at = $2, end_reason = 'revoked' WHERE sso_org_id = $1 AND ended_at IS NULL;

-- session_purge(before bigint) -> changes all-orgs
DELETE FROM session WHERE expires_at < $1 OR ended_at < $1;

-- session_finish_in_org(org text, user_id text, reason text, now bigint) -> changes all-orgs
-- Those of a member that work in the organisation; the others are the person's
-- own business. Sessions belong to people, not to organisations.
UPDATE session SET ended_at = $4, end_reason = $3 WHERE user_id = $2 AND active_org = $1 AND ended_at IS NULL;
