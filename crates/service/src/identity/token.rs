//! Opaque tokens: `<clinic>.<kind><256 random bits>`. The clinic leads, so that its rows can be reached at all.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use store::{Hash, Secret, TenantId};

use super::random;
use crate::Problem;

/// Bytes of chance in a token.
const RANDOM_BYTES: usize = 32;
/// Characters they are written with.
const RANDOM_CHARACTERS: usize = 43;

/// What a token is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TokenKind {
    /// A person's session.
    Session,
    /// A machine's access.
    Access,
    /// An invitation to set a password.
    Invitation,
}

impl TokenKind {
    const fn letter(self) -> char {
        match self {
            Self::Session => 's',
            Self::Access => 'a',
            Self::Invitation => 'i',
        }
    }
}

/// A token. Shown once to whom it is given; only its hash is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Token {
    /// The clinic.
    pub tenant: TenantId,
    /// What it is for.
    pub kind: TokenKind,
    text: Secret<String>,
}

impl Token {
    /// A new token.
    ///
    /// # Errors
    /// When the machine gives no random bytes.
    pub fn new(tenant: TenantId, kind: TokenKind) -> Result<Self, Problem> {
        let text = Secret::new(format!("{tenant}.{}{}", kind.letter(), random_text()?.reveal()));
        Ok(Self { tenant, kind, text })
    }

    /// Reads a token; none for a text that is not of its form.
    pub fn parse(text: &str) -> Option<Self> {
        let (lead, rest) = text.split_once('.')?;
        let tenant = lead.parse().ok().and_then(TenantId::new)?;
        let letter = rest.chars().next()?;
        let kinds = [TokenKind::Session, TokenKind::Access, TokenKind::Invitation];
        let kind = kinds.into_iter().find(|kind| kind.letter() == letter)?;
        let is_exact = tenant.to_string() == lead && rest.len() == RANDOM_CHARACTERS + 1;
        is_exact.then(|| Self { tenant, kind, text: Secret::from(text) })
    }

    /// The token as it is given.
    pub fn reveal(&self) -> &str {
        self.text.reveal()
    }

    /// What is kept of it.
    pub fn hash(&self) -> Hash {
        Hash::of(self.text.reveal().as_bytes())
    }
}

/// 256 random bits as text.
///
/// # Errors
/// When the machine gives no random bytes.
pub fn random_text() -> Result<Secret<String>, Problem> {
    Ok(Secret::new(URL_SAFE_NO_PAD.encode(random::bytes::<RANDOM_BYTES>()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_reads_back_and_is_never_printed() {
        let token = Token::new(TenantId::new(17).unwrap(), TokenKind::Session).unwrap();
        assert_eq!(Token::parse(token.reveal()), Some(token.clone()));
        assert!(token.reveal().starts_with("17.s") && token.reveal().len() == 47);
        assert!(!format!("{token:?}").contains(token.reveal()));
    }

    #[test]
    fn a_text_out_of_form_is_none() {
        let random = "A".repeat(43);
        let wrong = ["", ".", "17", "17.", "17.s", "x.sAAA", &format!("+17.s{random}"), &format!("017.s{random}")];
        let more = [format!("0.s{random}"), format!("-1.s{random}"), format!("17.x{random}"), format!("17.s{random}A")];
        assert!(wrong.into_iter().chain(more.iter().map(String::as_str)).all(|text| Token::parse(text).is_none()));
    }
}
