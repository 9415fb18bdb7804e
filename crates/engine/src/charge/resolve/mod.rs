//! From a calc/1 request to one [`Month`] per claim.
//!
//! A line's payers are those of its set that hold on the day. Lines of one insurer, relationship and ratio
//! make one claim; 公費単独 lines make another, split where a payer or recipient number changes; 自費, 労災 and
//! 自賠責 stay apart. Subsidies are numbered 第1–第4公費 over the whole month.

mod build;
mod combine;
mod subsidies;

use calculation::{PayerKind, Request, Visit as RequestVisit};
use kernel::{Finding, Points, Yen};

use super::month::{Month, Payers};

pub(super) use combine::programme_of;
pub(super) use subsidies::is_same_record;
pub use subsidies::national_share;

use combine::{Combination, combine};

/// A priced line: its points are points × times.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PricedLine {
    /// The visit.
    pub visit_id: String,
    /// The payer set.
    pub set_id: String,
    /// Points × times.
    pub points: Points,
}

/// What the charge must know of a visit beside its lines.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VisitFacts {
    /// The visit.
    pub visit_id: String,
    /// It counts as 診療実日数.
    pub is_counted_day: bool,
    /// It has an 初診料.
    pub is_first_visit: bool,
    /// 長期収載品の特別の料金, with tax.
    pub selection_fee: Yen,
}

/// Points of one visit in one set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bundle {
    /// Position among all bundles of the month.
    pub index: usize,
    /// Position among [`Resolved::visits`].
    pub visit: usize,
    /// Position in the request's sets.
    pub set: usize,
    /// Σ points.
    pub points: Points,
    /// Who pays; for payers outside claims nobody.
    pub payers: Payers,
}

/// The lines of the month that are charged together.
#[derive(Clone, PartialEq, Debug)]
pub struct Family {
    /// Who pays.
    pub kind: PayerKind,
    /// Position of the coverage (the latest one) in the request.
    pub coverage: Option<usize>,
    /// Positions in the request of 第1公費 … and of programmes beside the receipt.
    pub subsidies: Vec<usize>,
    /// Its bundles, by visit and set.
    pub bundles: Vec<Bundle>,
    /// The visits of [`Family::month`], as positions among [`Resolved::visits`].
    pub visits: Vec<usize>,
    /// Input of the charge; `None` for payers outside claims.
    pub month: Option<Month>,
}

/// The request sorted out.
#[derive(Clone, PartialEq, Debug)]
pub struct Resolved<'r> {
    /// Visits by date, start, id.
    pub visits: Vec<&'r RequestVisit>,
    /// Families: insurance by first visit, 公費単独, other payers.
    pub families: Vec<Family>,
    /// For each line its family and payers; `None` for a line that refers to nothing.
    pub lines: Vec<Option<(usize, Payers)>>,
    /// What a person must know.
    pub findings: Vec<Finding>,
}

/// Sorts the month's lines into claims.
pub fn resolve<'r>(request: &'r Request, lines: &[PricedLine], facts: &[VisitFacts]) -> Resolved<'r> {
    let mut visits: Vec<&RequestVisit> = request.visits.iter().collect();
    visits.sort_by(|a, b| (a.date, a.started_at, &a.id).cmp(&(b.date, b.started_at, &b.id)));
    let mut findings = Vec::new();
    let (bundles, places) = bundles(request, &visits, lines, &mut findings);
    let combinations: Vec<Combination> = bundles
        .iter()
        .filter_map(|bundle| {
            let (visit, set) = (visits.get(bundle.visit)?, request.sets.get(bundle.set)?);
            Some(combine(request, visit, set, &mut findings))
        })
        .collect();
    let keyed = build::families(request, &visits, &bundles, combinations);
    let mut families = Vec::with_capacity(keyed.len());
    for members in keyed {
        families.push(build::family(request, &visits, members, facts, &mut findings));
    }
    let mut owners: Vec<Option<(usize, Payers)>> = vec![None; bundles.len()];
    for (index, family) in families.iter().enumerate() {
        for bundle in &family.bundles {
            if let Some(owner) = owners.get_mut(bundle.index) {
                *owner = Some((index, bundle.payers));
            }
        }
    }
    let lines = places.into_iter().map(|place| owners.get(place?).copied().flatten()).collect();
    findings.sort();
    findings.dedup();
    Resolved { visits, families, lines, findings }
}

/// Sums the lines by visit and set; for each line the position of its bundle.
fn bundles(
    request: &Request,
    visits: &[&RequestVisit],
    lines: &[PricedLine],
    findings: &mut Vec<Finding>,
) -> (Vec<Bundle>, Vec<Option<usize>>) {
    let find = |line: &PricedLine| {
        let visit = visits.iter().position(|visit| visit.id == line.visit_id)?;
        Some((visit, request.sets.iter().position(|set| set.id == line.set_id)?))
    };
    let keys: Vec<Option<(usize, usize)>> = lines.iter().map(find).collect();
    let mut bundles: Vec<Bundle> = Vec::new();
    for (line, key) in lines.iter().zip(&keys) {
        let Some((visit, set)) = *key else {
            let message = format!("visit {:?} or payer set {:?} is not in the request", line.visit_id, line.set_id);
            findings.push(Finding::stop("reference-unknown", format!("visits/{}", line.visit_id), message));
            continue;
        };
        match bundles.iter_mut().find(|bundle| (bundle.visit, bundle.set) == (visit, set)) {
            Some(bundle) => bundle.points += line.points,
            None => bundles.push(Bundle { index: 0, visit, set, points: line.points, payers: Payers::default() }),
        }
    }
    // Sets by their id, so that the order of the request does not matter.
    let set_id = |bundle: &Bundle| request.sets.get(bundle.set).map(|set| &set.id);
    bundles.sort_by(|a, b| a.visit.cmp(&b.visit).then_with(|| set_id(a).cmp(&set_id(b))));
    for (index, bundle) in bundles.iter_mut().enumerate() {
        bundle.index = index;
    }
    let place = |key: Option<(usize, usize)>| {
        let key = key?;
        let first = bundles.partition_point(|bundle| bundle.visit < key.0);
        bundles.iter().skip(first).find(|bundle| (bundle.visit, bundle.set) == key).map(|bundle| bundle.index)
    };
    let places = keys.into_iter().map(place).collect();
    (bundles, places)
}
