-- certificate_put(org text, domain text, port bigint, ip text, subject text, issuer text, fingerprint text, key_fingerprint text,
-- not_after bigint, score bigint, now bigint) -> none
INSERT INTO certificate (org_id, domain, port, ip, subject, issuer, fingerprint, key_fingerprint, not_after, score, checked_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (org_id, domain, port) DO UPDATE SET ip = excluded.ip, subject = excluded.subject, issuer = excluded.issuer,
	fingerprint = excluded.fingerprint, key_fingerprint = excluded.key_fingerprint, not_after = excluded.not_after,
	score = excluded.score, checked_at = excluded.checked_at;

-- certificate_page(org text, limit bigint, offset bigint) -> many certificate_row
SELECT c.domain, c.port, c.ip, c.subject, c.issuer, c.fingerprint, c.not_after, c.score, c.checked_at,
	(SELECT count(*) FROM certificate s WHERE s.org_id = $1 AND s.key_fingerprint = c.key_fingerprint) - 1 AS key_shared
FROM certificate c WHERE c.org_id = $1 ORDER BY c.not_after, c.domain, c.port LIMIT $2 OFFSET $3;

-- certificate_total(org text) -> value
SELECT count(*) FROM certificate WHERE org_id = $1;

-- ct_cache_get(domain text, since bigint) -> maybe ct_cache_row
SELECT fetched_at, answer FROM ct_cache WHERE domain = $1 AND fetched_at >= $2;

-- ct_cache_put(domain text, now bigint, answer text) -> none
INSERT INTO ct_cache (domain, fetched_at, answer) VALUES ($1, $2, $3)
ON CONFLICT (domain) DO UPDATE SET fetched_at = excluded.fetched_at, answer = excluded.answer;

-- ct_cache_drop(before bigint) -> changes
DELETE FROM ct_cache WHERE fetched_at < $1;
