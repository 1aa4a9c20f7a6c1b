-- membership_insert(id text, org text, user_id text, role text, now bigint) -> none all-orgs
INSERT INTO membership (id, org_id, user_id, role, accepted_at, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $5, $5);

-- membership_choose(user_id text, last_org text?) -> maybe membership_row all-orgs
-- Where a sign-in lands: the organisation used last, else the one joined first.
SELECT id, org_id, user_id, role, accepted_at FROM membership
WHERE user_id = $1 AND accepted_at IS NOT NULL
ORDER BY CASE WHEN org_id = $2 THEN 0 ELSE 1 END, accepted_at, id LIMIT 1;

-- membership_get(org text, user_id text) -> maybe membership_row
SELECT id, org_id, user_id, role, accepted_at FROM membership WHERE org_id = $1 AND user_id = $2;

-- membership_offer(org text, id text, user_id text, role text, invited_by text?, now bigint) -> none
-- Not a membership that counts until it is accepted.
INSERT INTO membership (org_id, id, user_id, role, invited_by, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $6);

-- membership_join(org text, id text, now bigint) -> changes
UPDATE membership SET accepted_at = $3, updated_at = $3 WHERE org_id = $1 AND id = $2 AND accepted_at IS NULL;

-- membership_set_role(org text, id text, role text, now bigint) -> none
UPDATE membership SET role = $3, updated_at = $4 WHERE org_id = $1 AND id = $2;

-- membership_delete(org text, id text) -> none
DELETE FROM membership WHERE org_id = $1 AND id = $2;

-- membership_others(org text, but text, role text?) -> value
-- Who belongs to the organisation besides that membership. For counting before
-- writing: with the organisation locked.
SELECT count(*) FROM membership WHERE org_id = $1 AND id <> $2 AND accepted_at IS NOT NULL /*@if role*/ AND role = $3 /*@end*/;

-- membership_total(org text) -> value
SELECT count(*) FROM membership WHERE org_id = $1;

-- member_list(org text) -> many member_row
-- The address of an invitation is the one that was typed here.
SELECT m.id, m.user_id, m.role, m.accepted_at, m.created_at, m.updated_at, i.email AS invited_email,
	u.email, u.full_name, u.locale, u.avatar_url, u.email_verified, u.is_active, u.created_at AS user_created_at
FROM membership m JOIN app_user u ON u.id = m.user_id
LEFT JOIN invitation i ON i.org_id = m.org_id AND i.membership_id = m.id AND i.status = 'pending'
WHERE m.org_id = $1 ORDER BY m.created_at, m.id LIMIT 10000;

-- member_get(org text, id text) -> maybe member_row
SELECT m.id, m.user_id, m.role, m.accepted_at, m.created_at, m.updated_at, i.email AS invited_email,
	u.email, u.full_name, u.locale, u.avatar_url, u.email_verified, u.is_active, u.created_at AS user_created_at
FROM membership m JOIN app_user u ON u.id = m.user_id
LEFT JOIN invitation i ON i.org_id = m.org_id AND i.membership_id = m.id AND i.status = 'pending'
WHERE m.org_id = $1 AND m.id = $2;

-- member_keys_off(org text, user_id text, now bigint) -> many member_key_row
-- The keys that somebody made who may not make any now.
-- unlimited: there are at most as many as an organisation may have
UPDATE api_key SET is_active = FALSE, updated_at = $3 WHERE org_id = $1 AND created_by = $2 AND is_active = TRUE
RETURNING id, name, key_prefix;
