-- People and their accounts. An account belongs to a person, not to an
-- organisation. What runs before it is known who asks says `all-orgs`.

-- user_insert(id text, email text, email_key text, password_hash text?, full_name text, now bigint) -> none all-orgs
INSERT INTO app_user (id, email, email_key, password_hash, full_name, locale, email_verified, is_active, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, 'en', TRUE, TRUE, $6, $6);

-- user_get(id text) -> one user all-orgs
SELECT id, email, full_name, locale, avatar_url, email_verified, is_active, created_at, totp_enabled_at IS NOT NULL AS mfa_enabled
FROM app_user WHERE id = $1;

-- user_credentials(email_key text) -> maybe credential_row all-orgs
SELECT id, email, full_name, locale, avatar_url, email_verified, is_active, created_at, password_hash, last_org_id, totp_secret, totp_enabled_at, totp_last_step
FROM app_user WHERE email_key = $1;

-- user_signed_in(id text, org text?, now bigint) -> none all-orgs
UPDATE app_user SET last_login_at = $3, last_org_id = $2 WHERE id = $1;

-- user_passed(id text, org text?, password_hash text, mfa boolean, now bigint) -> changes all-orgs
-- The same after a password was looked at, which takes a moment: only while it
-- still is theirs, and the second factor is what it was.
UPDATE app_user SET last_login_at = $5, last_org_id = $2
WHERE id = $1 AND is_active = TRUE AND password_hash = $3 AND (totp_enabled_at IS NOT NULL) = $4;

-- user_set_hash(id text, password_hash text, now bigint) -> none all-orgs
UPDATE app_user SET password_hash = $2, updated_at = $3 WHERE id = $1;

-- user_password(id text) -> maybe password_row all-orgs
-- The account is the person's, whatever organisation the session works in.
SELECT password_hash FROM app_user WHERE id = $1;

-- user_invite(id text, email text, email_key text, full_name text, now bigint) -> changes all-orgs
-- An account that nobody can use until its invitation is accepted; no change
-- when the address has one already.
INSERT INTO app_user (id, email, email_key, full_name, locale, email_verified, is_active, created_at, updated_at)
VALUES ($1, $2, $3, $4, 'en', FALSE, FALSE, $5, $5) ON CONFLICT (email_key) DO NOTHING;

-- user_hold_address(email_key text) -> maybe text_row all-orgs
-- Whose address it is; the account stays until the transaction ends.
SELECT id AS text FROM app_user WHERE email_key = $1 /*@pg FOR UPDATE @*/;

-- user_hold(id text) -> value all-orgs
-- Takes turns with others who count what belongs to the person.
SELECT count(*) FROM (SELECT id FROM app_user WHERE id = $1 /*@pg FOR UPDATE @*/) AS mine;

-- user_activate(id text, password_hash text, full_name text, email_verified boolean, now bigint) -> changes all-orgs
-- Only one that was made for an invitation and never used.
UPDATE app_user SET password_hash = $2, full_name = $3, email_verified = $4, is_active = TRUE, updated_at = $5
WHERE id = $1 AND is_active = FALSE AND password_hash IS NULL AND disabled_at IS NULL AND last_login_at IS NULL;

-- user_drop_unused(id text) -> changes all-orgs
-- The same, once no organisation wants it any more.
DELETE FROM app_user WHERE id = $1 AND is_active = FALSE AND password_hash IS NULL AND disabled_at IS NULL AND last_login_at IS NULL
	AND NOT EXISTS (SELECT 1 FROM membership m WHERE m.user_id = $1);
