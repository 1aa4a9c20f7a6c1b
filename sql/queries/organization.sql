-- org_insert(id text, name text, slug text, now bigint) -> changes
-- A slug that is taken changes nothing: the caller tries the next suffix.
INSERT INTO organization (id, name, slug, created_at, updated_at)
VALUES ($1, $2, $3, $4, $4) ON CONFLICT (slug) DO NOTHING;

-- org_scan_quota(id text) -> value
SELECT max_scans_per_month FROM organization WHERE id = $1;

-- org_name(id text) -> maybe text_row
SELECT name AS text FROM organization WHERE id = $1;
