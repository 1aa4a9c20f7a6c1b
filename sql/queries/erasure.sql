-- Erasing a person, in all organisations at once: all-orgs throughout.

-- erasure_orgs(user_id text) -> many leaving_row all-orgs
-- Who else is in the organisations of a person. The memberships are locked, so
-- that none of them begins, ends or changes its role until it is decided.
-- unlimited: an organisation left out would be left without an administrator
SELECT org_id, count(CASE WHEN user_id = $1 AND accepted_at IS NOT NULL THEN 1 END) AS joined,
	count(CASE WHEN user_id = $1 AND accepted_at IS NOT NULL AND role = 'admin' THEN 1 END) AS admin,
	count(CASE WHEN user_id <> $1 AND accepted_at IS NOT NULL THEN 1 END) AS others,
	count(CASE WHEN user_id <> $1 AND accepted_at IS NOT NULL AND role = 'admin' THEN 1 END) AS other_admins
FROM (SELECT org_id, user_id, accepted_at, role FROM membership
	WHERE org_id IN (SELECT mine.org_id FROM membership mine WHERE mine.user_id = $1)
	ORDER BY org_id, id /*@pg FOR UPDATE @*/) AS colleague
GROUP BY org_id ORDER BY org_id;

-- erasure_org(id text) -> changes all-orgs
-- With all that belongs to it: tenant tables cascade.
DELETE FROM organization WHERE id = $1;

-- erasure_org_jobs(org text) -> changes all-orgs
-- Jobs alone do not, since there are some of no organisation.
DELETE FROM job WHERE org_id = $1;

-- erasure_keys(user_id text) -> changes all-orgs
DELETE FROM api_key WHERE created_by = $1;

-- erasure_scans(user_id text) -> changes all-orgs
UPDATE scan SET created_by = NULL WHERE created_by = $1;

-- erasure_schedules(user_id text) -> changes all-orgs
UPDATE schedule SET created_by = NULL WHERE created_by = $1;

-- erasure_reports(user_id text) -> changes all-orgs
UPDATE report SET created_by = NULL WHERE created_by = $1;

-- erasure_findings(user_id text) -> changes all-orgs
UPDATE finding SET assigned_to = NULL WHERE assigned_to = $1;

-- erasure_invited(user_id text) -> changes all-orgs
UPDATE membership SET invited_by = NULL WHERE invited_by = $1;

-- erasure_user(id text) -> changes all-orgs
-- With memberships, sessions, tokens, codes and identities.
DELETE FROM app_user WHERE id = $1;

-- erasure_org_is_there(id text) -> value all-orgs
-- For the sweep of files that no row tells of.
SELECT count(*) FROM organization WHERE id = $1;
