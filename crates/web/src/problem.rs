//! Problems as `application/problem+json` (RFC 9457).

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, HttpResponseBuilder};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};
use service::{FieldError, Problem, ProblemCode};

/// Seconds after which a passing problem may be tried again.
const RETRY_AFTER_S: u64 = 2;

/// The body of a problem.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProblemBody {
    /// URN of the code.
    pub r#type: String,
    /// Title in Japanese.
    pub title: String,
    /// Title in English.
    pub title_english: String,
    /// HTTP status.
    pub status: u16,
    /// More about this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Stable code.
    pub code: String,
    /// Wrong fields.
    pub errors: Vec<FieldError>,
    /// Id of the request, as in `X-Request-Id` and in the log.
    pub trace_id: String,
    /// Further members.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

/// The response of a problem.
pub fn respond(problem: &Problem, trace_id: &str) -> HttpResponse {
    let code = problem.code;
    let status = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = ProblemBody {
        r#type: format!("urn:tensu:problem:{}", code.as_str()),
        title: code.japanese().to_owned(),
        title_english: code.english().to_owned(),
        status: code.status(),
        // What failed inside is in the log, not in the answer.
        detail: problem.detail.clone().filter(|_| code != ProblemCode::Internal),
        code: code.as_str().to_owned(),
        errors: problem.errors.clone(),
        trace_id: trace_id.to_owned(),
        more: problem.more.clone(),
    };
    let mut response = HttpResponseBuilder::new(status);
    response.content_type("application/problem+json");
    if problem.is_passing() || code == ProblemCode::TooMany {
        response.insert_header((header::RETRY_AFTER, RETRY_AFTER_S));
    }
    if status == StatusCode::UNAUTHORIZED {
        response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
    }
    response.json(body)
}
