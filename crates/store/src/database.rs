//! The pool, and the transaction of one tenant.

use std::fmt;
use std::time::Duration;

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::r2d2::{ConnectionManager, CustomizeConnection, Error as ConnectionError, Pool, PooledConnection};
use diesel::result::Error as DieselError;
use diesel::sql_types::{BigInt, Bool, Text};

use crate::{StoreError, TenantId};

/// Connections of one process unless told otherwise. Blocking threads of a server: at most as many.
pub const POOL_SIZE_DEFAULT: u32 = 8;
/// Connections of one process at most.
pub const POOL_SIZE_MAX: u32 = 200;
/// How long a caller waits for a free connection.
pub const CONNECTION_WAIT: Duration = Duration::from_secs(3);
/// A statement is given up after this time.
pub const STATEMENT_TIMEOUT_MS: u32 = 15_000;
/// Waiting for a lock is given up after this time.
pub const LOCK_TIMEOUT_MS: u32 = 5_000;
/// A transaction that does nothing for this time is ended by the server.
pub const IDLE_IN_TRANSACTION_TIMEOUT_MS: u32 = 30_000;

/// Connections to the database, as the application role.
#[derive(Clone)]
pub struct Database {
    pool: Pool<ConnectionManager<PgConnection>>,
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database").finish_non_exhaustive()
    }
}

impl Database {
    /// Opens the pool and looks at the role.
    ///
    /// # Errors
    /// `Unavailable`, `PrivilegedRole` for a login that row-level security does not bind, `Bound` for the size.
    pub fn connect(url: &str, pool_size: u32) -> Result<Self, StoreError> {
        if pool_size == 0 || pool_size > POOL_SIZE_MAX {
            let received = usize::try_from(pool_size).unwrap_or(usize::MAX);
            return Err(StoreError::Bound { what: "pool size", received, allowed: 200 });
        }
        let pool = Pool::builder()
            .max_size(pool_size)
            .min_idle(Some(1))
            .connection_timeout(CONNECTION_WAIT)
            .test_on_check_out(true)
            .connection_customizer(Box::new(Timeouts))
            .error_handler(Box::new(diesel::r2d2::NopErrorHandler))
            .build(ConnectionManager::new(url))
            .map_err(|_| StoreError::Unavailable)?;
        let database = Self { pool };
        database.refuse_privileged_role()?;
        Ok(database)
    }

    /// Runs `work` in one transaction of one tenant: committed when it answers `Ok`, undone otherwise.
    ///
    /// No network call belongs inside.
    ///
    /// # Errors
    /// What `work` answers, or why the transaction could not be opened or committed.
    pub fn in_tenant<T, E, F>(&self, tenant: TenantId, work: F) -> Result<T, E>
    where
        E: From<StoreError>,
        F: FnOnce(&mut TenantTx<'_>) -> Result<T, E>,
    {
        let mut connection = self.connection()?;
        let outcome = connection.transaction(|connection| {
            set_tenant(connection, tenant)?;
            work(&mut TenantTx { connection, tenant }).map_err(Failure::Work)
        });
        outcome.map_err(|failure| match failure {
            Failure::Work(error) => error,
            Failure::Database(error) => E::from(StoreError::from(error)),
        })
    }

    /// The tenant of a clinic code, as a login names it.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub fn tenant_of_code(&self, code: &str) -> Result<Option<TenantId>, StoreError> {
        let query = diesel::sql_query("SELECT gate_tenant_of_code($1) AS id").bind::<Text, _>(code);
        let row: GateRow = query.get_result(&mut *self.connection()?)?;
        Ok(row.id)
    }

    /// Ids of tenants above `after`, ascending, at most `limit`.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub fn tenants(&self, after: Option<TenantId>, limit: i32) -> Result<Vec<TenantId>, StoreError> {
        let query = diesel::sql_query("SELECT * FROM gate_tenants($1, $2) AS id")
            .bind::<BigInt, _>(after.map_or(0, TenantId::get))
            .bind::<diesel::sql_types::Integer, _>(limit);
        let rows: Vec<GateRow> = query.load(&mut *self.connection()?)?;
        Ok(rows.into_iter().filter_map(|row| row.id).collect())
    }

    /// Fails unless the database is migrated to exactly what this program was built with.
    ///
    /// # Errors
    /// `Migration` with both versions.
    pub fn check_migrations(&self) -> Result<(), StoreError> {
        crate::migration::check(&mut *self.connection()?)
    }

    /// One free connection; only for this module and the queue.
    pub(crate) fn connection(&self) -> Result<PooledConnection<ConnectionManager<PgConnection>>, StoreError> {
        self.pool.get().map_err(|_| match self.pool.state() {
            state if state.connections > 0 => StoreError::Timeout,
            _ => StoreError::Unavailable,
        })
    }

    fn refuse_privileged_role(&self) -> Result<(), StoreError> {
        let query = "SELECT current_user::text AS role, (r.rolsuper OR r.rolbypassrls OR EXISTS (\
             SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
             WHERE c.relowner = r.oid AND n.nspname = 'public')) AS is_privileged \
             FROM pg_roles r WHERE r.rolname = current_user";
        let row: RoleRow = diesel::sql_query(query).get_result(&mut *self.connection()?)?;
        if row.is_privileged { Err(StoreError::PrivilegedRole { role: row.role }) } else { Ok(()) }
    }
}

#[derive(QueryableByName)]
struct GateRow {
    #[diesel(sql_type = diesel::sql_types::Nullable<BigInt>)]
    id: Option<TenantId>,
}

#[derive(QueryableByName)]
struct RoleRow {
    #[diesel(sql_type = Text)]
    role: String,
    #[diesel(sql_type = Bool)]
    is_privileged: bool,
}

/// Why a transaction ended without a commit.
enum Failure<E> {
    Work(E),
    Database(DieselError),
}

impl<E> From<DieselError> for Failure<E> {
    fn from(error: DieselError) -> Self {
        Self::Database(error)
    }
}

fn set_tenant(connection: &mut PgConnection, tenant: TenantId) -> Result<(), DieselError> {
    #[derive(QueryableByName)]
    struct Set {
        #[diesel(sql_type = Text)]
        #[allow(dead_code, reason = "the statement answers what it set")]
        value: String,
    }
    let query = diesel::sql_query("SELECT set_config('app.tenant_id', $1, true) AS value");
    query.bind::<Text, _>(tenant.to_string()).get_result::<Set>(connection).map(drop)
}

/// Timeouts of every new connection.
#[derive(Debug)]
struct Timeouts;

impl CustomizeConnection<PgConnection, ConnectionError> for Timeouts {
    fn on_acquire(&self, connection: &mut PgConnection) -> Result<(), ConnectionError> {
        use diesel::connection::SimpleConnection;
        let settings = format!(
            "SET statement_timeout = {STATEMENT_TIMEOUT_MS}; SET lock_timeout = {LOCK_TIMEOUT_MS}; \
             SET idle_in_transaction_session_timeout = {IDLE_IN_TRANSACTION_TIMEOUT_MS}; SET timezone = 'UTC'"
        );
        connection.batch_execute(&settings).map_err(ConnectionError::QueryError)
    }
}

/// An open transaction of one tenant: the only way to query. Rows of other tenants do not exist in it.
pub struct TenantTx<'a> {
    connection: &'a mut PgConnection,
    tenant: TenantId,
}

impl TenantTx<'_> {
    /// The tenant.
    pub const fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// The connection, for the queries of this crate.
    pub(crate) const fn connection(&mut self) -> &mut PgConnection {
        self.connection
    }

    /// The lock under which a clinic's numbered journals (audit trail, events, receipt numbers) are written.
    ///
    /// Held until the transaction ends: write to the journals last. One lock for all of them, so that no two
    /// transactions can wait for each other.
    pub(crate) fn lock_journal(&mut self) -> Result<(), StoreError> {
        let query = diesel::sql_query("SELECT pg_advisory_xact_lock(hashtextextended('journal', $1))");
        query.bind::<BigInt, _>(self.tenant).execute(self.connection)?;
        Ok(())
    }

    /// Waits until this transaction alone holds the lock of a name in the tenant.
    pub(crate) fn lock(&mut self, name: &str) -> Result<(), StoreError> {
        let query = diesel::sql_query("SELECT pg_advisory_xact_lock(hashtextextended($1, $2))");
        query.bind::<Text, _>(name).bind::<BigInt, _>(self.tenant).execute(self.connection)?;
        Ok(())
    }

    /// Waits until this transaction holds the lock of a name together with others that share it.
    pub(crate) fn lock_shared(&mut self, name: &str) -> Result<(), StoreError> {
        let query = diesel::sql_query("SELECT pg_advisory_xact_lock_shared(hashtextextended($1, $2))");
        query.bind::<Text, _>(name).bind::<BigInt, _>(self.tenant).execute(self.connection)?;
        Ok(())
    }

    /// True when this transaction now holds the lock of a name in the tenant; never waits.
    pub(crate) fn try_lock(&mut self, name: &str) -> Result<bool, StoreError> {
        #[derive(QueryableByName)]
        struct Locked {
            #[diesel(sql_type = Bool)]
            is_locked: bool,
        }
        let query = diesel::sql_query("SELECT pg_try_advisory_xact_lock(hashtextextended($1, $2)) AS is_locked");
        let row: Locked = query.bind::<Text, _>(name).bind::<BigInt, _>(self.tenant).get_result(self.connection)?;
        Ok(row.is_locked)
    }
}
