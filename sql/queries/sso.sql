-- sso_get(org text) -> maybe sso_row
SELECT p.org_id, o.slug, p.issuer, p.client_id, p.client_secret, p.groups_claim, p.admin_groups, p.auditor_groups, p.viewer_groups,
	p.default_role, p.is_enabled, p.created_at, p.updated_at
FROM sso_provider p JOIN organization o ON o.id = p.org_id WHERE p.org_id = $1;

-- sso_by_slug(slug text) -> maybe sso_row all-orgs
-- Nobody is known yet who could belong to an organisation.
SELECT p.org_id, o.slug, p.issuer, p.client_id, p.client_secret, p.groups_claim, p.admin_groups, p.auditor_groups, p.viewer_groups,
	p.default_role, p.is_enabled, p.created_at, p.updated_at
FROM sso_provider p JOIN organization o ON o.id = p.org_id WHERE o.slug = $1;

-- sso_put(org text, issuer text, client_id text, client_secret text?, groups_claim text, admin_groups text, auditor_groups text, viewer_groups text, default_role text?, is_enabled boolean, now bigint) -> none
INSERT INTO sso_provider (org_id, issuer, client_id, client_secret, groups_claim, admin_groups, auditor_groups, viewer_groups, default_role, is_enabled, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)
ON CONFLICT (org_id) DO UPDATE SET issuer = excluded.issuer, client_id = excluded.client_id, client_secret = excluded.client_secret,
	groups_claim = excluded.groups_claim, admin_groups = excluded.admin_groups, auditor_groups = excluded.auditor_groups,
	viewer_groups = excluded.viewer_groups, default_role = excluded.default_role, is_enabled = excluded.is_enabled, updated_at = excluded.updated_at;

-- sso_remove(org text) -> changes
DELETE FROM sso_provider WHERE org_id = $1;

-- sso_person(org text, issuer text, subject text) -> maybe sso_person_row all-orgs
-- Who has come from this provider before.
SELECT u.id AS user_id, u.is_active, u.password_hash IS NOT NULL AS has_password, m.id AS member_id, m.role, m.accepted_at
FROM sso_identity i JOIN app_user u ON u.id = i.user_id LEFT JOIN membership m ON m.user_id = u.id AND m.org_id = $1
WHERE i.issuer = $2 AND i.subject = $3;

-- sso_person_by_email(org text, email_key text) -> maybe sso_person_row all-orgs
-- Who has the address that the provider names.
SELECT u.id AS user_id, u.is_active, u.password_hash IS NOT NULL AS has_password, m.id AS member_id, m.role, m.accepted_at
FROM app_user u LEFT JOIN membership m ON m.user_id = u.id AND m.org_id = $1
WHERE u.email_key = $2;

-- sso_identity_insert(issuer text, subject text, user_id text, now bigint) -> changes all-orgs
INSERT INTO sso_identity (issuer, subject, user_id, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT (issuer, subject) DO NOTHING;

-- sso_user_insert(id text, email text, email_key text, full_name text, now bigint) -> changes all-orgs
-- The address is what the organisation's provider says: nobody else has to believe it.
INSERT INTO app_user (id, email, email_key, full_name, locale, email_verified, is_active, created_at, updated_at)
VALUES ($1, $2, $3, $4, 'en', FALSE, TRUE, $5, $5) ON CONFLICT (email_key) DO NOTHING;

-- sso_user_open(id text, now bigint) -> none all-orgs
-- An account that an invitation had reserved is in use from now on.
UPDATE app_user SET is_active = TRUE, updated_at = $2 WHERE id = $1 AND disabled_at IS NULL;

-- sso_member_join(org text, user_id text, role text, now bigint) -> changes
-- An open invitation is accepted: the provider vouches for the person.
UPDATE membership SET accepted_at = COALESCE(accepted_at, $4), role = $3, updated_at = $4 WHERE org_id = $1 AND user_id = $2;

-- sso_invitation_close(org text, user_id text, now bigint) -> changes
UPDATE invitation SET status = 'accepted', closed_at = $3 WHERE org_id = $1 AND user_id = $2 AND status = 'pending';

-- sso_other_admins(org text, user_id text) -> value
SELECT count(*) FROM membership WHERE org_id = $1 AND user_id <> $2 AND role = 'admin' AND accepted_at IS NOT NULL;
