//! Additions that follow from age, time and patient: 年齢加算, 通則加算, 往診の加算.

use calculation::{InstitutionKind, TimeClass, VisitFact, VisitKind};
use kernel::{Finding, ServiceDate};
use masters::row::ActRow;

use super::accept::age_limit;
use super::basic::{InfectionControlBase, derive_infection_control};
use super::context;
use super::rules;
use super::standard::{Standing, is_filed, standing};
use super::work::Work;

/// 耳鼻咽喉科 (別表10).
const ENT_DEPARTMENT: &str = "27";

/// Adds what age, time and patient bring to each base that was ordered.
pub fn derive(work: &mut Work<'_>) {
    for (index, act) in work.live_acts() {
        let Some(entry) = work.entries.get(index) else { continue };
        // Basic fees get their additions where they are decided.
        if !matches!(act.record_role, 1 | 3 | 5) || act.section_letter == b'A' {
            continue;
        }
        let visit = entry.visit;
        let on = work.date_of(entry);
        derive_age(work, index, visit, act, on);
        derive_time(work, index, visit, act, on);
        derive_ent(work, index, visit, act, on);
        match act.infection_control {
            b'1' => derive_infection_control(work, visit, index, InfectionControlBase::Management),
            b'2' => derive_infection_control(work, visit, index, InfectionControlBase::HomeCare),
            _ => {}
        }
        if act.validity.code == 114_000_110 {
            derive_house_call(work, index, visit, on);
        }
    }
}

fn has_addition(work: &Work<'_>, base: usize, code: u32) -> bool {
    work.added_to(base).any(|(_, entry)| entry.live_act().is_some_and(|act| act.validity.code == code))
}

/// 年齢加算①–④ (項番100–111) and the age rules of 手術, 麻酔, 放射線 (項番40 = 1, one add-on of the letter).
/// 精神 and 医学管理 additions have further conditions and come by order only.
fn derive_age(work: &mut Work<'_>, index: usize, visit: usize, act: &ActRow, on: ServiceDate) {
    let birth = work.request.patient.birth_date;
    if !matches!(act.section_letter, b'B' | b'I') {
        let addition = act.age_add_ons.iter().find(|row| {
            row.code != 0
                && age_limit(row.low).is_reached(birth, on)
                && age_limit(row.high).is_below(birth, on)
                && (row.low, row.high) != ([b'0'; 2], [b'0'; 2])
        });
        if let Some(row) = addition {
            if !has_addition(work, index, row.code) {
                work.derive_added(visit, row.code, Some(index), &rules::ADD_ON_AGE);
            }
            return;
        }
    }
    if act.general_age != 1 || !matches!(act.section_letter, b'K' | b'L' | b'M') {
        return;
    }
    let addition = work
        .index
        .general_ages(work.masters, act.section_letter, on)
        .filter(|row| {
            let has_bound = row.age_high != [b'0'; 2];
            // 未熟児 and 極低出生体重児 need the birth weight: by order only.
            has_bound
                && row.age_high != *b"AE"
                && age_limit(row.age_low).is_reached(birth, on)
                && age_limit(row.age_high).is_below(birth, on)
        })
        .max_by_key(|row| row.points_e2)
        .map(|row| row.validity.code);
    if let Some(code) = addition
        && !has_addition(work, index, code)
    {
        work.derive_added(visit, code, Some(index), &rules::ADD_ON_GENERAL_AGE);
    }
}

/// Time additions of a letter: class 1 (standard filed) and class 2, each 時間外, 休日, 深夜.
struct TimeAdditions {
    letter: u8,
    class_1: [(u32, u16); 3],
    class_2: [u32; 3],
    /// 処置: class 2 from so many points, class 1 from so many.
    least_points: [i64; 2],
}

const TIME_ADDITIONS: [TimeAdditions; 4] = [
    TimeAdditions {
        letter: b'J',
        class_1: [(140_055_390, 3363), (140_055_290, 3362), (140_055_490, 3364)],
        class_2: [140_000_190, 140_000_290, 140_000_390],
        least_points: [1_000, 150],
    },
    TimeAdditions {
        letter: b'K',
        class_1: [(150_371_390, 3398), (150_371_290, 3397), (150_371_490, 3399)],
        class_2: [150_000_490, 150_000_590, 150_000_690],
        least_points: [0, 0],
    },
    TimeAdditions {
        letter: b'L',
        class_1: [(0, 0), (0, 0), (0, 0)],
        class_2: [150_231_790, 150_231_890, 150_231_990],
        least_points: [0, 0],
    },
    TimeAdditions {
        letter: b'D',
        class_1: [(0, 0), (0, 0), (0, 0)],
        class_2: [160_204_070, 160_203_970, 160_204_170],
        least_points: [0, 0],
    },
];

/// 時間外・休日・深夜 of 処置, 手術, 麻酔, 内視鏡 that began as urgent ones (項番43 = 1).
fn derive_time(work: &mut Work<'_>, index: usize, visit: usize, act: &ActRow, on: ServiceDate) {
    let Some(current) = work.visits.get(visit) else { return };
    let slot = match current.time {
        TimeClass::AfterHours => 0,
        TimeClass::Holiday => 1,
        TimeClass::LateNight => 2,
        _ => return,
    };
    if act.time_add_on != 1 || !current.has(VisitFact::Emergency) {
        return;
    }
    let Some(additions) = TIME_ADDITIONS.iter().find(|row| row.letter == act.section_letter) else { return };
    let points = base_points(work, index, act);
    let [least_1, least_2] = additions.least_points;
    let class_1 = additions.class_1.get(slot).filter(|(code, standard)| {
        *code != 0 && points >= least_1 && is_filed(&work.request.institution, *standard, on)
    });
    let code = match class_1 {
        Some((code, _)) => *code,
        None if points >= least_2 => match additions.class_2.get(slot) {
            Some(code) => *code,
            None => return,
        },
        None => return,
    };
    if !has_addition(work, index, code) {
        work.derive_added(visit, code, Some(index), &rules::ADD_ON_TIME);
    }
}

/// 所定点数 of an act: its points and its 注加算 with fixed points.
fn base_points(work: &Work<'_>, index: usize, act: &ActRow) -> i64 {
    let notes: i64 = work
        .added_to(index)
        .filter_map(|(_, entry)| entry.live_act())
        .filter(|row| row.record_role == 7 && row.point_kind == 3)
        .map(|row| i64::from(row.points_e2))
        .sum();
    (i64::from(act.points_e2) + notes) / 100
}

/// 耳鼻咽喉科乳幼児処置加算: once a day, on the first 処置 that may carry it (項番125).
fn derive_ent(work: &mut Work<'_>, index: usize, visit: usize, act: &ActRow, on: ServiceDate) {
    const CODE: u32 = 140_061_990;
    let is_ent = work.visits.get(visit).is_some_and(|current| current.department == ENT_DEPARTMENT);
    let is_child = kernel::completed_years(work.request.patient.birth_date, on) < 6;
    let is_due = is_ent && is_child && act.ent_infant_treatment == 1 && act.section_letter == b'J';
    if is_due && !super::limit::is_charged_since(work, &[CODE], on, on) {
        work.derive_added(visit, CODE, Some(index), &rules::ADD_ON_ENT);
    }
}

/// 緊急, 夜間, 休日, 深夜 of 往診料 by the facility's rank and the patient (C000注1 イ–ニ).
const HOUSE_CALL: [[u32; 4]; 4] = [
    [114_017_770, 114_017_870, 114_029_370, 114_017_970],
    [114_011_570, 114_011_670, 114_029_470, 114_011_770],
    [114_000_370, 114_000_470, 114_029_570, 114_000_570],
    [114_704_470, 114_704_570, 114_704_670, 114_704_770],
];

fn derive_house_call(work: &mut Work<'_>, index: usize, visit: usize, on: ServiceDate) {
    let Some(current) = work.visits.get(visit) else { return };
    let slot = match current.time {
        TimeClass::LateNight => 3,
        TimeClass::Holiday => 2,
        TimeClass::AfterHours => 1,
        _ if current.has(VisitFact::EmergencyDuringHours) => 0,
        _ => return,
    };
    let is_other_patient = current.has(VisitFact::OtherHouseCallPatient);
    let masters = work.masters;
    let institution = &work.request.institution;
    let is_allowed = |code: u32| {
        kernel::ActCode::from_number(code).and_then(|code| masters.act(code, on)).is_some_and(|row| {
            standing(institution, row, on) == Standing::Met
                && (row.facility_kind == 0 || institution.kind == InstitutionKind::Clinic)
        })
    };
    let rows = if is_other_patient { HOUSE_CALL.get(3..) } else { HOUSE_CALL.get(..3) };
    let code = rows.unwrap_or_default().iter().filter_map(|row| row.get(slot)).copied().find(|code| is_allowed(*code));
    if let Some(code) = code
        && !has_addition(work, index, code)
    {
        work.derive_added(visit, code, Some(index), &rules::ADD_ON_HOUSE_CALL);
    }
}

/// 外来・在宅ベースアップ評価料(Ⅰ) and 物価対応料 with each basic fee, once a day (項番129).
pub fn derive_with_basic_fee(work: &mut Work<'_>) {
    for (index, act) in work.live_acts() {
        let Some(entry) = work.entries.get(index) else { continue };
        let (visit, on) = (entry.visit, work.date_of(entry));
        let (base_up, continued, price_response) = match act.base_up_1 {
            1 => (180_725_710, 180_853_810, 180_819_910),
            3 => (180_725_810, 180_853_910, 180_820_010),
            5 => (180_725_910, 180_725_910, 180_820_110),
            7 => (180_726_010, 180_726_010, 180_820_110),
            _ => continue,
        };
        let facts = &work.request.institution.facts;
        let is_r8 = on.yyyymmdd() >= 20_260_601;
        let is_continued = is_r8 && facts.contains(&calculation::InstitutionFact::BaseUpContinued);
        let base_up = if is_continued { continued } else { base_up };
        let all_base_ups = [180_725_710, 180_725_810, 180_725_910, 180_726_010, 180_853_810, 180_853_910];
        let is_filed = is_filed(&work.request.institution, 4307, on);
        if is_filed && !super::limit::is_charged_since(work, &all_base_ups, on, on) {
            work.derive(visit, base_up, &rules::BASE_UP);
        }
        let responses = [180_819_910, 180_820_010, 180_820_110];
        if is_r8 && !super::limit::is_charged_since(work, &responses, on, on) {
            work.derive(visit, price_response, &rules::PRICE_RESPONSE);
        } else if is_r8 {
            report_once_a_day(work, visit);
        }
    }
}

/// The fees of 令和8年度 say no more that they are for a day (O001, O100), and the table of times is not at hand: a
/// person is told where a second visit of a day would earn them again.
fn report_once_a_day(work: &mut Work<'_>, visit: usize) {
    let Some(source) = work.request.visits.get(visit) else { return };
    let rule = &rules::ONCE_A_DAY;
    let finding = Finding::confirm("once-a-day", format!("visits/{}", source.id), rule.text).with_basis(rule.basis);
    work.findings.push(finding);
}

/// The department's name for findings.
pub fn is_known_department(work: &Work<'_>, visit: usize) -> bool {
    work.visits.get(visit).is_some_and(|current| {
        current.kind == VisitKind::None || context::department(&work.request.institution, current.department).is_some()
    })
}
