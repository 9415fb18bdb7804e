//! The service: database, calculation modules, clock; and the one way to run a use case.

use std::sync::Arc;

use calculation::{CalculationModule, Request};
use chrono::{DateTime, Utc};
use store::{Database, Stamp};

use crate::calculator::{Answer, Calculator, embedded};
use crate::identity::Keyring;
use crate::problem::Remedy;
use crate::{Caller, Clock, Problem, ProblemCode, Work, japanese_day};

/// How often a transaction is tried again when another one stood in its way.
const RETRIES_MAX: u32 = 3;
/// Requests to a module outside for one use case at most.
const QUESTIONS_MAX: u32 = 24;

/// What every process of the service holds.
#[derive(Clone)]
pub struct Service {
    database: Database,
    engine: Arc<dyn CalculationModule + Send + Sync>,
    clock: Clock,
    keyring: Option<Arc<Keyring>>,
}

impl Service {
    /// A service over a database, with the embedded engine.
    pub fn new(database: Database, engine: Arc<dyn CalculationModule + Send + Sync>, clock: Clock) -> Self {
        Self { database, engine, clock, keyring: None }
    }

    /// The same with the keys under which second factors are enciphered. Without them nobody logs in.
    #[must_use]
    pub fn with_keyring(mut self, keyring: Keyring) -> Self {
        self.keyring = Some(Arc::new(keyring));
        self
    }

    /// The keys under which second factors are enciphered.
    ///
    /// # Errors
    /// `unavailable` when the process was started without.
    pub fn keyring(&self) -> Result<&Keyring, Problem> {
        self.keyring.as_deref().ok_or_else(|| {
            tracing::error!("The service was started without the keys of second factors");
            ProblemCode::Unavailable.into()
        })
    }

    /// The database.
    pub const fn database(&self) -> &Database {
        &self.database
    }

    /// Now.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Runs a use case in one transaction, with its journal. Nothing stays when it fails.
    ///
    /// It may run more than once: when two transactions stood in each other's way, and when a module outside must
    /// be asked first.
    ///
    /// # Errors
    /// What the use case answers, `unavailable` when the database does not answer.
    pub fn run<T>(
        &self,
        caller: &Caller,
        use_case: impl Fn(&mut Work<'_, '_>) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        self.run_at(self.now(), caller, use_case)
    }

    /// As [`Service::run`], at an instant the caller brings.
    ///
    /// # Errors
    /// As [`Service::run`].
    pub fn run_at<T>(
        &self,
        at: DateTime<Utc>,
        caller: &Caller,
        use_case: impl Fn(&mut Work<'_, '_>) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        let today = japanese_day(at).ok_or(ProblemCode::Internal)?;
        let mut calculator = Calculator::Embedded(self.engine.as_ref());
        let (mut retries, mut questions) = (0, 0);
        loop {
            let problem = match self.attempt(at, today, caller, &calculator, &use_case) {
                Ok(value) => return Ok(value),
                Err(problem) => problem,
            };
            match &problem.remedy {
                Remedy::Retry if retries < RETRIES_MAX => retries += 1,
                Remedy::Ask(request) if questions < QUESTIONS_MAX => {
                    questions += 1;
                    calculator.keep(request, self.ask(request))?;
                }
                _ => return Err(problem),
            }
        }
    }

    fn attempt<T>(
        &self,
        at: DateTime<Utc>,
        today: kernel::ServiceDate,
        caller: &Caller,
        calculator: &Calculator<'_>,
        use_case: &impl Fn(&mut Work<'_, '_>) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        self.database.in_tenant(caller.tenant, |tx| {
            let stamp = Stamp::new(at, caller.actor);
            let mut work = Work::new(tx, caller, stamp, today, calculator);
            let value = use_case(&mut work)?;
            work.finish()?;
            Ok(value)
        })
    }

    /// Asks the module outside; no transaction is open.
    fn ask(&self, request: &Request) -> Answer {
        embedded(self.engine.as_ref(), request)
    }
}
