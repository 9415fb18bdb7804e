//! Migrations, embedded, run only when asked for.

use diesel::connection::SimpleConnection;
use diesel::migration::MigrationSource;
use diesel::pg::{Pg, PgConnection};
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::StoreError;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations");
const ROLES: &str = include_str!("../sql/roles.sql");

/// Why a migration did not run. For the operator at the terminal: it carries the server's text.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// No connection.
    #[error("cannot connect to the database: {0}")]
    Connection(#[from] ConnectionError),
    /// A statement failed.
    #[error("the database refused: {0}")]
    Statement(#[from] diesel::result::Error),
    /// A migration failed.
    #[error("migration failed: {0}")]
    Migration(Box<dyn std::error::Error + Send + Sync>),
}

/// Creates the roles tensu_owner, tensu_app and tensu_gate where they are missing. Needs CREATEROLE.
///
/// # Errors
/// When the login may not create roles.
pub fn create_roles(url: &str) -> Result<(), MigrationError> {
    PgConnection::establish(url)?.batch_execute(ROLES)?;
    Ok(())
}

/// Creates an empty database owned by tensu_owner unless it is there; answers whether it is new.
///
/// # Errors
/// When the login may not create databases.
pub fn create_database(administrator_url: &str, name: &str) -> Result<bool, MigrationError> {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        count: i64,
    }
    let mut connection = PgConnection::establish(administrator_url)?;
    let query = diesel::sql_query("SELECT count(*) AS count FROM pg_database WHERE datname = $1");
    let found: Found = query.bind::<Text, _>(name).get_result(&mut connection)?;
    if found.count > 0 {
        return Ok(false);
    }
    let name = name.replace('"', "");
    connection.batch_execute(&format!("CREATE DATABASE \"{name}\" TEMPLATE template0 OWNER tensu_owner"))?;
    Ok(true)
}

/// Brings the database up to this program, as the owner of the database; answers the migrations that ran.
///
/// # Errors
/// When a migration fails; those before it stay.
pub fn migrate(url: &str) -> Result<Vec<String>, MigrationError> {
    let mut connection = PgConnection::establish(url)?;
    let done = connection.run_pending_migrations(MIGRATIONS).map_err(MigrationError::Migration)?;
    Ok(done.iter().map(ToString::to_string).collect())
}

/// Takes every migration back: all data is gone. For tests and an empty new database.
///
/// # Errors
/// When a migration fails.
pub fn revert_all(url: &str) -> Result<Vec<String>, MigrationError> {
    let mut connection = PgConnection::establish(url)?;
    let done = connection.revert_all_migrations(MIGRATIONS).map_err(MigrationError::Migration)?;
    Ok(done.iter().map(ToString::to_string).collect())
}

/// Version of the newest migration of this program.
pub fn newest() -> String {
    let migrations = MigrationSource::<Pg>::migrations(&MIGRATIONS).unwrap_or_default();
    migrations.iter().map(|migration| migration.name().version().to_string()).max().unwrap_or_default()
}

/// Fails unless the database is at [`newest`].
pub(crate) fn check(connection: &mut PgConnection) -> Result<(), StoreError> {
    #[derive(QueryableByName)]
    struct Newest {
        #[diesel(sql_type = Nullable<Text>)]
        version: Option<String>,
    }
    let query = "SELECT max(version)::text AS version FROM __diesel_schema_migrations";
    let row: Newest = diesel::sql_query(query).get_result(connection)?;
    let (found, expected) = (row.version.unwrap_or_default(), newest());
    if found == expected { Ok(()) } else { Err(StoreError::Migration { found, expected }) }
}
