//! Medicines dispensed in house (投薬) and drugs used in procedures.
//!
//! Source: F000, F100, F200, F500 and 第5部 通則5; G100; C200, D500, E300, J300, K940, L200.

use calculation::{BrandChoice, Dispensing, DrugUse, InstitutionFact, Outcome};
use kernel::{Points, Rounding};
use masters::row::DrugRow;
use rust_decimal::Decimal;

use super::accept::is_medicine;
use super::basic::is_prescription_fee;
use super::rules;
use super::select::{Selection, place};
use super::standard::is_filed;
use super::work::{Charged, Dose, Entry, Why, Work};

/// 小児かかりつけ診療料 (B001-2-11).
const FAMILY_DOCTOR_CHILD: Selection = Selection::of_places(&[place(b'B', 1, 2, 19)]);
/// 薬剤料逓減（９０／１００）（内服薬）.
pub const REDUCTION_90: u32 = 630_010_002;
/// 湿布薬 of one prescription at most (第5部 通則5).
const COMPRESSES_MAX: i64 = 63;
/// A 剤 of this price or less counts as one kind (F200注3 留意事項), yen.
const ONE_KIND_YEN: i64 = 205;
/// 臨時の投薬: up to two weeks do not count among the seven kinds.
const TEMPORARY_DAYS: u16 = 14;
/// 外来後発医薬品使用体制加算 1–3 (令和8: 地域支援・外来医薬品供給対応体制加算) with their standards.
const GENERIC_SYSTEM: [(u32, u16); 3] = [(120_004_370, 3487), (120_004_070, 3488), (120_004_170, 3598)];
/// 地域包括診療加算 and 認知症地域包括診療加算: no seven-kinds reduction for their patients.
const COMPREHENSIVE: [u32; 4] = [112_021_770, 112_017_270, 112_021_870, 112_017_570];

/// 地域包括診療料 and (令和6) 認知症地域包括診療料: nor for theirs, the whole month (F200注3).
const COMPREHENSIVE_FEE: Selection = Selection::of_places(&[place(b'B', 1, 2, 12), place(b'B', 1, 2, 15)]);

/// Yen of a quantity of a drug.
pub fn amount(drug: &DrugRow, entry: &Entry<'_>) -> Decimal {
    let quantity = entry.quantity.map_or(Decimal::ONE, kernel::Quantity::get);
    Decimal::new(drug.price_e2, 2) * quantity
}

/// Builds the 剤 of each visit and derives 調剤料, 処方料 and what belongs to them.
pub fn dispense(work: &mut Work<'_>) {
    for visit in 0..work.visits.len() {
        build_doses(work, visit);
        derive_fees(work, visit);
    }
}

fn use_of(work: &Work<'_>, entry: &Entry<'_>) -> Option<DrugUse> {
    let order = work.order_of(entry)?;
    let Charged::Drug(drug) = entry.charged else { return None };
    if order.dispensing == Some(Dispensing::Outside) || !is_medicine(order, &entry.charged) {
        return None;
    }
    Some(order.drug_use.unwrap_or(match (drug.form, order.days) {
        (6, _) => DrugUse::External,
        (_, None) => DrugUse::AsNeeded,
        _ => DrugUse::Internal,
    }))
}

/// One 剤: same use, group, or usage and days (固形剤 and 内用液 are told apart by the caller's group).
fn build_doses(work: &mut Work<'_>, visit: usize) {
    let mut doses: Vec<(DoseKey, Dose)> = Vec::new();
    for (index, entry) in work.in_visit(visit) {
        if !entry.is_live() {
            continue;
        }
        let (Some(drug_use), Some(order)) = (use_of(work, entry), work.order_of(entry)) else { continue };
        let times = match drug_use {
            DrugUse::Internal => order.days.unwrap_or(1),
            _ => order.times.unwrap_or(1),
        };
        let alone = if order.group.is_none() && order.usage_code.is_none() { Some(index) } else { None };
        let key = DoseKey {
            drug_use,
            group: order.group,
            usage: if order.group.is_none() { order.usage_code.clone() } else { None },
            times,
            set: order.set_id.clone(),
            alone,
        };
        match doses.iter_mut().find(|(other, _)| *other == key) {
            Some((_, dose)) => dose.entries.push(index),
            None => doses.push((key, Dose { visit, drug_use, times: times.max(1), entries: vec![index] })),
        }
    }
    work.doses.extend(doses.into_iter().map(|(_, dose)| dose));
}

#[derive(PartialEq, Eq)]
struct DoseKey {
    drug_use: DrugUse,
    group: Option<u32>,
    usage: Option<String>,
    times: u16,
    set: Option<String>,
    alone: Option<usize>,
}

/// Points of one time of a 剤 (F200: 15 yen or less is one point).
pub fn dose_points(work: &Work<'_>, dose: &Dose) -> Points {
    Rounding::drug_points(dose_yen(work, dose), Points::new(1))
}

fn dose_yen(work: &Work<'_>, dose: &Dose) -> Decimal {
    dose.entries
        .iter()
        .filter_map(|index| work.entries.get(*index))
        .filter_map(|entry| match entry.charged {
            Charged::Drug(drug) => Some(amount(drug, entry)),
            _ => None,
        })
        .sum()
}

fn doses_of<'w>(work: &'w Work<'_>, visit: usize) -> impl Iterator<Item = &'w Dose> {
    work.doses.iter().filter(move |dose| dose.visit == visit)
}

/// Kinds of internal medicines as F200注3 counts them.
fn kinds(work: &Work<'_>, visit: usize) -> usize {
    doses_of(work, visit)
        .filter(|dose| dose.drug_use == DrugUse::Internal && dose.times > TEMPORARY_DAYS)
        .map(|dose| if dose_yen(work, dose) <= Decimal::from(ONE_KIND_YEN) { 1 } else { dose.entries.len() })
        .sum()
}

fn derive_fees(work: &mut Work<'_>, visit: usize) {
    // The first medicine of each kind: what follows from it is paid by whoever pays it.
    let first = |work: &Work<'_>, wanted: &[DrugUse]| {
        let mut doses = doses_of(work, visit).filter(|dose| wanted.contains(&dose.drug_use));
        doses.next().and_then(|dose| dose.entries.first().copied())
    };
    let internal = first(work, &[DrugUse::Internal, DrugUse::AsNeeded]);
    let external = first(work, &[DrugUse::External]);
    // Too many 湿布薬 earn no fee by themselves; what stands beside them does (第5部 通則5).
    let external = if limit_compresses(work, visit) { first_beside_compresses(work, visit) } else { external };
    let Some(any) = internal.or(external) else { return };
    if let Some(medicine) = internal {
        derive_once(work, (visit, medicine), 120_000_710, &rules::DISPENSING);
    }
    if let Some(medicine) = external {
        derive_once(work, (visit, medicine), 120_001_010, &rules::DISPENSING);
    }
    let controlled = doses_of(work, visit).flat_map(|dose| &dose.entries).copied().find(|index| {
        let charged = work.entries.get(*index).map(|entry| entry.charged);
        matches!(charged, Some(Charged::Drug(drug)) if matches!(drug.controlled, 1 | 2 | 3 | 5))
    });
    if let Some(medicine) = controlled {
        derive_once(work, (visit, medicine), 120_000_110, &rules::CONTROLLED);
    }
    derive_prescribing(work, (visit, any), controlled);
}

/// The first external medicine of a visit that is no 湿布薬.
fn first_beside_compresses(work: &Work<'_>, visit: usize) -> Option<usize> {
    let external = doses_of(work, visit).filter(|dose| dose.drug_use == DrugUse::External);
    external.flat_map(|dose| &dose.entries).copied().find(|index| {
        let charged = work.entries.get(*index).map(|entry| entry.charged);
        matches!(charged, Some(Charged::Drug(drug)) if !is_compress(work, drug))
    })
}

fn is_ordered(work: &Work<'_>, visit: usize, wanted: impl Fn(u32) -> bool) -> bool {
    work.live_in_visit(visit).any(|(_, act)| wanted(act.validity.code))
}

fn derive_once(work: &mut Work<'_>, (visit, medicine): (usize, usize), code: u32, rule: &'static rules::Rule) {
    if !is_ordered(work, visit, |other| other == code) {
        work.derive_following(visit, code, Some(medicine), rule);
    }
}

/// 処方料 with 乳幼児, 麻薬等, 後発 and 調剤技術基本料; none of them on a visit with 処方箋料.
fn derive_prescribing(work: &mut Work<'_>, (visit, medicine): (usize, usize), controlled: Option<usize>) {
    const KINDS: [u32; 4] = [120_001_210, 120_002_610, 120_003_610, 120_004_410];
    if is_ordered(work, visit, is_prescription_fee) {
        return;
    }
    let Some(on) = work.visits.get(visit).map(|current| current.date()) else { return };
    let is_comprehensive = is_ordered(work, visit, |code| COMPREHENSIVE.contains(&code))
        || work.live_acts().iter().any(|(_, act)| COMPREHENSIVE_FEE.has(act));
    let is_seven = kinds(work, visit) >= 7 && !is_comprehensive;
    if is_seven {
        work.seven_kinds.push(visit);
    }
    if !is_ordered(work, visit, |code| KINDS.contains(&code)) {
        let (code, rule) =
            if is_seven { (120_002_610, &rules::PRESCRIBING_SEVEN) } else { (120_001_210, &rules::PRESCRIBING) };
        let base = work.derive_following(visit, code, Some(medicine), rule);
        let is_infant = kernel::completed_years(work.request.patient.birth_date, on) < 3;
        if base.is_some() && is_infant {
            work.derive_added(visit, 120_002_170, base, &rules::ADD_ON_AGE);
        }
    }
    if let Some(medicine) = controlled {
        derive_once(work, (visit, medicine), 120_001_310, &rules::CONTROLLED);
    }
    let system = GENERIC_SYSTEM.iter().find(|(_, standard)| is_filed(&work.request.institution, *standard, on));
    if let Some((code, _)) = system {
        derive_once(work, (visit, medicine), *code, &rules::GENERIC_SYSTEM);
    }
    let has_pharmacist = work.request.institution.facts.contains(&InstitutionFact::FullTimePharmacist);
    let first = on.month_of().first_day();
    if has_pharmacist && !super::limit::is_charged_since(work, &[120_001_810], first, on.month_of().last_day()) {
        work.derive_following(visit, 120_001_810, Some(medicine), &rules::PHARMACIST);
    }
}

/// 湿布薬 (鎮痛・鎮痒・収斂・消炎剤 in sheets): beyond 63 sheets of one prescription nothing is charged. True when
/// the bound was passed.
fn limit_compresses(work: &mut Work<'_>, visit: usize) -> bool {
    let compresses: Vec<usize> = doses_of(work, visit)
        .filter(|dose| dose.drug_use == DrugUse::External)
        .flat_map(|dose| dose.entries.clone())
        .filter(|index| {
            work.entries
                .get(*index)
                .is_some_and(|entry| matches!(entry.charged, Charged::Drug(drug) if is_compress(work, drug)))
        })
        .collect();
    let mut left = Decimal::from(COMPRESSES_MAX);
    let mut is_over = false;
    for index in compresses {
        let Some(entry) = work.entries.get_mut(index) else { continue };
        let wanted = entry.quantity.map_or(Decimal::ONE, kernel::Quantity::get);
        if wanted <= left {
            left -= wanted;
            continue;
        }
        is_over = true;
        match kernel::Quantity::try_from(left) {
            Ok(rest) => {
                entry.quantity = Some(rest);
                entry.outcome = Outcome::Replaced;
                entry.why.push(Why::rule(&rules::COMPRESS));
            }
            Err(_) => {
                entry.outcome = Outcome::Rejected;
                entry.why.push(Why::rule(&rules::COMPRESS));
            }
        }
        left = Decimal::ZERO;
    }
    is_over
}

fn is_compress(work: &Work<'_>, drug: &DrugRow) -> bool {
    const SHEET: u16 = 6;
    let code = work.masters.text(drug.price_list_code);
    // 薬効分類 264, 8th character S: sheets.
    drug.unit_code == SHEET && code.starts_with("264") && code.get(7..8) == Some("S")
}

/// 選定療養: the special charge of a dose the patient chose, with 10 % tax, yen. Differences of one 剤 are
/// summed first, then rounded as drug points.
pub fn selection_fee(work: &Work<'_>, dose: &Dose) -> i64 {
    const TAXED_YEN_PER_POINT: i64 = 11;
    let difference: Decimal = dose
        .entries
        .iter()
        .filter_map(|index| work.entries.get(*index))
        .filter(|entry| entry.is_live())
        .filter_map(|entry| selection_difference(work, entry))
        .sum();
    if difference.is_zero() {
        return 0;
    }
    Rounding::drug_points(difference, Points::new(1)).get() * i64::from(dose.times) * TAXED_YEN_PER_POINT
}

/// Price of the twin row (医療上必要) less the price of the （選） row, times the quantity.
fn selection_difference(work: &Work<'_>, entry: &Entry<'_>) -> Option<Decimal> {
    let Charged::Drug(drug) = entry.charged else { return None };
    let choice = work.order_of(entry)?.brand_choice;
    if drug.selection != 2 || choice == BrandChoice::MedicalNeed {
        return None;
    }
    let pair = work.masters.drug(kernel::DrugCode::from_number(drug.selection_pair)?, work.date_of(entry))?;
    let quantity = entry.quantity.map_or(Decimal::ONE, kernel::Quantity::get);
    Some(Decimal::new(pair.price_e2 - drug.price_e2, 2) * quantity)
}

/// Medicines fall when everything of the visit, or all 投薬 of the month, is contained in another fee.
pub fn include_medicines(work: &mut Work<'_>) {
    let home_months: Vec<_> = work
        .entries
        .iter()
        .filter(|entry| entry.live_act().is_some_and(|act| act.section_letter == b'C' && act.section_number == 2))
        .map(|entry| work.date_of(entry).month_of())
        .collect();
    let medicines: Vec<usize> = work.doses.iter().flat_map(|dose| dose.entries.clone()).collect();
    for index in medicines {
        let Some(entry) = work.entries.get(index) else { continue };
        let is_pediatric = work.visit_of(entry).is_some_and(|visit| visit.is_pediatric_fee);
        let is_family_doctor = work.live_in_visit(entry.visit).any(|(_, act)| FAMILY_DOCTOR_CHILD.has(act));
        let rule = if is_pediatric {
            &rules::PEDIATRIC_INCLUDED
        } else if is_family_doctor {
            &rules::FAMILY_DOCTOR_CHILD
        } else if home_months.contains(&work.date_of(entry).month_of()) {
            &rules::HOME_MANAGEMENT
        } else {
            continue;
        };
        work.end(index, Outcome::Included, Why::rule(rule));
    }
    let entries = &work.entries;
    let is_live = |index: &usize| entries.get(*index).is_some_and(Entry::is_live);
    work.doses.retain(|dose| dose.entries.iter().any(is_live));
}

/// Drugs and materials of a procedure that is not charged: they go with the injection that stands for it, or
/// fall with it.
pub fn follow_procedures(work: &mut Work<'_>) {
    for index in 0..work.entries.len() {
        let Some(entry) = work.entries.get(index) else { continue };
        let is_used = matches!(entry.charged, Charged::Drug(_) | Charged::Material(_));
        let Some(base) = entry.base.filter(|_| is_used && entry.is_live()) else { continue };
        let Some(procedure) = work.entries.get(base) else { continue };
        if procedure.is_live() {
            continue;
        }
        let is_replaced = procedure.why.iter().any(|why| why.rule.id == rules::MAIN_INJECTION.id);
        let visit = procedure.visit;
        let outcome = procedure.outcome;
        let main = work
            .live_in_visit(visit)
            .find(|(_, act)| act.section_letter == b'G' && matches!(act.section_number, 1 | 4 | 5 | 6))
            .map(|(main, _)| main);
        match main.filter(|_| is_replaced) {
            Some(main) => work.rebase(index, main),
            None => {
                let cause = work.cause(base);
                work.end(index, outcome, Why { cause, ..Why::rule(&rules::BASE_REJECTED) });
            }
        }
    }
}
