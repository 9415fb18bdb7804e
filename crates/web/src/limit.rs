//! Bound on the requests of one caller.

use std::net::IpAddr;
use std::num::NonZeroU32;

use governor::clock::DefaultClock;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use store::Hash;

/// Requests per second of one caller.
const PER_SECOND: NonZeroU32 = NonZeroU32::new(200).unwrap();
/// Requests at once of one caller.
const BURST: NonZeroU32 = NonZeroU32::new(1_000).unwrap();
/// Login attempts per minute of one address.
const LOGINS_PER_MINUTE: NonZeroU32 = NonZeroU32::new(30).unwrap();
/// The same on a demo server, where a month is played in seconds.
const DEMO_LOGINS_PER_MINUTE: NonZeroU32 = NonZeroU32::new(3_000).unwrap();
/// Callers remembered before old ones are forgotten.
const CALLERS_MAX: usize = 50_000;

/// Whose requests are counted.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Key {
    /// A token, by its hash.
    Token(Hash),
    /// An address without a token.
    Address(Option<IpAddr>),
}

type Limiter = RateLimiter<Key, DashMapStateStore<Key>, DefaultClock>;

/// Counts requests.
pub struct RateLimit {
    requests: Limiter,
    logins: Limiter,
}

impl Default for RateLimit {
    fn default() -> Self {
        Self::with_logins(LOGINS_PER_MINUTE)
    }
}

impl RateLimit {
    /// Bounds of a demo server.
    pub fn of_demo() -> Self {
        Self::with_logins(DEMO_LOGINS_PER_MINUTE)
    }

    fn with_logins(per_minute: NonZeroU32) -> Self {
        Self {
            requests: Limiter::keyed(Quota::per_second(PER_SECOND).allow_burst(BURST)),
            logins: Limiter::keyed(Quota::per_minute(per_minute)),
        }
    }

    /// False when the caller has sent too many.
    pub fn allows(&self, key: &Key) -> bool {
        forget_some(&self.requests);
        self.requests.check_key(key).is_ok()
    }

    /// False when too many logins came from the address.
    pub fn allows_login(&self, address: Option<IpAddr>) -> bool {
        forget_some(&self.logins);
        self.logins.check_key(&Key::Address(address)).is_ok()
    }
}

fn forget_some(limiter: &Limiter) {
    if limiter.len() > CALLERS_MAX {
        limiter.retain_recent();
    }
}
