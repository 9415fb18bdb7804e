//! The second factor: time-based codes (RFC 6238: SHA-1, 6 digits, 30 s) and recovery codes.

use chrono::{DateTime, Utc};
use store::{Hash, Secret};
use totp_rs::{Builder, Totp};

use super::password::nfkc;
use super::random;
use crate::{Problem, ProblemCode};

/// Bytes of a second factor (RFC 4226 §4 R6 recommends 160 bits).
const SECRET_BYTES: usize = 20;
/// Steps a code may be early or late.
const SKEW_STEPS: u16 = 1;
/// Bytes of chance in a recovery code.
const RECOVERY_BYTES: usize = 10;
/// Recovery codes of a user.
pub const RECOVERY_CODES: usize = 10;
/// Characters of what is sent as a code at most.
const CODE_CHARACTERS_MAX: usize = 64;

/// What a user enrols with; shown once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Enrolment {
    /// The second factor in base32, to be typed.
    pub secret: Secret<String>,
    /// The same as an `otpauth:` address, to be shown as a QR code.
    pub address: Secret<String>,
}

/// A code for the second step of a login.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SecondFactorCode {
    /// From the authenticator.
    Totp(Secret<String>),
    /// A recovery code.
    Recovery(Secret<String>),
}

/// A new second factor.
pub(crate) fn new_secret() -> Result<Secret<Vec<u8>>, Problem> {
    Ok(Secret::new(random::bytes::<SECRET_BYTES>()?.to_vec()))
}

/// What the user sees of a second factor.
pub(crate) fn enrolment(secret: &Secret<Vec<u8>>, clinic: &str, login: &str) -> Result<Enrolment, Problem> {
    let totp = totp(secret, clinic, login).ok_or(ProblemCode::Internal)?;
    let address = totp.to_url().map_err(|_| ProblemCode::Internal)?;
    Ok(Enrolment { secret: Secret::new(totp.secret().to_base32()), address: Secret::new(address) })
}

/// The time step whose code it is, now or one step before or after.
pub(crate) fn matching_step(secret: &Secret<Vec<u8>>, code: &Secret<String>, now: DateTime<Utc>) -> Option<i64> {
    let time = u64::try_from(now.timestamp()).ok()?;
    let step = totp(secret, "clinic", "user")?.check(&typed(code)?, time)?;
    i64::try_from(step).ok()
}

/// The code of a second factor (in base32) at an instant: what an authenticator shows.
pub fn code_at(secret: &Secret<String>, at: DateTime<Utc>) -> Option<Secret<String>> {
    let bytes = totp_rs::Secret::try_from_base32(secret.reveal()).ok()?;
    let totp = totp(&Secret::new(bytes.as_bytes().to_vec()), "clinic", "user")?;
    Some(Secret::new(totp.generate(u64::try_from(at.timestamp()).ok()?).to_string()))
}

fn totp(secret: &Secret<Vec<u8>>, clinic: &str, login: &str) -> Option<Totp> {
    let builder = Builder::new()
        .with_secret(secret.reveal().clone())
        .with_skew(SKEW_STEPS)
        .with_account_name(format!("{login}@{clinic}"))
        .with_issuer(Some("Tensu"));
    builder.build().ok()
}

/// New recovery codes, each with its hash.
pub(crate) fn recovery_codes(context: &str) -> Result<Vec<(Secret<String>, Hash)>, Problem> {
    let code = || -> Result<(Secret<String>, Hash), Problem> {
        let text = totp_rs::Secret::from(random::bytes::<RECOVERY_BYTES>()?).to_base32();
        let mut grouped = String::new();
        for (position, letter) in text.chars().enumerate() {
            if position > 0 && position % 4 == 0 {
                grouped.push('-');
            }
            grouped.push(letter);
        }
        Ok((Secret::new(grouped), recovery_hash(context, &text)))
    };
    (0..RECOVERY_CODES).map(|_| code()).collect()
}

/// What is kept of a recovery code as it was typed.
pub(crate) fn typed_recovery_hash(context: &str, code: &Secret<String>) -> Option<Hash> {
    Some(recovery_hash(context, &typed(code)?.to_uppercase()))
}

fn recovery_hash(context: &str, code: &str) -> Hash {
    Hash::of(format!("recovery {context} {code}").as_bytes())
}

/// Without blanks and hyphens, full-width characters as plain ones.
fn typed(code: &Secret<String>) -> Option<String> {
    let text = code.reveal();
    let is_short = text.chars().count() <= CODE_CHARACTERS_MAX;
    is_short.then(|| nfkc(text).chars().filter(char::is_ascii_alphanumeric).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    /// RFC 6238 appendix B, SHA-1, last six digits.
    #[rstest]
    #[case(59, "287082")]
    #[case(1_111_111_109, "081804")]
    #[case(1_234_567_890, "005924")]
    #[case(2_000_000_000, "279037")]
    fn codes_are_those_of_the_rfc(#[case] seconds: i64, #[case] expected: &str) {
        let secret = Secret::new(b"12345678901234567890".to_vec());
        let base32 = enrolment(&secret, "a", "b").unwrap().secret;
        let at = DateTime::from_timestamp(seconds, 0).unwrap();
        assert_eq!(code_at(&base32, at).unwrap().reveal(), expected);
        for (offset, step) in [(-30, 1), (0, 0), (30, -1)] {
            let now = DateTime::from_timestamp(seconds + offset, 0).unwrap();
            let found = matching_step(&secret, &Secret::from(expected), now);
            assert_eq!(found, Some(now.timestamp() / 30 + step), "{offset}");
        }
        for offset in [-61, 61] {
            let now = DateTime::from_timestamp((seconds + offset).max(0), 0).unwrap();
            let is_near = (now.timestamp() / 30 - seconds / 30).abs() <= 1;
            assert!(is_near || matching_step(&secret, &Secret::from(expected), now).is_none());
        }
    }

    #[test]
    fn a_code_may_be_typed_full_width_and_with_a_blank() {
        let secret = Secret::new(b"12345678901234567890".to_vec());
        let at = DateTime::from_timestamp(59, 0).unwrap();
        assert_eq!(matching_step(&secret, &Secret::from("２８７ ０８２"), at), Some(1));
        assert_eq!(matching_step(&secret, &Secret::from("+28708"), at), None);
    }

    #[test]
    fn an_enrolment_names_clinic_and_login() {
        let enrolment = enrolment(&new_secret().unwrap(), "clinic-a", "hanako").unwrap();
        let address = enrolment.address.reveal();
        assert!(address.starts_with("otpauth://totp/Tensu:hanako%40clinic-a?secret="), "{address}");
        assert_eq!(format!("{enrolment:?}"), "Enrolment { secret: ***, address: *** }");
    }

    #[test]
    fn recovery_codes_differ_and_are_read_as_typed() {
        let codes = recovery_codes("1 x").unwrap();
        assert_eq!(codes.len(), RECOVERY_CODES);
        let (text, hash) = codes.first().unwrap();
        assert_eq!(text.reveal().len(), 19);
        let sloppy = Secret::new(text.reveal().to_lowercase().replace('-', " "));
        assert_eq!(typed_recovery_hash("1 x", &sloppy), Some(*hash));
        assert_ne!(typed_recovery_hash("1 y", text), Some(*hash));
    }
}
