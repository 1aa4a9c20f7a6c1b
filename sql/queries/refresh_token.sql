-- refresh_insert(jti text, family text, user_id text, org text?, now bigint, expires_at bigint) -> none all-orgs
INSERT INTO refresh_token (jti, family, user_id, active_org, issued_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6);

-- refresh_consume(jti text, reason text, now bigint) -> maybe refresh_row all-orgs
-- One statement, so that of two that come together one alone gets the row.
UPDATE refresh_token SET used_at = $3, reason = $2
WHERE jti = $1 AND used_at IS NULL AND expires_at > $3
RETURNING jti, family, user_id, active_org AS org_id, issued_at, expires_at, used_at, reason;

-- refresh_find(jti text) -> maybe refresh_row all-orgs
SELECT jti, family, user_id, active_org AS org_id, issued_at, expires_at, used_at, reason
FROM refresh_token WHERE jti = $1;

-- refresh_revoke_family(family text, reason text, now bigint) -> changes all-orgs
UPDATE refresh_token SET used_at = $3, reason = $2 WHERE family = $1 AND used_at IS NULL;

-- refresh_purge(now bigint) -> changes all-orgs
DELETE FROM refresh_token WHERE expires_at < $1;
