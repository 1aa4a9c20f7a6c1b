-- What must hold of a PostgreSQL database and of the role that the program
-- connects as, before it may serve many organisations (src/store/guard.h).
-- Each row is a problem, in words. SQLite has no roles: no row.

-- guard_role() -> many text_row all-orgs
-- A role that row-level security does not bind, or that could become one.
/*@pg
SELECT CASE
	WHEN r.rolsuper THEN 'the database role ' || r.rolname || ' is a superuser'
	WHEN r.rolbypassrls THEN 'the database role ' || r.rolname || ' has BYPASSRLS'
	END || CASE WHEN r.rolname IN (session_user, current_user) THEN ''
		ELSE ', and ' || session_user || ' may become it' END AS text
FROM pg_roles r
WHERE (r.rolsuper OR r.rolbypassrls) AND (r.rolname IN (session_user, current_user)
	OR (pg_has_role(session_user, r.oid, 'MEMBER')
		AND NOT (SELECT s.rolsuper FROM pg_roles s WHERE s.rolname = session_user)))
UNION ALL
SELECT 'the database role ' || session_user || ' owns the table ' || c.relname
FROM pg_class c JOIN pg_roles s ON s.rolname = session_user
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND c.relname IN ('organization', 'audit_log')
	AND NOT s.rolsuper AND pg_has_role(s.oid, c.relowner, 'MEMBER')
UNION ALL
SELECT 'the database role ' || session_user || ' may alter or remove rows of audit_log'
FROM pg_class c JOIN pg_roles s ON s.rolname = session_user
WHERE c.relnamespace = current_schema()::regnamespace AND c.relname = 'audit_log' AND c.relkind = 'r'
	AND NOT s.rolsuper AND NOT pg_has_role(s.oid, c.relowner, 'MEMBER')
	AND has_table_privilege(s.oid, c.oid, 'UPDATE, DELETE, TRUNCATE')
ORDER BY text LIMIT 100
@*/
/*@sqlite SELECT slug AS text FROM organization WHERE FALSE LIMIT 1 @*/;

-- guard_tables() -> many text_row all-orgs
-- A table of organisations' or people's rows that anybody would see whole. The
-- names of policies are those that sql/migrations gives them.
/*@pg
SELECT 'the table ' || t.relname || CASE
	WHEN NOT t.relrowsecurity THEN ' has no row-level security'
	WHEN NOT t.relforcerowsecurity THEN ' has row-level security that does not bind its owner'
	WHEN t.open THEN ' has a policy that shows every row'
	ELSE ' has no policy ' || t.policy END AS text
FROM (
	SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity, p.policy,
		EXISTS (SELECT 1 FROM pg_policy q WHERE q.polrelid = c.oid AND q.polpermissive
			AND 'true' IN (pg_get_expr(q.polqual, c.oid), pg_get_expr(q.polwithcheck, c.oid))) AS open,
		EXISTS (SELECT 1 FROM pg_policy q WHERE q.polrelid = c.oid AND q.polname = p.policy AND q.polcmd = '*'
			AND pg_get_expr(q.polqual, c.oid) LIKE '%current_setting(''' || p.setting || '''%'
			AND pg_get_expr(q.polwithcheck, c.oid) LIKE '%current_setting(''' || p.setting || '''%') AS has_policy
	FROM pg_class c CROSS JOIN LATERAL (
		SELECT CASE WHEN c.relname = 'organization' OR EXISTS (SELECT 1 FROM pg_attribute a
			WHERE a.attrelid = c.oid AND a.attname = 'org_id' AND NOT a.attisdropped) THEN 'tenant_isolation' ELSE 'own_rows' END
	) k (policy) CROSS JOIN LATERAL (
		SELECT k.policy, CASE k.policy WHEN 'own_rows' THEN 'app.current_user_id' ELSE 'app.current_org_id' END
	) p (policy, setting)
	WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
		AND (c.relname IN ('organization', 'app_user') OR EXISTS (SELECT 1 FROM pg_attribute a
			WHERE a.attrelid = c.oid AND a.attname IN ('org_id', 'user_id') AND NOT a.attisdropped))
) t
WHERE NOT (t.relrowsecurity AND t.relforcerowsecurity AND t.has_policy AND NOT t.open)
UNION ALL
SELECT 'the function ' || f.name || ' of the owner is missing: run `nis2 migrate`'
FROM (VALUES ('audit_purge'), ('audit_erase_user')) f (name)
WHERE NOT EXISTS (SELECT 1 FROM pg_proc p WHERE p.pronamespace = current_schema()::regnamespace AND p.proname = f.name
	AND p.prosecdef AND p.proconfig::text LIKE '%search_path=%'
	AND has_function_privilege(p.oid, 'EXECUTE'))
ORDER BY text LIMIT 100
@*/
/*@sqlite SELECT slug AS text FROM organization WHERE FALSE LIMIT 1 @*/;

-- guard_app_role() -> value all-orgs
-- Whether the group of the application's roles is there (sql/grants.sql).
/*@pg SELECT count(*) FROM pg_roles WHERE rolname = 'nis2_app' @*/
/*@sqlite SELECT 1 @*/;
