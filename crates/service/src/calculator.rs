//! Which module answers a calculation inside a transaction.

use std::collections::HashMap;

use calculation::{CalculationModule, Request, Response};
use store::calculation_settings::CalculationMode;
use store::results::request_hash;

use crate::problem::Remedy;
use crate::{Problem, ProblemCode};

/// Reason of a provisional answer: the embedded engine answered in place of the module.
pub const MODULE_UNREACHABLE: &str = "module-unreachable";

/// Answers at hand.
pub struct Calculator<'a> {
    /// The embedded engine answers at once.
    engine: &'a (dyn CalculationModule + Send + Sync),
    /// What a module outside answered before the transaction began, by hash of the request.
    asked: HashMap<Vec<u8>, Answer>,
}

/// What a module answered.
pub type Answer = Result<Response, Problem>;

impl<'a> Calculator<'a> {
    pub(crate) fn new(engine: &'a (dyn CalculationModule + Send + Sync)) -> Self {
        Self { engine, asked: HashMap::new() }
    }

    /// Keeps an answer for the next attempt.
    pub(crate) fn keep(&mut self, request: &Request, answer: Answer) -> Result<(), Problem> {
        self.asked.insert(request_hash(request)?, answer);
        Ok(())
    }

    /// The answer of whom the clinic chose.
    pub(crate) fn calculate(&self, mode: CalculationMode, request: &Request) -> Answer {
        match mode {
            CalculationMode::Embedded => self.embedded(request),
            CalculationMode::Module => self.module(request),
            CalculationMode::ModuleWithFallback => match self.module(request) {
                Err(problem) if is_unreachable(&problem) => self.embedded(request).map(provisional),
                answer => answer,
            },
        }
    }

    /// The embedded engine's answer.
    pub(crate) fn embedded(&self, request: &Request) -> Answer {
        self.engine.calculate(request).map_err(|problem| refused(&problem))
    }

    /// The module's answer; a problem that makes the service ask it when it was not asked yet.
    pub(crate) fn module(&self, request: &Request) -> Answer {
        match self.asked.get(&request_hash(request)?) {
            Some(answer) => answer.clone(),
            None => {
                Err(Problem { remedy: Remedy::Ask(Box::new(request.clone())), ..ProblemCode::ModuleUnavailable.into() })
            }
        }
    }
}

/// The module was asked and gave no answer to rely on.
fn is_unreachable(problem: &Problem) -> bool {
    problem.code == ProblemCode::ModuleUnavailable && problem.remedy == Remedy::None
}

fn provisional(mut response: Response) -> Response {
    response.provisional = true;
    response.provisional_reasons.push(MODULE_UNREACHABLE.into());
    response
}

/// A module refused the month.
pub(crate) fn refused(problem: &calculation::Problem) -> Problem {
    Problem::new(ProblemCode::CalculationRefused).detail(problem.to_string()).with("reason", problem.code.as_str())
}
