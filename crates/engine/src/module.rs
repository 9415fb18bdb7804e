//! The embedded engine behind the contract calc/1.

use std::collections::HashSet;

use calculation::{
    Basis, CalculationModule, Capabilities, DIAGNOSES_MAX, EngineInfo, HISTORY_MAX, ORDERS_MAX, Outcome, Problem,
    ProblemCode, Request, Response, Ruleset, SUBSIDIES_PER_SET_MAX, Status, VISITS_MAX, VisitResult, Word, result_id,
};
use kernel::{Finding, ServiceDate};
use masters::Masters;

use crate::charge::{PricedLine, charge};
use crate::points::{self, Index, MonthPoints};
use crate::suggestion::suggest;

/// The embedded calculation module.
pub struct Engine {
    masters: Masters,
    index: Index,
}

/// First service date the engine can compute: 令和6年度.
const COVERS_FROM: u32 = 20_240_601;
/// First day of 令和8年度.
const R8_FROM: u32 = 20_260_601;
const VERSION: &str = env!("CARGO_PKG_VERSION");

impl Engine {
    /// An engine over these masters.
    pub fn new(masters: Masters) -> Self {
        let index = Index::new(&masters);
        Self { masters, index }
    }

    /// The masters it computes with.
    pub const fn masters(&self) -> &Masters {
        &self.masters
    }

    /// The points of a month alone; the request must be sorted.
    pub fn points(&self, request: &Request) -> MonthPoints {
        points::compute(&self.masters, &self.index, request)
    }
}

impl CalculationModule for Engine {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            implementation: "embedded".into(),
            version: VERSION.into(),
            covers_from: ServiceDate::from_yyyymmdd(COVERS_FROM),
            master_release: self.masters.release().to_owned(),
            functions: vec!["points".into(), "charges".into(), "suggestions".into()],
            history_months: 12,
        }
    }

    fn calculate(&self, request: &Request) -> Result<Response, Problem> {
        validate(request, self.masters.release())?;
        let mut sorted = request.clone();
        sorted.sort();
        let month = self.points(&sorted);
        Ok(self.respond(sorted, month))
    }
}

impl Engine {
    fn respond(&self, request: Request, mut month: MonthPoints) -> Response {
        let suggestions = if request.options.suggestions { suggest(self, &request, &month) } else { Vec::new() };
        let charges = charge(&request, &priced_lines(&month), &month.facts);
        let mut classes = charges.line_classes.into_iter();
        for visit in &mut month.visits {
            for line in &mut visit.lines {
                line.burden_class = classes.next().flatten();
            }
            let money = charges.visits.iter().find(|(id, _)| *id == visit.visit_id);
            visit.charge = money.map(|(_, charge)| charge.clone());
        }
        let mut findings: Vec<Finding> = month.findings;
        findings.extend(charges.findings);
        findings.sort();
        let is_open = findings.iter().any(Finding::is_stop)
            || month
                .visits
                .iter()
                .flat_map(|visit| &visit.orders)
                .any(|order| order.outcome == Outcome::NeedsConfirmation);
        let provisional_reasons: Vec<Word> = match month.basis {
            Basis::Official => Vec::new(),
            Basis::Derived => vec![Word::Borrowed("derived-masters")],
        };
        Response {
            request_id: request.request_id.clone(),
            revision: request.revision,
            month: request.month,
            engine: EngineInfo {
                name: Word::Borrowed("embedded"),
                version: Word::Borrowed(VERSION),
                rulesets: vec![self.ruleset(&request, month.basis)],
            },
            provisional: !provisional_reasons.is_empty(),
            provisional_reasons,
            status: if is_open { Status::Open } else { Status::Complete },
            visits: month.visits,
            month_charge: charges.months,
            claims: charges.claims,
            findings,
            suggestions,
            used_history: month.used_history,
            result_id: result_id(request, VERSION, self.masters.release()),
        }
    }

    fn ruleset(&self, request: &Request, basis: Basis) -> Ruleset {
        let is_r8 = request.month.first_day().yyyymmdd() >= R8_FROM;
        Ruleset {
            from: request.month.first_day(),
            to: Some(request.month.last_day()),
            ruleset_id: Word::Borrowed(if is_r8 { "R8" } else { "R6" }),
            master_release: self.masters.release().to_owned(),
            basis,
        }
    }
}

/// The lines of the month as the charge wants them, in the order of visits and lines.
fn priced_lines(month: &MonthPoints) -> Vec<PricedLine> {
    let priced = |visit: &VisitResult| {
        let visit_id = visit.visit_id.clone();
        visit
            .lines
            .iter()
            .map(move |line| PricedLine {
                visit_id: visit_id.clone(),
                set_id: line.set_id.clone(),
                points: line.points.times(i64::from(line.times)),
            })
            .collect::<Vec<_>>()
    };
    month.visits.iter().flat_map(priced).collect()
}

fn problem(code: ProblemCode, pointer: String, detail: String) -> Problem {
    Problem { code, pointer, detail }
}

/// What a request must be before anything is computed.
fn validate(request: &Request, release: &str) -> Result<(), Problem> {
    if request.month.first_day().yyyymmdd() < COVERS_FROM {
        let detail = format!("{} is before 2024-06", request.month);
        return Err(problem(ProblemCode::RulesetUnsupported, "/month".into(), detail));
    }
    if let Some(wanted) = request.master_release.as_deref().filter(|wanted| *wanted != release) {
        let detail = format!("release {wanted} is not loaded, {release} is");
        return Err(problem(ProblemCode::RulesetUnsupported, "/masterRelease".into(), detail));
    }
    check_bounds(request)?;
    check_ids(request)?;
    check_references(request)
}

fn check_bounds(request: &Request) -> Result<(), Problem> {
    let largest_visit = request.visits.iter().map(|visit| visit.orders.len()).max().unwrap_or(0);
    let largest_set = request.sets.iter().map(|set| set.subsidy_ids.len()).max().unwrap_or(0);
    let bounds = [
        ("/visits", request.visits.len(), VISITS_MAX),
        ("/visits/*/orders", largest_visit, ORDERS_MAX),
        ("/history/lines", request.history.lines.len(), HISTORY_MAX),
        ("/diagnoses", request.diagnoses.len(), DIAGNOSES_MAX),
        ("/sets/*/subsidyIds", largest_set, SUBSIDIES_PER_SET_MAX),
    ];
    match bounds.iter().find(|(_, count, max)| count > max) {
        Some((pointer, count, max)) => {
            Err(problem(ProblemCode::TooLarge, (*pointer).into(), format!("{count}, at most {max}")))
        }
        None => Ok(()),
    }
}

fn check_unique<'a>(pointer: &str, ids: impl Iterator<Item = &'a str>) -> Result<(), Problem> {
    let mut seen = HashSet::new();
    for (position, id) in ids.enumerate() {
        if !seen.insert(id) {
            let detail = format!("id {id:?} stands twice");
            return Err(problem(ProblemCode::DuplicateId, format!("{pointer}/{position}/id"), detail));
        }
    }
    Ok(())
}

fn check_ids(request: &Request) -> Result<(), Problem> {
    check_unique("/coverages", request.coverages.iter().map(|row| row.id.as_str()))?;
    check_unique("/subsidies", request.subsidies.iter().map(|row| row.id.as_str()))?;
    check_unique("/sets", request.sets.iter().map(|row| row.id.as_str()))?;
    check_unique("/diagnoses", request.diagnoses.iter().map(|row| row.id.as_str()))?;
    check_unique("/visits", request.visits.iter().map(|row| row.id.as_str()))?;
    for (position, visit) in request.visits.iter().enumerate() {
        let pointer = format!("/visits/{position}");
        check_unique(&format!("{pointer}/orders"), visit.orders.iter().map(|row| row.id.as_str()))?;
        if visit.date.month_of() != request.month {
            let detail = format!("{} is not in {}", visit.date, request.month);
            return Err(problem(ProblemCode::DateOutsideMonth, format!("{pointer}/date"), detail));
        }
    }
    Ok(())
}

fn check_references(request: &Request) -> Result<(), Problem> {
    let unknown = |pointer: String, id: &str| {
        Err(problem(ProblemCode::ReferenceUnknown, pointer, format!("nothing has the id {id:?}")))
    };
    for (position, set) in request.sets.iter().enumerate() {
        let pointer = format!("/sets/{position}");
        if let Some(id) = set.coverage_id.as_deref()
            && !request.coverages.iter().any(|row| row.id == id)
        {
            return unknown(format!("{pointer}/coverageId"), id);
        }
        let subsidy = set.subsidy_ids.iter().find(|id| !request.subsidies.iter().any(|row| row.id == **id));
        if let Some(id) = subsidy {
            return unknown(format!("{pointer}/subsidyIds"), id);
        }
    }
    let is_set = |id: &str| request.sets.iter().any(|set| set.id == id);
    for (position, visit) in request.visits.iter().enumerate() {
        let pointer = format!("/visits/{position}");
        if !is_set(&visit.set_id) {
            return unknown(format!("{pointer}/setId"), &visit.set_id);
        }
        for (number, order) in visit.orders.iter().enumerate() {
            if let Some(id) = order.set_id.as_deref().filter(|id| !is_set(id)) {
                return unknown(format!("{pointer}/orders/{number}/setId"), id);
            }
        }
    }
    let is_known = |id: &str| request.visits.iter().any(|visit| visit.id == id);
    let collected = request.collected.iter().position(|row| !row.is_cancelled && !is_known(&row.visit_id));
    match collected.and_then(|position| request.collected.get(position).map(|row| (position, row))) {
        Some((position, row)) => unknown(format!("/collected/{position}/visitId"), &row.visit_id),
        None => Ok(()),
    }
}
