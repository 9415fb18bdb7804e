//! From bytes to an answer that may be relied on.

use std::collections::HashSet;

use calculation::{Request, Response};

use crate::module::wire::ProblemBody;
use crate::module::{ModuleError, Reason};

/// What came back.
pub(crate) struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
}

/// Reads the answer to a request.
pub(crate) fn read(request: &Request, answer: &Answer) -> Result<Response, ModuleError> {
    match answer.status {
        200 => {
            let response: Response = serde_json::from_slice(&answer.body).map_err(|_| Reason::AnswerMalformed)?;
            if answers(request, &response) { Ok(response) } else { Err(Reason::AnswerOfAnother.into()) }
        }
        413 | 422 => {
            let body: Option<ProblemBody> = serde_json::from_slice(&answer.body).ok();
            match body.and_then(ProblemBody::problem) {
                Some(problem) => Err(ModuleError::Refused(problem)),
                None => Err(Reason::Status(answer.status).into()),
            }
        }
        status => Err(Reason::Status(status).into()),
    }
}

/// True when the response is to this request: same id, month and revision, every visit and order once.
pub(crate) fn answers(request: &Request, response: &Response) -> bool {
    let is_same = response.request_id == request.request_id
        && response.month == request.month
        && response.revision == request.revision
        && response.visits.len() == request.visits.len();
    let visits: HashSet<&str> = response.visits.iter().map(|visit| visit.visit_id.as_str()).collect();
    is_same
        && visits.len() == response.visits.len()
        && request.visits.iter().all(|asked| {
            let answered = response.visits.iter().find(|visit| visit.visit_id == asked.id);
            answered.is_some_and(|visit| {
                let ids: HashSet<&str> = visit.orders.iter().map(|order| order.order_id.as_str()).collect();
                visit.date == asked.date
                    && visit.orders.len() == asked.orders.len()
                    && asked.orders.iter().all(|order| ids.contains(order.id.as_str()))
            })
        })
}
