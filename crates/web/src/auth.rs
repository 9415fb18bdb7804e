//! Credentials of a request: a session cookie of a person, a bearer token of a machine.

use actix_web::HttpRequest;
use actix_web::http::header;
use service::identity::Token;
use service::{Problem, ProblemCode};

/// Name of the session cookie; the prefix makes browsers keep it to this host and to TLS.
pub const SESSION_COOKIE: &str = "__Host-tensu-session";
/// Header of pages' own requests; another site cannot send it without asking first.
pub const REQUESTED_WITH: &str = "X-Requested-With";

/// The token a request carries.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Credentials {
    /// The token; its first part names the clinic.
    pub token: Token,
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
        let token = Token::parse(&token).ok_or(ProblemCode::Unauthenticated)?;
        let is_safe = request.method().is_safe();
        if is_cookie && !is_safe && !request.headers().contains_key(REQUESTED_WITH) {
            return Err(ProblemCode::CrossSite.into());
        }
        Ok(Self { token })
    }
}
