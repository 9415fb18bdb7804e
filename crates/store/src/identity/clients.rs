//! Machines that call the API for one clinic, and their access tokens.

use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types;

use crate::schema::{api_clients, api_tokens};
use crate::{ClientId, Hash, Stamp, StoreError, TenantTx};

/// Clients of a clinic at most.
pub const CLIENTS_MAX: i64 = 200;

/// A machine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Client {
    /// Id.
    pub id: ClientId,
    /// Name, unique in the clinic.
    pub name: String,
    /// Hash of its secret.
    pub secret: Option<Hash>,
    /// Hash of the certificate it must show.
    pub certificate: Option<Hash>,
    /// What it may do.
    pub scopes: Vec<String>,
    /// Since when it may do nothing.
    pub disabled_at: Option<DateTime<Utc>>,
    /// When it was registered.
    pub created_at: DateTime<Utc>,
    /// By whom.
    pub created_by: String,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = api_clients, check_for_backend(Pg))]
struct Row {
    client_id: ClientId,
    name: String,
    secret_hash: Option<Vec<u8>>,
    certificate_hash: Option<Vec<u8>>,
    scopes: Vec<String>,
    disabled_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    created_by: String,
}

impl From<Row> for Client {
    fn from(row: Row) -> Self {
        Self {
            id: row.client_id,
            name: row.name,
            secret: hash(row.secret_hash),
            certificate: hash(row.certificate_hash),
            scopes: row.scopes,
            disabled_at: row.disabled_at,
            created_at: row.created_at,
            created_by: row.created_by,
        }
    }
}

fn hash(bytes: Option<Vec<u8>>) -> Option<Hash> {
    bytes.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok()).map(Hash::from_bytes)
}

/// Registers a machine.
///
/// # Errors
/// `Duplicate` for a taken name, `Bound` for too many.
pub fn insert(
    tx: &mut TenantTx<'_>,
    id: ClientId,
    name: &str,
    secret: Hash,
    certificate: Option<Hash>,
    scopes: &[&str],
    stamp: &Stamp,
) -> Result<(), StoreError> {
    let count: i64 =
        api_clients::table.filter(api_clients::tenant_id.eq(tx.tenant())).count().get_result(tx.connection())?;
    if count >= CLIENTS_MAX {
        return Err(StoreError::Bound { what: "API clients", received: 201, allowed: 200 });
    }
    diesel::insert_into(api_clients::table)
        .values((
            api_clients::tenant_id.eq(tx.tenant()),
            api_clients::client_id.eq(id),
            api_clients::name.eq(name),
            api_clients::secret_hash.eq(secret.to_vec()),
            api_clients::certificate_hash.eq(certificate.map(Hash::to_vec)),
            api_clients::scopes.eq(scopes),
            api_clients::created_at.eq(stamp.at()),
            api_clients::created_by.eq(stamp.by()),
        ))
        .execute(tx.connection())?;
    Ok(())
}

/// One machine.
///
/// # Errors
/// When the database cannot be asked.
pub fn find(tx: &mut TenantTx<'_>, id: ClientId) -> Result<Option<Client>, StoreError> {
    let query = api_clients::table
        .filter(api_clients::tenant_id.eq(tx.tenant()))
        .filter(api_clients::client_id.eq(id))
        .select(Row::as_select());
    Ok(query.first(tx.connection()).optional()?.map(Client::from))
}

/// All machines by name.
///
/// # Errors
/// When the database cannot be asked.
pub fn list(tx: &mut TenantTx<'_>) -> Result<Vec<Client>, StoreError> {
    let query = api_clients::table
        .filter(api_clients::tenant_id.eq(tx.tenant()))
        .order_by(api_clients::name)
        .limit(CLIENTS_MAX)
        .select(Row::as_select());
    Ok(query.load::<Row>(tx.connection())?.into_iter().map(Client::from).collect())
}

/// Writes what a machine may do, which certificate it shows and whether it is disabled.
///
/// # Errors
/// `NotFound`.
pub fn change(tx: &mut TenantTx<'_>, client: &Client) -> Result<(), StoreError> {
    let target =
        api_clients::table.filter(api_clients::tenant_id.eq(tx.tenant())).filter(api_clients::client_id.eq(client.id));
    let values = (
        api_clients::secret_hash.eq(client.secret.map(Hash::to_vec)),
        api_clients::certificate_hash.eq(client.certificate.map(Hash::to_vec)),
        api_clients::scopes.eq(&client.scopes),
        api_clients::disabled_at.eq(client.disabled_at),
    );
    match diesel::update(target).set(values).execute(tx.connection())? {
        0 => Err(StoreError::NotFound { what: "the API client" }),
        _ => Ok(()),
    }
}

/// Keeps an access token; those of the machine that ended are removed.
///
/// # Errors
/// `Violation` for an unknown machine or a token that lives too long.
pub fn insert_token(
    tx: &mut TenantTx<'_>,
    client: ClientId,
    token: Hash,
    scopes: &[&str],
    certificate: Option<Hash>,
    at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let ended = api_tokens::table
        .filter(api_tokens::tenant_id.eq(tx.tenant()))
        .filter(api_tokens::client_id.eq(client))
        .filter(api_tokens::expires_at.lt(at));
    diesel::delete(ended).execute(tx.connection())?;
    diesel::insert_into(api_tokens::table)
        .values((
            api_tokens::tenant_id.eq(tx.tenant()),
            api_tokens::token_hash.eq(token.to_vec()),
            api_tokens::client_id.eq(client),
            api_tokens::scopes.eq(scopes),
            api_tokens::certificate_hash.eq(certificate.map(Hash::to_vec)),
            api_tokens::created_at.eq(at),
            api_tokens::expires_at.eq(expires_at),
        ))
        .execute(tx.connection())?;
    Ok(())
}

/// Ends all access tokens of a machine; answers how many.
///
/// # Errors
/// When the database cannot be asked.
pub fn remove_tokens(tx: &mut TenantTx<'_>, client: ClientId) -> Result<usize, StoreError> {
    let target =
        api_tokens::table.filter(api_tokens::tenant_id.eq(tx.tenant())).filter(api_tokens::client_id.eq(client));
    Ok(diesel::delete(target).execute(tx.connection())?)
}

/// What a request needs to know of its access token and its machine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PresentedToken {
    /// The machine.
    pub client: ClientId,
    /// Its name.
    pub name: String,
    /// What the token allows and the machine still may.
    pub scopes: Vec<String>,
    /// Hash of the certificate that must come with the token.
    pub certificate: Option<Hash>,
}

#[derive(QueryableByName)]
struct PresentedRow {
    #[diesel(sql_type = sql_types::Uuid)]
    client_id: ClientId,
    #[diesel(sql_type = sql_types::Text)]
    name: String,
    #[diesel(sql_type = sql_types::Array<sql_types::Text>)]
    scopes: Vec<String>,
    #[diesel(sql_type = sql_types::Nullable<sql_types::Binary>)]
    certificate_hash: Option<Vec<u8>>,
}

/// The access token and its machine; none when either ended.
///
/// # Errors
/// When the database cannot be asked.
pub fn present(tx: &mut TenantTx<'_>, token: Hash, now: DateTime<Utc>) -> Result<Option<PresentedToken>, StoreError> {
    const QUERY: &str = "SELECT t.client_id, c.name, t.certificate_hash, \
        ARRAY(SELECT unnest(t.scopes) INTERSECT SELECT unnest(c.scopes)) AS scopes \
        FROM api_tokens t JOIN api_clients c ON c.tenant_id = t.tenant_id AND c.client_id = t.client_id \
        WHERE t.tenant_id = $1 AND t.token_hash = $2 AND t.expires_at > $3 AND c.disabled_at IS NULL";
    let query = diesel::sql_query(QUERY)
        .bind::<sql_types::BigInt, _>(tx.tenant())
        .bind::<sql_types::Binary, _>(token.to_vec())
        .bind::<sql_types::Timestamptz, _>(now);
    let row: Option<PresentedRow> = query.get_result(tx.connection()).optional()?;
    Ok(row.map(|row| PresentedToken {
        client: row.client_id,
        name: row.name,
        scopes: row.scopes,
        certificate: hash(row.certificate_hash),
    }))
}
