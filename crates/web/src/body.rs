//! What came, read with a located message for what is wrong.

use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::Segment;
use service::{Problem, ProblemCode};

/// Bytes of a body at most.
pub const BODY_BYTES_MAX: usize = 2 * 1024 * 1024;

/// A JSON body.
///
/// # Errors
/// `bad-request` when it is no JSON, `invalid` with the pointer of the field.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let inner = error.inner();
        if inner.is_syntax() || inner.is_eof() {
            return Problem::new(ProblemCode::BadRequest).detail(format!(
                "JSON として読めません（{} 行 {} 文字目）",
                inner.line(),
                inner.column()
            ));
        }
        Problem::invalid(pointer(error.path()), field_code(&inner.to_string()), inner.to_string())
    })?;
    reader.end().map_err(|_| Problem::new(ProblemCode::BadRequest).detail("JSON の後に余分な文字があります"))?;
    Ok(value)
}

/// A value without a body.
///
/// # Errors
/// Never for the types of routes without a body.
pub fn nothing<T: DeserializeOwned>() -> Result<T, Problem> {
    serde_json::from_value(Value::Null).map_err(|_| ProblemCode::BadRequest.into())
}

/// RFC 6901.
fn pointer(path: &serde_path_to_error::Path) -> String {
    let mut text = String::new();
    for segment in path.iter() {
        match segment {
            Segment::Seq { index } => text.push_str(&format!("/{index}")),
            Segment::Map { key } => text.push_str(&format!("/{}", key.replace('~', "~0").replace('/', "~1"))),
            Segment::Enum { variant } => text.push_str(&format!("/{variant}")),
            Segment::Unknown => {}
        }
    }
    text
}

fn field_code(message: &str) -> &'static str {
    if message.starts_with("missing field") {
        "missing"
    } else if message.starts_with("unknown field") {
        "unknown-field"
    } else if message.starts_with("unknown variant") {
        "unknown-value"
    } else if message.starts_with("invalid type") {
        "wrong-type"
    } else {
        "not-allowed"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize, Debug)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        #[allow(dead_code)]
        lines: Vec<Inner>,
    }

    #[derive(serde::Deserialize, Debug)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        #[allow(dead_code)]
        count: u8,
    }

    #[test]
    fn a_wrong_field_is_named_by_its_pointer() {
        let problem = parse::<Outer>(br#"{"lines":[{"count":1},{"count":"x"}]}"#).unwrap_err();
        assert_eq!(problem.errors[0].pointer, "/lines/1/count");
        assert_eq!(problem.errors[0].code, "wrong-type");
    }

    #[test]
    fn an_unknown_field_is_refused() {
        let problem = parse::<Outer>(br#"{"lines":[{"count":1,"coutn":2}]}"#).unwrap_err();
        assert_eq!(
            (problem.errors[0].pointer.as_str(), problem.errors[0].code.as_str()),
            ("/lines/0/coutn", "unknown-field")
        );
    }

    #[test]
    fn what_is_no_json_is_a_bad_request() {
        assert_eq!(parse::<Outer>(b"{").unwrap_err().code, ProblemCode::BadRequest);
        assert_eq!(parse::<Outer>(br#"{"lines":[]} x"#).unwrap_err().code, ProblemCode::BadRequest);
    }
}
