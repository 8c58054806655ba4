-- SPDX-License-Identifier: Apache-2.0
--
-- Makes the logins that `ecs migrate` then grants their rights to (sql/grants.sql), or gives them other
-- passwords, and hands everything in the schema to its owner, `ecs_owner`, who is no superuser. Run it
-- as a superuser, as often as you like, in the database of ECS:
--
--     LOGINS_FILE=deploy/secrets/database_logins psql --file=deploy/postgres/logins.sql "$DATABASE"
--
-- LOGINS_FILE has a line for each login: its name, a space, its password.
\set ON_ERROR_STOP on
\set QUIET on
\set logins `cat "$LOGINS_FILE"`

SELECT format('CREATE ROLE %I', split_part(line, ' ', 1))
FROM regexp_split_to_table(:'logins', '\n') AS line
WHERE to_regrole(split_part(line, ' ', 1)) IS NULL \gexec
SELECT format('ALTER ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD %L',
              split_part(line, ' ', 1), split_part(line, ' ', 2))
FROM regexp_split_to_table(:'logins', '\n') AS line \gexec

SELECT format('ALTER DATABASE %I OWNER TO ecs_owner', current_database()) \gexec
SELECT format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database()) \gexec
SELECT format('REVOKE CREATE ON SCHEMA %I FROM PUBLIC', current_schema()) \gexec
SELECT format('GRANT CREATE ON SCHEMA %I TO ecs_owner', current_schema()) \gexec
-- What a superuser made before. A sequence of a column goes with its table.
SELECT format('ALTER %s %s OWNER TO ecs_owner',
              CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, c.oid::regclass)
FROM pg_class c
WHERE relnamespace = current_schema()::regnamespace AND relowner <> 'ecs_owner'::regrole
    AND relkind IN ('r', 'p', 'v', 'S')
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype IN ('a', 'i')
                    AND c.relkind = 'S') \gexec
SELECT format('ALTER FUNCTION %s OWNER TO ecs_owner', oid::regprocedure)
FROM pg_proc
WHERE pronamespace = current_schema()::regnamespace AND proowner <> 'ecs_owner'::regrole \gexec
