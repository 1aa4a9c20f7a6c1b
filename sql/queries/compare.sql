-- compare_only(org text, scan_id text, other_id text, limit bigint) -> many compared_finding
-- What the one scan saw and the other did not, worst first, as it was seen.
SELECT f.id, CASE s.severity_rank WHEN 0 THEN 'CRITICAL' WHEN 1 THEN 'HIGH' WHEN 2 THEN 'MEDIUM' WHEN 3 THEN 'LOW' ELSE 'INFO' END AS severity,
	f.category, f.message, f.target
FROM finding_seen s JOIN finding f ON f.id = s.finding_id AND f.org_id = s.org_id
WHERE s.org_id = $1 AND s.scan_id = $2
	AND NOT EXISTS (SELECT 1 FROM finding_seen o WHERE o.org_id = $1 AND o.scan_id = $3 AND o.finding_id = s.finding_id)
ORDER BY s.severity_rank, f.category, f.target, f.id LIMIT $4;

-- compare_only_count(org text, scan_id text, other_id text) -> value
SELECT count(*) FROM finding_seen s WHERE s.org_id = $1 AND s.scan_id = $2
	AND NOT EXISTS (SELECT 1 FROM finding_seen o WHERE o.org_id = $1 AND o.scan_id = $3 AND o.finding_id = s.finding_id);

-- compare_both(org text, scan_id text, other_id text) -> value
SELECT count(*) FROM finding_seen s JOIN finding_seen o ON o.finding_id = s.finding_id AND o.org_id = s.org_id
WHERE s.org_id = $1 AND s.scan_id = $2 AND o.scan_id = $3;
