//! The circuit breaker: a module that failed several times in a row is left alone for a while, then asked once.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::module::Reason;

/// Failures in a row that open the breaker, unless told otherwise.
pub(crate) const FAILURES_MAX_DEFAULT: u32 = 5;
/// How long it stays open, unless told otherwise.
pub(crate) const OPEN_FOR_DEFAULT: Duration = Duration::from_secs(30);

/// Where the breaker takes the time from.
pub type MonotonicClock = Arc<dyn Fn() -> Instant + Send + Sync>;

/// When the breaker opens and for how long.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BreakerSettings {
    /// Failures in a row that open it.
    pub failures_max: u32,
    /// How long the module is left alone.
    pub open_for: Duration,
}

impl Default for BreakerSettings {
    fn default() -> Self {
        Self { failures_max: FAILURES_MAX_DEFAULT, open_for: OPEN_FOR_DEFAULT }
    }
}

/// What the breaker lets through.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BreakerState {
    /// Every call.
    Closed,
    /// None.
    Open,
    /// One, to see whether the module is back.
    HalfOpen,
}

#[derive(Clone, Copy)]
enum State {
    Closed {
        failures: u32,
    },
    Open {
        until: Instant,
    },
    /// One call is under way; when it never ends, the next one may try after this instant.
    Probing {
        until: Instant,
    },
}

/// Counts failures and refuses calls.
pub(crate) struct Breaker {
    settings: BreakerSettings,
    clock: MonotonicClock,
    state: Mutex<State>,
}

impl fmt::Debug for Breaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Breaker").field("state", &self.state()).finish_non_exhaustive()
    }
}

/// The right to one call. A call that says nothing of its end counts as a failure.
pub(crate) struct Permit<'a> {
    breaker: &'a Breaker,
    is_probe: bool,
    is_success: bool,
}

impl Permit<'_> {
    /// The module answered.
    pub(crate) fn succeed(mut self) {
        self.is_success = true;
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.breaker.report(self.is_probe, self.is_success);
    }
}

impl Breaker {
    pub(crate) fn new(settings: BreakerSettings, clock: MonotonicClock) -> Self {
        Self { settings, clock, state: Mutex::new(State::Closed { failures: 0 }) }
    }

    pub(crate) fn state(&self) -> BreakerState {
        match *self.lock() {
            State::Closed { .. } => BreakerState::Closed,
            State::Open { until } if (self.clock)() < until => BreakerState::Open,
            State::Open { .. } | State::Probing { .. } => BreakerState::HalfOpen,
        }
    }

    /// Lets a call through or says that the module is not asked now.
    pub(crate) fn admit(&self) -> Result<Permit<'_>, Reason> {
        let now = (self.clock)();
        let mut state = self.lock();
        let is_probe = match *state {
            State::Closed { .. } => false,
            State::Open { until } | State::Probing { until } if now < until => return Err(Reason::BreakerOpen),
            State::Open { .. } | State::Probing { .. } => {
                *state = State::Probing { until: now + self.settings.open_for };
                true
            }
        };
        drop(state);
        Ok(Permit { breaker: self, is_probe, is_success: false })
    }

    fn report(&self, is_probe: bool, is_success: bool) {
        let now = (self.clock)();
        let mut state = self.lock();
        let before = *state;
        *state = match before {
            _ if is_success => State::Closed { failures: 0 },
            State::Closed { failures } if failures.saturating_add(1) < self.settings.failures_max => {
                State::Closed { failures: failures.saturating_add(1) }
            }
            State::Closed { .. } => State::Open { until: now + self.settings.open_for },
            State::Probing { .. } if is_probe => State::Open { until: now + self.settings.open_for },
            // A call from before the breaker opened says nothing new.
            State::Open { .. } | State::Probing { .. } => before,
        };
        match (before, *state) {
            (State::Closed { .. }, State::Open { .. }) => {
                tracing::warn!("The calculation module failed too often and is left alone for a while");
            }
            (State::Open { .. } | State::Probing { .. }, State::Closed { .. }) => {
                tracing::info!("The calculation module answers again");
            }
            _ => {}
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::ManualClock;

    fn breaker(clock: &ManualClock) -> Breaker {
        let settings = BreakerSettings { failures_max: 2, open_for: Duration::from_secs(30) };
        Breaker::new(settings, clock.source())
    }

    fn fail(breaker: &Breaker) {
        drop(breaker.admit().unwrap());
    }

    #[test]
    fn only_failures_in_a_row_open_it() {
        let breaker = breaker(&ManualClock::new());
        fail(&breaker);
        breaker.admit().unwrap().succeed();
        fail(&breaker);
        assert_eq!(breaker.state(), BreakerState::Closed);
        fail(&breaker);
        assert_eq!(breaker.state(), BreakerState::Open);
        assert_eq!(breaker.admit().map(drop), Err(Reason::BreakerOpen));
    }

    #[test]
    fn one_probe_at_a_time_decides() {
        let clock = ManualClock::new();
        let breaker = breaker(&clock);
        fail(&breaker);
        fail(&breaker);
        clock.advance(Duration::from_secs(30));
        assert_eq!(breaker.state(), BreakerState::HalfOpen);
        let probe = breaker.admit().unwrap();
        assert_eq!(breaker.admit().map(drop), Err(Reason::BreakerOpen));
        drop(probe);
        assert_eq!(breaker.state(), BreakerState::Open);
        clock.advance(Duration::from_secs(30));
        breaker.admit().unwrap().succeed();
        assert_eq!(breaker.state(), BreakerState::Closed);
    }

    #[test]
    fn a_call_from_before_decides_nothing_while_it_is_open() {
        let clock = ManualClock::new();
        let breaker = breaker(&clock);
        let slow = breaker.admit().unwrap();
        fail(&breaker);
        fail(&breaker);
        clock.advance(Duration::from_secs(30));
        let probe = breaker.admit().unwrap();
        drop(slow);
        assert_eq!(breaker.state(), BreakerState::HalfOpen);
        probe.succeed();
        assert_eq!(breaker.state(), BreakerState::Closed);
    }

    #[test]
    fn a_probe_that_never_ends_is_followed_by_another() {
        let clock = ManualClock::new();
        let breaker = breaker(&clock);
        fail(&breaker);
        fail(&breaker);
        clock.advance(Duration::from_secs(30));
        std::mem::forget(breaker.admit().unwrap());
        assert_eq!(breaker.admit().map(drop), Err(Reason::BreakerOpen));
        clock.advance(Duration::from_secs(30));
        breaker.admit().unwrap().succeed();
        assert_eq!(breaker.state(), BreakerState::Closed);
    }
}
