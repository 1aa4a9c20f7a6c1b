-- Scans that recur, what happened that somebody may want to be told of, and
-- proof that an asset belongs to who had it scanned.

CREATE TABLE schedule (
	id TEXT PRIMARY KEY,
	org_id TEXT NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
	created_by TEXT,
	name TEXT NOT NULL,
	cron_expression TEXT NOT NULL, -- as it was sent
	timezone TEXT NOT NULL, -- IANA name, or UTC
	config TEXT NOT NULL, -- JSON: asset_ids, scan_type, features
	is_active BOOLEAN NOT NULL,
	last_run_at BIGINT,
	next_run_at BIGINT, -- NULL: inactive
	last_error TEXT, -- why the last run made no scan
	last_scan_id TEXT,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL
);
CREATE INDEX schedule_page ON schedule (org_id, created_at, id);
CREATE INDEX schedule_due ON schedule (next_run_at) WHERE next_run_at IS NOT NULL;
CREATE INDEX schedule_person ON schedule (created_by) WHERE created_by IS NOT NULL;

-- Written in the transaction that makes it true; kept for a while.
CREATE TABLE event (
	id TEXT PRIMARY KEY,
	org_id TEXT NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
	kind TEXT NOT NULL,
	subject_type TEXT NOT NULL, -- scan, finding, schedule
	subject_id TEXT NOT NULL,
	scan_id TEXT, -- the scan in which it was seen
	created_at BIGINT NOT NULL
);
CREATE INDEX event_page ON event (org_id, created_at, id);
CREATE INDEX event_kind ON event (org_id, kind, created_at, id);
CREATE INDEX event_age ON event (created_at);

-- Scans asked for in a month (its first moment, UTC). Deleting a scan does not
-- give a place of the quota back.
CREATE TABLE scan_month (
	org_id TEXT NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
	month BIGINT NOT NULL,
	scans BIGINT NOT NULL,
	PRIMARY KEY (org_id, month)
);

ALTER TABLE asset ADD COLUMN verified_at BIGINT; -- ownership was proven
ALTER TABLE asset ADD COLUMN verified_by TEXT; -- dns or file

-- How many scans an organisation has that have not ended.
CREATE INDEX scan_unfinished ON scan (org_id) WHERE status IN ('pending', 'running');

/*@pg
DO $rls$
DECLARE
	org CONSTANT text := '(SELECT current_setting(''app.current_org_id'', true))';
	system CONSTANT text := '(SELECT current_setting(''app.system'', true)) = ''on''';
	name text;
BEGIN
	FOREACH name IN ARRAY ARRAY['schedule', 'event', 'scan_month'] LOOP
		EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', name);
		EXECUTE format('CREATE POLICY unscoped ON %I USING (%s) WITH CHECK (%s)', name, system, system);
		EXECUTE format('CREATE POLICY tenant_isolation ON %I USING (org_id = %s) WITH CHECK (org_id = %s)',
			name, org, org);
	END LOOP;
END
$rls$;
@*/
