-- People and their accounts. An account belongs to a person, not to an
-- organisation, so nothing here is scoped to one.

-- user_insert(id text, email text, email_key text, password_hash text?, full_name text, now bigint) -> none
INSERT INTO app_user (id, email, email_key, password_hash, full_name, locale, email_verified, is_active, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, 'en', TRUE, TRUE, $6, $6);

-- user_get(id text) -> one user
SELECT id, email, full_name, locale, avatar_url, email_verified, is_active, created_at
FROM app_user WHERE id = $1;

-- user_credentials(email_key text) -> maybe credential_row
SELECT id, email, full_name, locale, avatar_url, email_verified, is_active, created_at, password_hash, last_org_id
FROM app_user WHERE email_key = $1;

-- user_signed_in(id text, org text?, now bigint) -> none
UPDATE app_user SET last_login_at = $3, last_org_id = $2 WHERE id = $1;

-- user_set_hash(id text, password_hash text, now bigint) -> none
UPDATE app_user SET password_hash = $2, updated_at = $3 WHERE id = $1;
