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

-- user_set_hash(id text, password_hash text, now bigint) -> none all-orgs
UPDATE app_user SET password_hash = $2, updated_at = $3 WHERE id = $1;

-- user_password(id text) -> maybe password_row all-orgs
-- The account is the person's, whatever organisation the session works in.
SELECT password_hash FROM app_user WHERE id = $1;
