//! Keys of the process, under which second factors are enciphered at rest.
//!
//! AES-256-GCM with a random nonce. What is enciphered says under which key, so that keys can be replaced: the
//! first key enciphers, every key deciphers.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use store::{Hash, Secret};

use super::random;
use crate::{Problem, ProblemCode};

/// Bytes of a key.
const KEY_BYTES: usize = 32;
/// Bytes that name a key.
const NAME_BYTES: usize = 4;
/// Keys at most.
const KEYS_MAX: usize = 8;

/// Why keys were not read. Says nothing of the keys.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("keys are 1 to 8 texts of base64, 32 bytes each, separated by commas")]
pub struct KeyringError;

/// The keys. `Debug` shows nothing of them.
pub struct Keyring {
    keys: Vec<([u8; NAME_BYTES], RandomizedNonceKey)>,
}

impl Keyring {
    /// Reads keys: base64 of 32 bytes each, separated by commas. The first enciphers.
    ///
    /// # Errors
    /// When a key is not of its form.
    pub fn parse(text: &Secret<String>) -> Result<Self, KeyringError> {
        let keys: Result<Vec<_>, KeyringError> = text.reveal().trim().split(',').map(key).collect();
        let keys = keys?;
        if keys.len() > KEYS_MAX { Err(KeyringError) } else { Ok(Self { keys }) }
    }

    /// A new key as text, for [`Keyring::parse`].
    ///
    /// # Errors
    /// When the machine gives no random bytes.
    pub fn generate() -> Result<Secret<String>, Problem> {
        Ok(Secret::new(STANDARD.encode(random::bytes::<KEY_BYTES>()?)))
    }

    /// Enciphers. `context` says what it is and whose: it opens under the same context only.
    pub(crate) fn seal(&self, context: &str, plain: &[u8]) -> Result<Vec<u8>, Problem> {
        let (name, key) = self.keys.first().ok_or(ProblemCode::Internal)?;
        let mut sealed = plain.to_vec();
        let nonce = key
            .seal_in_place_append_tag(Aad::from(context.as_bytes()), &mut sealed)
            .map_err(|_| ProblemCode::Internal)?;
        Ok([name.as_slice(), nonce.as_ref(), &sealed].concat())
    }

    /// Deciphers; none under another context, an unknown key, or when it was altered.
    pub(crate) fn open(&self, context: &str, sealed: &[u8]) -> Option<Secret<Vec<u8>>> {
        let (name, rest) = sealed.split_at_checked(NAME_BYTES)?;
        let (nonce, rest) = rest.split_at_checked(NONCE_LEN)?;
        let (_, key) = self.keys.iter().find(|(known, _)| known == name)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut buffer = rest.to_vec();
        let plain = key.open_in_place(nonce, Aad::from(context.as_bytes()), &mut buffer).ok()?;
        Some(Secret::new(plain.to_vec()))
    }
}

fn key(text: &str) -> Result<([u8; NAME_BYTES], RandomizedNonceKey), KeyringError> {
    let bytes = STANDARD.decode(text.trim()).map_err(|_| KeyringError)?;
    if bytes.len() != KEY_BYTES {
        return Err(KeyringError);
    }
    let hash = Hash::of(&bytes);
    let name = *hash.as_bytes().first_chunk::<NAME_BYTES>().ok_or(KeyringError)?;
    Ok((name, RandomizedNonceKey::new(&AES_256_GCM, &bytes).map_err(|_| KeyringError)?))
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keyring(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(texts: &[&Secret<String>]) -> Keyring {
        let text: Vec<&str> = texts.iter().map(|text| text.reveal().as_str()).collect();
        Keyring::parse(&Secret::new(text.join(","))).unwrap()
    }

    #[test]
    fn what_is_sealed_opens_under_its_context_only() {
        let keys = ring(&[&Keyring::generate().unwrap()]);
        let sealed = keys.seal("totp 1 a", b"secret").unwrap();
        assert_eq!(keys.open("totp 1 a", &sealed).unwrap().reveal(), b"secret");
        assert!(keys.open("totp 1 b", &sealed).is_none());
        let mut altered = sealed.clone();
        *altered.last_mut().unwrap() ^= 1;
        assert!(keys.open("totp 1 a", &altered).is_none());
        assert!((0..sealed.len()).all(|length| keys.open("totp 1 a", &sealed[..length]).is_none()));
        assert_ne!(keys.seal("totp 1 a", b"secret").unwrap(), sealed);
    }

    #[test]
    fn an_older_key_still_opens() {
        let (older, newer) = (Keyring::generate().unwrap(), Keyring::generate().unwrap());
        let sealed = ring(&[&older]).seal("x", b"secret").unwrap();
        assert!(ring(&[&newer, &older]).open("x", &sealed).is_some());
        assert!(ring(&[&newer]).open("x", &sealed).is_none());
    }

    #[test]
    fn a_key_out_of_its_form_is_refused_without_being_shown() {
        for text in ["", "abc", "YWJj", ",,"] {
            assert!(Keyring::parse(&Secret::from(text)).is_err(), "{text}");
        }
        assert_eq!(format!("{:?}", ring(&[&Keyring::generate().unwrap()])), "Keyring(***)");
    }
}
