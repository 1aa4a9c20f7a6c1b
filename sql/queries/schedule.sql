-- schedule_list(org text) -> many schedule
SELECT id, name, cron_expression, timezone, config, is_active, last_run_at, next_run_at, last_error, last_scan_id, created_at
FROM schedule WHERE org_id = $1 ORDER BY created_at DESC, id DESC LIMIT 1000;

-- schedule_total(org text) -> value
SELECT count(*) FROM schedule WHERE org_id = $1;

-- schedule_get(org text, id text) -> maybe schedule
SELECT id, name, cron_expression, timezone, config, is_active, last_run_at, next_run_at, last_error, last_scan_id, created_at
FROM schedule WHERE org_id = $1 AND id = $2;

-- schedule_insert(org text, id text, created_by text?, name text, cron_expression text, timezone text, config text, is_active boolean,
--   next_run_at bigint?, now bigint) -> one schedule
INSERT INTO schedule (org_id, id, created_by, name, cron_expression, timezone, config, is_active, next_run_at, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)
RETURNING id, name, cron_expression, timezone, config, is_active, last_run_at, next_run_at, last_error, last_scan_id, created_at;

-- schedule_update(org text, id text, name text, cron_expression text, timezone text, config text, is_active boolean,
--   next_run_at bigint?, now bigint) -> one schedule
UPDATE schedule SET name = $3, cron_expression = $4, timezone = $5, config = $6, is_active = $7, next_run_at = $8, updated_at = $9
WHERE org_id = $1 AND id = $2
RETURNING id, name, cron_expression, timezone, config, is_active, last_run_at, next_run_at, last_error, last_scan_id, created_at;

-- schedule_delete(org text, id text) -> changes
DELETE FROM schedule WHERE org_id = $1 AND id = $2;

-- schedule_due(now bigint) -> many schedule_row all-orgs
-- Those whose time has come, of all organisations; each is then claimed alone.
SELECT id, org_id, created_by, name, cron_expression, timezone, config, next_run_at
FROM schedule WHERE next_run_at <= $1 ORDER BY next_run_at, id LIMIT 100;

-- schedule_claim(org text, id text, due_at bigint, next_run_at bigint?, now bigint) -> changes
-- No change: another worker was first, or somebody changed it meanwhile.
UPDATE schedule SET next_run_at = $4, updated_at = $5 WHERE org_id = $1 AND id = $2 AND next_run_at = $3;

-- schedule_ran(org text, id text, scan_id text, now bigint) -> changes
UPDATE schedule SET last_run_at = $4, last_scan_id = $3, last_error = NULL, updated_at = $4 WHERE org_id = $1 AND id = $2;

-- schedule_failed(org text, id text, last_error text, now bigint) -> changes
UPDATE schedule SET last_error = $3, updated_at = $4 WHERE org_id = $1 AND id = $2;
