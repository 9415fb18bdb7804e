//! Basic fees (初・再診料) and what the rules add to them.
//!
//! Source: A000, A001, B001-2 of 別表第一.

use calculation::{InstitutionFact, TimeClass, VisitFact, VisitKind};
use kernel::{Finding, ItemCode, ServiceDate, completed_years};

use super::context;
use super::first_visit::NOT_ON_THE_FIRST_DAY;
use super::rules::{self, Rule};
use super::standard::{Standing, is_filed, standing};
use super::work::Work;

/// Codes of a family of basic fees: fee and its additions.
struct Family {
    fee: u32,
    online: u32,
    phone: u32,
    same_day: u32,
    same_day_online: u32,
    same_day_phone: u32,
    second_department: u32,
    second_department_online: u32,
    second_department_phone: u32,
    times: Times,
    child_times: Times,
    pediatric_in_hours: InHours,
    night_early: u32,
    infant: u32,
}

/// 時間外, 休日, 深夜.
struct Times {
    after_hours: u32,
    holiday: u32,
    late_night: u32,
}

/// 小児科標榜 in posted hours: 夜間, 休日, 深夜.
struct InHours {
    evening: u32,
    holiday: u32,
    late_night: u32,
}

const INITIAL: Family = Family {
    fee: 111_000_110,
    online: 111_014_210,
    phone: 0,
    same_day: 111_000_110,
    same_day_online: 111_014_210,
    same_day_phone: 0,
    second_department: 111_011_810,
    second_department_online: 111_014_510,
    second_department_phone: 0,
    times: Times { after_hours: 111_000_570, holiday: 111_000_670, late_night: 111_000_770 },
    child_times: Times { after_hours: 111_011_970, holiday: 111_012_070, late_night: 111_012_170 },
    pediatric_in_hours: InHours { evening: 111_011_570, holiday: 111_011_670, late_night: 111_011_770 },
    night_early: 111_012_470,
    infant: 111_000_370,
};

const REVISIT: Family = Family {
    fee: 112_007_410,
    online: 112_024_210,
    phone: 112_007_950,
    same_day: 112_008_350,
    same_day_online: 112_024_950,
    same_day_phone: 112_008_850,
    second_department: 112_015_810,
    second_department_online: 112_025_210,
    second_department_phone: 112_015_950,
    times: Times { after_hours: 112_001_110, holiday: 112_001_210, late_night: 112_001_310 },
    child_times: Times { after_hours: 112_014_770, holiday: 112_014_870, late_night: 112_014_970 },
    pediatric_in_hours: InHours { evening: 112_014_170, holiday: 112_014_270, late_night: 112_014_370 },
    night_early: 112_015_570,
    infant: 112_000_970,
};

/// 小児科外来診療料 time additions (B001-2 注3): initial, revisit.
const PEDIATRIC_TIMES: [(Times, u32); 2] = [
    (Times { after_hours: 113_009_670, holiday: 113_007_170, late_night: 113_007_270 }, 113_007_070),
    (Times { after_hours: 113_009_770, holiday: 113_007_470, late_night: 113_007_570 }, 113_007_370),
];

/// 小児科外来診療料: with prescription initial, revisit; without initial, revisit.
pub const PEDIATRIC_FEES: [u32; 4] = [113_003_510, 113_003_610, 113_003_710, 113_003_810];

/// 外来管理加算.
pub const OUTPATIENT_MANAGEMENT: u32 = 112_011_010;
/// 明細書発行体制等加算.
pub const ITEMISED_STATEMENT: u32 = 112_015_770;

/// 施設基準 of 機能強化加算.
const FUNCTION_STRENGTHENING: u16 = 3522;

/// 時間外対応(体制)加算 1–4 with the standard that allows each.
const AFTER_HOURS_SYSTEM: [(u32, u16); 4] =
    [(112_016_070, 3001), (112_708_370, 4036), (112_708_470, 3155), (112_708_570, 3002)];

/// One of 外来感染対策向上加算, 連携強化, サーベイランス強化, 抗菌薬適正使用体制 in its four forms.
struct InfectionControl {
    initial: u32,
    revisit: u32,
    management: u32,
    home_care: u32,
    standard: u16,
}

const INFECTION_CONTROL: [InfectionControl; 4] = [
    InfectionControl {
        initial: 111_014_870,
        revisit: 112_024_370,
        management: 113_033_790,
        home_care: 114_055_090,
        standard: 3826,
    },
    InfectionControl {
        initial: 111_014_970,
        revisit: 112_024_470,
        management: 113_033_890,
        home_care: 114_055_190,
        standard: 3827,
    },
    InfectionControl {
        initial: 111_015_070,
        revisit: 112_024_570,
        management: 113_033_990,
        home_care: 114_055_290,
        standard: 3828,
    },
    InfectionControl {
        initial: 111_703_070,
        revisit: 112_708_770,
        management: 113_702_490,
        home_care: 114_704_390,
        standard: 4034,
    },
];

/// What an addition of 外来感染対策 stands on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum InfectionControlBase {
    /// 初診料.
    Initial,
    /// 再診料.
    Revisit,
    /// 医学管理等 that may carry it (項番124 = 1).
    Management,
    /// 在宅医療 that may carry it (項番124 = 2).
    HomeCare,
}

/// Adds the basic fee of every visit with its additions.
pub fn derive(work: &mut Work<'_>) {
    let has_pediatric_fee =
        has_fact(work, InstitutionFact::PediatricOutpatientFee) && has_pediatrics(work) && !has_home_guidance(work);
    for visit in 0..work.visits.len() {
        derive_visit(work, visit, has_pediatric_fee);
    }
}

fn derive_visit(work: &mut Work<'_>, visit: usize, has_pediatric_fee: bool) {
    let Some(current) = work.visits.get(visit) else { return };
    let is_initial = match current.kind {
        VisitKind::Initial | VisitKind::InitialOnline => true,
        VisitKind::Revisit | VisitKind::RevisitOnline | VisitKind::Phone => false,
        VisitKind::HouseCall => current.has(VisitFact::InitialAtHouseCall),
        VisitKind::HomeVisit | VisitKind::None | VisitKind::Auto => return,
    };
    if is_basic_fee_contained(work, visit, is_initial) {
        return;
    }
    if has_pediatric_fee && is_pediatric_fee(work, visit) {
        derive_pediatric(work, visit, is_initial);
        return;
    }
    let family = if is_initial { &INITIAL } else { &REVISIT };
    let (code, rule) = fee_of(work, visit, family, is_initial);
    if rule.id == rules::SECOND_DEPARTMENT.id && is_second_department_charged(work, visit) {
        let source = &rules::THIRD_DEPARTMENT;
        let place = work.request.visits.get(visit).map_or_else(String::new, |visit| format!("visits/{}", visit.id));
        work.findings.push(Finding::note("third-department", place, source.text).with_basis(source.basis));
        return;
    }
    if !is_online_allowed(work, visit, code) {
        return;
    }
    let base = work.derive(visit, code, rule);
    if let Some(current) = work.visits.get_mut(visit) {
        current.basic = base;
    }
    let Some(base) = base else { return };
    if rule.id == rules::SECOND_DEPARTMENT.id {
        return;
    }
    derive_time(work, visit, base, family, is_initial);
    derive_facility(work, visit, base, is_initial);
}

/// True when another department of the day has the fee of the second one already.
fn is_second_department_charged(work: &Work<'_>, visit: usize) -> bool {
    let on = work.date_of_visit(visit);
    work.visits.iter().filter(|other| other.date() == on).filter_map(|other| other.basic).any(|basic| {
        let why = work.entries.get(basic).map(|entry| entry.why.as_slice()).unwrap_or_default();
        why.iter().any(|why| why.rule.id == rules::SECOND_DEPARTMENT.id)
    })
}

/// 情報通信機器 needs its standard filed; without it nothing is charged, and a person is told.
fn is_online_allowed(work: &mut Work<'_>, visit: usize, code: u32) -> bool {
    let Some(source) = work.request.visits.get(visit) else { return false };
    let act = kernel::ActCode::from_number(code).and_then(|code| work.masters.act(code, source.date));
    let is_allowed = act.is_none_or(|act| standing(&work.request.institution, act, source.date) == Standing::Met);
    if !is_allowed {
        let rule = &rules::ONLINE_NOT_FILED;
        let place = format!("visits/{}", source.id);
        work.findings.push(Finding::stop("online-not-filed", place, rule.text).with_basis(rule.basis));
    }
    is_allowed
}

/// An ordered fee that counts as 初診 or 再診 by itself (実日数 = 2: 地域包括診療料, 小児かかりつけ診療料 …) contains
/// the basic fee.
fn is_basic_fee_contained(work: &Work<'_>, visit: usize, is_initial: bool) -> bool {
    let Some(source) = work.request.visits.get(visit) else { return false };
    source.orders.iter().filter_map(|order| order.code?.act()).any(|code| {
        !is_basic_fee(code.number())
            && work.masters.act(code, source.date).is_some_and(|act| {
                let is_barred = is_initial && NOT_ON_THE_FIRST_DAY.has(act);
                act.day_rule == 2 && act.outpatient_bucket != 0 && !is_barred
            })
    })
}

/// The code of the basic fee: 2科目, 同日, 電話, 情報通信機器 or the plain one.
fn fee_of(work: &Work<'_>, visit: usize, family: &Family, is_initial: bool) -> (u32, &'static Rule) {
    let earlier = work.visits.get(..visit).unwrap_or_default();
    let Some(current) = work.visits.get(visit) else { return (family.fee, &rules::REVISIT) };
    let is_online = matches!(current.kind, VisitKind::InitialOnline | VisitKind::RevisitOnline);
    let is_phone = current.kind == VisitKind::Phone;
    if context::is_second_department(current.visit, earlier) {
        let code = match (is_online, is_phone) {
            (true, _) => family.second_department_online,
            (_, true) => family.second_department_phone,
            _ => family.second_department,
        };
        return (code, &rules::SECOND_DEPARTMENT);
    }
    let is_same_day =
        !is_initial && earlier.iter().any(|other| other.date() == current.date() && other.basic.is_some());
    let rule = match (is_same_day, is_phone, is_online) {
        (true, ..) => &rules::SAME_DAY,
        (_, true, _) => &rules::PHONE,
        (_, _, true) => &rules::ONLINE,
        _ if is_initial => &rules::INITIAL,
        _ if current.has(VisitFact::OngoingTreatment) => &rules::ONGOING,
        _ => &rules::REVISIT,
    };
    let code = match (is_same_day, is_phone, is_online) {
        (true, true, _) => family.same_day_phone,
        (true, _, true) => family.same_day_online,
        (true, ..) => family.same_day,
        (_, true, _) => family.phone,
        (_, _, true) => family.online,
        _ => family.fee,
    };
    (code, rule)
}

fn age(work: &Work<'_>, on: ServiceDate) -> u32 {
    completed_years(work.request.patient.birth_date, on)
}

/// True when the institution has 小児科 among its departments, whichever department sees the child
/// (A000 留意事項(22)ア; B001-2 注1: 保険医療機関単位).
fn has_pediatrics(work: &Work<'_>) -> bool {
    work.request.institution.departments.iter().any(|department| department.is_pediatrics)
}

/// One time addition at most; with it no 乳幼児加算, except beside 夜間・早朝等加算.
fn derive_time(work: &mut Work<'_>, visit: usize, base: usize, family: &Family, is_initial: bool) {
    let Some(current) = work.visits.get(visit) else { return };
    let is_child = age(work, current.date()) < 6;
    let times = if is_child { &family.child_times } else { &family.times };
    let is_pediatrics = has_pediatrics(work);
    let has_night_early = has_fact(work, InstitutionFact::NightEarlyHours);
    let time = match current.time {
        TimeClass::AfterHours => Some((times.after_hours, &rules::TIME)),
        TimeClass::Holiday => Some((times.holiday, &rules::TIME)),
        TimeClass::LateNight => Some((times.late_night, &rules::TIME)),
        TimeClass::NightEarlyInHours if is_child && is_pediatrics => {
            Some((in_hours(work, visit, &family.pediatric_in_hours), &rules::TIME))
        }
        TimeClass::NightEarlyInHours if has_night_early => Some((family.night_early, &rules::NIGHT_EARLY)),
        _ => None,
    };
    let is_time_of_day = time.is_some_and(|(_, rule)| rule.id == rules::TIME.id);
    if is_child && !is_time_of_day {
        work.derive_added(visit, family.infant, Some(base), &rules::INFANT);
    }
    if let Some((code, rule)) = time {
        // 再診's time additions are recorded as lines of their own (項番68 = 1).
        let base = if is_initial { Some(base) } else { None };
        work.derive_added(visit, code, base, rule);
    }
}

/// Which of 夜間, 休日, 深夜 holds inside the posted hours of a 小児科.
fn in_hours(work: &Work<'_>, visit: usize, codes: &InHours) -> u32 {
    let Some(current) = work.visits.get(visit) else { return codes.evening };
    let is_late_night = current.visit.started_at.is_some_and(|start| !(6 * 60..22 * 60).contains(&start.minutes()));
    match (is_late_night, context::is_holiday(current.date())) {
        (true, _) => codes.late_night,
        (_, true) => codes.holiday,
        _ => codes.evening,
    }
}

fn has_fact(work: &Work<'_>, fact: InstitutionFact) -> bool {
    work.request.institution.facts.contains(&fact)
}

/// True when one of the codes is already charged in the month of the visit, up to its day.
fn is_charged_in_month(work: &Work<'_>, visit: usize, codes: &[u32]) -> bool {
    work.visits.get(visit).is_some_and(|current| {
        let on = current.date();
        super::limit::is_charged_since(work, codes, on.month_of().first_day(), on)
    })
}

fn derive_facility(work: &mut Work<'_>, visit: usize, base: usize, is_initial: bool) {
    let Some(date) = work.visits.get(visit).map(|current| current.date()) else { return };
    let institution = &work.request.institution;
    if is_initial {
        if is_filed(institution, FUNCTION_STRENGTHENING, date) {
            work.derive_added(visit, 111_013_770, Some(base), &rules::FUNCTION_STRENGTHENING);
        }
    } else {
        let system = AFTER_HOURS_SYSTEM.iter().find(|(_, standard)| is_filed(institution, *standard, date));
        if let Some((code, _)) = system {
            work.derive_added(visit, *code, Some(base), &rules::AFTER_HOURS_SYSTEM);
        }
        if has_fact(work, InstitutionFact::ItemisedStatement) && !is_statement_barred(work, date) {
            work.derive_added(visit, ITEMISED_STATEMENT, Some(base), &rules::ITEMISED_STATEMENT);
        }
    }
    let form = if is_initial { InfectionControlBase::Initial } else { InfectionControlBase::Revisit };
    derive_infection_control(work, visit, base, form);
    derive_dx(work, visit, base, is_initial, date);
    derive_coordination(work, visit, base, is_initial);
}

/// 令和8年6月: a clinic that filed 電子的診療情報連携体制整備加算 cannot charge 明細書発行体制等加算.
pub fn is_statement_barred(work: &Work<'_>, on: ServiceDate) -> bool {
    on.yyyymmdd() >= 20_260_601 && coordination_code(work).is_some()
}

/// 外来感染対策向上加算 and its kin: once a month in whatever form comes first.
pub fn derive_infection_control(work: &mut Work<'_>, visit: usize, base: usize, form: InfectionControlBase) {
    let Some(date) = work.visits.get(visit).map(|current| current.date()) else { return };
    for row in &INFECTION_CONTROL {
        let forms = [row.initial, row.revisit, row.management, row.home_care];
        if !is_filed(&work.request.institution, row.standard, date) || is_charged_in_month(work, visit, &forms) {
            continue;
        }
        let code = match form {
            InfectionControlBase::Initial => row.initial,
            InfectionControlBase::Revisit => row.revisit,
            InfectionControlBase::Management => row.management,
            InfectionControlBase::HomeCare => row.home_care,
        };
        work.derive_added(visit, code, Some(base), &rules::INFECTION_CONTROL);
    }
}

/// 医療DX推進体制整備加算 (初診, until 2026-05): the lowest level, since the filing's level is not among the
/// standards. 医療情報取得加算: month (初診) or three months (再診).
fn derive_dx(work: &mut Work<'_>, visit: usize, base: usize, is_initial: bool, date: ServiceDate) {
    const DX: u32 = 111_703_370;
    if date.yyyymmdd() >= 20_260_601 {
        return;
    }
    let is_dx = is_initial && is_filed(&work.request.institution, 4035, date);
    if is_dx && !is_charged_in_month(work, visit, &[DX]) {
        work.derive_added(visit, DX, Some(base), &rules::MEDICAL_DX);
    }
    if !has_fact(work, InstitutionFact::MedicalInformation) {
        return;
    }
    let has_consent =
        work.visits.get(visit).is_some_and(|current| current.has(VisitFact::OnlineQualificationWithConsent));
    let is_single_level = date.yyyymmdd() >= 20_241_201;
    let code = match (is_initial, has_consent || is_single_level) {
        (true, true) => 111_703_270,
        (true, false) => 111_703_170,
        (false, true) => 112_708_970,
        (false, false) => 112_708_870,
    };
    let is_charged = if is_initial {
        is_charged_in_month(work, visit, &[111_703_170, 111_703_270])
    } else {
        let revisit = [112_708_870, 112_708_970];
        let first_month = date.month_of().plus_months(-2);
        is_charged_in_month(work, visit, &revisit)
            || work.request.history.lines.iter().any(|line| {
                revisit.contains(&line.code.number()) && line.date.month_of() >= first_month && line.date < date
            })
    };
    if !is_charged {
        work.derive_added(visit, code, Some(base), &rules::MEDICAL_INFORMATION);
    }
}

/// 電子的診療情報連携体制整備加算: 再診, and the three levels of 初診.
pub const COORDINATION: &[u32] = &[112_709_570, 111_704_070, 111_704_170, 111_704_270];

/// The level of 電子的診療情報連携体制整備加算 (初診) that was filed.
fn coordination_code(work: &Work<'_>) -> Option<u32> {
    let [_, levels @ ..] = COORDINATION else { return None };
    let facts = [
        InstitutionFact::ElectronicCoordination1,
        InstitutionFact::ElectronicCoordination2,
        InstitutionFact::ElectronicCoordination3,
    ];
    facts.into_iter().zip(levels).find(|(fact, _)| has_fact(work, *fact)).map(|(_, code)| *code)
}

fn derive_coordination(work: &mut Work<'_>, visit: usize, base: usize, is_initial: bool) {
    let (Some(initial), Some(revisit)) = (coordination_code(work), COORDINATION.first()) else { return };
    if is_charged_in_month(work, visit, COORDINATION) {
        return;
    }
    let code = if is_initial { initial } else { *revisit };
    work.derive_added(visit, code, Some(base), &rules::ELECTRONIC_COORDINATION);
}

/// B001-2 注2: no 小児科外来診療料 for a patient charged with 在宅療養指導管理料 (C100–C121).
fn has_home_guidance(work: &Work<'_>) -> bool {
    work.request.visits.iter().any(|visit| {
        visit.orders.iter().filter_map(|order| order.code?.act()).any(|code| {
            work.masters
                .act(code, visit.date)
                .is_some_and(|act| act.section_letter == b'C' && (100..=121).contains(&act.section_number))
        })
    })
}

/// 小児科外来診療料 holds for every child under 6 at a 小児科 that meets the standard; when it was charged
/// before the sixth birthday, to the end of that month (B001-2 留意事項(8)).
fn is_pediatric_fee(work: &Work<'_>, visit: usize) -> bool {
    let Some(current) = work.visits.get(visit) else { return false };
    let is_visit = matches!(current.kind, VisitKind::Initial | VisitKind::Revisit | VisitKind::HouseCall);
    let earlier = work.visits.get(..visit).unwrap_or_default();
    let is_under_six = age(work, current.date()) < 6
        || earlier.iter().any(|other| other.is_pediatric_fee && other.date().month_of() == current.date().month_of())
        || is_charged_in_month(work, visit, &PEDIATRIC_FEES);
    is_visit && is_under_six && !has_antibody_against_rs(work, visit)
}

/// パリビズマブ or ニルセビマブ is given: no 小児科外来診療料 that day (B001-2 注2; 別表第八の一の二).
fn has_antibody_against_rs(work: &Work<'_>, visit: usize) -> bool {
    // Substances by the first seven characters of 薬価基準コード.
    const SUBSTANCES: [&str; 2] = ["6250404", "6250411"];
    let on = work.date_of_visit(visit);
    let of_day = work.request.visits.iter().filter(|other| other.date == on).flat_map(|other| &other.orders);
    let mut drugs = of_day.filter_map(|order| match order.code {
        Some(ItemCode::Drug(code)) => work.masters.drug(code, on),
        _ => None,
    });
    drugs.any(|drug| SUBSTANCES.iter().any(|substance| work.masters.text(drug.price_list_code).starts_with(substance)))
}

fn derive_pediatric(work: &mut Work<'_>, visit: usize, is_initial: bool) {
    let has_prescription = work.request.visits.iter().any(|other| {
        other.orders.iter().any(|order| {
            order.code.and_then(kernel::ItemCode::act).is_some_and(|code| is_prescription_fee(code.number()))
        })
    });
    let row = if has_prescription { 0 } else { 2 };
    let column = if is_initial { 0 } else { 1 };
    let Some(code) = PEDIATRIC_FEES.get(row + column) else { return };
    let Some(current) = work.visits.get_mut(visit) else { return };
    current.is_pediatric_fee = true;
    let time = current.time;
    let on = current.date();
    let earlier_same_day = super::limit::is_charged_since(work, &PEDIATRIC_FEES, on, on);
    if earlier_same_day {
        return;
    }
    let base = work.derive(visit, *code, &rules::PEDIATRIC_OUTPATIENT);
    if let Some(current) = work.visits.get_mut(visit) {
        current.basic = base;
    }
    if let Some(base) = base {
        derive_infection_control(work, visit, base, InfectionControlBase::Management);
    }
    if is_initial && is_filed(&work.request.institution, FUNCTION_STRENGTHENING, on) {
        work.derive(visit, 113_028_870, &rules::FUNCTION_STRENGTHENING);
    }
    report_coordination(work, visit);
    let Some((times, evening)) = PEDIATRIC_TIMES.get(column) else { return };
    let in_hours = InHours { evening: *evening, holiday: times.holiday, late_night: times.late_night };
    let addition = match time {
        TimeClass::AfterHours => times.after_hours,
        TimeClass::Holiday => times.holiday,
        TimeClass::LateNight => times.late_night,
        TimeClass::NightEarlyInHours => self::in_hours(work, visit, &in_hours),
        _ => return,
    };
    work.derive(visit, addition, &rules::TIME);
}

/// Finding: 電子的診療情報連携体制整備加算 is due in a form whose code is not known.
const COORDINATION_WITHOUT_CODE: &str = "coordination-code-unknown";

/// B001-2 注3 lets 電子的診療情報連携体制整備加算 stand beside 小児科外来診療料, but the 令和8 code of that form is in no file
/// at hand: a person is told.
fn report_coordination(work: &mut Work<'_>, visit: usize) {
    let Some(source) = work.request.visits.get(visit) else { return };
    if source.date.yyyymmdd() < 20_260_601 || coordination_code(work).is_none() {
        return;
    }
    // Once a month is enough: the fee is due once.
    if work.findings.iter().any(|finding| finding.code == COORDINATION_WITHOUT_CODE) {
        return;
    }
    let rule = &rules::ELECTRONIC_COORDINATION;
    let message = "電子的診療情報連携体制整備加算(医学管理等)のコードが確認できないため算定していない";
    let finding = Finding::confirm(COORDINATION_WITHOUT_CODE, format!("visits/{}", source.id), message);
    work.findings.push(finding.with_basis(rule.basis));
}

/// 処方箋料 (F400) of any kind.
pub fn is_prescription_fee(code: u32) -> bool {
    matches!(
        code,
        120_002_710
            | 120_002_910
            | 120_003_710
            | 120_004_610
            | 120_004_710
            | 120_004_810
            | 120_004_910
            | 120_005_010
            | 120_005_810
            | 120_005_910
            | 120_006_010
            | 120_006_110
            | 120_006_210
            | 120_006_310
            | 120_006_410
            | 120_006_510
    )
}

/// Basic fees that the engine decides by itself: an order of one is matched with what was decided.
pub fn is_basic_fee(code: u32) -> bool {
    [&INITIAL, &REVISIT].iter().any(|family| {
        [
            family.fee,
            family.online,
            family.phone,
            family.same_day,
            family.same_day_online,
            family.same_day_phone,
            family.second_department,
            family.second_department_online,
            family.second_department_phone,
        ]
        .contains(&code)
    }) || PEDIATRIC_FEES.contains(&code)
}

/// May 外来管理加算 stand beside this fee? 再診料 in person, each one of a day; not by telephone, not with
/// 情報通信機器, not in a second department (A001 注3・9, 留意事項(1)・(2); 電子点数表 背反).
pub fn allows_outpatient_management(code: u32) -> bool {
    [REVISIT.fee, REVISIT.same_day].contains(&code)
}
