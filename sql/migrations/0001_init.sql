-- The tables of the first release. One text for both databases (docs/sql.md):
-- ids are TEXT made in C, times BIGINT microseconds since 1970, JSON is TEXT.

CREATE TABLE app_user (
	id TEXT PRIMARY KEY,
	email TEXT NOT NULL,
	email_key TEXT NOT NULL UNIQUE, -- folded: two spellings are one account
	password_hash TEXT,
	full_name TEXT NOT NULL,
	locale TEXT NOT NULL DEFAULT 'en',
	avatar_url TEXT,
	email_verified BOOLEAN NOT NULL,
	is_active BOOLEAN NOT NULL,
	password_changed_at BIGINT,
	last_login_at BIGINT,
	last_org_id TEXT,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL
);

CREATE TABLE organization (
	id TEXT PRIMARY KEY,
	name TEXT NOT NULL,
	slug TEXT NOT NULL UNIQUE,
	plan TEXT NOT NULL DEFAULT 'free',
	settings TEXT NOT NULL DEFAULT '{}',
	max_scans_per_month BIGINT NOT NULL DEFAULT 50,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL
);

CREATE TABLE membership (
	id TEXT PRIMARY KEY,
	org_id TEXT NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
	user_id TEXT NOT NULL REFERENCES app_user (id) ON DELETE CASCADE,
	role TEXT NOT NULL,
	invited_by TEXT,
	accepted_at BIGINT,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	UNIQUE (user_id, org_id)
);
CREATE INDEX membership_org ON membership (org_id, created_at);

-- Every refresh token ever issued, until it expires. A token is consumed by
-- one UPDATE; presenting a consumed one revokes its family.
CREATE TABLE refresh_token (
	jti TEXT PRIMARY KEY,
	family TEXT NOT NULL,
	user_id TEXT NOT NULL REFERENCES app_user (id) ON DELETE CASCADE,
	org_id TEXT,
	issued_at BIGINT NOT NULL,
	expires_at BIGINT NOT NULL,
	used_at BIGINT,
	reason TEXT -- rotated, logout, reuse, erasure
);
CREATE INDEX refresh_token_family ON refresh_token (family);
CREATE INDEX refresh_token_expiry ON refresh_token (expires_at);

CREATE TABLE audit_log (
	id TEXT PRIMARY KEY,
	org_id TEXT NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
	user_id TEXT,
	action TEXT NOT NULL,
	resource_type TEXT NOT NULL,
	resource_id TEXT,
	details TEXT,
	ip_address TEXT,
	user_agent TEXT,
	created_at BIGINT NOT NULL
);
CREATE INDEX audit_log_org ON audit_log (org_id, created_at);

CREATE TABLE asset (
	id TEXT PRIMARY KEY,
	org_id TEXT NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
	name TEXT NOT NULL,
	target_type TEXT NOT NULL,
	target_value TEXT NOT NULL,
	pinned_ip TEXT,
	tags TEXT, -- JSON array of strings
	is_active BOOLEAN NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	UNIQUE (org_id, target_type, target_value)
);
CREATE INDEX asset_page ON asset (org_id, created_at, id);

CREATE TABLE scan (
	id TEXT PRIMARY KEY,
	org_id TEXT NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
	created_by TEXT,
	name TEXT NOT NULL,
	status TEXT NOT NULL, -- pending running completed failed cancelled error
	scan_type TEXT NOT NULL,
	config_snapshot TEXT,
	total_score BIGINT,
	hosts_scanned BIGINT NOT NULL DEFAULT 0,
	hosts_alive BIGINT NOT NULL DEFAULT 0,
	hosts_total BIGINT, -- addresses to look at; unknown until resolved
	findings_critical BIGINT NOT NULL DEFAULT 0,
	findings_high BIGINT NOT NULL DEFAULT 0,
	findings_medium BIGINT NOT NULL DEFAULT 0,
	findings_low BIGINT NOT NULL DEFAULT 0,
	started_at BIGINT,
	completed_at BIGINT,
	duration_seconds BIGINT,
	compliance_matrix TEXT,
	executive_summary TEXT,
	job_id TEXT,
	error_message TEXT,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL
);
CREATE INDEX scan_page ON scan (org_id, created_at, id);

-- One address of one target in one scan; `facts` is what the probes stated.
CREATE TABLE scan_result (
	id TEXT PRIMARY KEY,
	org_id TEXT NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
	scan_id TEXT NOT NULL REFERENCES scan (id) ON DELETE CASCADE,
	target TEXT NOT NULL,
	ip TEXT NOT NULL,
	is_alive BOOLEAN NOT NULL,
	open_ports TEXT, -- JSON array of numbers
	http_info TEXT,
	tls_info TEXT,
	dns_info TEXT,
	legal_info TEXT,
	resilience_info TEXT,
	whois_info TEXT,
	secrets_found TEXT,
	errors TEXT, -- JSON array of strings
	score BIGINT,
	checks TEXT, -- JSON: what was evaluated here, by Article 21(2) letter
	created_at BIGINT NOT NULL,
	UNIQUE (scan_id, target, ip)
);
CREATE INDEX scan_result_page ON scan_result (org_id, scan_id, created_at, id);

-- How often the probe died while it worked on an address.
CREATE TABLE scan_crash (
	org_id TEXT NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
	scan_id TEXT NOT NULL REFERENCES scan (id) ON DELETE CASCADE,
	target TEXT NOT NULL,
	ip TEXT NOT NULL,
	crashes BIGINT NOT NULL,
	PRIMARY KEY (scan_id, target, ip)
);

-- One weakness of one organisation, whatever scans saw it.
CREATE TABLE finding (
	id TEXT PRIMARY KEY,
	org_id TEXT NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
	scan_id TEXT NOT NULL, -- the latest that saw it
	scan_result_id TEXT,
	check_id TEXT NOT NULL,
	severity TEXT NOT NULL,
	severity_rank BIGINT NOT NULL, -- 0 CRITICAL to 4 INFO, for ordering
	category TEXT NOT NULL,
	message TEXT NOT NULL,
	target TEXT NOT NULL,
	evidence TEXT NOT NULL, -- JSON: values for the texts of the check
	reference TEXT,
	cvss_base_score DOUBLE PRECISION,
	cvss_vector TEXT,
	remediation_cost TEXT,
	remediation_effort TEXT,
	compliance_article TEXT,
	status TEXT NOT NULL,
	assigned_to TEXT,
	resolved_at BIGINT,
	resolution_note TEXT,
	fingerprint TEXT NOT NULL,
	first_seen_at BIGINT NOT NULL,
	last_seen_at BIGINT NOT NULL,
	occurrences BIGINT NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	UNIQUE (org_id, fingerprint)
);
CREATE INDEX finding_page ON finding (org_id, created_at, id);
CREATE INDEX finding_severity ON finding (org_id, severity, created_at, id);
CREATE INDEX finding_status ON finding (org_id, status, created_at, id);

-- Which findings a scan saw, as it saw them.
CREATE TABLE finding_seen (
	org_id TEXT NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
	scan_id TEXT NOT NULL REFERENCES scan (id) ON DELETE CASCADE,
	finding_id TEXT NOT NULL REFERENCES finding (id) ON DELETE CASCADE,
	scan_result_id TEXT,
	severity_rank BIGINT NOT NULL,
	evidence TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	PRIMARY KEY (scan_id, finding_id)
);
CREATE INDEX finding_seen_page
	ON finding_seen (org_id, scan_id, severity_rank, finding_id);
CREATE INDEX finding_seen_finding ON finding_seen (finding_id);

-- How many findings there are of each kind, kept by the statements that change
-- findings, in the same transaction: counting ten thousand rows for every page
-- and every look at the statistics would cost more than all the rest.
CREATE TABLE finding_count (
	org_id TEXT NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
	severity TEXT NOT NULL,
	status TEXT NOT NULL,
	category TEXT NOT NULL,
	n BIGINT NOT NULL,
	PRIMARY KEY (org_id, severity, status, category)
);

CREATE TABLE report (
	id TEXT PRIMARY KEY, -- the task_id of the wire
	org_id TEXT NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
	scan_id TEXT NOT NULL REFERENCES scan (id) ON DELETE CASCADE,
	created_by TEXT,
	format TEXT NOT NULL, -- canonical
	locale TEXT NOT NULL,
	status TEXT NOT NULL, -- pending started success failure
	filename TEXT,
	content_type TEXT,
	size BIGINT,
	created_at BIGINT NOT NULL,
	finished_at BIGINT
);
CREATE INDEX report_scan ON report (org_id, scan_id, format, locale);

-- Work to do: committed in the transaction that asks for it.
CREATE TABLE job (
	id TEXT PRIMARY KEY,
	org_id TEXT,
	kind TEXT NOT NULL,
	lane TEXT NOT NULL, -- scan or quick: a report does not wait for a scan
	args TEXT NOT NULL, -- JSON
	state TEXT NOT NULL, -- queued running done failed cancelled
	run_at BIGINT NOT NULL,
	lease_until BIGINT,
	worker TEXT,
	attempts BIGINT NOT NULL DEFAULT 0,
	error TEXT,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL
);
CREATE INDEX job_due ON job (state, lane, run_at);

-- Worker processes that are alive: each says so every few seconds.
CREATE TABLE worker (
	id TEXT PRIMARY KEY,
	seen_at BIGINT NOT NULL
);
