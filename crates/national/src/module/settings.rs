//! Where the module is and how patiently it is asked.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use reqwest::Url;

use crate::module::BreakerSettings;

/// Time for a whole call, attempts and pauses included.
pub const DEADLINE_DEFAULT: Duration = Duration::from_secs(3);
/// Attempts of one call.
pub const ATTEMPTS_DEFAULT: u32 = 2;
/// Attempts of one call at most.
pub const ATTEMPTS_MAX: u32 = 5;
/// Pause before the second attempt, before chance is added; doubled each time.
pub const PAUSE_DEFAULT: Duration = Duration::from_millis(100);
/// Calls of one process at the same time.
pub const CALLS_DEFAULT: usize = 16;

/// Where the module is and how patiently it is asked.
#[derive(Clone)]
pub struct ModuleSettings {
    /// `https://host[:port][/path]`; the paths of the contract follow.
    pub url: String,
    /// Roots that the module's certificate must come from (PEM); none = those of the machine.
    pub roots_pem: Option<Vec<u8>>,
    /// Certificate and private key of this caller (PEM), where the module asks for one.
    pub identity_pem: Option<Vec<u8>>,
    /// Plain `http` to another machine, for a network that protects by other means.
    pub is_plain_allowed: bool,
    /// Time for a whole call, attempts and pauses included.
    pub deadline: Duration,
    /// Attempts of one call.
    pub attempts_max: u32,
    /// Pause before the second attempt, before chance is added; doubled each time.
    pub pause: Duration,
    /// Calls at the same time.
    pub calls_max: usize,
    /// When the module is left alone.
    pub breaker: BreakerSettings,
}

impl ModuleSettings {
    /// The usual settings for a module at this address.
    pub fn at(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            roots_pem: None,
            identity_pem: None,
            is_plain_allowed: false,
            deadline: DEADLINE_DEFAULT,
            attempts_max: ATTEMPTS_DEFAULT,
            pause: PAUSE_DEFAULT,
            calls_max: CALLS_DEFAULT,
            breaker: BreakerSettings::default(),
        }
    }

    /// The address, checked, with a path that ends in `/`.
    pub(crate) fn base(&self) -> Result<Url, SettingsError> {
        let mut url = Url::parse(&self.url).map_err(|_| SettingsError::Url)?;
        let has_more = url.query().is_some() || url.fragment().is_some() || url.password().is_some();
        if has_more || !url.username().is_empty() || !url.has_host() {
            return Err(SettingsError::Url);
        }
        match url.scheme() {
            "https" => {}
            "http" if self.is_plain_allowed || is_this_machine(&url) => {}
            _ => return Err(SettingsError::Plain),
        }
        if !url.path().ends_with('/') {
            let path = format!("{}/", url.path());
            url.set_path(&path);
        }
        Ok(url)
    }
}

/// The private key is not shown.
impl fmt::Debug for ModuleSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ModuleSettings")
            .field("url", &self.url)
            .field("has_roots", &self.roots_pem.is_some())
            .field("has_identity", &self.identity_pem.is_some())
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

fn is_this_machine(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
    host == "localhost" || address.is_some_and(|address| address.is_loopback())
}

/// Why settings cannot be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SettingsError {
    /// Not an address of a module.
    #[error("the address of the module must be https://host[:port][/path], without a login, query or fragment")]
    Url,
    /// Not encrypted.
    #[error("the module may be asked over https only; plain http must be allowed explicitly")]
    Plain,
    /// Roots that cannot be read.
    #[error("the root certificates are no certificates in PEM")]
    Roots,
    /// A certificate of ours that cannot be read.
    #[error("the client certificate is no certificate with its private key in PEM")]
    Identity,
    /// A bound that makes no sense.
    #[error("deadline, attempts (at most 5) and calls must be above zero")]
    Bounds,
    /// No thread or no TLS.
    #[error("the client of the module could not be made")]
    Start,
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::usual("https://module.example", Ok("https://module.example/"))]
    #[case::path("https://module.example/a/b", Ok("https://module.example/a/b/"))]
    #[case::this_machine("http://127.0.0.1:9", Ok("http://127.0.0.1:9/"))]
    #[case::this_machine_6("http://[::1]:9", Ok("http://[::1]:9/"))]
    #[case::plain("http://module.example", Err(SettingsError::Plain))]
    #[case::other_scheme("ftp://module.example", Err(SettingsError::Plain))]
    #[case::login("https://a:b@module.example", Err(SettingsError::Url))]
    #[case::query("https://module.example?a=b", Err(SettingsError::Url))]
    #[case::nonsense("module", Err(SettingsError::Url))]
    fn addresses(#[case] url: &str, #[case] expected: Result<&str, SettingsError>) {
        let base = ModuleSettings::at(url).base();
        assert_eq!(base.as_ref().map(Url::as_str).map_err(|error| *error), expected);
    }

    #[test]
    fn plain_http_to_another_machine_must_be_allowed() {
        let settings = ModuleSettings { is_plain_allowed: true, ..ModuleSettings::at("http://module.example") };
        assert!(settings.base().is_ok());
    }

    #[test]
    fn the_private_key_is_not_shown() {
        let settings = ModuleSettings { identity_pem: Some(b"KEY".to_vec()), ..ModuleSettings::at("https://a") };
        assert!(!format!("{settings:?}").contains("75, 69, 89"), "{settings:?}");
    }
}
