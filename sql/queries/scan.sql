-- scan_page(org text, status text?, limit bigint, offset bigint) -> many scan
-- computed: progress
SELECT id, org_id AS organization_id, created_by, name, status, scan_type, config_snapshot, total_score, hosts_scanned, hosts_alive, hosts_total AS targets_total, findings_critical, findings_high, findings_medium, findings_low, started_at, completed_at, duration_seconds, compliance_matrix, executive_summary, job_id AS celery_task_id, error_message, created_at, updated_at
FROM scan WHERE org_id = $1 /*@if status*/ AND status = $2 /*@end*/
ORDER BY created_at DESC, id DESC LIMIT $3 OFFSET $4;

-- scan_total(org text, status text?) -> value
SELECT count(*) FROM scan WHERE org_id = $1 /*@if status*/ AND status = $2 /*@end*/;

-- scan_get(org text, id text) -> maybe scan
-- computed: progress
SELECT id, org_id AS organization_id, created_by, name, status, scan_type, config_snapshot, total_score, hosts_scanned, hosts_alive, hosts_total AS targets_total, findings_critical, findings_high, findings_medium, findings_low, started_at, completed_at, duration_seconds, compliance_matrix, executive_summary, job_id AS celery_task_id, error_message, created_at, updated_at
FROM scan WHERE org_id = $1 AND id = $2;

-- scan_insert(org text, id text, created_by text?, name text, scan_type text, config_snapshot text, job_id text, now bigint) -> one scan
-- computed: progress
INSERT INTO scan (org_id, id, created_by, name, status, scan_type, config_snapshot, job_id, created_at, updated_at)
VALUES ($1, $2, $3, $4, 'pending', $5, $6, $7, $8, $8)
RETURNING id, org_id AS organization_id, created_by, name, status, scan_type, config_snapshot, total_score, hosts_scanned, hosts_alive, hosts_total AS targets_total, findings_critical, findings_high, findings_medium, findings_low, started_at, completed_at, duration_seconds, compliance_matrix, executive_summary, job_id AS celery_task_id, error_message, created_at, updated_at;

-- scan_month(org text, month bigint) -> value
-- How many scans were asked for in that month: the quota.
SELECT COALESCE(sum(scans), 0) FROM scan_month WHERE org_id = $1 AND month = $2;

-- scan_month_add(org text, month bigint) -> none
INSERT INTO scan_month (org_id, month, scans) VALUES ($1, $2, 1)
ON CONFLICT (org_id, month) DO UPDATE SET scans = scan_month.scans + 1;

-- scan_unfinished(org text) -> value
SELECT count(*) FROM scan WHERE org_id = $1 AND status IN ('pending', 'running');

-- scan_status(org text, id text) -> maybe text_row
SELECT status AS text FROM scan WHERE org_id = $1 AND id = $2;

-- scan_start(org text, id text, now bigint) -> changes
-- No change: it was cancelled or deleted meanwhile.
UPDATE scan SET status = 'running', started_at = COALESCE(started_at, $3), updated_at = $3
WHERE org_id = $1 AND id = $2 AND status IN ('pending', 'running');

-- scan_set_total(org text, id text, hosts_total bigint, now bigint) -> none
UPDATE scan SET hosts_total = $3, updated_at = $4 WHERE org_id = $1 AND id = $2;

-- scan_recount(org text, id text, now bigint) -> changes
-- Counters from the rows themselves, so that they are right after any crash.
UPDATE scan SET
	hosts_scanned = (SELECT count(*) FROM scan_result r WHERE r.org_id = $1 AND r.scan_id = $2),
	hosts_alive = (SELECT count(*) FROM scan_result r WHERE r.org_id = $1 AND r.scan_id = $2 AND r.is_alive = TRUE),
	findings_critical = (SELECT count(*) FROM finding_seen f WHERE f.org_id = $1 AND f.scan_id = $2 AND f.severity_rank = 0),
	findings_high = (SELECT count(*) FROM finding_seen f WHERE f.org_id = $1 AND f.scan_id = $2 AND f.severity_rank = 1),
	findings_medium = (SELECT count(*) FROM finding_seen f WHERE f.org_id = $1 AND f.scan_id = $2 AND f.severity_rank = 2),
	findings_low = (SELECT count(*) FROM finding_seen f WHERE f.org_id = $1 AND f.scan_id = $2 AND f.severity_rank = 3),
	updated_at = $3
WHERE org_id = $1 AND id = $2 AND status = 'running';

-- scan_complete(org text, id text, total_score bigint?, compliance_matrix text, executive_summary text, now bigint) -> changes
UPDATE scan SET status = 'completed', total_score = $3, compliance_matrix = $4, executive_summary = $5,
	completed_at = $6, duration_seconds = ($6 - started_at) / 1000000, updated_at = $6
WHERE org_id = $1 AND id = $2 AND status = 'running';

-- scan_fail(org text, id text, error_message text, now bigint) -> changes
UPDATE scan SET status = 'failed', error_message = $3, completed_at = $4,
	duration_seconds = ($4 - COALESCE(started_at, $4)) / 1000000, updated_at = $4
WHERE org_id = $1 AND id = $2 AND status IN ('pending', 'running');

-- scan_cancel(org text, id text, now bigint) -> changes
UPDATE scan SET status = 'cancelled', completed_at = $3,
	duration_seconds = ($3 - COALESCE(started_at, $3)) / 1000000, updated_at = $3
WHERE org_id = $1 AND id = $2 AND status IN ('pending', 'running');

-- scan_delete(org text, id text) -> changes
DELETE FROM scan WHERE org_id = $1 AND id = $2;
