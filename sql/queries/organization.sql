-- org_insert(id text, name text, slug text, now bigint) -> changes all-orgs
-- A slug that is taken changes nothing: the caller tries the next suffix.
INSERT INTO organization (id, name, slug, created_at, updated_at)
VALUES ($1, $2, $3, $4, $4) ON CONFLICT (slug) DO NOTHING;

-- org_scan_quota(id text) -> value
SELECT max_scans_per_month FROM organization WHERE id = $1;

-- org_name(id text) -> maybe text_row
SELECT name AS text FROM organization WHERE id = $1;

-- org_lock(id text) -> value
-- Who looks first and writes then takes turns with others of the organisation
-- until the transaction ends. On SQLite all writers take turns anyway; rows
-- that merely refer to the organisation go on.
SELECT count(*) FROM (SELECT id FROM organization WHERE id = $1 /*@pg FOR NO KEY UPDATE @*/) AS mine;
