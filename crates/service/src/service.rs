//! The service: database, calculation modules, clock; and the one way to run a use case.

use std::sync::Arc;
use std::time::{Duration, Instant};

use calculation::{CalculationModule, Request};
use chrono::{DateTime, Utc};
use national::module::{ModuleClient, ModuleError};
use store::{Database, Stamp};

use crate::calculator::{Answer, Calculator, refused};
use crate::identity::Keyring;
use crate::problem::Remedy;
use crate::{Caller, Clock, Problem, ProblemCode, Work, japanese_day};

/// How often a transaction is tried again when another one stood in its way.
const RETRIES_MAX: u32 = 3;
/// Requests to a module outside for one use case at most.
const QUESTIONS_MAX: u32 = 24;
/// Time for all of them: one that begins later is not asked.
const QUESTIONS_TIME_MAX: Duration = Duration::from_secs(10);

/// What every process of the service holds.
#[derive(Clone)]
pub struct Service {
    database: Database,
    engine: Arc<dyn CalculationModule + Send + Sync>,
    module: Option<Arc<ModuleClient>>,
    clock: Clock,
    keyring: Option<Arc<Keyring>>,
}

impl Service {
    /// A service over a database, with the embedded engine.
    pub fn new(database: Database, engine: Arc<dyn CalculationModule + Send + Sync>, clock: Clock) -> Self {
        Self { database, engine, module: None, clock, keyring: None }
    }

    /// The same with a module outside, for the clinics that chose it.
    #[must_use]
    pub fn with_module(mut self, module: Arc<ModuleClient>) -> Self {
        self.module = Some(module);
        self
    }

    /// The module outside.
    pub fn module(&self) -> Option<&ModuleClient> {
        self.module.as_deref()
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

    /// The same at an instant that stands still: what a request brings to a demo server.
    #[must_use]
    pub fn standing_at(&self, at: DateTime<Utc>) -> Self {
        Self { clock: Clock::Fixed(at), ..self.clone() }
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
        let mut calculator = Calculator::new(self.engine.as_ref());
        let mut retries = 0;
        let mut questions = Questions::new(self.module.as_deref());
        loop {
            let problem = match self.attempt(at, today, caller, &calculator, &use_case) {
                Ok(value) => return Ok(value),
                Err(problem) => problem,
            };
            match &problem.remedy {
                Remedy::Retry if retries < RETRIES_MAX => retries += 1,
                Remedy::Ask(request) if questions.count < QUESTIONS_MAX => {
                    calculator.keep(request, questions.ask(request))?;
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
}

/// The questions of one use case to the module outside. No transaction is open while one is asked.
struct Questions<'a> {
    module: Option<&'a ModuleClient>,
    count: u32,
    began: Instant,
    /// Why the module gave no answer: the desk does not wait for the same twice.
    failure: Option<String>,
}

impl<'a> Questions<'a> {
    fn new(module: Option<&'a ModuleClient>) -> Self {
        Self { module, count: 0, began: Instant::now(), failure: None }
    }

    fn ask(&mut self, request: &Request) -> Answer {
        self.count += 1;
        let reason = match (self.module, &self.failure) {
            (None, _) => "not-configured".to_owned(),
            (Some(_), Some(failure)) => failure.clone(),
            (Some(_), None) if self.began.elapsed() >= QUESTIONS_TIME_MAX => "timeout".to_owned(),
            (Some(module), None) => match module.calculate(request) {
                Ok(response) => return Ok(response),
                Err(ModuleError::Refused(problem)) => return Err(refused(&problem)),
                Err(ModuleError::Unavailable { reason }) => {
                    tracing::warn!(%reason, "The calculation module gave no answer: {reason}");
                    reason.to_string()
                }
            },
        };
        self.failure = Some(reason.clone());
        Err(Problem::new(ProblemCode::ModuleUnavailable).with("reason", reason))
    }
}
