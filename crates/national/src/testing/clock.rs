//! A clock to turn by hand.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::module::MonotonicClock;

/// Stands still until it is advanced.
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<Mutex<Instant>>);

impl Default for ManualClock {
    fn default() -> Self {
        Self::new()
    }
}

impl ManualClock {
    /// A clock.
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(Instant::now())))
    }

    /// Lets time pass.
    pub fn advance(&self, time: Duration) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now += time;
    }

    /// What a client takes the time from.
    pub fn source(&self) -> MonotonicClock {
        let clock = self.clone();
        Arc::new(move || *clock.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
