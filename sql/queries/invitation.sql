-- invitation_insert(org text, id text, membership_id text, user_id text, email text, role text, token_hash text, invited_by text?, now bigint, expires_at bigint) -> none
INSERT INTO invitation (org_id, id, membership_id, user_id, email, role, token_hash, invited_by, status, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'pending', $9, $10);

-- invitation_renew(org text, membership_id text, email text, role text, token_hash text, invited_by text?, expires_at bigint) -> maybe text_row
-- Both tokens of before are void.
UPDATE invitation SET email = $3, role = $4, token_hash = $5, mail_token_hash = NULL, invited_by = $6, expires_at = $7, sent_at = NULL
WHERE org_id = $1 AND membership_id = $2 AND status = 'pending'
RETURNING id AS text;

-- invitation_list(org text, now bigint) -> many invitation
SELECT id, membership_id AS member_id, email, role, invited_by, created_at, sent_at, expires_at,
	CASE WHEN status = 'pending' AND expires_at <= $2 THEN 'expired' ELSE status END AS status
FROM invitation WHERE org_id = $1 ORDER BY created_at DESC, id DESC LIMIT 10000;

-- invitation_get(org text, id text, now bigint) -> maybe invitation
SELECT id, membership_id AS member_id, email, role, invited_by, created_at, sent_at, expires_at,
	CASE WHEN status = 'pending' AND expires_at <= $3 THEN 'expired' ELSE status END AS status
FROM invitation WHERE org_id = $1 AND id = $2;

-- invitation_open(org text) -> value
-- Lapsed ones too: their memberships are there until they are withdrawn.
SELECT count(*) FROM invitation WHERE org_id = $1 AND status = 'pending';

-- invitation_set_role(org text, membership_id text, role text) -> none
UPDATE invitation SET role = $3 WHERE org_id = $1 AND membership_id = $2 AND status = 'pending';

-- invitation_withdraw(org text, membership_id text, now bigint) -> changes
UPDATE invitation SET status = 'withdrawn', closed_at = $3 WHERE org_id = $1 AND membership_id = $2 AND status = 'pending';

-- invitation_by_token(token_hash text, email_key text) -> maybe invitation_token_row all-orgs
-- By either token, from somebody who has nothing else yet.
SELECT i.id, i.org_id, i.membership_id, i.user_id, i.role, i.status, i.expires_at, i.mail_token_hash,
	u.is_active, u.password_hash, u.disabled_at, u.last_login_at
FROM invitation i JOIN app_user u ON u.id = i.user_id
WHERE (i.token_hash = $1 OR i.mail_token_hash = $1) AND u.email_key = $2;

-- invitation_accept(org text, id text, token_hash text, now bigint) -> changes
-- One of several that come at once, and not one that was withdrawn meanwhile.
UPDATE invitation SET status = 'accepted', closed_at = $4
WHERE org_id = $1 AND id = $2 AND status = 'pending' AND expires_at > $4 AND (token_hash = $3 OR mail_token_hash = $3);

-- invitation_detach(user_id text) -> none all-orgs
-- Before the account goes that was made for an invitation and never used: what
-- an organisation did stays in its list.
UPDATE invitation SET user_id = NULL WHERE user_id = $1 AND status <> 'pending' AND EXISTS (
	SELECT 1 FROM app_user u WHERE u.id = $1 AND u.is_active = FALSE AND u.password_hash IS NULL
	AND u.disabled_at IS NULL AND u.last_login_at IS NULL AND NOT EXISTS (SELECT 1 FROM membership m WHERE m.user_id = $1));

-- invitation_purge(before bigint) -> changes all-orgs
-- The address of somebody who never joined is not kept for ever.
DELETE FROM invitation WHERE status <> 'pending' AND closed_at < $1;
