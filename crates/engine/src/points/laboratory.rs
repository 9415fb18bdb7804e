//! Specimen tests (検体検査): amounts by number of items (まるめ), judgement fees, same-day results.
//!
//! Source: D 第1部 通則3, D004-2, D006–D009, D012–D015, D026 注; the groups are 項番16, 50 and 51.

use calculation::{InstitutionFact, Outcome, VisitFact};
use kernel::Points;
use masters::row::ActRow;
use rust_decimal::prelude::ToPrimitive;

use super::rules;
use super::standard::{Standing, is_filed, standing};
use super::work::{Bundle, Entry, Why, Work};

/// Points of a group by the number of its items, valid for the dates given.
struct BundlePoints {
    group: u8,
    from: u32,
    to: u32,
    /// At least so many items: points. Ascending.
    steps: &'static [(usize, i64)],
}

const OPEN: u32 = 99_999_999;

/// D007注, D008注, D013注, D009注, D006注, D014注, D004-2: the same in 令和6 and 令和8.
const BUNDLES: &[BundlePoints] = &[
    BundlePoints { group: 1, from: 20_240_601, to: OPEN, steps: &[(5, 93), (8, 99), (10, 103)] },
    BundlePoints { group: 2, from: 20_240_601, to: OPEN, steps: &[(3, 410), (6, 623), (8, 900)] },
    BundlePoints { group: 3, from: 20_240_601, to: OPEN, steps: &[(3, 290), (4, 360), (5, 425)] },
    BundlePoints { group: 5, from: 20_240_601, to: OPEN, steps: &[(2, 230), (3, 290), (4, 385)] },
    BundlePoints { group: 6, from: 20_240_601, to: OPEN, steps: &[(3, 530), (5, 722)] },
    BundlePoints { group: 7, from: 20_240_601, to: OPEN, steps: &[(2, 320), (3, 490)] },
    BundlePoints { group: 13, from: 20_240_601, to: OPEN, steps: &[(2, 4_000), (3, 6_000), (4, 8_000)] },
    BundlePoints { group: 14, from: 20_240_601, to: OPEN, steps: &[(2, 8_000), (3, 12_000)] },
];

/// Ceilings of a group on one occasion: ウイルス抗体価 8 items, グロブリンクラス別 2 items, 特異的IgE 1,430 points.
const CEILINGS: &[(u8, i64)] = &[(9, 632), (10, 400), (11, 1_430)];

/// 外来迅速検体検査加算.
const RAPID: u32 = 160_177_770;
/// Tests of a day that may carry it.
const RAPID_PER_DAY: usize = 5;
/// 時間外緊急院内検査加算.
const EMERGENCY_IN_HOUSE: u32 = 160_000_210;
/// 検体検査管理加算(Ⅰ) and the standards that allow it.
const SPECIMEN_MANAGEMENT: u32 = 160_170_170;

/// Groups the tests of each visit whose points go by the number of items.
pub fn bundle(work: &mut Work<'_>) {
    for visit in 0..work.visits.len() {
        let Some(on) = work.visits.get(visit).map(|current| current.date().yyyymmdd()) else { continue };
        for rule in BUNDLES.iter().filter(|rule| (rule.from..=rule.to).contains(&on)) {
            let members = members(work, visit, rule.group);
            let points = rule.steps.iter().rev().find(|(least, _)| members.len() >= *least);
            if let Some((_, points)) = points {
                set_bundle(work, members, Points::new(*points));
            }
        }
        for (group, ceiling) in CEILINGS {
            let members = members(work, visit, *group);
            let sum: i64 = members
                .iter()
                .filter_map(|index| work.entries.get(*index).and_then(Entry::act))
                .map(|act| i64::from(act.points_e2) / 100)
                .sum();
            if sum > *ceiling {
                set_bundle(work, members, Points::new(*ceiling));
            }
        }
    }
}

/// Live tests of a group at a visit, one entry per code.
fn members(work: &Work<'_>, visit: usize, group: u8) -> Vec<usize> {
    work.live_in_visit(visit).filter(|(_, act)| act.bundle_group == group).map(|(index, _)| index).collect()
}

fn set_bundle(work: &mut Work<'_>, members: Vec<usize>, points: Points) {
    for index in &members {
        if let Some(entry) = work.entries.get_mut(*index) {
            entry.outcome = Outcome::Replaced;
            let detail = format!("{}項目 {}点", members.len(), points);
            entry.why.push(Why::detail(&rules::BUNDLE, detail));
        }
    }
    work.bundles.push(Bundle { entries: members, points });
}

/// 外来迅速検体検査加算: ten points for each specimen test of the day explained the same day with a document,
/// five a day over all visits; not on a day of 時間外緊急院内検査加算.
pub fn derive_rapid(work: &mut Work<'_>) {
    for visit in 0..work.visits.len() {
        let Some(current) = work.visits.get(visit) else { continue };
        let date = current.date();
        let is_wanted = current.has(VisitFact::SameDayResults) && !current.is_pediatric_fee;
        let is_ordered = work.live_in_visit(visit).any(|(_, act)| act.validity.code == RAPID);
        if !is_wanted || is_ordered || super::limit::is_charged_since(work, &[EMERGENCY_IN_HOUSE], date, date) {
            continue;
        }
        let tests: Vec<usize> =
            work.live_in_visit(visit).filter(|(_, act)| is_specimen_test(act)).map(|(index, _)| index).collect();
        let left = RAPID_PER_DAY.saturating_sub(rapid_tests_of(work, date));
        let Ok(count @ 1..) = u16::try_from(tests.len().min(left)) else { continue };
        if let Some(index) = work.derive_following(visit, RAPID, tests.first().copied(), &rules::RAPID)
            && let Some(entry) = work.entries.get_mut(index)
        {
            entry.quantity = Some(count.into());
        }
    }
}

/// Tests of a day that carry 外来迅速検体検査加算 already.
fn rapid_tests_of(work: &Work<'_>, date: kernel::ServiceDate) -> usize {
    let of_day = work.with_code(RAPID).filter(|(_, entry)| entry.is_live() && work.date_of(entry) == date);
    of_day.map(|(_, entry)| entry.quantity.and_then(|quantity| quantity.get().to_usize()).unwrap_or(1)).sum()
}

/// 検体検査 proper: D000–D025, recorded as a base.
fn is_specimen_test(act: &ActRow) -> bool {
    act.section_letter == b'D'
        && act.section_number <= 25
        && act.record_role == 1
        && act.notice_role == 1
        && act.exam_role != 2
}

/// 判断料: once a calendar month for each group with a test, on the first day; 検体検査管理加算(Ⅰ) with it.
pub fn derive_judgements(work: &mut Work<'_>) {
    for (index, act) in work.live_acts() {
        if act.exam_role != 1 {
            continue;
        }
        let Some(entry) = work.entries.get(index) else { continue };
        let (visit, on) = (entry.visit, work.date_of(entry));
        let Some(code) = judgement_of(work, act.exam_group, on) else { continue };
        let month = on.month_of();
        let siblings: Vec<u32> = work
            .index
            .judgements(work.masters, act.exam_group, on)
            .map(|row| row.validity.code)
            .chain([code])
            .collect();
        if super::limit::is_charged_since(work, &siblings, month.first_day(), month.last_day()) {
            continue;
        }
        let cause = work.cause(index);
        if let Some(derived) = work.derive_following(visit, code, Some(index), &rules::JUDGEMENT)
            && let Some(entry) = work.entries.get_mut(derived)
            && let Some(why) = entry.why.first_mut()
        {
            why.cause = cause;
        }
        derive_specimen_management(work, visit, index, act.exam_group);
    }
}

/// The judgement fee of a group: one whose filed standard is met, else the one that needs none. Without a
/// full-time pathologist every pathology group earns 病理判断料.
fn judgement_of(work: &Work<'_>, group: u8, on: kernel::ServiceDate) -> Option<u32> {
    const PATHOLOGY: [u8; 3] = [40, 41, 42];
    let institution = &work.request.institution;
    let is_pathology = PATHOLOGY.contains(&group);
    let has_pathologist = institution.facts.contains(&InstitutionFact::FullTimePathologist);
    let group = if is_pathology && !has_pathologist { 40 } else { group };
    let candidates = work
        .index
        .judgements(work.masters, group, on)
        .filter(|act| act.facility_kind != 1 && act.outpatient_bucket != 0);
    // A judgement by another institution (遠隔) or for a special group (ロービジョン) is only by order.
    let is_plain = |act: &&ActRow| {
        !matches!(act.validity.code, 160_207_710 | 160_199_510) && standing(institution, act, on) == Standing::Met
    };
    candidates.filter(is_plain).max_by_key(|act| act.points_e2).map(|act| act.validity.code)
}

fn derive_specimen_management(work: &mut Work<'_>, visit: usize, test: usize, group: u8) {
    let Some(on) = work.visits.get(visit).map(|current| current.date()) else { return };
    let month = on.month_of();
    let is_due = (1..=6).contains(&group)
        && [817, 818, 819, 820].iter().any(|code| is_filed(&work.request.institution, *code, on))
        && !super::limit::is_charged_since(work, &[SPECIMEN_MANAGEMENT], month.first_day(), month.last_day());
    if is_due {
        work.derive_following(visit, SPECIMEN_MANAGEMENT, Some(test), &rules::SPECIMEN_MANAGEMENT);
    }
}

/// True when an act counts for the 逓減 of its group (項番52, 63).
const fn is_degressive(act: &ActRow) -> bool {
    act.degression == 1 && act.degression_group != 0
}

/// 逓減: the second and later act of a group (項番52, 63) in a calendar month carries the reduction code.
pub fn derive_degressions(work: &mut Work<'_>) {
    const TESTS: u32 = 160_000_190;
    const SCANS: u32 = 170_022_290;
    let mut seen: Vec<(kernel::ClaimMonth, u16)> = work
        .request
        .history
        .lines
        .iter()
        .filter_map(|line| {
            let act = work.masters.act(line.code.act()?, line.date)?;
            is_degressive(act).then_some((line.date.month_of(), act.degression_group))
        })
        .collect();
    for (index, act) in work.live_acts() {
        let is_base = matches!(act.record_role, 1 | 3 | 5) && is_degressive(act);
        let Some(entry) = work.entries.get(index).filter(|_| is_base) else { continue };
        let key = (work.date_of(entry).month_of(), act.degression_group);
        if !seen.contains(&key) {
            seen.push(key);
            continue;
        }
        let code = match act.section_letter {
            b'D' => TESTS,
            b'E' => SCANS,
            _ => continue,
        };
        let has_reduction =
            work.added_to(index).any(|(_, other)| other.live_act().is_some_and(|row| row.validity.code == code));
        let visit = entry.visit;
        if !has_reduction
            && work.derive_added(visit, code, Some(index), &rules::DEGRESSION).is_some()
            && let Some(entry) = work.entries.get_mut(index)
        {
            entry.outcome = Outcome::Replaced;
            entry.why.push(Why::rule(&rules::DEGRESSION));
        }
    }
}
