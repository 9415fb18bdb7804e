//! Databases for tests: a private cluster in `.tensu/test-pg` of the checkout, started by whoever needs it
//! first, a template migrated once, a clone per test. The cluster stays up for the next test; `tensu dev-db
//! stop --tests` ends it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use sha2::{Digest, Sha256};

use crate::cluster::{Cluster, ClusterError, Durability, checkout};
use crate::migration::{self, MigrationError};
use crate::{Database, StoreError};

/// Why there is no test database.
#[derive(Debug, thiserror::Error)]
pub enum TestingError {
    /// No cluster.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// No template.
    #[error(transparent)]
    Migration(#[from] MigrationError),
    /// The server refused.
    #[error("test database: {0}")]
    Database(#[from] diesel::result::Error),
    /// The server does not answer.
    #[error("test database: {0}")]
    Connection(#[from] ConnectionError),
    /// A folder could not be read.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// A database of one test; gone when dropped.
#[derive(Debug)]
pub struct TestDatabase {
    cluster: Cluster,
    name: String,
}

impl TestDatabase {
    /// A migrated database without a tenant.
    ///
    /// # Errors
    /// When PostgreSQL is not installed or does not start.
    pub fn new() -> Result<Self, TestingError> {
        let cluster = test_cluster()?;
        let template = template_name()?;
        if !is_ready(&cluster, &template) {
            prepare(&cluster, &template)?;
        }
        Self::clone_of(cluster, &template)
    }

    /// A database without any table.
    ///
    /// # Errors
    /// As [`TestDatabase::new`].
    pub fn empty() -> Result<Self, TestingError> {
        // The template's preparation makes the roles.
        drop(Self::new()?);
        Self::clone_of(test_cluster()?, "template0")
    }

    fn clone_of(cluster: Cluster, template: &str) -> Result<Self, TestingError> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("test_{}_{number}", std::process::id());
        let mut connection = PgConnection::establish(&cluster.administrator_url("postgres"))?;
        connection.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))?;
        connection.batch_execute(&format!("CREATE DATABASE {name} TEMPLATE {template} OWNER tensu_owner"))?;
        Ok(Self { cluster, name })
    }

    /// URL of the application role.
    pub fn url(&self) -> String {
        self.cluster.url("tensu_app", &self.name)
    }

    /// URL of the role that owns the tables.
    pub fn owner_url(&self) -> String {
        self.cluster.url("tensu_owner", &self.name)
    }

    /// URL of the superuser, whom no policy binds.
    pub fn administrator_url(&self) -> String {
        self.cluster.administrator_url(&self.name)
    }

    /// The database as the application role.
    ///
    /// # Errors
    /// As [`Database::connect`].
    pub fn connect(&self, pool_size: u32) -> Result<Database, StoreError> {
        Database::connect(&self.url(), pool_size)
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let Ok(mut connection) = PgConnection::establish(&self.cluster.administrator_url("postgres")) {
            // What stays is removed when the next template is made.
            let _ = connection.batch_execute(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
        }
    }
}

/// The cluster of the tests of this checkout.
///
/// # Errors
/// When PostgreSQL is not installed.
pub fn test_cluster() -> Result<Cluster, ClusterError> {
    Cluster::at(&checkout_folder().join(".tensu/test-pg"))
}

fn checkout_folder() -> PathBuf {
    checkout(&std::env::current_dir().unwrap_or_default())
}

fn is_ready(cluster: &Cluster, template: &str) -> bool {
    let Ok(mut connection) = PgConnection::establish(&cluster.administrator_url("postgres")) else { return false };
    has_database(&mut connection, template).unwrap_or(false)
}

fn has_database(connection: &mut PgConnection, name: &str) -> QueryResult<bool> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Bool)]
        is_there: bool,
    }
    let query = diesel::sql_query("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1) AS is_there");
    Ok(query.bind::<Text, _>(name).get_result::<Row>(connection)?.is_there)
}

/// Starts the cluster and makes the template; one process does, the others wait for it.
fn prepare(cluster: &Cluster, template: &str) -> Result<(), TestingError> {
    if let Err(error) = cluster.start(Durability::Fast) {
        // Without fsync a crash of the machine may have spoilt it; nothing in it is of worth.
        if matches!(error, ClusterError::NotInstalled) {
            return Err(error.into());
        }
        cluster.remove()?;
        cluster.start(Durability::Fast)?;
    }
    let _lock = cluster.lock()?;
    let mut connection = PgConnection::establish(&cluster.administrator_url("postgres"))?;
    if has_database(&mut connection, template)? {
        return Ok(());
    }
    migration::create_roles(&cluster.administrator_url("postgres"))?;
    remove_leftovers(&mut connection)?;
    let unfinished = format!("{template}_unfinished");
    connection.batch_execute(&format!("DROP DATABASE IF EXISTS {unfinished} WITH (FORCE)"))?;
    connection.batch_execute(&format!("CREATE DATABASE {unfinished} TEMPLATE template0 OWNER tensu_owner"))?;
    migration::migrate(&cluster.url("tensu_owner", &unfinished))?;
    connection.batch_execute(&format!("ALTER DATABASE {unfinished} RENAME TO {template}"))?;
    Ok(())
}

/// Databases of test processes that are gone, and older templates.
fn remove_leftovers(connection: &mut PgConnection) -> QueryResult<()> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        name: String,
    }
    let query = "SELECT datname::text AS name FROM pg_database WHERE datname LIKE 'test\\_%' OR datname LIKE 'tensu\\_template\\_%'";
    for Row { name } in diesel::sql_query(query).load::<Row>(connection)? {
        let process = name.strip_prefix("test_").and_then(|rest| rest.split('_').next());
        let is_used = process.is_some_and(|process| Path::new("/proc").join(process).exists());
        if !is_used {
            connection.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))?;
        }
    }
    Ok(())
}

/// Named after the migrations: when they change, another template is made.
fn template_name() -> Result<String, TestingError> {
    let folder = checkout_folder().join("migrations");
    let mut files = Vec::new();
    for entry in fs::read_dir(&folder).map_err(file_error(&folder))?.flatten() {
        files.push(entry.path().join("up.sql"));
    }
    files.sort();
    let mut hasher = Sha256::new();
    for path in files.iter().filter(|path| path.is_file()) {
        hasher.update(fs::read(path).map_err(file_error(path))?);
    }
    let hash: String = hasher.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("tensu_template_{hash}"))
}

fn file_error(path: &Path) -> impl FnOnce(std::io::Error) -> TestingError {
    let path = path.to_owned();
    move |source| TestingError::File { path, source }
}
