-- Identity: sessions, second factor, invitations, API keys, sign-in by an
-- organisation's own provider, and an audit log that proves.

ALTER TABLE app_user ADD COLUMN disabled_at BIGINT; -- by an operator
ALTER TABLE app_user ADD COLUMN totp_secret TEXT; -- sealed (crypto/seal.h)
ALTER TABLE app_user ADD COLUMN totp_enabled_at BIGINT; -- NULL: not yet proven
ALTER TABLE app_user ADD COLUMN totp_last_step BIGINT; -- RFC 6238, 5.2: once only

-- A sign-in and all that descends from it: the family of its refresh tokens,
-- and the `fam` of its access tokens, which end with it.
CREATE TABLE session (
	id TEXT PRIMARY KEY,
	user_id TEXT NOT NULL REFERENCES app_user (id) ON DELETE CASCADE,
	active_org TEXT, -- of its newest tokens
	sso_org_id TEXT, -- whose provider vouched: works there and nowhere else
	ip_address TEXT,
	user_agent TEXT,
	created_at BIGINT NOT NULL,
	last_used_at BIGINT NOT NULL, -- tokens were issued
	confirmed_at BIGINT NOT NULL, -- a password or a code was last asked for
	expires_at BIGINT NOT NULL,
	ended_at BIGINT,
	end_reason TEXT -- logout, revoked, reuse, password, mfa, erasure
);
CREATE INDEX session_person ON session (user_id, created_at);
CREATE INDEX session_expiry ON session (expires_at);

ALTER TABLE refresh_token RENAME COLUMN org_id TO active_org;

-- Single-use codes for when the telephone is gone; kept as hashes.
CREATE TABLE recovery_code (
	user_id TEXT NOT NULL REFERENCES app_user (id) ON DELETE CASCADE,
	code_hash TEXT NOT NULL,
	used_at BIGINT,
	PRIMARY KEY (user_id, code_hash)
);

-- The newest one counts: asking again voids those before it.
CREATE TABLE password_reset (
	id TEXT PRIMARY KEY,
	user_id TEXT NOT NULL REFERENCES app_user (id) ON DELETE CASCADE,
	token_hash TEXT NOT NULL UNIQUE,
	created_at BIGINT NOT NULL,
	expires_at BIGINT NOT NULL,
	used_at BIGINT
);
CREATE INDEX password_reset_user ON password_reset (user_id, created_at);

-- One for each time somebody is asked into an organisation. The token that the
-- administrator sees and the one in the mail are different: only who has the
-- second has shown that the address is theirs.
CREATE TABLE invitation (
	id TEXT PRIMARY KEY,
	org_id TEXT NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
	membership_id TEXT NOT NULL, -- gone when it was withdrawn
	user_id TEXT REFERENCES app_user (id) ON DELETE CASCADE,
	email TEXT NOT NULL, -- as it was typed
	role TEXT NOT NULL,
	token_hash TEXT NOT NULL UNIQUE,
	mail_token_hash TEXT UNIQUE,
	invited_by TEXT REFERENCES app_user (id) ON DELETE SET NULL,
	status TEXT NOT NULL, -- pending accepted withdrawn
	created_at BIGINT NOT NULL,
	sent_at BIGINT,
	expires_at BIGINT NOT NULL,
	closed_at BIGINT
);
CREATE INDEX invitation_org ON invitation (org_id, created_at);
CREATE INDEX invitation_person ON invitation (user_id);
CREATE UNIQUE INDEX invitation_pending ON invitation (membership_id) WHERE status = 'pending';

CREATE TABLE api_key (
	id TEXT PRIMARY KEY,
	org_id TEXT NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
	created_by TEXT REFERENCES app_user (id) ON DELETE SET NULL,
	name TEXT NOT NULL,
	key_hash TEXT NOT NULL UNIQUE,
	key_prefix TEXT NOT NULL,
	scopes TEXT NOT NULL, -- JSON array of strings
	is_active BOOLEAN NOT NULL,
	expires_at BIGINT,
	last_used_at BIGINT,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL
);
CREATE INDEX api_key_page ON api_key (org_id, created_at, id);

-- From where a key was used: a new address is worth a line in the audit log.
CREATE TABLE api_key_address (
	org_id TEXT NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
	key_id TEXT NOT NULL REFERENCES api_key (id) ON DELETE CASCADE,
	ip_address TEXT NOT NULL,
	first_seen_at BIGINT NOT NULL,
	PRIMARY KEY (key_id, ip_address)
);

-- The provider that an organisation's people sign in with (OpenID Connect).
CREATE TABLE sso_provider (
	org_id TEXT PRIMARY KEY REFERENCES organization (id) ON DELETE CASCADE,
	issuer TEXT NOT NULL,
	client_id TEXT NOT NULL,
	client_secret TEXT, -- sealed
	groups_claim TEXT NOT NULL,
	admin_groups TEXT NOT NULL, -- JSON arrays of strings
	auditor_groups TEXT NOT NULL,
	viewer_groups TEXT NOT NULL,
	default_role TEXT, -- who is in none of them; NULL: does not get in
	is_enabled BOOLEAN NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL
);

-- Who somebody is at a provider (OpenID Connect Core 1.0, 2: iss and sub).
CREATE TABLE sso_identity (
	issuer TEXT NOT NULL,
	subject TEXT NOT NULL,
	user_id TEXT NOT NULL REFERENCES app_user (id) ON DELETE CASCADE,
	created_at BIGINT NOT NULL,
	PRIMARY KEY (issuer, subject)
);
CREATE INDEX sso_identity_user ON sso_identity (user_id);

-- The rows of an organisation are a chain: each holds a keyed hash of itself
-- and of the one before (store/audit.h). What says who it was (person, address,
-- program, details) goes in as a hash of its own, so that it can be erased, as
-- the law wants, without breaking the chain. Rows of before have no place in a
-- chain and prove nothing; no release wrote any.
DELETE FROM audit_log;
ALTER TABLE audit_log ADD COLUMN api_key_id TEXT;
ALTER TABLE audit_log ADD COLUMN actor_email TEXT; -- as they were then
ALTER TABLE audit_log ADD COLUMN actor_name TEXT;
ALTER TABLE audit_log ADD COLUMN seq BIGINT; -- 1, 2, … in the organisation
ALTER TABLE audit_log ADD COLUMN salt TEXT; -- of personal_hash; erased with it
ALTER TABLE audit_log ADD COLUMN personal_hash TEXT;
ALTER TABLE audit_log ADD COLUMN hash TEXT;
ALTER TABLE audit_log ADD COLUMN erased_at BIGINT;
CREATE UNIQUE INDEX audit_log_seq ON audit_log (org_id, seq);
CREATE INDEX audit_log_person ON audit_log (user_id);
DROP INDEX audit_log_org;
CREATE INDEX audit_log_page ON audit_log (org_id, created_at, seq);

-- Its two ends. What retention has removed is remembered by its last hash.
CREATE TABLE audit_chain (
	org_id TEXT PRIMARY KEY REFERENCES organization (id) ON DELETE CASCADE,
	last_seq BIGINT NOT NULL,
	last_hash TEXT NOT NULL,
	purged_seq BIGINT NOT NULL, -- rows up to this one are gone by retention
	purged_hash TEXT NOT NULL,
	seal TEXT NOT NULL -- keyed hash of the four
);

-- An invitation not yet accepted is no membership that counts.
CREATE INDEX membership_user ON membership (user_id, accepted_at);

-- Erasing a person looks for what points at them.
CREATE INDEX scan_person ON scan (created_by) WHERE created_by IS NOT NULL;
CREATE INDEX report_person ON report (created_by) WHERE created_by IS NOT NULL;
CREATE INDEX finding_person ON finding (assigned_to) WHERE assigned_to IS NOT NULL;
CREATE INDEX membership_inviter ON membership (invited_by) WHERE invited_by IS NOT NULL;
CREATE INDEX api_key_person ON api_key (created_by) WHERE created_by IS NOT NULL;
