-- What somebody does with the account that is theirs. The rows belong to the
-- person and not to an organisation, and the person may work in none or in
-- another one: all-orgs throughout, always by the id of who asks.

-- account_update(id text, full_name text?, locale text?, avatar text?, now bigint) -> changes all-orgs
-- What is null stays; '' takes the picture away.
UPDATE app_user SET updated_at = $5 /*@if full_name*/, full_name = $2 /*@end*/ /*@if locale*/, locale = $3 /*@end*/
	/*@if avatar*/, avatar_url = NULLIF($4, '') /*@end*/
WHERE id = $1;

-- account_set_password(id text, password_hash text, changed_at bigint, now bigint) -> changes all-orgs
UPDATE app_user SET password_hash = $2, password_changed_at = $3, updated_at = $4 WHERE id = $1;

-- account_void_resets(user_id text, now bigint) -> changes all-orgs
-- Links to set a new password that were not used yet.
UPDATE password_reset SET used_at = $2 WHERE user_id = $1 AND used_at IS NULL;

-- account_tokens_from(id text) -> value all-orgs
-- Tokens that were issued before do not count; 0 when the password never changed.
SELECT password_changed_at FROM app_user WHERE id = $1;

-- account_last_org(id text, org text, now bigint) -> changes all-orgs
UPDATE app_user SET last_org_id = $2, updated_at = $3 WHERE id = $1;

-- account_sessions(user_id text, current text, now bigint) -> many session_info all-orgs
SELECT id, id = $2 AS current, active_org AS organization_id, ip_address, user_agent, created_at, last_used_at, expires_at
FROM session WHERE user_id = $1 AND ended_at IS NULL AND expires_at > $3
ORDER BY created_at DESC, id DESC LIMIT 1000;

-- account_session_finish(user_id text, id text, reason text, now bigint) -> changes all-orgs
UPDATE session SET ended_at = $4, end_reason = $3 WHERE user_id = $1 AND id = $2 AND ended_at IS NULL;

-- account_revoke_others(user_id text, but text, reason text, now bigint) -> changes all-orgs
-- The refresh tokens of all sign-ins but one.
UPDATE refresh_token SET used_at = $4, reason = $3 WHERE user_id = $1 AND family <> $2 AND used_at IS NULL;

-- account_join(membership text, user_id text, now bigint) -> changes all-orgs
-- Somebody accepts an invitation into an organisation that is not theirs yet.
UPDATE membership SET accepted_at = $3, updated_at = $3 WHERE id = $1 AND user_id = $2 AND accepted_at IS NULL;

-- account_take_invitation(membership text, user_id text, now bigint) -> maybe text_row all-orgs
-- The open invitation behind it, which is then accepted; none when it lapsed.
UPDATE invitation SET status = 'accepted', closed_at = $3
WHERE membership_id = $1 AND user_id = $2 AND status = 'pending' AND expires_at > $3
RETURNING id AS text;
