//! Machines that call the API: registration, secrets, what they may do.

use actix_web::http::StatusCode;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use service::identity::{self, ClientSecret, ClientView, NewClient};
use service::{Permission, Problem, ProblemCode, Work};
use store::{ClientId, Hash};

use super::NoQuery;
use crate::direct::{Access, Direct, DirectCall, Done};
use crate::{Call, Endpoint, Method, Registry, Reply, may};

pub(super) fn add(registry: &mut Registry) {
    registry.add_direct::<RegisterClient>();
    registry.add_direct::<RotateClientSecret>();
    registry.add::<ListClients>();
    registry.add::<ChangeClient>();
    registry.add::<DisableClient>();
    registry.add::<EnableClient>();
}

/// A machine.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ClientLine {
    /// Id.
    id: ClientId,
    /// `client_id` of OAuth.
    client_id: String,
    /// Name.
    name: String,
    /// What it may do.
    scopes: Vec<Permission>,
    /// It must show a certificate.
    has_certificate: bool,
    /// Since when it may do nothing.
    #[schemars(with = "Option<String>")]
    disabled_at: Option<DateTime<Utc>>,
    /// When it was registered.
    #[schemars(with = "String")]
    created_at: DateTime<Utc>,
}

impl From<ClientView> for ClientLine {
    fn from(view: ClientView) -> Self {
        Self {
            id: view.id,
            client_id: view.client_id,
            name: view.name,
            scopes: view.scopes,
            has_certificate: view.has_certificate,
            disabled_at: view.disabled_at,
            created_at: view.created_at,
        }
    }
}

/// A machine with its secret, which is shown once.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ClientWithSecret {
    /// The machine.
    client: ClientLine,
    /// `client_secret` of OAuth.
    client_secret: String,
}

impl ClientWithSecret {
    fn of(made: ClientSecret) -> Done<Self> {
        Done::plain(Self { client: made.client.into(), client_secret: made.secret.into_revealed() })
    }
}

/// A machine to be registered.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct NewClientBody {
    /// Name, unique in the clinic.
    name: String,
    /// What it may do.
    scopes: Vec<Permission>,
    /// SHA-256 of the certificate it must show, 64 hexadecimal digits.
    #[serde(default)]
    certificate_sha256: Option<String>,
}

/// 64 hexadecimal digits.
fn certificate(text: Option<&str>) -> Result<Option<Hash>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let wrong = || Problem::invalid("/certificateSha256", "not-allowed", "SHA-256 は16進数64桁です");
    let is_hex = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_hex {
        return Err(wrong());
    }
    let mut bytes = [0; 32];
    for (place, byte) in bytes.iter_mut().enumerate() {
        let pair = text.get(place * 2..place * 2 + 2).ok_or_else(wrong)?;
        *byte = u8::from_str_radix(pair, 16).map_err(|_| wrong())?;
    }
    Ok(Some(Hash::from_bytes(bytes)))
}

struct RegisterClient;

impl Direct for RegisterClient {
    const PATH: &'static str = "/v1/api-clients";
    const ID: &'static str = "registerClient";
    const SUMMARY: &'static str = "Register a machine; its secret is shown once";
    const STATUS: StatusCode = StatusCode::CREATED;
    const PROBLEMS: &'static [ProblemCode] = &[ProblemCode::Duplicate, ProblemCode::TooLarge];
    const ACCESS: Access = Access::Permission(Permission::AccountWrite);
    type Path = ();
    type Body = NewClientBody;
    type Answer = ClientWithSecret;

    fn run(call: &DirectCall<Self>) -> Result<Done<ClientWithSecret>, Problem> {
        let body = &call.body;
        let certificate = certificate(body.certificate_sha256.as_deref())?;
        let new = NewClient { name: body.name.clone(), scopes: body.scopes.clone(), certificate };
        call.run(|work, _| identity::register_client(work, &new)).map(ClientWithSecret::of)
    }
}

/// A machine in a path.
#[derive(Debug, Deserialize, JsonSchema)]
struct ClientPath {
    /// Id of the machine.
    client: ClientId,
}

struct RotateClientSecret;

impl Direct for RotateClientSecret {
    const PATH: &'static str = "/v1/api-clients/{client}/secret";
    const ID: &'static str = "rotateClientSecret";
    const SUMMARY: &'static str = "A new secret in the place of the earlier one, shown once; its tokens end";
    const PROBLEMS: &'static [ProblemCode] = &[ProblemCode::NotFound];
    const ACCESS: Access = Access::Permission(Permission::AccountWrite);
    type Path = ClientPath;
    type Body = ();
    type Answer = ClientWithSecret;

    fn run(call: &DirectCall<Self>) -> Result<Done<ClientWithSecret>, Problem> {
        let id = call.path.client;
        call.run(|work, _| identity::rotate_client_secret(work, id)).map(ClientWithSecret::of)
    }
}

/// Machines.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ClientList {
    /// By name.
    clients: Vec<ClientLine>,
}

struct ListClients;

impl Endpoint for ListClients {
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/v1/api-clients";
    const ID: &'static str = "listClients";
    const SUMMARY: &'static str = "Machines of the clinic by name";
    type Permission = may::AccountWrite;
    type Path = ();
    type Query = NoQuery;
    type Body = ();
    type Answer = ClientList;

    fn run(_call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<ClientList>, Problem> {
        let clients = identity::list_clients(work)?.into_iter().map(ClientLine::from).collect();
        Ok(Reply::plain(ClientList { clients }))
    }
}

/// What a machine may do.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct ClientBody {
    /// What it may do.
    scopes: Vec<Permission>,
    /// SHA-256 of the certificate it must show, 64 hexadecimal digits.
    #[serde(default)]
    certificate_sha256: Option<String>,
}

/// Routes that change a machine and answer it.
macro_rules! client_changes {
    ($($name:ident, $method:ident, $path:literal, $id:literal, $summary:literal, $body:ty,
        |$call:ident, $work:ident| $run:expr;)+) => {
        $(
            struct $name;

            impl Endpoint for $name {
                const METHOD: Method = Method::$method;
                const PATH: &'static str = $path;
                const ID: &'static str = $id;
                const SUMMARY: &'static str = $summary;
                type Permission = may::AccountWrite;
                type Path = ClientPath;
                type Query = NoQuery;
                type Body = $body;
                type Answer = ClientLine;

                fn run($call: &Call<'_, Self>, $work: &mut Work<'_, '_>) -> Result<Reply<ClientLine>, Problem> {
                    let view = $run?;
                    Ok(Reply::plain(view.into()))
                }
            }
        )+
    };
}

client_changes! {
    ChangeClient, Put, "/v1/api-clients/{client}", "changeClient",
        "Change what a machine may do; its tokens end", ClientBody, |call, work| {
            let certificate = certificate(call.body.certificate_sha256.as_deref())?;
            identity::change_client(work, call.path.client, &call.body.scopes, certificate)
        };
    DisableClient, Post, "/v1/api-clients/{client}/disablement", "disableClient",
        "Disable a machine; its tokens end at once", (), |call, work|
            identity::set_client_disabled(work, call.path.client, true);
    EnableClient, Post, "/v1/api-clients/{client}/enablement", "enableClient",
        "Let a disabled machine in again", (), |call, work|
            identity::set_client_disabled(work, call.path.client, false);
}
