//! Operators of the service. They belong to no clinic; their tables lie where only gate functions reach.

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Integer, Nullable, Text, Timestamptz, Uuid};

use crate::{Actor, Database, Hash, OperatorId, Secret, StoreError, TenantId};

/// What an operator's login is checked against.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OperatorCredentials {
    /// Id.
    pub id: OperatorId,
    /// Argon2id hash.
    pub password_hash: Secret<String>,
    /// The second factor, enciphered.
    pub totp: Vec<u8>,
    /// The newest time step whose code was used.
    pub totp_last_step: Option<i64>,
    /// Refused attempts in a row.
    pub failed_count: i32,
    /// Until when every attempt is refused.
    pub locked_until: Option<DateTime<Utc>>,
    /// Since when nobody may log in with it.
    pub disabled_at: Option<DateTime<Utc>>,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Uuid)]
    operator_id: OperatorId,
    #[diesel(sql_type = Text)]
    password_hash: String,
    #[diesel(sql_type = Binary)]
    totp_secret_enciphered: Vec<u8>,
    #[diesel(sql_type = Nullable<BigInt>)]
    totp_last_step: Option<i64>,
    #[diesel(sql_type = Integer)]
    failed_count: i32,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    locked_until: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    disabled_at: Option<DateTime<Utc>>,
}

/// An open transaction in which no clinic is set: rows of clinics do not exist in it.
pub struct OperatorTx<'a> {
    connection: &'a mut PgConnection,
}

/// An operator to be registered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewOperator<'a> {
    /// Id.
    pub id: OperatorId,
    /// Name at login.
    pub login: &'a str,
    /// Name.
    pub display_name: &'a str,
    /// Argon2id hash.
    pub password_hash: &'a Secret<String>,
    /// The second factor, enciphered.
    pub totp: &'a [u8],
}

impl Database {
    /// Runs `work` in one transaction outside every clinic.
    ///
    /// # Errors
    /// What `work` answers, or why the transaction could not be opened or committed.
    pub fn in_operations<T>(
        &self,
        work: impl FnOnce(&mut OperatorTx<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut connection = self.connection()?;
        let mut refused = None;
        let done = connection.transaction(|connection| {
            work(&mut OperatorTx { connection }).map_err(|error| {
                refused = Some(error);
                diesel::result::Error::RollbackTransaction
            })
        });
        done.map_err(|error| refused.take().unwrap_or_else(|| error.into()))
    }

    /// The id for a clinic to be registered. Two at once get the same: the second registration fails.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub fn next_tenant(&self) -> Result<TenantId, StoreError> {
        #[derive(QueryableByName)]
        struct Next {
            #[diesel(sql_type = BigInt)]
            id: TenantId,
        }
        let query = diesel::sql_query("SELECT gate_next_tenant() AS id");
        Ok(query.get_result::<Next>(&mut *self.connection()?)?.id)
    }
}

impl OperatorTx<'_> {
    /// Registers an operator.
    ///
    /// # Errors
    /// `Duplicate` for a taken login, `Violation` for a login out of its form.
    pub fn create(&mut self, new: &NewOperator<'_>, at: DateTime<Utc>) -> Result<(), StoreError> {
        let query = diesel::sql_query("SELECT gate_operator_create($1, $2, $3, $4, $5, $6)")
            .bind::<Uuid, _>(new.id)
            .bind::<Text, _>(new.login)
            .bind::<Text, _>(new.display_name)
            .bind::<Text, _>(new.password_hash.reveal())
            .bind::<Binary, _>(new.totp)
            .bind::<Timestamptz, _>(at);
        query.execute(self.connection)?;
        Ok(())
    }

    /// The operator with a login, locked until the transaction ends.
    ///
    /// # Errors
    /// `Timeout`.
    pub fn of_login(&mut self, login: &str) -> Result<Option<OperatorCredentials>, StoreError> {
        let query = diesel::sql_query("SELECT * FROM gate_operator_of_login($1)").bind::<Text, _>(login);
        let row: Option<Row> = query.get_result(self.connection).optional()?;
        Ok(row.map(|row| OperatorCredentials {
            id: row.operator_id,
            password_hash: Secret::new(row.password_hash),
            totp: row.totp_secret_enciphered,
            totp_last_step: row.totp_last_step,
            failed_count: row.failed_count,
            locked_until: row.locked_until,
            disabled_at: row.disabled_at,
        }))
    }

    /// Writes what came of a login: refused attempts in a row, lock-out, the newest step used.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub fn record_outcome(
        &mut self,
        id: OperatorId,
        failed_count: i32,
        locked_until: Option<DateTime<Utc>>,
        totp_last_step: Option<i64>,
    ) -> Result<(), StoreError> {
        let query = diesel::sql_query("SELECT gate_operator_outcome($1, $2, $3, $4)")
            .bind::<Uuid, _>(id)
            .bind::<Integer, _>(failed_count)
            .bind::<Nullable<Timestamptz>, _>(locked_until)
            .bind::<Nullable<BigInt>, _>(totp_last_step);
        query.execute(self.connection)?;
        Ok(())
    }

    /// Disables an operator.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn disable(&mut self, login: &str, at: DateTime<Utc>) -> Result<(), StoreError> {
        #[derive(QueryableByName)]
        struct Count {
            #[diesel(sql_type = BigInt)]
            count: i64,
        }
        let query = diesel::sql_query("SELECT gate_operator_disable($1, $2) AS count");
        let changed: Count = query.bind::<Text, _>(login).bind::<Timestamptz, _>(at).get_result(self.connection)?;
        if changed.count == 0 { Err(StoreError::NotFound { what: "the operator" }) } else { Ok(()) }
    }

    /// Opens a session.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub fn open_session(
        &mut self,
        token: Hash,
        operator: OperatorId,
        at: DateTime<Utc>,
        expires_at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let query = diesel::sql_query("SELECT gate_operator_open_session($1, $2, $3, $4)")
            .bind::<Binary, _>(token.to_vec())
            .bind::<Uuid, _>(operator)
            .bind::<Timestamptz, _>(at)
            .bind::<Timestamptz, _>(expires_at);
        query.execute(self.connection)?;
        Ok(())
    }

    /// The operator of a session that is neither ended nor over.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub fn of_session(&mut self, token: Hash, now: DateTime<Utc>) -> Result<Option<OperatorId>, StoreError> {
        #[derive(QueryableByName)]
        struct Found {
            #[diesel(sql_type = Nullable<Uuid>)]
            id: Option<OperatorId>,
        }
        let query = diesel::sql_query("SELECT gate_operator_of_session($1, $2) AS id");
        let query = query.bind::<Binary, _>(token.to_vec()).bind::<Timestamptz, _>(now);
        Ok(query.get_result::<Found>(self.connection)?.id)
    }

    /// Ends a session.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub fn close_session(&mut self, token: Hash, at: DateTime<Utc>) -> Result<(), StoreError> {
        let query = diesel::sql_query("SELECT gate_operator_close_session($1, $2)");
        query.bind::<Binary, _>(token.to_vec()).bind::<Timestamptz, _>(at).execute(self.connection)?;
        Ok(())
    }

    /// Puts on record what an operator did outside clinics.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub fn record_event(
        &mut self,
        at: DateTime<Utc>,
        by: Actor,
        action: &str,
        subject: Option<&str>,
        origin: Option<&str>,
    ) -> Result<(), StoreError> {
        let query = diesel::sql_query("SELECT gate_operator_event($1, $2, $3, $4, $5)")
            .bind::<Timestamptz, _>(at)
            .bind::<Text, _>(by.to_string())
            .bind::<Text, _>(action)
            .bind::<Nullable<Text>, _>(subject)
            .bind::<Nullable<Text>, _>(origin);
        query.execute(self.connection)?;
        Ok(())
    }
}
