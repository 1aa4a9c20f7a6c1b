-- Sealed columns, for `nis2 rekey`: each is read in the order of its rows, and
-- written only where it still is what was read. The operator's, hence all-orgs.

-- sealed_totp(after text, limit bigint) -> many sealed_row all-orgs
SELECT id, totp_secret AS sealed FROM app_user WHERE totp_secret IS NOT NULL AND id > $1 ORDER BY id LIMIT $2;

-- sealed_totp_replace(id text, was text, sealed text) -> changes all-orgs
UPDATE app_user SET totp_secret = $3 WHERE id = $1 AND totp_secret = $2;

-- sealed_sso(after text, limit bigint) -> many sealed_row all-orgs
SELECT org_id AS id, client_secret AS sealed FROM sso_provider WHERE client_secret IS NOT NULL AND org_id > $1 ORDER BY org_id LIMIT $2;

-- sealed_sso_replace(id text, was text, sealed text) -> changes all-orgs
UPDATE sso_provider SET client_secret = $3 WHERE org_id = $1 AND client_secret = $2;
