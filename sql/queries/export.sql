-- What is kept about a person, in all organisations: all-orgs throughout.

-- export_profile(id text) -> one export_profile all-orgs
SELECT u.id, u.email, u.full_name, u.locale, u.avatar_url, u.is_active, u.email_verified, i.issuer AS oauth_provider,
	i.subject AS oauth_provider_id, u.created_at, u.password_changed_at
FROM app_user u LEFT JOIN sso_identity i ON i.user_id = u.id
WHERE u.id = $1 ORDER BY i.created_at, i.subject LIMIT 1;

-- export_memberships(user_id text) -> many export_membership all-orgs
SELECT m.org_id AS organization_id, o.name AS organization_name, o.slug AS organization_slug, m.role, m.accepted_at, m.created_at
FROM membership m JOIN organization o ON o.id = m.org_id
WHERE m.user_id = $1 ORDER BY m.created_at, m.id LIMIT 1000;

-- export_api_keys(user_id text) -> many export_api_key all-orgs
SELECT id, name, scopes, is_active, created_at, expires_at, last_used_at FROM api_key
WHERE created_by = $1 ORDER BY created_at, id LIMIT 10000;

-- export_sessions(user_id text) -> many export_session all-orgs
SELECT id, ip_address, user_agent, created_at, last_used_at, ended_at FROM session
WHERE user_id = $1 ORDER BY created_at DESC, id DESC LIMIT 10000;

-- export_audit(user_id text) -> many export_audit_log all-orgs
SELECT id, org_id AS organization_id, action, resource_type, resource_id, ip_address, user_agent, created_at FROM audit_log
WHERE user_id = $1 ORDER BY created_at DESC, id DESC LIMIT 100000;
