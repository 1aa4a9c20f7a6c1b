-- What the application's role may do (PostgreSQL only). `nis2 migrate` runs
-- this as the owner of the tables, after the migrations and each time.
--
-- nis2_app is a group: the roles that `nis2 serve` and `nis2 work` connect as
-- are members of it. It owns nothing, so row-level security binds it.

DO $role$
BEGIN
	IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'nis2_app')
			AND (SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user) THEN
		CREATE ROLE nis2_app NOLOGIN NOSUPERUSER NOBYPASSRLS;
	END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
	NULL; -- made for another database of this server, just now
END
$role$;

DO $grants$
DECLARE
	name text;
	what text;
BEGIN
	IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'nis2_app') THEN
		RETURN;
	END IF;
	IF (SELECT pg_has_role(nspowner, 'USAGE') FROM pg_namespace WHERE nspname = current_schema()) THEN
		EXECUTE format('GRANT USAGE ON SCHEMA %I TO nis2_app', current_schema());
	END IF;
	FOR name IN
		SELECT relname FROM pg_class
		WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND pg_has_role(relowner, 'USAGE')
	LOOP
		what := CASE name
			WHEN 'audit_log' THEN 'SELECT, INSERT'
			WHEN 'audit_chain' THEN 'SELECT, INSERT, UPDATE'
			WHEN 'schema_migration' THEN 'SELECT'
			ELSE 'SELECT, INSERT, UPDATE, DELETE'
		END;
		EXECUTE format('REVOKE ALL ON %I FROM nis2_app', name);
		EXECUTE format('GRANT %s ON %I TO nis2_app', what, name);
	END LOOP;
	FOR name IN
		SELECT oid::regprocedure FROM pg_proc
		WHERE pronamespace = current_schema()::regnamespace AND pg_has_role(proowner, 'USAGE')
			AND proname IN ('audit_purge', 'audit_erase_user')
	LOOP
		EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO nis2_app', name);
	END LOOP;
END
$grants$;
