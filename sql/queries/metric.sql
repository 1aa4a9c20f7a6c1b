-- metric_scans() -> many state_count_row all-orgs
SELECT status AS state, count(*) AS n FROM scan GROUP BY status LIMIT 20;

-- metric_findings() -> many state_count_row all-orgs
-- Of what is not resolved, from the kept counts.
SELECT severity AS state, sum(n) AS n FROM finding_count WHERE status <> 'resolved' GROUP BY severity LIMIT 20;

-- metric_waiting(now bigint) -> many state_count_row all-orgs
-- Jobs that are due and that nobody has taken up, by lane.
SELECT lane AS state, count(*) AS n FROM job WHERE state = 'queued' AND run_at <= $1 GROUP BY lane LIMIT 20;

-- metric_oldest(now bigint) -> value all-orgs
-- For how long the oldest of these has waited, in microseconds.
SELECT COALESCE($1 - min(run_at), 0) FROM job WHERE state = 'queued' AND run_at <= $1;

-- metric_schedules() -> value all-orgs
SELECT count(*) FROM schedule WHERE is_active = TRUE;
