//! The schema itself: migrations both ways, row-level security, keys, grants. Read from the catalog.

#![allow(clippy::unwrap_used)]

mod support;

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, Text};
use store::testing::TestDatabase;
use store::{Database, StoreError, migration};
use support::registered;

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

fn names(connection: &mut PgConnection, query: &str) -> Vec<String> {
    diesel::sql_query(query).load::<Name>(connection).unwrap().into_iter().map(|row| row.name).collect()
}

const TABLES: &str = "SELECT c.relname::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
    WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND c.relname <> '__diesel_schema_migrations'";

#[test]
fn migrations_go_up_down_and_up_again() {
    let test = TestDatabase::empty().unwrap();
    let up = migration::migrate(&test.owner_url()).unwrap();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations");
    let count = std::fs::read_dir(folder).unwrap().count();
    assert_eq!(up.len(), count);
    assert_eq!(migration::migrate(&test.owner_url()).unwrap(), Vec::<String>::new());
    let database = test.connect(1).unwrap();
    assert_eq!(database.check_migrations(), Ok(()));
    drop(database);

    assert_eq!(migration::revert_all(&test.owner_url()).unwrap().len(), count);
    let mut administrator = PgConnection::establish(&test.administrator_url()).unwrap();
    assert_eq!(names(&mut administrator, TABLES), Vec::<String>::new());
    let functions = "SELECT proname::text AS name FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace \
        WHERE n.nspname = 'public'";
    let left: Vec<String> = names(&mut administrator, functions);
    assert!(left.iter().all(|name| name.starts_with("diesel_")), "{left:?}");
    assert_eq!(migration::migrate(&test.owner_url()).unwrap(), up);
}

#[test]
fn a_database_behind_the_program_is_reported() {
    let fixture = registered(1);
    let mut administrator = support::administrator(&fixture);
    diesel::sql_query(
        "DELETE FROM __diesel_schema_migrations WHERE version = (SELECT max(version) FROM __diesel_schema_migrations)",
    )
    .execute(&mut administrator)
    .unwrap();
    assert!(matches!(fixture.database.check_migrations(), Err(StoreError::Migration { .. })));
}

#[test]
fn every_table_forces_row_level_security_with_the_tenant_policy() {
    let fixture = registered(1);
    let mut administrator = support::administrator(&fixture);
    let tables = names(&mut administrator, TABLES);
    assert!(tables.len() >= 51, "{}", tables.len());
    let unprotected = format!("{TABLES} AND NOT (c.relrowsecurity AND c.relforcerowsecurity)");
    assert_eq!(names(&mut administrator, &unprotected), Vec::<String>::new());
    let policy = "(tenant_id = (NULLIF(current_setting(''app.tenant_id''::text, true), ''''::text))::bigint)";
    let without_policy = format!(
        "{TABLES} AND NOT EXISTS (SELECT FROM pg_policies p WHERE p.schemaname = 'public' AND p.tablename = c.relname \
         AND p.policyname = 'tenant' AND p.roles = '{{public}}' AND p.qual = '{policy}' AND p.with_check = '{policy}')"
    );
    assert_eq!(names(&mut administrator, &without_policy), Vec::<String>::new());
    let other_policies = "SELECT tablename || ' ' || policyname || ' ' || roles::text AS name FROM pg_policies \
        WHERE schemaname = 'public' AND policyname <> 'tenant' ORDER BY 1";
    assert_eq!(names(&mut administrator, other_policies), ["jobs gate {tensu_gate}", "tenants gate {tensu_gate}"]);
}

#[test]
fn the_tenant_leads_every_primary_and_foreign_key() {
    let fixture = registered(1);
    let mut administrator = support::administrator(&fixture);
    let others = "SELECT k.conrelid::regclass::text || ' ' || k.conname AS name FROM pg_constraint k \
        JOIN pg_namespace n ON n.oid = k.connamespace \
        JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1] \
        WHERE n.nspname = 'public' AND k.contype IN ('p', 'f') AND a.attname <> 'tenant_id' \
        AND k.conrelid <> '__diesel_schema_migrations'::regclass";
    assert_eq!(names(&mut administrator, others), Vec::<String>::new());
    let without_key =
        format!("{TABLES} AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'p')");
    assert_eq!(names(&mut administrator, &without_key), Vec::<String>::new());
}

/// What the application role may change; everything else is only appended to.
const CHANGEABLE: [&str; 13] = [
    "DELETE api_tokens",
    "DELETE idempotency_keys",
    "DELETE jobs",
    "DELETE outbox_events",
    "DELETE sessions",
    "DELETE user_recovery_codes",
    "UPDATE api_clients",
    "UPDATE audit_heads",
    "UPDATE jobs",
    "UPDATE outbox_heads",
    "UPDATE sessions",
    "UPDATE user_credentials",
    "UPDATE user_recovery_codes",
];

#[test]
fn the_application_role_changes_no_fact() {
    let fixture = registered(1);
    let mut administrator = support::administrator(&fixture);
    let grants = "SELECT DISTINCT privilege_type || ' ' || table_name AS name FROM (\
        SELECT privilege_type, table_name FROM information_schema.role_table_grants WHERE grantee = 'tensu_app' \
        UNION SELECT privilege_type, table_name FROM information_schema.role_column_grants WHERE grantee = 'tensu_app' \
        ) g WHERE privilege_type NOT IN ('SELECT', 'INSERT') ORDER BY 1";
    let mut expected: Vec<&str> = CHANGEABLE.to_vec();
    expected.extend(["UPDATE user_invitations", "UPDATE user_roles", "UPDATE users"]);
    expected.sort_unstable();
    assert_eq!(names(&mut administrator, grants), expected);
    let public = "SELECT table_name::text AS name FROM information_schema.role_table_grants \
        WHERE grantee = 'PUBLIC' AND table_schema = 'public'";
    assert_eq!(names(&mut administrator, public), Vec::<String>::new());
}

#[test]
fn the_application_role_owns_nothing_and_is_nobody_special() {
    let fixture = registered(1);
    let mut administrator = support::administrator(&fixture);
    let owned = "SELECT c.relname::text AS name FROM pg_class c WHERE c.relowner = 'tensu_app'::regrole \
        UNION ALL SELECT p.proname::text FROM pg_proc p WHERE p.proowner = 'tensu_app'::regrole \
        UNION ALL SELECT n.nspname::text FROM pg_namespace n WHERE n.nspowner = 'tensu_app'::regrole";
    assert_eq!(names(&mut administrator, owned), Vec::<String>::new());
    let special = "SELECT rolname::text AS name FROM pg_roles WHERE rolname LIKE 'tensu\\_%' \
        AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication)";
    assert_eq!(names(&mut administrator, special), Vec::<String>::new());
    let memberships = "SELECT roleid::regrole::text AS name FROM pg_auth_members WHERE member = 'tensu_app'::regrole";
    assert_eq!(names(&mut administrator, memberships), Vec::<String>::new());
    let creatable = "SELECT 'public' AS name WHERE has_schema_privilege('tensu_app', 'public', 'CREATE')";
    assert_eq!(names(&mut administrator, creatable), Vec::<String>::new());
}

#[test]
fn nobody_but_the_gate_reaches_the_tables_of_operators() {
    let fixture = registered(1);
    let mut application = PgConnection::establish(&fixture.test.url()).unwrap();
    for table in ["operators", "operator_sessions", "operator_events"] {
        let statement = format!("SELECT count(*) FROM operations.{table}");
        let error = diesel::sql_query(&statement).execute(&mut application).unwrap_err();
        assert_eq!(StoreError::from(error), StoreError::Denied, "{table}");
    }
    let gates = "SELECT proname::text AS name FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace \
        WHERE n.nspname = 'public' AND proname LIKE 'gate\\_%' \
        AND NOT (prosecdef AND p.proowner = 'tensu_gate'::regrole)";
    assert_eq!(names(&mut support::administrator(&fixture), gates), Vec::<String>::new());
    let open = "SELECT proname::text AS name FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace \
        WHERE n.nspname = 'public' AND proname LIKE 'gate\\_%' AND has_function_privilege('public', p.oid, 'EXECUTE')";
    assert_eq!(names(&mut support::administrator(&fixture), open), Vec::<String>::new());
}

#[test]
fn logins_that_policies_do_not_bind_are_refused() {
    let fixture = registered(1);
    for url in [fixture.test.administrator_url(), fixture.test.owner_url()] {
        assert!(matches!(Database::connect(&url, 1), Err(StoreError::PrivilegedRole { .. })));
    }
}

#[test]
fn every_fact_refuses_update_delete_and_truncate() {
    let fixture = registered(1);
    let mut administrator = support::administrator(&fixture);
    let tables = names(&mut administrator, TABLES);
    let mut application = PgConnection::establish(&fixture.test.url()).unwrap();
    diesel::sql_query("SELECT set_config('app.tenant_id', '1', false)").execute(&mut application).unwrap();
    for table in tables {
        let is_allowed = |verb: &str| CHANGEABLE.contains(&format!("{verb} {table}").as_str());
        let mut statements = vec![format!("TRUNCATE {table}")];
        if !is_allowed("DELETE") {
            statements.push(format!("DELETE FROM {table}"));
        }
        statements.push(format!("UPDATE {table} SET tenant_id = 2"));
        for statement in statements {
            let error = diesel::sql_query(&statement).execute(&mut application).unwrap_err();
            assert_eq!(StoreError::from(error), StoreError::Denied, "{statement}");
        }
    }
}

/// Columns of `schema.rs` are checked by every query; here: no table is without one.
#[test]
fn money_days_and_instants_have_their_types() {
    let fixture = registered(1);
    let mut administrator = support::administrator(&fixture);
    let wrong = "SELECT table_name || '.' || column_name AS name FROM information_schema.columns \
        WHERE table_schema = 'public' AND table_name = ANY($1) AND ( \
        (column_name LIKE '%yen' AND data_type <> 'bigint') \
        OR (column_name ~ '(_at|_until)$' AND data_type <> 'timestamp with time zone') \
        OR (column_name ~ '(_on|^month|_from|_to|_date)$' AND data_type <> 'date') \
        OR data_type IN ('real', 'double precision', 'numeric', 'money', 'timestamp without time zone'))";
    let tables = names(&mut administrator, TABLES);
    let rows: Vec<Name> = diesel::sql_query(wrong).bind::<Array<Text>, _>(tables).load(&mut administrator).unwrap();
    assert_eq!(rows.into_iter().map(|row| row.name).collect::<Vec<_>>(), Vec::<String>::new());
}
