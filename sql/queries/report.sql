-- report_insert(org text, id text, scan_id text, created_by text?, format text, locale text, now bigint) -> none
INSERT INTO report (org_id, id, scan_id, created_by, format, locale, status, created_at)
VALUES ($1, $2, $3, $4, $5, $6, 'pending', $7);

-- report_open(org text, scan_id text, format text, locale text, since bigint) -> maybe report_row
-- The same report, asked for a moment ago and not done yet.
SELECT id, org_id, scan_id, format, locale, status, filename, content_type, size, created_at FROM report
WHERE org_id = $1 AND scan_id = $2 AND format = $3 AND locale = $4 AND created_at > $5 AND status IN ('pending', 'started')
ORDER BY created_at DESC LIMIT 1;

-- report_in_flight(org text, since bigint) -> value
SELECT count(*) FROM report WHERE org_id = $1 AND created_at > $2 AND status IN ('pending', 'started');

-- report_get(org text, id text) -> maybe report_row
SELECT id, org_id, scan_id, format, locale, status, filename, content_type, size, created_at FROM report
WHERE org_id = $1 AND id = $2;

-- report_start(org text, id text) -> changes
UPDATE report SET status = 'started' WHERE org_id = $1 AND id = $2 AND status IN ('pending', 'started');

-- report_done(org text, id text, filename text, content_type text, size bigint, now bigint) -> changes
UPDATE report SET status = 'success', filename = $3, content_type = $4, size = $5, finished_at = $6
WHERE org_id = $1 AND id = $2;

-- report_fail(org text, id text, now bigint) -> changes
UPDATE report SET status = 'failure', finished_at = $3 WHERE org_id = $1 AND id = $2;

-- report_expired(before bigint) -> many report_row all-orgs
-- The sweep takes a thousand at a time.
SELECT id, org_id, scan_id, format, locale, status, filename, content_type, size, created_at FROM report
WHERE created_at < $1 LIMIT 1000;

-- report_delete(org text, id text) -> changes
DELETE FROM report WHERE org_id = $1 AND id = $2;

-- report_findings(org text, scan_id text) -> many finding
-- computed: title, rationale, remediation, scored
-- unlimited: a report is about all findings of its scan, whose number is bounded where they are stored
SELECT f.id, s.scan_id, f.org_id AS organization_id, s.scan_result_id, f.check_id, f.severity, f.category, f.message, s.evidence AS technical_detail, f.target, f.reference, f.cvss_base_score, f.cvss_vector, f.remediation_cost, f.remediation_effort, f.compliance_article, f.status, f.assigned_to, f.resolved_at, f.resolution_note, f.fingerprint, f.first_seen_at, f.last_seen_at, f.occurrences, f.created_at, f.updated_at
FROM finding_seen s JOIN finding f ON f.id = s.finding_id AND f.org_id = s.org_id
WHERE s.org_id = $1 AND s.scan_id = $2
ORDER BY s.severity_rank, f.category, f.target, s.finding_id;

-- report_results(org text, scan_id text) -> many scan_result
SELECT id, scan_id, target, ip, is_alive, open_ports, http_info, tls_info, dns_info, legal_info, resilience_info, whois_info, services_info, secrets_found, errors, created_at
FROM scan_result WHERE org_id = $1 AND scan_id = $2 ORDER BY target, ip, id LIMIT 70000;
