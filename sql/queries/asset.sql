-- asset_page(org text, limit bigint, offset bigint) -> page asset
SELECT (SELECT count(*) FROM asset WHERE org_id = $1) AS total, id, org_id AS organization_id, name, target_type, target_value, pinned_ip, tags, is_active, verified_at, created_at, updated_at
FROM asset WHERE org_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2 OFFSET $3;

-- asset_total(org text) -> value
SELECT count(*) FROM asset WHERE org_id = $1;

-- asset_get(org text, id text) -> maybe asset
SELECT id, org_id AS organization_id, name, target_type, target_value, pinned_ip, tags, is_active, verified_at, created_at, updated_at
FROM asset WHERE org_id = $1 AND id = $2;

-- asset_insert(org text, id text, name text, target_type text, target_value text, pinned_ip text?, tags text?, now bigint) -> changes
-- A target that is there already changes nothing: the caller says so.
INSERT INTO asset (org_id, id, name, target_type, target_value, pinned_ip, tags, is_active, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, TRUE, $8, $8)
ON CONFLICT (org_id, target_type, target_value) DO NOTHING;

-- asset_exists(org text, target_type text, target_value text) -> value
SELECT count(*) FROM asset WHERE org_id = $1 AND target_type = $2 AND target_value = $3;

-- asset_update(org text, id text, name text, target_type text, target_value text, pinned_ip text?, tags text?, is_active boolean, now bigint) -> one asset
-- Proof of ownership is of a target: another one begins without.
UPDATE asset SET name = $3, target_type = $4, target_value = $5, pinned_ip = $6, tags = $7, is_active = $8, updated_at = $9,
	verified_at = CASE WHEN target_type = $4 AND target_value = $5 THEN verified_at END,
	verified_by = CASE WHEN target_type = $4 AND target_value = $5 THEN verified_by END
WHERE org_id = $1 AND id = $2
RETURNING id, org_id AS organization_id, name, target_type, target_value, pinned_ip, tags, is_active, verified_at, created_at, updated_at;

-- asset_delete(org text, id text) -> changes
DELETE FROM asset WHERE org_id = $1 AND id = $2;

-- asset_target(org text, id text) -> maybe target_row
-- What a scan needs of an asset that may be scanned.
SELECT id, name, target_type, target_value, pinned_ip, verified_at FROM asset
WHERE org_id = $1 AND id = $2 AND is_active = TRUE;

-- asset_proof(org text, id text) -> maybe asset_proof_row
SELECT id, target_type, target_value, verified_at, verified_by FROM asset WHERE org_id = $1 AND id = $2;

-- asset_verified(org text, id text, target_type text, target_value text, verified_by text, now bigint) -> changes
-- No change: the target became another one while the proof was looked for.
UPDATE asset SET verified_at = $6, verified_by = $5, updated_at = $6
WHERE org_id = $1 AND id = $2 AND target_type = $3 AND target_value = $4;
