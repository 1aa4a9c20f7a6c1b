-- api_key_find(hash text, ip_address text) -> maybe key_row all-orgs
-- Before it is known who asks: one row at most, by the hash of a secret.
SELECT k.id, k.org_id, k.name, k.key_prefix, k.scopes, k.is_active, k.expires_at, k.last_used_at, d.first_seen_at AS address_seen_at,
	(SELECT count(*) FROM api_key_address c WHERE c.org_id = k.org_id AND c.key_id = k.id) AS address_count
FROM api_key k LEFT JOIN api_key_address d ON d.org_id = k.org_id AND d.key_id = k.id AND d.ip_address = $2
WHERE k.key_hash = $1;

-- api_key_stamp(org text, id text, now bigint, before bigint) -> none
UPDATE api_key SET last_used_at = $3 WHERE org_id = $1 AND id = $2 AND (last_used_at IS NULL OR last_used_at <= $4);

-- api_key_lapse(org text, id text, now bigint) -> none
UPDATE api_key SET is_active = FALSE, updated_at = $3 WHERE org_id = $1 AND id = $2 AND is_active = TRUE AND expires_at <= $3;

-- api_key_lapse_all(now bigint) -> none all-orgs
-- Of whatever organisation: keys that ended without being used again.
UPDATE api_key SET is_active = FALSE, updated_at = $1 WHERE is_active = TRUE AND expires_at <= $1;

-- api_key_address_insert(org text, key_id text, ip_address text, now bigint) -> changes
INSERT INTO api_key_address (org_id, key_id, ip_address, first_seen_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING;

-- api_key_all(org text) -> many api_key
SELECT id, org_id AS organization_id, created_by, name, key_prefix, scopes, last_used_at, expires_at, is_active, created_at, updated_at
FROM api_key WHERE org_id = $1 ORDER BY created_at DESC, id DESC LIMIT 10000;

-- api_key_total(org text) -> value
SELECT count(*) FROM api_key WHERE org_id = $1;

-- api_key_active(org text, now bigint) -> value
SELECT count(*) FROM api_key WHERE org_id = $1 AND is_active = TRUE AND (expires_at IS NULL OR expires_at > $2);

-- api_key_get(org text, id text) -> maybe api_key
SELECT id, org_id AS organization_id, created_by, name, key_prefix, scopes, last_used_at, expires_at, is_active, created_at, updated_at
FROM api_key WHERE org_id = $1 AND id = $2;

-- api_key_insert(org text, id text, created_by text, name text, key_hash text, key_prefix text, scopes text, expires_at bigint?, now bigint) -> one api_key_created
-- computed: raw_key
INSERT INTO api_key (org_id, id, created_by, name, key_hash, key_prefix, scopes, is_active, expires_at, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, TRUE, $8, $9, $9)
RETURNING id, org_id AS organization_id, created_by, name, key_prefix, scopes, last_used_at, expires_at, is_active, created_at, updated_at;

-- api_key_revoke(org text, id text, now bigint) -> changes
UPDATE api_key SET is_active = FALSE, updated_at = $3 WHERE org_id = $1 AND id = $2 AND is_active = TRUE;
