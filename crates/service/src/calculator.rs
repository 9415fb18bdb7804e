//! Which module answers a calculation inside a transaction.

use std::collections::HashMap;

use calculation::{CalculationModule, Request, Response};
use store::results::request_hash;

use crate::problem::Remedy;
use crate::{Problem, ProblemCode};

/// Answers at hand.
pub enum Calculator<'a> {
    /// The embedded engine answers at once.
    Embedded(&'a (dyn CalculationModule + Send + Sync)),
    /// What a module outside answered before the transaction began, by hash of the request.
    Asked(HashMap<Vec<u8>, Answer>),
}

/// What a module outside answered.
pub type Answer = Result<Response, Problem>;

impl Calculator<'_> {
    /// Keeps an answer for the next attempt.
    pub(crate) fn keep(&mut self, request: &Request, answer: Answer) -> Result<(), Problem> {
        if let Self::Asked(answers) = self {
            answers.insert(request_hash(request)?, answer);
        }
        Ok(())
    }

    pub(crate) fn calculate(&self, request: &Request) -> Answer {
        let answers = match self {
            Self::Embedded(engine) => return embedded(*engine, request),
            Self::Asked(answers) => answers,
        };
        match answers.get(&request_hash(request)?) {
            Some(answer) => answer.clone(),
            None => {
                Err(Problem { remedy: Remedy::Ask(Box::new(request.clone())), ..ProblemCode::ModuleUnavailable.into() })
            }
        }
    }
}

/// The embedded engine's answer.
pub(crate) fn embedded(engine: &dyn CalculationModule, request: &Request) -> Answer {
    engine.calculate(request).map_err(|problem| {
        Problem::new(ProblemCode::CalculationRefused).detail(problem.to_string()).with("reason", problem.code.as_str())
    })
}
