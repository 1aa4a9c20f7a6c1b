-- finding_page(org text, severity text?, severity2 text, severity3 text, severity4 text, severity5 text, status text?, status2 text, status3 text, status4 text, status5 text, category text?, category2 text, category3 text, category4 text, scan_id text?, words text?, limit bigint, offset bigint) -> many finding
-- computed: title, rationale, remediation, scored
-- A filter with several values repeats its last one to fill the places; words
-- is a pattern of LIKE in lower case, '!' escapes.
SELECT id, scan_id, org_id AS organization_id, scan_result_id, check_id, severity, category, message, evidence AS technical_detail, target, reference, cvss_base_score, cvss_vector, remediation_cost, remediation_effort, compliance_article, status, assigned_to, resolved_at, resolution_note, fingerprint, first_seen_at, last_seen_at, occurrences, created_at, updated_at
FROM finding WHERE org_id = $1
	/*@if severity*/ AND severity IN ($2, $3, $4, $5, $6) /*@end*/
	/*@if status*/ AND status IN ($7, $8, $9, $10, $11) /*@end*/
	/*@if category*/ AND category IN ($12, $13, $14, $15) /*@end*/
	/*@if scan_id*/ AND scan_id = $16 /*@end*/
	/*@if words*/ AND (lower(message) LIKE $17 ESCAPE '!' OR lower(target) LIKE $17 ESCAPE '!' OR check_id LIKE $17 ESCAPE '!') /*@end*/
ORDER BY created_at DESC, id DESC LIMIT $18 OFFSET $19;

-- finding_match(org text, severity text?, severity2 text, severity3 text, severity4 text, severity5 text, status text?, status2 text, status3 text, status4 text, status5 text, category text?, category2 text, category3 text, category4 text, scan_id text?, words text?) -> value
-- How many there are, for filters that the kept counts do not know.
SELECT count(*) FROM finding WHERE org_id = $1
	/*@if severity*/ AND severity IN ($2, $3, $4, $5, $6) /*@end*/
	/*@if status*/ AND status IN ($7, $8, $9, $10, $11) /*@end*/
	/*@if category*/ AND category IN ($12, $13, $14, $15) /*@end*/
	/*@if scan_id*/ AND scan_id = $16 /*@end*/
	/*@if words*/ AND (lower(message) LIKE $17 ESCAPE '!' OR lower(target) LIKE $17 ESCAPE '!' OR check_id LIKE $17 ESCAPE '!') /*@end*/;

-- finding_total(org text, severity text?, severity2 text, severity3 text, severity4 text, severity5 text, status text?, status2 text, status3 text, status4 text, status5 text, category text?, category2 text, category3 text, category4 text) -> value
-- From the kept counts: the number of rows does not matter.
SELECT sum(n) FROM finding_count WHERE org_id = $1
	/*@if severity*/ AND severity IN ($2, $3, $4, $5, $6) /*@end*/
	/*@if status*/ AND status IN ($7, $8, $9, $10, $11) /*@end*/
	/*@if category*/ AND category IN ($12, $13, $14, $15) /*@end*/;

-- finding_get(org text, id text) -> maybe finding
-- computed: title, rationale, remediation, scored
SELECT id, scan_id, org_id AS organization_id, scan_result_id, check_id, severity, category, message, evidence AS technical_detail, target, reference, cvss_base_score, cvss_vector, remediation_cost, remediation_effort, compliance_article, status, assigned_to, resolved_at, resolution_note, fingerprint, first_seen_at, last_seen_at, occurrences, created_at, updated_at
FROM finding WHERE org_id = $1 AND id = $2;

-- finding_stats(org text) -> many count_row
SELECT severity, status, sum(n) AS n FROM finding_count WHERE org_id = $1
GROUP BY severity, status LIMIT 100;

-- finding_count_add(org text, severity text, status text, category text, n bigint) -> none
INSERT INTO finding_count (org_id, severity, status, category, n) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (org_id, severity, status, category) DO UPDATE SET n = finding_count.n + excluded.n;

-- finding_count_clear(org text) -> none
DELETE FROM finding_count WHERE org_id = $1;

-- finding_count_fill(org text) -> none
INSERT INTO finding_count (org_id, severity, status, category, n)
SELECT org_id, severity, status, category, count(*) FROM finding WHERE org_id = $1
GROUP BY org_id, severity, status, category;

-- finding_state(org text, fingerprint text) -> maybe finding_row
SELECT id, severity, category, status, scan_id FROM finding WHERE org_id = $1 AND fingerprint = $2;

-- finding_see(org text, id text, scan_id text, scan_result_id text, check_id text, severity text, severity_rank bigint, category text, message text, target text, evidence text, reference text?, cvss_base_score double?, cvss_vector text?, remediation_cost text?, remediation_effort text?, compliance_article text?, fingerprint text, now bigint) -> one finding_row
-- New, or seen again by a later scan: history goes on. What people decided
-- stays, but what was called resolved and is there again is open again. The id
-- that comes back is the one given, when it is new.
INSERT INTO finding (org_id, id, scan_id, scan_result_id, check_id, severity, severity_rank, category, message, target, evidence,
	reference, cvss_base_score, cvss_vector, remediation_cost, remediation_effort, compliance_article, status, fingerprint,
	first_seen_at, last_seen_at, occurrences, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, 'open', $18, $19, $19, 1, $19, $19)
ON CONFLICT (org_id, fingerprint) DO UPDATE SET
	scan_id = excluded.scan_id, scan_result_id = excluded.scan_result_id, check_id = excluded.check_id,
	severity = excluded.severity, severity_rank = excluded.severity_rank, evidence = excluded.evidence,
	reference = excluded.reference, cvss_base_score = excluded.cvss_base_score, cvss_vector = excluded.cvss_vector,
	remediation_cost = excluded.remediation_cost, remediation_effort = excluded.remediation_effort,
	compliance_article = excluded.compliance_article, last_seen_at = excluded.last_seen_at, updated_at = excluded.updated_at,
	occurrences = finding.occurrences + CASE WHEN finding.scan_id = excluded.scan_id THEN 0 ELSE 1 END,
	resolved_at = CASE WHEN finding.status = 'resolved' THEN NULL ELSE finding.resolved_at END,
	status = CASE WHEN finding.status = 'resolved' THEN 'open' ELSE finding.status END
RETURNING id, severity, category, status, scan_id;

-- finding_seen_insert(org text, scan_id text, finding_id text, scan_result_id text, severity_rank bigint, evidence text, now bigint) -> changes
INSERT INTO finding_seen (org_id, scan_id, finding_id, scan_result_id, severity_rank, evidence, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (scan_id, finding_id) DO NOTHING;

-- finding_seen_page(org text, scan_id text, limit bigint, offset bigint) -> many finding
-- computed: title, rationale, remediation, scored
SELECT f.id, s.scan_id, f.org_id AS organization_id, s.scan_result_id, f.check_id, f.severity, f.category, f.message, s.evidence AS technical_detail, f.target, f.reference, f.cvss_base_score, f.cvss_vector, f.remediation_cost, f.remediation_effort, f.compliance_article, f.status, f.assigned_to, f.resolved_at, f.resolution_note, f.fingerprint, f.first_seen_at, f.last_seen_at, f.occurrences, f.created_at, f.updated_at
FROM finding_seen s JOIN finding f ON f.id = s.finding_id AND f.org_id = s.org_id
WHERE s.org_id = $1 AND s.scan_id = $2
ORDER BY s.severity_rank, s.finding_id LIMIT $3 OFFSET $4;

-- finding_seen_total(org text, scan_id text) -> value
SELECT count(*) FROM finding_seen WHERE org_id = $1 AND scan_id = $2;

-- finding_update(org text, id text, status text, assigned_to text?, resolution_note text?, resolved_at bigint?, now bigint) -> one finding
-- computed: title, rationale, remediation, scored
UPDATE finding SET status = $3, assigned_to = $4, resolution_note = $5, resolved_at = $6, updated_at = $7
WHERE org_id = $1 AND id = $2
RETURNING id, scan_id, org_id AS organization_id, scan_result_id, check_id, severity, category, message, evidence AS technical_detail, target, reference, cvss_base_score, cvss_vector, remediation_cost, remediation_effort, compliance_article, status, assigned_to, resolved_at, resolution_note, fingerprint, first_seen_at, last_seen_at, occurrences, created_at, updated_at;

-- finding_drop_unseen(org text) -> changes
-- After a scan is deleted: what no other scan saw goes with it.
DELETE FROM finding WHERE org_id = $1
	AND NOT EXISTS (SELECT 1 FROM finding_seen s WHERE s.finding_id = finding.id AND s.org_id = $1);

-- finding_rehome(org text, scan_id text, now bigint) -> changes
-- After a scan is deleted: findings that other scans saw belong to the latest.
UPDATE finding SET updated_at = $3,
	scan_id = (SELECT s.scan_id FROM finding_seen s WHERE s.finding_id = finding.id AND s.org_id = $1 ORDER BY s.created_at DESC LIMIT 1),
	scan_result_id = (SELECT s.scan_result_id FROM finding_seen s WHERE s.finding_id = finding.id AND s.org_id = $1 ORDER BY s.created_at DESC LIMIT 1),
	last_seen_at = (SELECT max(s.created_at) FROM finding_seen s WHERE s.finding_id = finding.id AND s.org_id = $1),
	occurrences = (SELECT count(*) FROM finding_seen s WHERE s.finding_id = finding.id AND s.org_id = $1)
WHERE org_id = $1 AND scan_id = $2;
