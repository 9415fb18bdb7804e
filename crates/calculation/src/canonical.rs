//! Identity of a result: the same facts give the same id, in whatever order they came.

use sha2::{Digest, Sha256};

use crate::Request;

/// What the request of a patient without visits, and each visit of it, usually take as text.
const BYTES_USUAL: usize = 2_048;
const BYTES_PER_VISIT_USUAL: usize = 3_072;

/// SHA-256 in hexadecimal over the request without `requestId`, `revision` and array order, the engine's
/// version and the release of the masters.
pub fn result_id(mut request: Request, engine_version: &str, master_release: &str) -> String {
    request.request_id.clear();
    request.revision = 0;
    request.sort();
    let mut text = Vec::with_capacity(BYTES_USUAL + BYTES_PER_VISIT_USUAL * request.visits.len());
    // Serialising plain data into memory does not fail.
    let _ = serde_json::to_writer(&mut text, &request);
    let mut hasher = Sha256::new();
    hasher.update(text);
    hasher.update([0]);
    hasher.update(engine_version.as_bytes());
    hasher.update([0]);
    hasher.update(master_release.as_bytes());
    let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or_default();
    hasher.finalize().iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

impl Request {
    /// Brings every array into the order of its ids, visits into the order of time: by date, start, id;
    /// orders by number, id.
    pub fn sort(&mut self) {
        self.coverages.sort_by(|a, b| a.id.cmp(&b.id));
        self.subsidies.sort_by(|a, b| a.id.cmp(&b.id));
        for subsidy in &mut self.subsidies {
            subsidy.paid_elsewhere.sort_by_key(|entry| (entry.date, entry.yen));
        }
        self.limits.sort_by_key(|limit| (limit.valid_from, limit.code));
        self.specific_diseases.sort_by_key(|disease| (disease.valid_from, disease.cap_yen));
        self.sets.sort_by(|a, b| a.id.cmp(&b.id));
        for set in &mut self.sets {
            set.subsidy_ids.sort();
        }
        self.diagnoses.sort_by(|a, b| a.id.cmp(&b.id));
        self.visits.sort_by(|a, b| (a.date, a.started_at, &a.id).cmp(&(b.date, b.started_at, &b.id)));
        for visit in &mut self.visits {
            visit.orders.sort_by(|a, b| (a.no, &a.id).cmp(&(b.no, &b.id)));
            visit.facts.sort();
            visit.struck.sort_by_key(|struck| struck.code.number());
        }
        self.history.lines.sort();
        self.history.limit_reached_months.sort();
        self.collected.sort_by(|a, b| (&a.visit_id, a.yen).cmp(&(&b.visit_id, b.yen)));
        self.institution.facts.sort();
        self.institution.standards.sort_by_key(|standard| (standard.code, standard.from));
        self.institution.opening_hours.sort_by_key(|hours| (hours.weekday, hours.valid_from, hours.from));
        self.institution.closed_dates.sort();
        self.patient.facts.sort_by_key(|fact| (fact.kind, fact.from));
    }
}
