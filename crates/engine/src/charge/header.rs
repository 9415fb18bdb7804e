//! Receipt header values: レセプト種別, 給付割合, 特記事項, HO, KO, 負担区分, MF.

use kernel::{Points, ReviewBody, Yen};

use super::month::{Band, Halves, Insurance, Line, Month, Payers, RECEIPT_SUBSIDIES_MAX, Relieved};
use super::month_limits::{effective_class, is_relief_month};
use super::result::{Bounds, HoValues, KoValues, MonthResult, Receipt};
use super::tables::{MainDigit, class_note};

/// Last digit of レセプト種別 for outpatients.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PersonDigit {
    /// 2 本人・世帯主; also 公費.
    Insured,
    /// 4 未就学者.
    Preschool,
    /// 6 家族・その他.
    Family,
    /// 8 高齢受給者・後期 一般・低所得.
    Elderly,
    /// 0 高齢受給者・後期 7割.
    ElderlyThirty,
}

impl PersonDigit {
    /// The digit.
    pub const fn digit(self) -> u8 {
        match self {
            Self::Insured => 2,
            Self::Preschool => 4,
            Self::Family => 6,
            Self::Elderly => 8,
            Self::ElderlyThirty => 0,
        }
    }

    /// Of an insured person. Source: 記録条件仕様(医科用) 別表5.
    pub const fn of(band: Band, is_family: bool, ratio_percent: u8) -> Self {
        match (band, is_family) {
            (Band::Elderly70 | Band::LateElderly, _) if ratio_percent >= 30 => Self::ElderlyThirty,
            (Band::Elderly70 | Band::LateElderly, _) => Self::Elderly,
            (Band::Preschool, _) => Self::Preschool,
            (Band::General, true) => Self::Family,
            (Band::General, false) => Self::Insured,
        }
    }
}

/// レセプト種別 of an outpatient 医科 receipt: `1`, main digit, number of payers, person.
/// Source: 記録条件仕様(医科用) 別表5.
pub fn receipt_type(main: MainDigit, subsidies: usize, person: PersonDigit) -> String {
    let payers = if main == MainDigit::Subsidy { subsidies } else { subsidies + 1 };
    format!("1{}{}{}", main.digit(), payers, person.digit())
}

/// Distinct days with a counted visit that has a matching line.
pub(super) fn days(month: &Month, is_meant: impl Fn(&Line) -> bool) -> u8 {
    let mut days: Vec<_> = month
        .visits
        .iter()
        .filter(|visit| visit.is_counted_day && visit.lines.iter().any(&is_meant))
        .map(|visit| visit.date)
        .collect();
    days.dedup();
    u8::try_from(days.len()).unwrap_or(u8::MAX)
}

pub(super) fn empty() -> Receipt {
    Receipt {
        type_code: String::new(),
        submit_to: ReviewBody::PaymentFund,
        benefit_ratio: None,
        special_notes: Vec::new(),
        burden_classes: Vec::new(),
        days: 0,
        insurance: None,
        subsidies: Vec::new(),
        window_burden_class: "00",
    }
}

/// The header. A month whose insurance pays no line is 公費単独.
pub(super) fn receipt(month: &Month, result: &MonthResult, bounds: Bounds) -> Receipt {
    let insured = month.insurance.filter(|_| result.groups.iter().any(|group| group.payers.has_insurance()));
    let on_receipt = on_receipt(month);
    let written = written_subsidies(month, result);
    let (main, person) = insured.map_or((MainDigit::Subsidy, PersonDigit::Insured), |insurance| {
        let person = PersonDigit::of(insurance.band, insurance.is_family, insurance.ratio.percent());
        (insurance.law.main, person)
    });
    let insurance = insured.map(|insurance| ho_values(month, result, &insurance));
    let ko_values = |subsidy: usize| ko_values(month, result, insurance, subsidy);
    Receipt {
        type_code: receipt_type(main, written.len(), person),
        submit_to: insured.map_or(ReviewBody::PaymentFund, |insurance| insurance.law.submit_to),
        benefit_ratio: insured.and_then(|insurance| benefit_ratio(&insurance)),
        special_notes: special_notes(month, insured.as_ref(), bounds),
        burden_classes: burden_classes(result, on_receipt),
        days: days(month, |_| true),
        insurance,
        subsidies: written.into_iter().map(ko_values).collect(),
        window_burden_class: window_burden_class(month, result),
    }
}

/// Subsidies that may stand on the receipt: the first, at most four.
pub(super) fn on_receipt(month: &Month) -> usize {
    month.subsidies.iter().take_while(|subsidy| subsidy.is_on_receipt).count().min(RECEIPT_SUBSIDIES_MAX)
}

/// Those of them that pay at least one line.
fn written_subsidies(month: &Month, result: &MonthResult) -> Vec<usize> {
    let pays = |position: &usize| result.groups.iter().any(|group| group.payers.has_subsidy(*position));
    (0..on_receipt(month)).filter(pays).collect()
}

fn burden_classes(result: &MonthResult, on_receipt: usize) -> Vec<(Payers, &'static str)> {
    let mut classes: Vec<(Payers, &'static str)> = Vec::with_capacity(result.groups.len());
    for payers in result.groups.iter().map(|group| group.payers.below(on_receipt)) {
        if classes.iter().all(|(known, _)| *known != payers) {
            classes.extend(payers.burden_class().map(|class| (payers, class)));
        }
    }
    classes
}

/// RE field 8: only 国保 (six digits); 100 for an exempt patient. Local offices differ on whether they want it.
fn benefit_ratio(insurance: &Insurance) -> Option<u8> {
    let is_exempt = matches!(insurance.relieved, Some(Relieved::Exempt));
    let ratio = if is_exempt { 100 } else { 100_u8.saturating_sub(insurance.ratio.percent()) };
    insurance.law.law.is_none().then_some(ratio)
}

/// RE field 12, ascending. Source: 診療報酬請求書等の記載要領 別表 特記事項.
fn special_notes(month: &Month, insured: Option<&Insurance>, bounds: Bounds) -> Vec<&'static str> {
    let mut notes = Vec::new();
    let class = insured.and_then(|insurance| effective_class(month, insurance));
    notes.extend(class.and_then(|class| class_note(class, month.service_month)));
    notes.extend(insured.and_then(|insurance| specific_disease_note(month, insurance, bounds)));
    notes.extend((insured.is_none() && month.notes.is_75_or_over).then_some("04"));
    notes.extend((insured.is_some() && month.notes.is_third_party).then_some("10"));
    notes.extend((insured.is_some() && month.halves == Halves::Dependant).then_some("21"));
    notes.extend(month.notes.is_disaster_exempt.then_some("96"));
    notes.extend(month.notes.is_disaster_partly_exempt.then_some("97"));
    notes.sort_unstable();
    notes
}

/// 02 長, 16 長２: only when the burden exceeded the amount. 後期 2割 during 配慮措置 always writes it, to show
/// that the relief does not apply. Source: 記載要領 別表 特記事項 02, 16; 支払基金 計算事例集 2023-04 事例21.
fn specific_disease_note(month: &Month, insurance: &Insurance, bounds: Bounds) -> Option<&'static str> {
    let cap = month.specific_disease_cap?;
    let is_written = bounds.specific_disease || is_relief_month(month, insurance);
    is_written.then_some(if cap.get() >= 20_000 { "16" } else { "02" })
}

/// HO field 12 is recorded only when a high-cost benefit was given in kind, and under 70 not when it rests
/// on マル長 without a class shown. Source: 記載要領 一部負担金額欄; 支払基金 計算事例 2012-04 事例4, 5.
fn ho_values(month: &Month, result: &MonthResult, insurance: &Insurance) -> HoValues {
    let is_only_specific = month.specific_disease_cap.is_some() && effective_class(month, insurance).is_none();
    let is_recorded = result.is_limit_reached && !is_only_specific;
    let points: Points =
        result.groups.iter().filter(|group| group.payers.has_insurance()).map(|group| group.points).sum();
    HoValues {
        days: days(month, |line| line.payers.has_insurance()),
        points,
        copay: result.insurance_copay.filter(|_| is_recorded),
    }
}

fn ko_values(month: &Month, result: &MonthResult, insurance: Option<HoValues>, position: usize) -> KoValues {
    let amount = result.subsidies.get(position).copied().unwrap_or_default();
    let recorded = insurance.filter(|insurance| insurance.copay.is_some());
    let law = month.subsidies.get(position).and_then(|subsidy| subsidy.programme).map(|programme| programme.law);
    KoValues {
        subsidy: position,
        days: amount.days,
        points: amount.points,
        copay: ko_copay(law, amount.patient, result.patient, recorded.is_some()),
        outpatient_copay: recorded.filter(|insurance| insurance.points != amount.points).map(|_| amount.covered_copay),
    }
}

/// KO field 7: what the subsidy leaves, 1-yen unit. Law 10 leaves it blank unless HO field 12 is recorded,
/// and then writes the patient's whole burden of the month (one source, unverified).
fn ko_copay(law: Option<&str>, left: Yen, patient: Yen, is_ho_recorded: bool) -> Option<Yen> {
    match law {
        Some("10") => is_ho_recorded.then_some(patient),
        _ => Some(left),
    }
}

/// MF field 2, as computed.
fn window_burden_class(month: &Month, result: &MonthResult) -> &'static str {
    match (result.is_limit_reached, month.is_multiple && month.class.is_some()) {
        (false, _) => "00",
        (true, false) => "01",
        (true, true) => "02",
    }
}
