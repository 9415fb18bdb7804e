//! Identity of a result: the same facts give the same id, in whatever order they came.

use sha2::{Digest, Sha256};

use crate::Request;

/// SHA-256 in hexadecimal over the request without `requestId`, `revision` and array order, the engine's
/// version and the release of the masters.
pub fn result_id(request: &Request, engine_version: &str, master_release: &str) -> String {
    let mut canonical = request.clone();
    canonical.request_id.clear();
    canonical.revision = 0;
    canonical.sort();
    let mut hasher = Sha256::new();
    // Serialising plain data into memory does not fail.
    hasher.update(serde_json::to_vec(&canonical).unwrap_or_default());
    hasher.update([0]);
    hasher.update(engine_version.as_bytes());
    hasher.update([0]);
    hasher.update(master_release.as_bytes());
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
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
