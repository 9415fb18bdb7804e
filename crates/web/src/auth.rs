//! Credentials of a request: a session cookie of a person, a bearer token of a machine.

use actix_web::HttpRequest;
use actix_web::http::header;
use service::{Problem, ProblemCode};
use store::TenantId;

/// Name of the session cookie; the prefix makes browsers keep it to this host and to TLS.
pub const SESSION_COOKIE: &str = "__Host-tensu-session";
/// Header of pages' own requests; another site cannot send it without asking first.
pub const REQUESTED_WITH: &str = "X-Requested-With";

/// A token and how it came.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The clinic its first part names.
    pub tenant: TenantId,
    /// The whole token.
    pub token: String,
    /// It came as a cookie: the browser sent it without being asked.
    pub is_cookie: bool,
}

impl Credentials {
    /// What the request carries.
    ///
    /// # Errors
    /// `unauthenticated` without a token or for one that is none, `cross-site` for a change with a cookie that
    /// another site made the browser send.
    pub fn of(request: &HttpRequest) -> Result<Self, Problem> {
        let bearer = request
            .headers()
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.strip_prefix("Bearer "));
        let (token, is_cookie) = match bearer {
            Some(token) => (token.trim().to_owned(), false),
            None => match request.cookie(SESSION_COOKIE) {
                Some(cookie) => (cookie.value().to_owned(), true),
                None => return Err(ProblemCode::Unauthenticated.into()),
            },
        };
        let tenant = token.split('.').next().and_then(|id| id.parse().ok()).and_then(TenantId::new);
        let tenant = tenant.ok_or(ProblemCode::Unauthenticated)?;
        let is_safe = request.method().is_safe();
        if is_cookie && !is_safe && !request.headers().contains_key(REQUESTED_WITH) {
            return Err(ProblemCode::CrossSite.into());
        }
        Ok(Self { tenant, token, is_cookie })
    }
}
