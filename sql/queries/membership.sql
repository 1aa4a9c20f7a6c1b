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
