//! Passwords: what is allowed, how they are kept, how they are checked.
//!
//! At least 12 characters after Unicode normalisation (NFKC), no simple one, none with the names of the account or
//! the clinic, none used before. No password has to be changed for its age.
//! Source: NIST SP 800-63B-4 §3.1.1; OWASP password storage (argon2id, 19 MiB, 2 passes, 1 lane).

use std::sync::OnceLock;

use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use icu_normalizer::ComposingNormalizerBorrowed;
use store::Secret;

use super::random;
use crate::{Problem, ProblemCode};

/// Characters of a password at least.
pub const CHARACTERS_MIN: usize = 12;
/// Characters of a password at most.
pub const CHARACTERS_MAX: usize = 128;
/// Bytes of what is sent as a password at most.
pub const BYTES_MAX: usize = 1_024;
/// Earlier passwords that are not allowed again.
pub const HISTORY: i64 = 8;
/// Characters beside simple words and rows that a password has at least.
const OWN_CHARACTERS_MIN: usize = 5;
/// Names shorter than this may be part of a password.
const NAME_CHARACTERS_MIN: usize = 4;
/// Memory of the hash in KiB.
const MEMORY_KIB: u32 = 19 * 1024;
/// Passes of the hash.
const PASSES: u32 = 2;

/// Words and passwords that are tried first, one a line.
const SIMPLE: &str = include_str!("simple_passwords.txt");
/// Rows of keys and letters.
const ROWS: [&str; 6] =
    ["01234567890", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm", "1qaz2wsx3edc4rfv5tgb6yhn7ujm"];
/// Stands where something simple was.
const TAKEN: char = '\u{1}';

/// A password that is allowed, normalised.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Password(Secret<String>);

/// Checks a new password. `names` are those of the account and the clinic.
///
/// # Errors
/// `invalid` with the reason at `/password`.
pub fn check(password: &Secret<String>, names: &[&str]) -> Result<Password, Problem> {
    let refuse = |code: &str, message: String| Err(Problem::invalid("/password", code, message));
    let Some(password) = normalised(password) else {
        return refuse("too-long", format!("パスワードは{CHARACTERS_MAX}文字以内にしてください"));
    };
    let length = password.reveal().chars().count();
    if length < CHARACTERS_MIN {
        return refuse("too-short", format!("パスワードは{CHARACTERS_MIN}文字以上にしてください"));
    }
    if length > CHARACTERS_MAX {
        return refuse("too-long", format!("パスワードは{CHARACTERS_MAX}文字以内にしてください"));
    }
    let lower = password.reveal().to_lowercase();
    let names: Vec<String> = names.iter().map(|name| compact(name)).collect();
    let is_named =
        names.iter().any(|name| name.chars().count() >= NAME_CHARACTERS_MIN && compact(&lower).contains(name));
    if is_named {
        return refuse("contains-name", "パスワードにログイン名や医療機関の名前を含めないでください".to_owned());
    }
    if is_simple(&lower) || is_simple(&plain_letters(&lower)) {
        return refuse("simple", "推測されやすいパスワードです。別のものにしてください".to_owned());
    }
    Ok(Password(password))
}

/// The problem of a password that was used before.
pub fn reused() -> Problem {
    Problem::invalid("/password", "reused", "以前に使ったパスワードは使えません")
}

/// The hash to be kept, with a salt of its own.
///
/// # Errors
/// `internal`.
pub fn hash(password: &Password) -> Result<Secret<String>, Problem> {
    let salt = random::bytes::<16>()?;
    let hash = hasher()?.hash_password_with_salt(password.0.reveal().as_bytes(), &salt);
    Ok(Secret::new(hash.map_err(|_| ProblemCode::Internal)?.to_string()))
}

/// True when it is the password of the hash. Takes as long when there is no hash: who measures the time learns
/// nothing of which accounts exist.
pub fn is_of(password: &Secret<String>, hash: Option<&Secret<String>>) -> bool {
    let normalised = normalised(password);
    let candidate = normalised.as_ref().map_or("", |password| password.reveal().as_str());
    let known = hash.map_or_else(|| nobodys_hash(), |hash| hash.reveal().as_str());
    let Ok(hasher) = hasher() else { return false };
    let is_right = hasher.verify_password(candidate.as_bytes(), known).is_ok();
    is_right && hash.is_some() && normalised.is_some()
}

/// True when an allowed password is that of a hash.
pub fn is_same(password: &Password, hash: &Secret<String>) -> bool {
    is_of(&password.0, Some(hash))
}

fn hasher() -> Result<Argon2<'static>, Problem> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).map_err(|_| ProblemCode::Internal)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// The hash of no password, made once.
fn nobodys_hash() -> &'static str {
    static HASH: OnceLock<String> = OnceLock::new();
    HASH.get_or_init(|| {
        let password = Password(Secret::new(String::new()));
        hash(&password).map(Secret::into_revealed).unwrap_or_default()
    })
}

fn normalised(password: &Secret<String>) -> Option<Secret<String>> {
    let text = password.reveal();
    let is_short = text.len() <= BYTES_MAX;
    is_short.then(|| Secret::new(nfkc(text)))
}

/// Unicode normalisation form KC: full-width letters of an input method become plain ones.
pub fn nfkc(text: &str) -> String {
    ComposingNormalizerBorrowed::new_nfkc().normalize(text).into_owned()
}

/// Letters and digits only, lower case.
fn compact(text: &str) -> String {
    nfkc(text).to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect()
}

/// Digits and signs that stand for letters, as those letters.
fn plain_letters(lower: &str) -> String {
    let plain = |c| match c {
        '0' => 'o',
        '1' | '!' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        other => other,
    };
    lower.chars().map(plain).collect()
}

/// True when little is left after everything that is tried first was taken out.
fn is_simple(lower: &str) -> bool {
    let mut rest: String = lower.chars().filter(|c| c.is_alphanumeric()).collect();
    let signs = lower.chars().filter(|c| !c.is_alphanumeric() && !c.is_whitespace());
    let distinct_signs: std::collections::BTreeSet<char> = signs.collect();
    let mut words: Vec<&str> = SIMPLE.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    for word in words {
        rest = rest.replace(word, &TAKEN.to_string());
    }
    let rest = without_rows(&rest);
    let own: Vec<char> = rest.chars().filter(|c| *c != TAKEN).collect();
    let distinct: std::collections::BTreeSet<&char> = own.iter().collect();
    distinct.len() + distinct_signs.len().min(2) < OWN_CHARACTERS_MIN
}

/// Without runs of four and more along a row of keys, up or down.
fn without_rows(text: &str) -> String {
    let mut rest = text.to_owned();
    for row in ROWS {
        let backwards: String = row.chars().rev().collect();
        for row in [row, &backwards] {
            for length in (4..=row.len()).rev() {
                for start in 0..=row.len() - length {
                    let Some(run) = row.get(start..start + length) else { continue };
                    rest = rest.replace(run, &TAKEN.to_string());
                }
            }
        }
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn code(password: &str) -> Option<String> {
        let problem = check(&Secret::from(password), &["hanako", "clinic-a", "さくら内科"]).err()?;
        Some(problem.errors[0].code.clone())
    }

    #[rstest]
    #[case("short", "too-short")]
    #[case("エレベーターの猫", "too-short")]
    #[case("Hanako likes tea 3", "contains-name")]
    #[case("clinicA tea and milk", "contains-name")]
    #[case("さくら内科の春の朝です", "too-short")]
    #[case("さくら内科の春の朝でしたね", "contains-name")]
    #[case("password1234", "simple")]
    #[case("P@ssw0rd2026!", "simple")]
    #[case("123456789012", "simple")]
    #[case("qwertyuiop12", "simple")]
    #[case("aaaaaaaaaaaaaaaa", "simple")]
    #[case("abcabcabcabcabc", "simple")]
    #[case("byouin2026byouin", "simple")]
    fn a_password_that_is_guessed_is_refused(#[case] password: &str, #[case] expected: &str) {
        assert_eq!(code(password).as_deref(), Some(expected));
    }

    #[test]
    fn a_password_too_long_is_refused() {
        assert_eq!(code(&"x9k".repeat(100)).as_deref(), Some("too-long"));
        assert_eq!(code(&"x9k".repeat(1_000)).as_deref(), Some("too-long"));
    }

    #[rstest]
    #[case("雨の日は 窓口が 静かです")]
    #[case("violet stapler under the moon")]
    #[case("kT7-wPz2.mQx9")]
    fn a_password_of_ones_own_is_allowed(#[case] password: &str) {
        assert_eq!(code(password), None);
    }

    #[test]
    fn a_hash_knows_its_password_however_it_was_typed() {
        let password = check(&Secret::from("violet stapler under"), &[]).unwrap();
        let hash = hash(&password).unwrap();
        assert!(hash.reveal().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.reveal());
        assert!(is_of(&Secret::from("ｖｉｏｌｅｔ　stapler under"), Some(&hash)));
        assert!(!is_of(&Secret::from("violet stapler undeR"), Some(&hash)));
        assert!(!is_of(&Secret::from(""), None));
        assert_eq!(format!("{password:?}"), "Password(***)");
    }
}
