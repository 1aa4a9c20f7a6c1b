-- Rows of the audit log, each a link of its organisation's chain (store/audit.h).
-- They are written before it is known who asks (a sign-in) and for another
-- organisation than that of the session (an invitation is accepted), so what
-- appends says `all-orgs`; what reads stays within the organisation.

-- audit_head(org text, user_id text?) -> maybe audit_head all-orgs
-- Writers of one organisation take turns from here to the end of their
-- transactions. The name of who acts is read along, for it may change later.
SELECT c.last_seq, c.last_hash, c.purged_seq, c.purged_hash, c.seal,
	(SELECT email FROM app_user WHERE id = $2) AS actor_email,
	(SELECT full_name FROM app_user WHERE id = $2) AS actor_name
FROM audit_chain c WHERE c.org_id = $1 /*@pg FOR UPDATE OF c @*/;

-- audit_chain_begin(org text, last_seq bigint, seal text) -> none all-orgs
-- Of two that begin one at once, the second waits for the first and reads on.
INSERT INTO audit_chain (org_id, last_seq, last_hash, purged_seq, purged_hash, seal)
VALUES ($1, $2, '', 0, '', $3) ON CONFLICT (org_id) DO NOTHING;

-- audit_chain_set(org text, last_seq bigint, last_hash text, purged_seq bigint, purged_hash text, seal text) -> none all-orgs
UPDATE audit_chain SET last_seq = $2, last_hash = $3, purged_seq = $4, purged_hash = $5, seal = $6 WHERE org_id = $1;

-- audit_newest(org text) -> value all-orgs
SELECT max(seq) FROM audit_log WHERE org_id = $1;

-- audit_insert(id text, org text, seq bigint, user_id text?, actor_email text?, actor_name text?, api_key_id text?, action text, resource_type text,
--   resource_id text?, details text?, ip_address text?, user_agent text?, now bigint, salt text, personal_hash text, hash text) -> none all-orgs
INSERT INTO audit_log (id, org_id, seq, user_id, actor_email, actor_name, api_key_id, action, resource_type, resource_id, details, ip_address,
	user_agent, created_at, salt, personal_hash, hash)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17);

-- ---- reading ----

-- audit_page(org text, action text?, resource_type text?, user_id text?, since bigint?, before bigint?, limit bigint, offset bigint) -> many audit_row
SELECT id, org_id, seq, user_id, actor_email, actor_name, api_key_id, action, resource_type, resource_id, details, ip_address, user_agent, created_at,
	salt, personal_hash, hash, erased_at
FROM audit_log WHERE org_id = $1 /*@if action*/ AND action = $2 /*@end*/ /*@if resource_type*/ AND resource_type = $3 /*@end*/
	/*@if user_id*/ AND user_id = $4 /*@end*/ /*@if since*/ AND created_at >= $5 /*@end*/ /*@if before*/ AND created_at < $6 /*@end*/
ORDER BY created_at DESC, seq DESC LIMIT $7 OFFSET $8;

-- audit_total(org text, action text?, resource_type text?, user_id text?, since bigint?, before bigint?) -> value
SELECT count(*) FROM audit_log WHERE org_id = $1 /*@if action*/ AND action = $2 /*@end*/ /*@if resource_type*/ AND resource_type = $3 /*@end*/
	/*@if user_id*/ AND user_id = $4 /*@end*/ /*@if since*/ AND created_at >= $5 /*@end*/ /*@if before*/ AND created_at < $6 /*@end*/;

-- ---- checking ----

-- audit_ends(org text) -> maybe audit_head
SELECT last_seq, last_hash, purged_seq, purged_hash, seal FROM audit_chain WHERE org_id = $1;

-- audit_walk(org text, after bigint, upto bigint, limit bigint) -> many audit_row
SELECT id, org_id, seq, user_id, actor_email, actor_name, api_key_id, action, resource_type, resource_id, details, ip_address, user_agent, created_at,
	salt, personal_hash, hash, erased_at
FROM audit_log WHERE org_id = $1 AND seq > $2 AND seq <= $3 ORDER BY seq LIMIT $4;

-- audit_unchained(org text) -> maybe audit_row
-- What is in the table and not in the chain.
SELECT id, org_id, seq, user_id, actor_email, actor_name, api_key_id, action, resource_type, resource_id, details, ip_address, user_agent, created_at,
	salt, personal_hash, hash, erased_at
FROM audit_log WHERE org_id = $1 AND seq IS NULL ORDER BY id LIMIT 1;

-- audit_kept_from(org text, before bigint) -> value
-- The oldest row that retention leaves, 0 for none.
SELECT min(seq) FROM audit_log WHERE org_id = $1 AND created_at >= $2;

-- audit_last_until(org text, upto bigint) -> maybe audit_row
SELECT id, org_id, seq, user_id, actor_email, actor_name, api_key_id, action, resource_type, resource_id, details, ip_address, user_agent, created_at,
	salt, personal_hash, hash, erased_at
FROM audit_log WHERE org_id = $1 AND seq <= $2 ORDER BY seq DESC LIMIT 1;

-- ---- whose chains there are ----

-- audit_orgs(after text, limit bigint) -> many org_slug all-orgs
SELECT id, slug FROM organization WHERE id > $1 ORDER BY id LIMIT $2;

-- audit_org(name text) -> maybe org_slug all-orgs
SELECT id, slug FROM organization WHERE id = $1 OR slug = $1 LIMIT 1;
