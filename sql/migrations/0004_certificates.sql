-- The latest that a check saw of each name and port: what ends soon can be
-- listed without looking again.
CREATE TABLE certificate (
	org_id TEXT NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
	domain TEXT NOT NULL,
	port BIGINT NOT NULL,
	ip TEXT NOT NULL,
	subject TEXT NOT NULL,
	issuer TEXT NOT NULL,
	fingerprint TEXT NOT NULL, -- SHA-256 of the certificate
	key_fingerprint TEXT NOT NULL, -- and of its key
	not_after BIGINT NOT NULL,
	score BIGINT NOT NULL,
	checked_at BIGINT NOT NULL,
	PRIMARY KEY (org_id, domain, port)
);
CREATE INDEX certificate_page ON certificate (org_id, not_after, domain, port);
CREATE INDEX certificate_key ON certificate (org_id, key_fingerprint);

-- What public logs of certificates say of a name. Public knowledge, the same
-- for everybody, and nothing of who asked: it has no organisation.
CREATE TABLE ct_cache (
	domain TEXT PRIMARY KEY,
	fetched_at BIGINT NOT NULL,
	answer TEXT NOT NULL -- JSON
);
CREATE INDEX ct_cache_age ON ct_cache (fetched_at);

/*@pg
ALTER TABLE certificate ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY unscoped ON certificate USING ((SELECT current_setting('app.system', true)) = 'on')
	WITH CHECK ((SELECT current_setting('app.system', true)) = 'on');
CREATE POLICY tenant_isolation ON certificate USING (org_id = (SELECT current_setting('app.current_org_id', true)))
	WITH CHECK (org_id = (SELECT current_setting('app.current_org_id', true)));
@*/
