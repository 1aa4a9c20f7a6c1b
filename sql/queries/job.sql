-- job_insert(id text, org text?, kind text, lane text, args text, run_at bigint, now bigint) -> none all-orgs
-- Jobs about nobody known yet belong to no organisation.
INSERT INTO job (id, org_id, kind, lane, args, state, run_at, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, 'queued', $6, $7, $7);

-- job_claim(lane text, worker text, now bigint, lease_until bigint) -> maybe job_row all-orgs
-- The oldest that is due, or that somebody let lapse.
UPDATE job SET state = 'running', worker = $2, lease_until = $4, attempts = attempts + 1, updated_at = $3
WHERE id = (
	SELECT id FROM job
	WHERE lane = $1 AND ((state = 'queued' AND run_at <= $3) OR (state = 'running' AND lease_until < $3))
	ORDER BY run_at, id LIMIT 1 /*@pg FOR UPDATE SKIP LOCKED @*/)
RETURNING id, org_id, kind, args, attempts;

-- job_extend(id text, worker text, lease_until bigint) -> changes all-orgs
-- No change: the job was cancelled, or another worker has it.
UPDATE job SET lease_until = $3 WHERE id = $1 AND worker = $2 AND state = 'running';

-- job_finish(id text, worker text, state text, error text?, now bigint) -> changes all-orgs
UPDATE job SET state = $3, error = $4, lease_until = NULL, updated_at = $5
WHERE id = $1 AND worker = $2 AND state = 'running';

-- job_again(id text, worker text, run_at bigint, error text, now bigint) -> changes all-orgs
UPDATE job SET state = 'queued', run_at = $3, error = $4, lease_until = NULL, updated_at = $5
WHERE id = $1 AND worker = $2 AND state = 'running';

-- job_release(worker text, now bigint) -> changes all-orgs
-- A worker that stops in good order leaves its jobs to the next at once.
UPDATE job SET state = 'queued', attempts = attempts - 1, lease_until = NULL, updated_at = $2
WHERE worker = $1 AND state = 'running';

-- job_cancel(org text, id text, now bigint) -> changes
UPDATE job SET state = 'cancelled', lease_until = NULL, updated_at = $3
WHERE org_id = $1 AND id = $2 AND state IN ('queued', 'running');

-- job_states() -> many job_state_row all-orgs
SELECT state, count(*) AS n FROM job GROUP BY state LIMIT 10;

-- job_purge(before bigint) -> changes all-orgs
DELETE FROM job WHERE state IN ('done', 'failed', 'cancelled') AND updated_at < $1;

-- worker_seen(id text, now bigint) -> none
INSERT INTO worker (id, seen_at) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at;

-- worker_alive(since bigint) -> value
SELECT count(*) FROM worker WHERE seen_at > $1;

-- worker_purge(before bigint) -> changes
DELETE FROM worker WHERE seen_at < $1;
