//! `POST /oauth/token`: access tokens for machines, in the words of RFC 6749 (form in, its own errors out).

use actix_web::http::{StatusCode, header};
use actix_web::web::{self, Data, Payload, ServiceConfig};
use actix_web::{HttpMessage, HttpRequest, HttpResponse, HttpResponseBuilder};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::json;
use service::identity::{AccessToken, OAuthError, issue_access_token};
use store::Secret;

use crate::State;
use crate::serve::instant;

/// Bytes of a form at most.
const FORM_BYTES_MAX: usize = 8 * 1024;

pub(crate) fn mount(config: &mut ServiceConfig) {
    config.route("/oauth/token", web::post().to(token));
}

/// The form of a request.
#[derive(Deserialize, Default)]
struct Form {
    #[serde(default)]
    grant_type: String,
    #[serde(default)]
    client_id: Option<String>,
    #[serde(default)]
    client_secret: Option<String>,
    #[serde(default)]
    scope: Option<String>,
}

/// Client id and secret.
struct Client {
    id: String,
    secret: Secret<String>,
}

async fn token(state: Data<State>, request: HttpRequest, payload: Payload) -> HttpResponse {
    match answer(&state, &request, payload).await {
        Ok(token) => granted(&token),
        Err((status, code)) => refused(status, code),
    }
}

type Refusal = (StatusCode, &'static str);

async fn answer(state: &Data<State>, request: &HttpRequest, payload: Payload) -> Result<AccessToken, Refusal> {
    const BAD: Refusal = (StatusCode::BAD_REQUEST, "invalid_request");
    if !state.limit.allows_login(request.peer_addr().map(|address| address.ip())) {
        return Err((StatusCode::TOO_MANY_REQUESTS, "temporarily_unavailable"));
    }
    if !request.content_type().eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(BAD);
    }
    let bytes = payload.to_bytes_limited(FORM_BYTES_MAX).await.map_err(|_| BAD)?.map_err(|_| BAD)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| BAD)?;
    let form = web::Query::<Form>::from_query(text).map_err(|_| BAD)?.into_inner();
    match form.grant_type.as_str() {
        "client_credentials" => {}
        "" => return Err(BAD),
        _ => return Err((StatusCode::BAD_REQUEST, "unsupported_grant_type")),
    }
    let client = client(request, &form).ok_or((StatusCode::UNAUTHORIZED, "invalid_client"))?;
    let at = instant(state, request).map_err(|_| BAD)?;
    let service = state.service.standing_at(at);
    let origin = request.connection_info().realip_remote_addr().map(str::to_owned);
    let issued = web::block(move || {
        issue_access_token(&service, &client.id, &client.secret, form.scope.as_deref(), None, origin)
    });
    let unavailable = (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable");
    issued.await.map_err(|_| unavailable)?.map_err(|error| match error {
        OAuthError::InvalidClient => (StatusCode::UNAUTHORIZED, "invalid_client"),
        OAuthError::InvalidScope => (StatusCode::BAD_REQUEST, "invalid_scope"),
        OAuthError::Problem(problem) if problem.is_passing() => unavailable,
        OAuthError::Problem(_) => (StatusCode::INTERNAL_SERVER_ERROR, "server_error"),
    })
}

/// From the header (RFC 6749 §2.3.1, form-encoded inside) or from the form; not from both.
fn client(request: &HttpRequest, form: &Form) -> Option<Client> {
    let header = request.headers().get(header::AUTHORIZATION);
    match (header, &form.client_id, &form.client_secret) {
        (Some(value), None | Some(_), None) => {
            let encoded = value.to_str().ok()?.strip_prefix("Basic ")?;
            let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
            let (id, secret) = decoded.split_once(':')?;
            Some(Client { id: form_decoded(id)?, secret: Secret::new(form_decoded(secret)?) })
        }
        (None, Some(id), Some(secret)) => Some(Client { id: id.clone(), secret: Secret::new(secret.clone()) }),
        _ => None,
    }
}

fn form_decoded(text: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct One {
        v: String,
    }
    web::Query::<One>::from_query(&format!("v={text}")).ok().map(|one| one.into_inner().v)
}

fn granted(token: &AccessToken) -> HttpResponse {
    let scope: Vec<&str> = token.scopes.iter().map(|scope| scope.as_str()).collect();
    let body = json!({
        "access_token": token.token.reveal(),
        "token_type": "Bearer",
        "expires_in": token.expires_in_s,
        "scope": scope.join(" "),
    });
    HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(body)
}

fn refused(status: StatusCode, code: &str) -> HttpResponse {
    let mut response = HttpResponseBuilder::new(status);
    response.insert_header((header::CACHE_CONTROL, "no-store"));
    if status == StatusCode::UNAUTHORIZED {
        response.insert_header((header::WWW_AUTHENTICATE, "Basic realm=\"tensu\""));
    }
    response.json(json!({ "error": code }))
}
