-- org_insert(id text, name text, slug text, now bigint) -> changes all-orgs
-- A slug that is taken changes nothing: the caller tries the next suffix.
INSERT INTO organization (id, name, slug, created_at, updated_at)
VALUES ($1, $2, $3, $4, $4) ON CONFLICT (slug) DO NOTHING;

-- org_scan_quota(id text) -> value
SELECT max_scans_per_month FROM organization WHERE id = $1;

-- org_settings(id text) -> maybe text_row
SELECT settings AS text FROM organization WHERE id = $1;

-- org_name(id text) -> maybe text_row
SELECT name AS text FROM organization WHERE id = $1;

-- org_lock(id text) -> value
-- Who looks first and writes then takes turns with others of the organisation
-- until the transaction ends. On SQLite all writers take turns anyway; rows
-- that merely refer to the organisation go on.
SELECT count(*) FROM (SELECT id FROM organization WHERE id = $1 /*@pg FOR NO KEY UPDATE @*/) AS mine;

-- org_get(id text) -> one organization
SELECT id, name, slug, plan, settings, max_scans_per_month, country, created_at, updated_at FROM organization WHERE id = $1;

-- org_of_person(user_id text) -> many organization all-orgs
-- Those of the person who asks, whatever organisation the session works in;
-- strangers' invitations cannot push the joined ones off the end.
SELECT id, name, slug, plan, settings, max_scans_per_month, country, created_at, updated_at
FROM (SELECT o.id, o.name, o.slug, o.plan, o.settings, o.max_scans_per_month, o.country, o.created_at, o.updated_at
	FROM membership m JOIN organization o ON o.id = m.org_id WHERE m.user_id = $1
	ORDER BY CASE WHEN m.accepted_at IS NULL THEN 1 ELSE 0 END, m.created_at, m.id LIMIT 1000) AS mine
ORDER BY lower(name), name, id LIMIT 1000;

-- org_joined(user_id text) -> value all-orgs
-- How many the person who asks belongs to.
SELECT count(*) FROM membership WHERE user_id = $1 AND accepted_at IS NOT NULL;

-- org_update(id text, name text?, settings text?, country text?, now bigint) -> one organization
-- An empty country takes away the one that was there.
UPDATE organization SET updated_at = $5 /*@if name*/, name = $2 /*@end*/ /*@if settings*/, settings = $3 /*@end*/
	/*@if country*/, country = NULLIF($4, '') /*@end*/ WHERE id = $1
RETURNING id, name, slug, plan, settings, max_scans_per_month, country, created_at, updated_at;

-- org_country(id text) -> maybe text_row
SELECT country AS text FROM organization WHERE id = $1 AND country IS NOT NULL;
