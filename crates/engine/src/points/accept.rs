//! Orders become entries: the master row of the day, and whether it may be used at all.

use std::str::from_utf8;

use calculation::{Dispensing, DrugUse, Order, OrderKind, Outcome, TimeClass, VisitFact, VisitKind};
use kernel::{AgeLimit, Finding, ItemCode, Quantity, ServiceDate};
use masters::row::{ActRow, DrugRow};

use super::basic;
use super::rules::{self, Rule};
use super::standard::{Standing, standing};
use super::work::{Charged, Entry, Refused, Why, Work};

/// Makes an entry of every order of every visit.
pub fn accept(work: &mut Work<'_>) {
    let request = work.request;
    for (visit, source) in request.visits.iter().enumerate() {
        for (position, order) in source.orders.iter().enumerate() {
            accept_order(work, visit, position, order, source.date);
        }
    }
}

fn accept_order<'a>(work: &mut Work<'a>, visit: usize, position: usize, order: &'a Order, on: ServiceDate) {
    let Some(code) = order.code else {
        let rule = if order.kind == OrderKind::SelfPay { &rules::SELF_PAY } else { &rules::KIND_MISMATCH };
        let outcome = if order.kind == OrderKind::SelfPay { Outcome::Accepted } else { Outcome::Rejected };
        refuse(work, visit, position, outcome, Why::rule(rule));
        return;
    };
    if order.kind == OrderKind::SelfPay {
        refuse(work, visit, position, Outcome::Accepted, Why::rule(&rules::SELF_PAY));
        return;
    }
    let masters = work.masters;
    let charged = match (order.kind, code) {
        (OrderKind::Act, ItemCode::Act(code)) => masters.act(code, on).map(Charged::Act),
        (OrderKind::Drug, ItemCode::Drug(code)) => masters.drug(code, on).map(Charged::Drug),
        (OrderKind::Material, ItemCode::Material(code)) => masters.material(code, on).map(Charged::Material),
        (OrderKind::Comment, ItemCode::Comment(code)) => masters.comment(code, on).map(Charged::Comment),
        _ => {
            refuse(work, visit, position, Outcome::Rejected, Why::rule(&rules::KIND_MISMATCH));
            return;
        }
    };
    match charged {
        Some(charged) => add(work, visit, position, order, charged),
        None => refuse_missing(work, visit, position, code, on),
    }
}

fn refuse(work: &mut Work<'_>, visit: usize, order: usize, outcome: Outcome, why: Why) {
    work.refused.push(Refused { visit, order, outcome, why });
}

/// No row on the day: unknown, ended, or without a value that can be relied on.
fn refuse_missing(work: &mut Work<'_>, visit: usize, position: usize, code: ItemCode, on: ServiceDate) {
    let masters = work.masters;
    let is_known = match code {
        ItemCode::Act(code) => !masters.act_versions(code).is_empty(),
        ItemCode::Drug(code) => !masters.drug_versions(code).is_empty(),
        ItemCode::Material(code) => !masters.material_versions(code).is_empty(),
        ItemCode::Comment(code) => !masters.comment_versions(code).is_empty(),
    };
    let (rule, finding, detail): (&'static Rule, _, _) = match masters.ended(code.number(), on) {
        Some(row) if row.is_abolished == 0 => (&rules::NO_VALUE, "code-no-value", masters.text(row.reason).to_owned()),
        Some(row) => (&rules::CODE_NOT_VALID, "code-not-valid", masters.text(row.reason).to_owned()),
        None if is_known => (&rules::CODE_NOT_VALID, "code-not-valid", format!("{code} is not valid on {on}")),
        None => (&rules::CODE_UNKNOWN, "code-unknown", format!("{code} is in no master of this release")),
    };
    let place = order_place(work, visit, position);
    work.findings.push(Finding::stop(finding, place, detail.clone()).with_basis(rule.basis));
    refuse(work, visit, position, Outcome::Rejected, Why::detail(rule, detail));
}

/// `visits/V01/orders/3`, for findings.
pub fn order_place(work: &Work<'_>, visit: usize, position: usize) -> String {
    let source = work.request.visits.get(visit);
    let order = source.and_then(|source| source.orders.get(position));
    let visit_id = source.map_or("?", |source| &source.id);
    format!("visits/{visit_id}/orders/{}", order.map_or("?", |order| &order.id))
}

fn add<'a>(work: &mut Work<'a>, visit: usize, position: usize, order: &'a Order, charged: Charged<'a>) {
    let base = match charged {
        Charged::Act(act) if matches!(act.record_role, 7 | 9) => find_base(work, visit, act),
        Charged::Act(_) => None,
        Charged::Drug(_) if !is_medicine(order, &charged) => last_procedure(work, visit),
        Charged::Drug(_) => None,
        Charged::Material(_) => last_procedure(work, visit),
        Charged::Comment(_) => work.in_visit(visit).next_back().map(|(index, _)| index),
    };
    let index = work.push(Entry {
        visit,
        order: Some(position),
        charged,
        quantity: order.quantity,
        times: order.times.unwrap_or(1).max(1),
        base,
        follows: base,
        outcome: Outcome::Accepted,
        why: Vec::new(),
        conditions: Vec::new(),
    });
    match charged {
        Charged::Act(act) if merge_with_derived(work, index, act) => {}
        Charged::Act(act) => check_act(work, index, act),
        Charged::Drug(drug) if is_past_use(drug, work.date_of_visit(visit)) => {
            let detail = format!("経過措置 {}まで", drug.usable_until);
            let place = order_place(work, visit, position);
            let rule = &rules::CODE_NOT_VALID;
            work.findings.push(Finding::stop("code-not-valid", place, detail.clone()).with_basis(rule.basis));
            work.end(index, Outcome::Rejected, Why::detail(rule, detail));
        }
        Charged::Drug(_) if order.dispensing == Some(Dispensing::Outside) => {
            work.end(index, Outcome::Accepted, Why::rule(&rules::OUTSIDE));
        }
        Charged::Material(row) if matches!(row.price_kind, 2 | 9) && order.price_yen.is_none() => {
            work.end(index, Outcome::Rejected, Why::rule(&rules::PRICE_MISSING));
        }
        _ => {}
    }
}

/// A drug whose 経過措置 has run out.
fn is_past_use(drug: &DrugRow, on: ServiceDate) -> bool {
    drug.usable_until != 0 && on.yyyymmdd() > drug.usable_until
}

/// An order of what the engine has added to the visit by itself is that very entry.
fn merge_with_derived(work: &mut Work<'_>, index: usize, act: &ActRow) -> bool {
    let Some(visit) = work.entries.get(index).map(|entry| entry.visit) else { return false };
    let derived = work
        .with_code(act.validity.code)
        .find(|(_, other)| other.visit == visit && other.order.is_none() && other.is_live())
        .map(|(other, _)| other);
    derived.is_some_and(|derived| merge(work, derived, index))
}

/// A drug given out to the patient (内服, 屯服, 外用), not one used in a procedure.
pub fn is_medicine(order: &Order, charged: &Charged<'_>) -> bool {
    match order.drug_use {
        Some(DrugUse::Internal | DrugUse::AsNeeded | DrugUse::External) => true,
        Some(DrugUse::Injection | DrugUse::Procedure) => false,
        // 剤形: 1 内用, 6 外用; an injection drug without a stated use belongs to its procedure.
        None => matches!(charged, Charged::Drug(drug) if matches!(drug.form, 1 | 6)),
    }
}

/// The procedure before this order that drugs and materials belong to.
fn last_procedure(work: &Work<'_>, visit: usize) -> Option<usize> {
    let is_procedure = |entry: &Entry<'_>| {
        entry.order.is_some()
            && entry.act().is_some_and(|act| {
                matches!(act.record_role, 1 | 3 | 5) && matches!(act.section_letter, b'C'..=b'E' | b'G'..=b'N')
            })
    };
    work.in_visit(visit).rev().find(|(_, entry)| is_procedure(entry)).map(|(index, _)| index)
}

/// The base of an ordered add-on: the nearest base before it, else the first after, that shares 注加算コード
/// (項番38), or for 通則加算 and flag-matched add-ons the section letter.
fn find_base(work: &Work<'_>, visit: usize, act: &ActRow) -> Option<usize> {
    let fits = |entry: &Entry<'_>| {
        entry.is_live()
            && entry.act().is_some_and(|base| {
                matches!(base.record_role, 1 | 3 | 5)
                    && if act.record_role == 7 && act.note_code != 0 {
                        base.note_code == act.note_code
                    } else {
                        base.section_letter == act.section_letter
                    }
            })
    };
    work.in_visit(visit).rev().find(|(_, entry)| fits(entry)).map(|(index, _)| index)
}

/// Gives a base to add-ons that were ordered before it.
pub fn attach_late(work: &mut Work<'_>) {
    for index in 0..work.entries.len() {
        let Some(entry) = work.entries.get(index) else { continue };
        let Some(act) = entry.act() else { continue };
        if entry.base.is_some() || !matches!(act.record_role, 7 | 9) || !entry.is_live() {
            continue;
        }
        let visit = entry.visit;
        let base = find_base(work, visit, act);
        match base {
            Some(base) => work.rebase(index, base),
            None => work.end(index, Outcome::Rejected, Why::rule(&rules::NO_BASE)),
        }
    }
    reject_same_serials(work);
}

/// Two 注加算 of one base may stand together only with different 通番 (項番39): the earlier stays.
fn reject_same_serials(work: &mut Work<'_>) {
    for index in 0..work.entries.len() {
        let Some(entry) = work.entries.get(index) else { continue };
        let (Some(act), Some(base)) = (entry.live_act(), entry.base) else { continue };
        if entry.order.is_none() || act.record_role != 7 || act.note_code == 0 {
            continue;
        }
        let clash = work.added_to(base).find(|(other, entry)| {
            *other < index
                && entry
                    .live_act()
                    .is_some_and(|row| row.note_code == act.note_code && row.note_serial == act.note_serial)
        });
        if let Some((other, _)) = clash {
            if is_level_of_dx(work, other) && is_level_of_dx(work, index) {
                // The engine takes the lowest level by itself; the one ordered is the one that was filed.
                work.end(other, Outcome::Rejected, Why::rule(&rules::SAME_SERIAL));
                continue;
            }
            let is_same =
                work.entries.get(other).and_then(Entry::act).map(|row| row.validity.code) == Some(act.validity.code);
            if is_same && work.entries.get(other).is_some_and(|other| other.order.is_none()) {
                merge(work, other, index);
                continue;
            }
            let cause = work.cause(other);
            let why = Why { cause, ..Why::rule(&rules::SAME_SERIAL) };
            work.end(index, Outcome::Rejected, why);
        }
    }
}

/// 医療DX推進体制整備加算 of any level, derived or ordered.
fn is_level_of_dx(work: &Work<'_>, index: usize) -> bool {
    const LEVELS: [u32; 6] = [111_703_370, 111_703_470, 111_703_570, 111_703_670, 111_703_770, 111_703_870];
    work.entries.get(index).and_then(Entry::act).is_some_and(|act| LEVELS.contains(&act.validity.code))
}

/// Checks of one act by its own master row.
fn check_act(work: &mut Work<'_>, index: usize, act: &ActRow) {
    let Some(entry) = work.entries.get(index) else { return };
    let visit = entry.visit;
    let on = work.date_of(entry);
    let birth = work.request.patient.birth_date;
    let code = act.validity.code;
    if basic::is_basic_fee(code) {
        match_basic_fee(work, index, code);
        return;
    }
    if act.in_out == 1 || act.outpatient_bucket == 0 {
        work.end(index, Outcome::Rejected, Why::rule(&rules::NOT_OUTPATIENT));
    } else if matches!(act.facility_kind, 1 | 4) || !is_bed_count_allowed(act.beds, work.request.institution.beds) {
        work.end(index, Outcome::Rejected, Why::rule(&rules::NOT_CLINIC));
    } else if act.chapter == FORENSIC_CHAPTER && !is_forensic_patient(work, index) {
        work.end(index, Outcome::Rejected, Why::rule(&rules::FORENSIC));
    } else if !age_limit(act.age_low).is_reached(birth, on) || !age_limit(act.age_high).is_below(birth, on) {
        let detail = format!("年齢 {}以上 {}未満", age_limit(act.age_low), age_limit(act.age_high));
        work.end(index, Outcome::Rejected, Why::detail(&rules::AGE, detail));
    } else if matches!(act.point_kind, 4 | 7) && price_points(work, index).is_none() {
        work.end(index, Outcome::Rejected, Why::rule(&rules::PRICE_MISSING));
    } else if is_below_step(act, work.entries.get(index).and_then(|entry| entry.quantity)) {
        work.end(index, Outcome::Rejected, Why::rule(&rules::QUANTITY_BELOW));
    } else {
        check_standing(work, index, act, on);
        check_disease(work, index, act, on);
        check_statement(work, index, visit, code, on);
        check_time(work, index, visit, code);
    }
}

/// 時間外緊急院内検査加算 and 時間外緊急院内画像診断加算 are for what begins outside the posted hours, on a holiday or
/// late at night. It may begin later than the visit: of a visit in the daytime a person is asked. Beside
/// 夜間・早朝等加算 the table of exclusions decides.
fn check_time(work: &mut Work<'_>, index: usize, visit: usize, code: u32) {
    const OUTSIDE_HOURS: [u32; 2] = [160_000_210, 170_016_010];
    let is_daytime = work.visits.get(visit).is_some_and(|current| current.time == TimeClass::Regular);
    let is_live = work.entries.get(index).is_some_and(Entry::is_live);
    if OUTSIDE_HOURS.contains(&code) && is_daytime && is_live {
        work.end_or_ask(index, Outcome::Rejected, true, Why::rule(&rules::OUTSIDE_HOURS));
    }
}

/// 章 6: fees of the 医療観察法.
const FORENSIC_CHAPTER: u8 = 6;

/// True when a subsidy of law 30 (医療観察法) pays for the order.
fn is_forensic_patient(work: &Work<'_>, index: usize) -> bool {
    let request = work.request;
    let Some(entry) = work.entries.get(index) else { return false };
    let visit_set = request.visits.get(entry.visit).map(|visit| visit.set_id.as_str());
    let set = work.order_of(entry).and_then(|order| order.set_id.as_deref()).or(visit_set);
    let ids = request.sets.iter().find(|row| Some(row.id.as_str()) == set).map(|row| row.subsidy_ids.as_slice());
    request
        .subsidies
        .iter()
        .any(|subsidy| subsidy.payer_number.law() == "30" && ids.is_some_and(|ids| ids.contains(&subsidy.id)))
}

/// Points typed at entry (点数識別 4 and 7).
pub fn price_points(work: &Work<'_>, index: usize) -> Option<rust_decimal::Decimal> {
    work.entries.get(index).and_then(|entry| work.order_of(entry)).and_then(|order| order.price_yen)
}

fn is_bed_count_allowed(kind: u8, beds: u16) -> bool {
    match kind {
        0 => true,
        1 => (1..=99).contains(&beds),
        2 => (100..=199).contains(&beds),
        3 | 5 => beds <= 199,
        4 | 6 => beds >= 200,
        7 => beds < 400,
        _ => beds >= 400,
    }
}

/// An age bound of a master row.
pub fn age_limit(bytes: [u8; 2]) -> AgeLimit {
    from_utf8(&bytes).ok().and_then(|text| text.parse().ok()).unwrap_or(AgeLimit::None)
}

fn is_below_step(act: &ActRow, quantity: Option<Quantity>) -> bool {
    let Some(quantity) = quantity else { return false };
    let lowest = rust_decimal::Decimal::from(act.step_low) - rust_decimal::Decimal::from(act.step_unit);
    act.step_calc == 1 && matches!(act.step_error, 2 | 3) && quantity.get() <= lowest
}

fn check_standing(work: &mut Work<'_>, index: usize, act: &ActRow, on: ServiceDate) {
    match standing(&work.request.institution, act, on) {
        Standing::Met => {}
        Standing::Missing => {
            let codes: Vec<String> =
                act.standards.iter().filter(|code| **code != 0).map(|code| format!("{code:04}")).collect();
            let detail = format!("施設基準 {}", codes.join("、"));
            work.end(index, Outcome::Rejected, Why::detail(&rules::STANDARD, detail));
        }
        Standing::Unclear => {
            let question = "必要な施設基準を届け出ていますか".to_owned();
            work.require(index, question, Why::rule(&rules::STANDARD_AGGREGATE));
        }
    }
}

/// 項番25: the claimable disease that the fee is bound to. Without any diagnosis in the request nothing is
/// asked: the order itself says that the condition is met.
fn check_disease(work: &mut Work<'_>, index: usize, act: &ActRow, on: ServiceDate) {
    if act.disease_link == 0 || work.request.diagnoses.is_empty() {
        return;
    }
    let masters = work.masters;
    let has_disease = work.request.diagnoses.iter().any(|disease| {
        let is_open = disease.started_on <= on && disease.ended_on.is_none_or(|ended| ended >= on);
        // 8002 の疑い does not count.
        let is_suspected = disease.modifiers.iter().any(|modifier| modifier.number() == 8002);
        is_open
            && !is_suspected
            && masters.diagnosis(disease.code, on).is_some_and(|row| match act.disease_link {
                5 => matches!(row.specific_disease, 5 | 8),
                7 => matches!(row.specific_disease, 7 | 8),
                9 => row.intractable == 9,
                link => row.specific_disease == link,
            })
    });
    if !has_disease {
        let question = "対象となる傷病名がありません。算定要件を満たしますか".to_owned();
        work.require(index, question, Why::rule(&rules::DISEASE));
    }
}

fn check_statement(work: &mut Work<'_>, index: usize, visit: usize, code: u32, on: ServiceDate) {
    if code == basic::ITEMISED_STATEMENT && basic::is_statement_barred(work, on) {
        work.end(index, Outcome::Rejected, Why::rule(&rules::STATEMENT_OR_COORDINATION));
    }
    let is_home_visit = work.visits.get(visit).is_some_and(|current| current.kind == VisitKind::HomeVisit);
    let is_outpatient_management = code == basic::OUTPATIENT_MANAGEMENT;
    if is_outpatient_management && is_home_visit {
        work.end(index, Outcome::Rejected, Why::rule(&rules::OUTPATIENT_MANAGEMENT_NO_REVISIT));
    }
    let has_standard_conflict = work
        .visits
        .get(visit)
        .is_some_and(|current| is_outpatient_management && current.has(VisitFact::HealthCheckSameDay));
    if has_standard_conflict {
        work.end(index, Outcome::Rejected, Why::rule(&rules::NO_BASIC_FEE));
    }
}

/// An ordered basic fee is the one the engine decided, or is replaced by it.
fn match_basic_fee(work: &mut Work<'_>, index: usize, code: u32) {
    let Some(visit) = work.entries.get(index).map(|entry| entry.visit) else { return };
    let decided = work.visits.get(visit).and_then(|current| current.basic);
    let Some(decided) = decided else {
        work.end(index, Outcome::Rejected, Why::rule(&rules::NO_BASIC_FEE));
        return;
    };
    let is_same = work.entries.get(decided).and_then(Entry::act).map(|act| act.validity.code) == Some(code);
    if merge(work, decided, index)
        && !is_same
        && let Some(entry) = work.entries.get_mut(decided)
    {
        entry.outcome = Outcome::Replaced;
        entry.why.push(Why::rule(&rules::BASIC_REPLACED));
    }
}

/// Lets a derived entry stand for an order: the order's own entry disappears. False when the derived entry
/// already stands for another order, which leaves this one rejected.
pub fn merge(work: &mut Work<'_>, derived: usize, ordered: usize) -> bool {
    let order = work.entries.get(ordered).and_then(|entry| entry.order);
    let is_free = work.entries.get(derived).is_some_and(|entry| entry.order.is_none());
    if !is_free {
        let cause = work.cause(derived);
        work.end(ordered, Outcome::Rejected, Why { cause, ..Why::rule(&rules::DERIVED_ORDERED) });
        return false;
    }
    if let Some(entry) = work.entries.get_mut(derived) {
        entry.order = order;
        entry.why.push(Why::rule(&rules::DERIVED_ORDERED));
    }
    if let Some(entry) = work.entries.get_mut(ordered) {
        entry.order = None;
        entry.outcome = Outcome::Rejected;
    }
    true
}
