-- Tokens of "forgot password". They are used by people who are not signed in,
-- and made by a job in nobody's name: all-orgs.

-- user_lock(id text) -> value all-orgs
-- Who counts what is a person's and then writes takes turns with others that
-- do, until the transaction ends.
SELECT count(*) FROM (SELECT id FROM app_user WHERE id = $1 /*@pg FOR NO KEY UPDATE @*/) AS mine;

-- password_reset_recent(user_id text, since bigint) -> value all-orgs
SELECT count(*) FROM password_reset WHERE user_id = $1 AND created_at > $2;

-- password_reset_void(user_id text, now bigint) -> changes all-orgs
UPDATE password_reset SET used_at = $2 WHERE user_id = $1 AND used_at IS NULL;

-- password_reset_insert(id text, user_id text, token_hash text, now bigint, expires_at bigint) -> none all-orgs
INSERT INTO password_reset (id, user_id, token_hash, created_at, expires_at) VALUES ($1, $2, $3, $4, $5);

-- password_reset_delete(id text) -> changes all-orgs
DELETE FROM password_reset WHERE id = $1 AND used_at IS NULL;

-- password_reset_find(token_hash text, now bigint) -> maybe reset_row all-orgs
-- A look before the new password is judged and hashed; what counts is
-- password_reset_consume.
SELECT u.id, u.email, u.email_key, u.full_name, u.last_org_id FROM password_reset p JOIN app_user u ON u.id = p.user_id
WHERE p.token_hash = $1 AND p.used_at IS NULL AND p.expires_at > $2 AND u.is_active = TRUE AND u.disabled_at IS NULL;

-- password_reset_consume(token_hash text, now bigint) -> changes all-orgs
-- One statement, so that of two that come together one alone changes the row.
UPDATE password_reset SET used_at = $2
WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2
	AND EXISTS (SELECT 1 FROM app_user u WHERE u.id = password_reset.user_id AND u.is_active = TRUE AND u.disabled_at IS NULL);

-- user_reset_password(id text, password_hash text, now bigint) -> none all-orgs
-- Who has the token reads the mail of that address.
UPDATE app_user SET password_hash = $2, password_changed_at = $3, email_verified = TRUE, updated_at = $3 WHERE id = $1;

-- password_reset_purge(before bigint) -> changes all-orgs
-- Those of the last hour are still counted.
DELETE FROM password_reset WHERE expires_at < $1 AND created_at < $1;
