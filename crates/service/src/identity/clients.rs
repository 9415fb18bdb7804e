//! Machines: OAuth 2.0 client credentials (RFC 6749 §4.4), bound to a certificate where one is registered
//! (RFC 8705).

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use store::identity::clients::{self, Client};
use store::{Actor, ClientId, Hash, Secret, tenants};
use uuid::Uuid;

use super::authenticate::actor_of;
use super::login::is_word;
use super::token::{Token, TokenKind, random_text};
use crate::{Caller, Permission, Problem, ProblemCode, Service, Work};

/// Seconds an access token lives.
pub const ACCESS_TOKEN_S: i64 = 15 * 60;
/// Characters of a name at most.
const NAME_CHARACTERS_MAX: usize = 100;
/// Characters of a requested scope at most.
const SCOPE_CHARACTERS_MAX: usize = 2_000;

/// A machine to be registered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewClient {
    /// Name, unique in the clinic.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Permission>,
    /// SHA-256 of the certificate it must show.
    pub certificate: Option<Hash>,
}

/// A machine as an administrator sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClientView {
    /// Id.
    pub id: ClientId,
    /// `client_id` of OAuth: `<clinic>/<id>`.
    pub client_id: String,
    /// Name.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Permission>,
    /// It must show a certificate.
    pub has_certificate: bool,
    /// Since when it may do nothing.
    pub disabled_at: Option<DateTime<Utc>>,
    /// When it was registered.
    pub created_at: DateTime<Utc>,
    /// By whom.
    pub created_by: String,
}

/// A machine with its secret, which is shown once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClientSecret {
    /// The machine.
    pub client: ClientView,
    /// `client_secret` of OAuth.
    pub secret: Secret<String>,
}

/// Registers a machine.
///
/// # Errors
/// `duplicate` for a taken name, `invalid` with the field, `too-large` for too many.
pub fn register_client(work: &mut Work<'_, '_>, new: &NewClient) -> Result<ClientSecret, Problem> {
    let length = new.name.trim().chars().count();
    if length == 0 || length > NAME_CHARACTERS_MAX {
        return Err(Problem::invalid("/name", "not-allowed", "名前は1～100文字です"));
    }
    check_scopes(&new.scopes)?;
    let id = ClientId::new();
    let secret = random_text()?;
    let scopes: Vec<&str> = new.scopes.iter().map(|scope| scope.as_str()).collect();
    let hash = Hash::of(secret.reveal().as_bytes());
    clients::insert(work.tx, id, new.name.trim(), hash, new.certificate, &scopes, &work.stamp)?;
    let after = json!({ "name": new.name.trim(), "scopes": new.scopes, "hasCertificate": new.certificate.is_some() });
    work.audit_change("client.create", None, Some(id.to_string()), None, Some(after));
    let client = find(work, id)?;
    Ok(ClientSecret { client: view(work, client)?, secret })
}

fn check_scopes(scopes: &[Permission]) -> Result<(), Problem> {
    let is_for_persons = scopes.iter().find(|scope| !scope.is_for_machines());
    match is_for_persons {
        Some(scope) => {
            let message = format!("{scope} は API クライアントには与えられません");
            Err(Problem::invalid("/scopes", "not-for-machines", message))
        }
        None if scopes.is_empty() => Err(Problem::invalid("/scopes", "missing", "scope を一つ以上指定してください")),
        None => Ok(()),
    }
}

/// All machines of the clinic by name.
///
/// # Errors
/// When the database cannot be asked.
pub fn list_clients(work: &mut Work<'_, '_>) -> Result<Vec<ClientView>, Problem> {
    let list = clients::list(work.tx)?;
    list.into_iter().map(|client| view(work, client)).collect()
}

/// Changes what a machine may do and which certificate it shows; its tokens end.
///
/// # Errors
/// `not-found`, `invalid`.
pub fn change_client(
    work: &mut Work<'_, '_>,
    id: ClientId,
    scopes: &[Permission],
    certificate: Option<Hash>,
) -> Result<ClientView, Problem> {
    check_scopes(scopes)?;
    let words = scopes.iter().map(|scope| scope.as_str().to_owned()).collect();
    change(work, id, "client.change", |client| Client { scopes: words, certificate, ..client })
}

/// Disables a machine, whose tokens end at once; or lets it in again.
///
/// # Errors
/// `not-found`.
pub fn set_client_disabled(work: &mut Work<'_, '_>, id: ClientId, is_disabled: bool) -> Result<ClientView, Problem> {
    let at = work.stamp.at();
    let action = if is_disabled { "client.disable" } else { "client.enable" };
    change(work, id, action, |client| Client { disabled_at: is_disabled.then_some(at), ..client })
}

/// A new secret in the place of the earlier one, shown once; tokens end.
///
/// # Errors
/// `not-found`.
pub fn rotate_client_secret(work: &mut Work<'_, '_>, id: ClientId) -> Result<ClientSecret, Problem> {
    let secret = random_text()?;
    let hash = Hash::of(secret.reveal().as_bytes());
    let client = change(work, id, "client.rotate", |client| Client { secret: Some(hash), ..client })?;
    Ok(ClientSecret { client, secret })
}

fn find(work: &mut Work<'_, '_>, id: ClientId) -> Result<Client, Problem> {
    clients::find(work.tx, id)?.ok_or_else(|| ProblemCode::NotFound.into())
}

fn change(
    work: &mut Work<'_, '_>,
    id: ClientId,
    action: &str,
    new: impl FnOnce(Client) -> Client,
) -> Result<ClientView, Problem> {
    let client = find(work, id)?;
    let say = |client: &Client| {
        let has_certificate = client.certificate.is_some();
        json!({ "scopes": client.scopes, "hasCertificate": has_certificate, "disabledAt": client.disabled_at })
    };
    let before = say(&client);
    let client = new(client);
    clients::change(work.tx, &client)?;
    clients::remove_tokens(work.tx, id)?;
    work.audit_change(action, None, Some(id.to_string()), Some(before), Some(say(&client)));
    view(work, client)
}

fn view(work: &mut Work<'_, '_>, client: Client) -> Result<ClientView, Problem> {
    Ok(ClientView {
        id: client.id,
        client_id: format!("{}/{}", tenants::code(work.tx)?, client.id),
        name: client.name,
        scopes: client.scopes.iter().filter_map(|word| Permission::parse(word)).collect(),
        has_certificate: client.certificate.is_some(),
        disabled_at: client.disabled_at,
        created_at: client.created_at,
        created_by: client.created_by,
    })
}

/// An access token, shown once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AccessToken {
    /// The token.
    pub token: Token,
    /// Seconds it lives.
    pub expires_in_s: i64,
    /// What it allows.
    pub scopes: Vec<Permission>,
}

/// Why there is no access token, in the words of RFC 6749 §5.2.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum OAuthError {
    /// Unknown machine, wrong secret, disabled, or without its certificate: one answer for all.
    #[error("invalid_client")]
    InvalidClient,
    /// It asked for more than it may.
    #[error("invalid_scope")]
    InvalidScope,
    /// Anything else.
    #[error(transparent)]
    Problem(#[from] Problem),
}

impl From<store::StoreError> for OAuthError {
    fn from(error: store::StoreError) -> Self {
        Self::Problem(error.into())
    }
}

/// Gives a machine an access token for at most fifteen minutes. Without `scope` it gets all it may.
///
/// # Errors
/// `invalid_client`, `invalid_scope`.
pub fn issue_access_token(
    service: &Service,
    client_id: &str,
    secret: &Secret<String>,
    scope: Option<&str>,
    certificate: Option<Hash>,
    origin: Option<String>,
) -> Result<AccessToken, OAuthError> {
    let (clinic, id) = client_id.split_once('/').ok_or(OAuthError::InvalidClient)?;
    let id = Uuid::parse_str(id).map(ClientId::from).map_err(|_| OAuthError::InvalidClient)?;
    let tenant = if is_word(clinic) { service.database().tenant_of_code(clinic)? } else { None };
    let tenant = tenant.ok_or(OAuthError::InvalidClient)?;
    let hash = Hash::of(secret.reveal().as_bytes());
    // What an unknown machine asks is not recorded under an id it made up.
    let known = service.database().in_tenant(tenant, |tx| clients::find(tx, id))?;
    let actor = known.map_or(Actor::System("oauth"), |client| actor_of(client.id));
    let caller = Caller { tenant, actor, origin };
    let issued = service.run(&caller, |work| {
        let client = clients::find(work.tx, id)?;
        let Some(client) = client.filter(|client| is_of(client, hash, certificate)) else {
            work.audit("client.refuse", None, None);
            return Ok(Err(OAuthError::InvalidClient));
        };
        let Some(scopes) = scopes(&client, scope) else { return Ok(Err(OAuthError::InvalidScope)) };
        issue(work, &client, scopes).map(Ok)
    })?;
    issued
}

/// True when secret and certificate are those of a machine in use.
fn is_of(client: &Client, secret: Hash, certificate: Option<Hash>) -> bool {
    let is_secret = client.secret.is_some_and(|known| {
        aws_lc_rs::constant_time::verify_slices_are_equal(known.as_bytes(), secret.as_bytes()).is_ok()
    });
    let is_certificate = client.certificate.is_none() || client.certificate == certificate;
    is_secret && is_certificate && client.disabled_at.is_none()
}

/// What is asked, when the machine may do it.
fn scopes(client: &Client, asked: Option<&str>) -> Option<Vec<Permission>> {
    let may: Vec<Permission> = client.scopes.iter().filter_map(|word| Permission::parse(word)).collect();
    let Some(asked) = asked.filter(|asked| !asked.trim().is_empty()) else { return Some(may) };
    if asked.len() > SCOPE_CHARACTERS_MAX {
        return None;
    }
    let mut scopes: Vec<Permission> = asked
        .split(' ')
        .filter(|word| !word.is_empty())
        .map(|word| Permission::parse(word).filter(|scope| may.contains(scope)))
        .collect::<Option<_>>()?;
    scopes.sort_unstable();
    scopes.dedup();
    Some(scopes)
}

fn issue(work: &mut Work<'_, '_>, client: &Client, scopes: Vec<Permission>) -> Result<AccessToken, Problem> {
    let at = work.stamp.at();
    let token = Token::new(work.tx.tenant(), TokenKind::Access)?;
    let words: Vec<&str> = scopes.iter().map(|scope| scope.as_str()).collect();
    let end = at + TimeDelta::seconds(ACCESS_TOKEN_S);
    clients::insert_token(work.tx, client.id, token.hash(), &words, client.certificate, at, end)?;
    work.audit_change("client.token", None, Some(client.id.to_string()), None, Some(json!({ "scopes": words })));
    Ok(AccessToken { token, expires_in_s: ACCESS_TOKEN_S, scopes })
}
