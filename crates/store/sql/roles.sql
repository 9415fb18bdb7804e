-- The roles of Tensu. Run once per PostgreSQL cluster by an administrator; safe to run again.
--
-- tensu_owner  owns the database and its tables and migrates them; row-level security binds it too
-- tensu_app    what `tensu serve` and `tensu worker` log in as; owns nothing, changes no confirmed fact
-- tensu_gate   owns the functions that reach across tenants (ids only) and to operators; nobody logs in as it
--
-- Passwords are not set here: ALTER ROLE tensu_app PASSWORD '…'.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tensu_owner') THEN
        CREATE ROLE tensu_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tensu_app') THEN
        CREATE ROLE tensu_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tensu_gate') THEN
        CREATE ROLE tensu_gate NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
    END IF;
END
$$;
GRANT tensu_gate TO tensu_owner;
