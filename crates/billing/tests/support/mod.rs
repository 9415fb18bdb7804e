//! A calculation module for tests: every act has points made of its code, no fee rule is known, payers and
//! days add up. It stands for the outside module, so that claims are tested apart from fee rules.
#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::indexing_slicing, clippy::unwrap_used, clippy::as_conversions)]

use std::collections::{BTreeMap, BTreeSet};

use billing::claim::{self, Claims, Input, PatientResult};
use billing::clinic::{Clinic, Patient};
use billing::encounter;
use calculation::{
    Basis, CalculationModule, Capabilities, ClaimHint, DrugUse, EngineInfo, InsuranceHint, Item, Line, Order,
    OrderKind, Origin, OtherPayer, PayerSet, Problem, Request, Response, Ruleset, SetClass, Status, SubsidyHint, Visit,
    VisitDay, VisitKind, VisitResult, Word,
};
use kernel::{ClaimMonth, ItemCode, Points, ReviewBody};
use masters::row::{ActRow, DiagnosisRow, DrugRow, MaterialRow, ModifierRow, OPEN_END, Validity};
use masters::{Masters, Tables};
use uke::{Burden, Payer};

pub struct Toy;

impl CalculationModule for Toy {
    fn capabilities(&self) -> Capabilities {
        unreachable!("tests never ask")
    }

    fn calculate(&self, request: &Request) -> Result<Response, Problem> {
        if request.patient.reference == "REFUSED" {
            let detail = "tests ask for it".to_owned();
            return Err(Problem {
                code: calculation::ProblemCode::RulesetUnsupported,
                pointer: "/month".into(),
                detail,
            });
        }
        let mut request = request.clone();
        request.sort();
        let claims: Vec<ClaimHint> = families(&request).into_iter().map(|family| hint(&request, &family)).collect();
        let visits = request.visits.iter().map(|visit| visit_result(&request, visit, &claims)).collect();
        Ok(Response {
            result_id: calculation::result_id(request.clone(), "1", "toy"),
            request_id: request.request_id.clone(),
            revision: request.revision,
            month: request.month,
            engine: engine(&request),
            provisional: false,
            provisional_reasons: Vec::new(),
            status: Status::Complete,
            visits,
            month_charge: Vec::new(),
            claims,
            findings: Vec::new(),
            suggestions: Vec::new(),
            used_history: Vec::new(),
        })
    }
}

fn engine(request: &Request) -> EngineInfo {
    EngineInfo {
        name: Word::Borrowed("toy"),
        version: Word::Borrowed("1"),
        rulesets: vec![Ruleset {
            from: request.month.first_day(),
            to: None,
            ruleset_id: Word::Borrowed("R8"),
            master_release: "toy".to_owned(),
            basis: Basis::Derived,
        }],
    }
}

/// Coverage (or the first subsidy of a set without one) of each receipt.
fn families(request: &Request) -> Vec<Option<String>> {
    let sets = used_sets(request);
    let mut families: Vec<Option<String>> =
        sets.iter().filter(|set| is_claimed(set)).map(|set| set.coverage_id.clone()).collect();
    families.sort();
    families.dedup();
    families
}

fn is_claimed(set: &PayerSet) -> bool {
    set.other.is_none() && (set.coverage_id.is_some() || !set.subsidy_ids.is_empty())
}

fn used_sets(request: &Request) -> Vec<&PayerSet> {
    let ids: BTreeSet<&str> = request
        .visits
        .iter()
        .flat_map(|visit| {
            std::iter::once(visit.set_id.as_str()).chain(visit.orders.iter().filter_map(|o| o.set_id.as_deref()))
        })
        .collect();
    request.sets.iter().filter(|set| ids.contains(set.id.as_str())).collect()
}

fn hint(request: &Request, family: &Option<String>) -> ClaimHint {
    let sets: Vec<&PayerSet> =
        used_sets(request).into_iter().filter(|s| is_claimed(s) && s.coverage_id == *family).collect();
    let subsidies: Vec<String> =
        sets.iter().flat_map(|set| set.subsidy_ids.iter().cloned()).collect::<BTreeSet<_>>().into_iter().collect();
    let order = |id: &String| subsidies.iter().position(|other| other == id).unwrap() + 1;
    let burden = |set: &PayerSet| {
        let insurance = set.coverage_id.iter().map(|_| Payer::Insurance);
        Burden::of(insurance.chain(set.subsidy_ids.iter().filter_map(|id| Payer::subsidy(order(id))))).unwrap()
    };
    let lines: Vec<(u8, String, i64)> = request
        .visits
        .iter()
        .flat_map(|visit| {
            lines(visit)
                .into_iter()
                .map(|line| (visit.date.day() as u8, line.set_id.clone(), line.points.get() * i64::from(line.times)))
        })
        .collect();
    let of = |ids: &BTreeSet<&str>| -> (Points, Vec<VisitDay>) {
        let mine: Vec<&(u8, String, i64)> = lines.iter().filter(|line| ids.contains(line.1.as_str())).collect();
        let days: BTreeSet<u8> = mine.iter().map(|line| line.0).collect();
        let days = days.into_iter().map(|day| VisitDay { day, is_counted: true }).collect();
        (Points::new(mine.iter().map(|line| line.2).sum()), days)
    };
    let all: BTreeSet<&str> = sets.iter().map(|set| set.id.as_str()).collect();
    let (points, visit_days) = of(&all);
    let insurer = family.as_ref().map(|id| request.coverages.iter().find(|c| c.id == *id).unwrap());
    let days = visit_days.len() as u8;
    let kind = match insurer {
        None => format!("12{}2", subsidies.len()),
        Some(coverage) if coverage.insurer_number.is_late_elderly() => format!("13{}8", subsidies.len() + 1),
        Some(_) => format!("11{}2", subsidies.len() + 1),
    };
    ClaimHint {
        submit_to: insurer.map_or(ReviewBody::PaymentFund, |coverage| coverage.insurer_number.review_body()),
        type_code: Word::Owned(kind),
        benefit_ratio: None,
        special_notes: if insurer.is_some_and(|c| c.insurer_number.is_late_elderly()) {
            vec![Word::Borrowed("42")]
        } else {
            Vec::new()
        },
        coverage_id: family.clone(),
        days,
        insurance: insurer.map(|_| InsuranceHint { days, points, copay_yen: None }),
        subsidies: subsidies
            .iter()
            .map(|id| {
                let with: BTreeSet<&str> =
                    sets.iter().filter(|set| set.subsidy_ids.contains(id)).map(|set| set.id.as_str()).collect();
                let (points, visit_days) = of(&with);
                SubsidyHint {
                    subsidy_id: id.clone(),
                    days: visit_days.len() as u8,
                    points,
                    copay_yen: None,
                    outpatient_copay_yen: None,
                    visit_days,
                }
            })
            .collect(),
        sets: sets
            .iter()
            .map(|set| SetClass { set_id: set.id.clone(), burden_class: Word::Owned(burden(set).letter().to_string()) })
            .collect(),
        window_burden_class: Word::Borrowed("00"),
        visit_days,
        comments: Vec::new(),
    }
}

fn visit_result(request: &Request, visit: &Visit, claims: &[ClaimHint]) -> VisitResult {
    let class = |set_id: &str| {
        claims.iter().flat_map(|claim| &claim.sets).find(|set| set.set_id == set_id).map(|set| set.burden_class.clone())
    };
    let mut lines = lines(visit);
    for line in &mut lines {
        line.burden_class = class(&line.set_id);
    }
    let is_private = request.sets.iter().any(|set| set.id == visit.set_id && set.other == Some(OtherPayer::Private));
    VisitResult {
        visit_id: visit.id.clone(),
        date: visit.date,
        kind: if visit.kind == VisitKind::Auto { VisitKind::Revisit } else { visit.kind },
        time_class: visit.time_class,
        is_counted_day: !is_private,
        orders: Vec::new(),
        points: lines.iter().map(|line| line.points.times(i64::from(line.times))).sum(),
        lines,
        charge: None,
    }
}

fn lines(visit: &Visit) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let basic = match visit.kind {
        VisitKind::None => None,
        VisitKind::Initial => Some(("11", "111000110", 291)),
        _ => Some(("12", "112007410", 76)),
    };
    if let Some((class, code, points)) = basic {
        lines.push(line(class, vec![item(code.parse().unwrap())], points, 1, &visit.set_id));
    }
    for order in &visit.orders {
        let Some(code) = order.code else { continue };
        let set = order.set_id.as_ref().unwrap_or(&visit.set_id);
        match order.kind {
            OrderKind::SelfPay => {}
            OrderKind::Comment => {
                let item = Item { text: order.text.clone(), ..item(code) };
                match lines.last_mut() {
                    Some(line) => line.items.push(item),
                    None => lines.push(self::line("99", vec![item], 0, 1, set)),
                }
            }
            _ if order.dispensing == Some(calculation::Dispensing::Outside) => {}
            _ => {
                let item = Item { quantity: order.quantity, unit_price_yen: order.price_yen, ..item(code) };
                let times = order.days.or(order.times).unwrap_or(1);
                lines.push(line(class(order), vec![item], i64::from(code.number() % 97) + 1, times, set));
            }
        }
    }
    for (number, line) in (1..).zip(&mut lines) {
        line.id = format!("L{number}");
    }
    lines
}

fn class(order: &Order) -> &'static str {
    match (order.code.map(|code| code.number() / 1_000_000), order.drug_use) {
        (_, Some(DrugUse::Internal)) => "21",
        (_, Some(DrugUse::AsNeeded)) => "22",
        (_, Some(DrugUse::External)) => "23",
        (_, Some(DrugUse::Injection)) => "33",
        (Some(111), _) => "11",
        (Some(112), _) => "12",
        (Some(113), _) => "13",
        (Some(114), _) => "14",
        (Some(130..=139), _) => "33",
        (Some(140..=149 | 700..=799), _) => "40",
        (Some(150..=159), _) => "50",
        (Some(160..=169), _) => "60",
        (Some(170..=179), _) => "70",
        _ => "80",
    }
}

fn item(code: ItemCode) -> Item {
    Item { code, name: String::new(), quantity: None, unit_price_yen: None, text: None }
}

fn line(class: &'static str, items: Vec<Item>, points: i64, times: u16, set: &str) -> Line {
    Line {
        id: String::new(),
        origin: Origin::Ordered,
        shikibetsu: Word::Borrowed(class),
        items,
        points: Points::new(points),
        times,
        set_id: set.to_owned(),
        burden_class: None,
        order_ids: Vec::new(),
        reasons: Vec::new(),
    }
}

/// Masters with the flags the claim asks for: X-ray films are counted in steps, one material has no price.
pub fn masters() -> Masters {
    let validity = |code: u32| Validity { code, from: 20_200_101, to: OPEN_END, ..Validity::default() };
    let mut tables = Tables::default();
    for code in [170_000_410, 170_027_910] {
        tables.acts.push(ActRow { validity: validity(code), step_calc: 1, ..ActRow::default() });
    }
    tables.acts.push(ActRow { validity: validity(112_007_410), ..ActRow::default() });
    tables.drugs.push(DrugRow { validity: validity(620_098_801), ..DrugRow::default() });
    tables.materials.push(MaterialRow {
        validity: validity(710_010_159),
        price_kind: 1,
        price_e2: 23_300,
        ..MaterialRow::default()
    });
    tables.materials.push(MaterialRow { validity: validity(739_200_000), price_kind: 2, ..MaterialRow::default() });
    for code in [8_833_421, 4_659_007, 8_838_810] {
        tables.diagnoses.push(DiagnosisRow { validity: validity(code), ..DiagnosisRow::default() });
    }
    tables.diagnoses.push(DiagnosisRow { validity: validity(3_670_000), not_claimable: 1, ..DiagnosisRow::default() });
    tables.diagnoses.push(DiagnosisRow { validity: validity(7_990_000), needs_modifier: 1, ..DiagnosisRow::default() });
    for code in [8002, 2056] {
        tables.modifiers.push(ModifierRow { validity: validity(code), ..ModifierRow::default() });
    }
    Masters::from_bytes(tables.compile()).unwrap()
}

pub fn month() -> ClaimMonth {
    "2026-10".parse().unwrap()
}

/// Requests, toy results and claims of a clinic's month.
pub fn claims(clinic: &Clinic, masters: &Masters, hold: bool) -> Claims {
    claims_with(clinic, masters, hold, |_| {})
}

/// The same, the results changed before the claims are made.
pub fn claims_with(clinic: &Clinic, masters: &Masters, hold: bool, change: impl Fn(&mut PatientResult)) -> Claims {
    let mut calculated = claim::calculate(&Toy, encounter::requests(clinic, month()));
    calculated.results.iter_mut().for_each(change);
    claim::build(&Input { clinic, claim_month: month().plus_months(1), calculated: &calculated, masters, hold })
}

/// Bytes as text for a person.
pub fn text(bytes: &[u8]) -> String {
    let (text, _, _) = encoding_rs::SHIFT_JIS.decode(bytes);
    text.replace("\r\n", "\n").replace('\u{1a}', "<EOF>")
}

/// Codes of the findings with how often each occurs.
pub fn codes(findings: &[kernel::Finding]) -> BTreeMap<&str, usize> {
    let mut codes = BTreeMap::new();
    for finding in findings {
        *codes.entry(finding.code.as_ref()).or_default() += 1;
    }
    codes
}

pub fn patient<'a>(clinic: &'a mut Clinic, id: &str) -> &'a mut Patient {
    clinic.patients.iter_mut().find(|patient| patient.id == id).unwrap()
}

/// A small clinic with three patients: 社保 with a subsidy, 国保 with a gaiji name, 後期 with in-house drugs.
pub fn small_clinic() -> Clinic {
    serde_json::from_str(include_str!("small_clinic.json")).unwrap()
}
