//! Between columns and the types of the field.

use chrono::NaiveDate;
use kernel::{ClaimMonth, ServiceDate};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::StoreError;

/// The day of a column.
pub(crate) fn day(date: NaiveDate) -> Result<ServiceDate, StoreError> {
    ServiceDate::from_naive(date).ok_or(StoreError::Content { what: "a date" })
}

/// The day of a column that may be empty.
pub(crate) fn day_or_none(date: Option<NaiveDate>) -> Result<Option<ServiceDate>, StoreError> {
    date.map(day).transpose()
}

/// A month as its first day.
pub(crate) fn month_column(month: ClaimMonth) -> NaiveDate {
    month.first_day().naive()
}

/// A parsed text of a column: code, number.
pub(crate) fn parsed<T: std::str::FromStr>(text: &str, what: &'static str) -> Result<T, StoreError> {
    text.parse().map_err(|_| StoreError::Content { what })
}

/// The text of an enum as JSON writes it.
pub(crate) fn code_text<T: Serialize>(value: &T, what: &'static str) -> Result<String, StoreError> {
    match serde_json::to_value(value) {
        Ok(Value::String(text)) => Ok(text),
        _ => Err(StoreError::Content { what }),
    }
}

/// The enum of a text as JSON writes it.
pub(crate) fn code_value<T: DeserializeOwned>(text: &str, what: &'static str) -> Result<T, StoreError> {
    from_json(Value::String(text.to_owned()), what)
}

/// A value as JSON.
pub(crate) fn to_json<T: Serialize>(value: &T, what: &'static str) -> Result<Value, StoreError> {
    serde_json::to_value(value).map_err(|_| StoreError::Content { what })
}

/// A value of JSON. What is wrong with it is not told: the message could carry the value.
pub(crate) fn from_json<T: DeserializeOwned>(value: Value, what: &'static str) -> Result<T, StoreError> {
    serde_json::from_value(value).map_err(|_| StoreError::Content { what })
}

/// A small number of a column.
pub(crate) fn small<T: TryFrom<i16>>(number: i16, what: &'static str) -> Result<T, StoreError> {
    T::try_from(number).map_err(|_| StoreError::Content { what })
}

/// SHA-256 of bytes.
pub(crate) fn sha256(bytes: &[u8]) -> Vec<u8> {
    use sha2::{Digest, Sha256};
    Sha256::digest(bytes).to_vec()
}

/// SHA-256 of a value's canonical JSON (keys sorted), so that equal values have equal hashes.
pub(crate) fn json_hash(value: &Value) -> Vec<u8> {
    sha256(value.to_string().as_bytes())
}
