-- Row-level security: on PostgreSQL the database itself shows a statement the
-- rows of one organisation and of one person, and nothing else; also to the
-- owner of the tables (FORCE). docs/sql.md tells how statements say whose.
--
-- The settings are local to a transaction (see db_scope() in src/store/db.h):
--   app.current_org_id   rows with this org_id are seen and written
--   app.current_user_id  what belongs to this person is seen
--   app.system           'on' while a statement marked all-orgs runs
-- Without them there is nothing to see. They are read in a sub-select, once a
-- statement; but on tables of people, of which a statement touches a row or two,
-- for each row, since a sub-select takes longer to make ready than to run.

/*@pg
DO $rls$
DECLARE
	setting text;
	org text;
	person text;
	system text;
	has_org boolean;
	name text;
BEGIN
	FOR name, has_org IN
		SELECT c.relname, bool_or(a.attname = 'org_id')
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
		WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'
			AND (a.attname IN ('org_id', 'user_id') OR c.relname IN ('organization', 'app_user'))
			AND NOT a.attisdropped
		GROUP BY c.relname
	LOOP
		setting := CASE WHEN has_org AND name <> 'membership' THEN '(SELECT current_setting(%L, true))'
			ELSE 'current_setting(%L, true)' END;
		org := format(setting, 'app.current_org_id');
		person := format(setting, 'app.current_user_id');
		system := format(setting, 'app.system') || ' = ''on''';
		EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', name);
		EXECUTE format('CREATE POLICY unscoped ON %I USING (%s) WITH CHECK (%s)', name, system, system);
		IF has_org THEN
			EXECUTE format('CREATE POLICY tenant_isolation ON %I USING (org_id = %s) WITH CHECK (org_id = %s)',
				name, org, org);
		ELSIF name NOT IN ('organization', 'app_user') THEN
			EXECUTE format('CREATE POLICY own_rows ON %I USING (user_id = %s) WITH CHECK (user_id = %s)',
				name, person, person);
		END IF;
	END LOOP;
END
$rls$;

CREATE POLICY tenant_isolation ON organization
	USING (id = current_setting('app.current_org_id', true))
	WITH CHECK (id = current_setting('app.current_org_id', true));

CREATE POLICY own_rows ON app_user
	USING (id = current_setting('app.current_user_id', true))
	WITH CHECK (id = current_setting('app.current_user_id', true));

-- People see where they are members; only an organisation (its administrators)
-- and statements marked all-orgs make somebody one.
CREATE POLICY own_memberships ON membership FOR SELECT
	USING (user_id = current_setting('app.current_user_id', true));

-- People see their organisations, and those who are in the one that is asked
-- about. In functions, because a sub-select would be made ready for every
-- statement on these tables, also where another policy has said yes; policies
-- are asked in the falling order of their names.
DO $members$
BEGIN
	EXECUTE format($f$
		CREATE FUNCTION is_own_organization(org text) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
		BEGIN
			RETURN EXISTS (SELECT 1 FROM %1$I.membership m WHERE m.org_id = org
				AND m.user_id = current_setting('app.current_user_id', true));
		END $$;
		CREATE FUNCTION is_colleague(person text) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
		BEGIN
			RETURN EXISTS (SELECT 1 FROM %1$I.membership m WHERE m.user_id = person
				AND m.org_id = current_setting('app.current_org_id', true));
		END $$ $f$, current_schema());
END
$members$;
CREATE POLICY own_organizations ON organization FOR SELECT USING (is_own_organization(id));
CREATE POLICY colleagues ON app_user FOR SELECT USING (is_colleague(id));

-- The audit log is append-only for the application's role (sql/grants.sql):
-- retention and the erasure of a person go through these two, which belong to
-- the owner. They change what the caller's settings show, and nothing else; no
-- row goes that is younger than the shortest retention (AUDIT_LOG_RETENTION_DAYS).
CREATE FUNCTION audit_purge(org text, upto_seq bigint) RETURNS void
LANGUAGE sql SECURITY DEFINER AS $$
	DELETE FROM audit_log a WHERE a.org_id = audit_purge.org AND a.seq <= audit_purge.upto_seq
		AND a.created_at < (extract(epoch FROM now()) * 1000000)::bigint - 89 * 86400000000
$$;

CREATE FUNCTION audit_erase_user(user_id text, erased_at bigint) RETURNS void
LANGUAGE sql SECURITY DEFINER AS $$
	UPDATE audit_log a SET user_id = NULL, actor_email = NULL, actor_name = NULL, ip_address = '127.0.0.1',
		user_agent = '[erased]', details = NULL, salt = NULL, erased_at = $2
	WHERE a.user_id = $1 OR a.details LIKE '%"target_user_id":"' || $1 || '","target_email":%'
$$;

DO $path$
BEGIN
	EXECUTE format('ALTER FUNCTION audit_purge(text, bigint) SET search_path = %I, pg_temp', current_schema());
	EXECUTE format('ALTER FUNCTION audit_erase_user(text, bigint) SET search_path = %I, pg_temp', current_schema());
END
$path$;

REVOKE ALL ON FUNCTION audit_purge(text, bigint), audit_erase_user(text, bigint) FROM PUBLIC;
@*/
