-- The second factor: columns of app_user, and recovery_code. It belongs to the
-- person and not to an organisation, and at sign-in it is not yet known who
-- asks: all-orgs throughout, always by the id of the person.

-- totp_credentials(id text) -> maybe credential_row all-orgs
SELECT id, email, full_name, locale, avatar_url, email_verified, is_active, created_at, password_hash, last_org_id, totp_secret, totp_enabled_at, totp_last_step
FROM app_user WHERE id = $1;

-- totp_prepare(id text, secret text, now bigint) -> changes all-orgs
-- A secret that does not count yet; no change: the second factor is on.
UPDATE app_user SET totp_secret = $2, totp_last_step = NULL, updated_at = $3 WHERE id = $1 AND totp_enabled_at IS NULL;

-- totp_enable(id text, secret text, step bigint, now bigint) -> changes all-orgs
-- With the secret that the code was of, and no other that came meanwhile.
UPDATE app_user SET totp_enabled_at = $4, totp_last_step = $3, updated_at = $4
WHERE id = $1 AND totp_secret = $2 AND totp_enabled_at IS NULL;

-- totp_take(id text, step bigint) -> changes all-orgs
-- One statement, so that of two that bring one code together one alone gets in.
UPDATE app_user SET totp_last_step = $2
WHERE id = $1 AND totp_enabled_at IS NOT NULL AND (totp_last_step IS NULL OR totp_last_step < $2);

-- totp_hold(id text, now bigint) -> changes all-orgs
-- Others who change the second factor wait; no change: it is off.
UPDATE app_user SET updated_at = $2 WHERE id = $1 AND totp_enabled_at IS NOT NULL;

-- totp_disable(id text, now bigint) -> changes all-orgs
UPDATE app_user SET totp_secret = NULL, totp_enabled_at = NULL, totp_last_step = NULL, updated_at = $2
WHERE id = $1 AND totp_enabled_at IS NOT NULL;

-- recovery_insert(user_id text, code_hash text) -> none all-orgs
INSERT INTO recovery_code (user_id, code_hash) VALUES ($1, $2);

-- recovery_take(user_id text, code_hash text, now bigint) -> changes all-orgs
UPDATE recovery_code SET used_at = $3 WHERE user_id = $1 AND code_hash = $2 AND used_at IS NULL;

-- recovery_left(user_id text) -> value all-orgs
SELECT count(*) FROM recovery_code WHERE user_id = $1 AND used_at IS NULL;

-- recovery_clear(user_id text) -> changes all-orgs
DELETE FROM recovery_code WHERE user_id = $1;

-- totp_end_tokens(user_id text, but text, now bigint) -> changes all-orgs
-- The refresh tokens of all sign-ins but one.
UPDATE refresh_token SET used_at = $3, reason = 'mfa' WHERE user_id = $1 AND family <> $2 AND used_at IS NULL;
