//! RE, HO, KO, SN, JD, MF, SJ of a receipt.
//!
//! Source: 記録条件仕様(医科用) 第2章; 記載要領 別紙1 II 第3.

use calculation::{ClaimSwitches, LimitCode, LowIncomeField, VisitDay, WindowBurden};
use kernel::{ClaimMonth, Finding, ServiceDate, completed_years};
use uke::table::{
    Confirmation, CounterCharge, LowIncome, NarrativeClass, OnDuty, PayerKind, ReceiptType, Reduction, SpecialNote,
};
use uke::{Days, Ho, Jd, Ko, Mf, RawLine, Re, Sj, Sn, Text, Word};

use super::name;
use super::receipt::Source;
use crate::clinic::Personal;
use crate::code;

/// First month of care with SN, JD and MF records. Source: 記録条件仕様(医科用) 令和3年版.
const ELIGIBILITY_SINCE: u32 = 202_109;
/// 医療観察法: its claims have no 受給者番号.
const LAW_WITHOUT_RECIPIENT: &str = "30";

/// 記号 and 番号 in full width: a field never mixes widths, and a symbol of kanji needs full width.
fn text(value: Option<&Personal<String>>) -> Text {
    value.map(|value| Text::from(value.as_str().chars().map(full_width).collect::<String>())).unwrap_or_default()
}

fn full_width(character: char) -> char {
    match character {
        ' ' => '\u{3000}',
        '!'..='~' => char::from_u32(u32::from(character) + 0xfee0).unwrap_or(character),
        _ => character,
    }
}

fn number(word: &str) -> Option<u16> {
    word.parse().ok()
}

/// RE レセプト共通.
pub(super) fn re(source: &Source<'_>, findings: &mut Vec<Finding>) -> Re {
    let Source { patient, hint, place, .. } = source;
    let kind = number(&hint.type_code).map(ReceiptType::new);
    if kind.is_none_or(|kind| !kind.is_listed()) {
        let message = format!("レセプト種別 {:?} is not one of 別表5", hint.type_code);
        findings.push(Finding::stop(code::CLAIM_HEADER, place.as_str(), message));
    }
    let search_number = source.notes.iter().find_map(|note| note.reclaim.as_ref().map(|r| r.search_number.as_str()));
    Re {
        kind,
        month: Some(source.response.month.into()),
        name: name::name(patient, place, findings).into(),
        sex: Some(patient.sex),
        birth: Some(patient.birth_date.into()),
        benefit_percent: hint.benefit_ratio.as_deref().and_then(number),
        low_income: low_income(source),
        special_notes: hint.special_notes.iter().filter_map(|note| number(note)).map(SpecialNote::new).collect(),
        chart_number: patient.number.as_str().into(),
        search_number: search_number.unwrap_or_default().into(),
        claim_information: source.key.as_str().into(),
        kana: name::kana(patient, place, findings).into(),
        ..Re::default()
    }
}

/// 別表8, where the institution's switch wants it of outpatients: low income of a person of 70 or more whose monthly
/// limit was applied in kind (HO field 12 is recorded): 1 低所得II, 3 低所得I.
fn low_income(source: &Source<'_>) -> Option<LowIncome> {
    if switches(source).low_income == LowIncomeField::Blank {
        return None;
    }
    let last = source.response.month.last_day();
    let is_reached = source.hint.insurance.as_ref().is_some_and(|insurance| insurance.copay_yen.is_some());
    if !is_reached || completed_years(source.patient.birth_date, last) < 70 {
        return None;
    }
    let holds = |from: ServiceDate, to: Option<ServiceDate>| {
        from <= last && to.is_none_or(|end| end >= source.response.month.first_day())
    };
    let limit = source.patient.limits.iter().filter(|limit| holds(limit.valid_from, limit.valid_to));
    match limit.max_by_key(|limit| limit.valid_from)?.code {
        LimitCode::B05 => Some(LowIncome::new(1)),
        LimitCode::B06 | LimitCode::B07 | LimitCode::B08 => Some(LowIncome::new(3)),
        _ => None,
    }
}

/// HO 保険者.
pub(super) fn ho(source: &Source<'_>, findings: &mut Vec<Finding>) -> Option<Ho> {
    let coverage_id = source.hint.coverage_id.as_ref()?;
    let mut stop = |message: String| findings.push(Finding::stop(code::CLAIM_HEADER, source.place.as_str(), message));
    let Some(coverage) = source.coverage else {
        stop(format!("insurance {coverage_id:?} of the result is not one of the patient's"));
        return None;
    };
    let Some(values) = &source.hint.insurance else {
        stop("the result has an insurance but no days and points of it".to_owned());
        return None;
    };
    if coverage.number.as_ref().is_none_or(|number| number.as_str().trim().is_empty()) {
        stop("被保険者番号 is missing (L2162)".to_owned());
    }
    let is_late_elderly = coverage.insurer_number.is_late_elderly();
    let reduction = coverage.reduction.as_ref();
    let certificate = coverage.certificate_number.as_deref().and_then(|certificate| certificate.parse().ok());
    Some(Ho {
        insurer: (&coverage.insurer_number).into(),
        symbol: text(coverage.symbol.as_ref().filter(|_| !is_late_elderly)),
        number: text(coverage.number.as_ref()),
        days: Some(u16::from(values.days)),
        points: Some(values.points),
        on_duty: coverage.on_duty_reason.map(|reason| OnDuty::new(u16::from(reason))),
        certificate: certificate.unwrap_or_default(),
        charge: values.copay_yen,
        reduction: reduction.map(|reduction| Reduction::new(u16::from(reduction.kind))),
        reduction_percent: reduction.and_then(|reduction| reduction.percent).map(u16::from),
        reduction_amount: reduction.and_then(|reduction| reduction.yen),
        ..Ho::default()
    })
}

/// KO 公費, 第1 to 第4.
pub(super) fn ko(source: &Source<'_>, findings: &mut Vec<Finding>) -> Vec<Ko> {
    let mut records = Vec::new();
    for values in &source.hint.subsidies {
        let mut stop =
            |message: String| findings.push(Finding::stop(code::CLAIM_HEADER, source.place.as_str(), message));
        let Some(subsidy) = source.patient.subsidies.iter().find(|subsidy| subsidy.id == values.subsidy_id) else {
            stop(format!("subsidy {:?} of the result is not one of the patient's", values.subsidy_id));
            continue;
        };
        let recipient = match &subsidy.recipient_number {
            Some(recipient) if recipient.is_writable() => Word::try_from(recipient).unwrap_or_default(),
            Some(_) => {
                stop(format!("公費受給者番号 of {:?} has more than 7 digits or letters", subsidy.id));
                Word::default()
            }
            None => {
                if subsidy.payer_number.law() != LAW_WITHOUT_RECIPIENT {
                    stop(format!("公費受給者番号 of {:?} is missing", subsidy.id));
                }
                Word::default()
            }
        };
        records.push(Ko {
            payer: (&subsidy.payer_number).into(),
            recipient,
            days: Some(u16::from(values.days)),
            points: Some(values.points),
            charge: values.copay_yen,
            insurance_charge_outpatient: values.outpatient_copay_yen,
            ..Ko::default()
        });
    }
    records
}

/// SN, JD and MF, since care of 2021-09.
pub(super) fn days_and_charge(source: &Source<'_>, receipt: &mut uke::Receipt) {
    if source.response.month.yyyymm() < ELIGIBILITY_SINCE {
        return;
    }
    receipt.sn = sn(source);
    if receipt.ho.is_some() {
        receipt.jd.push(jd(PayerKind::INSURANCE, &source.hint.visit_days));
    }
    for (order, values) in (1..).zip(&source.hint.subsidies) {
        receipt.jd.push(jd(PayerKind::subsidy(order), &values.visit_days));
    }
    let class = match switches(source).window_burden {
        WindowBurden::Computed => number(&source.hint.window_burden_class).unwrap_or_default(),
        WindowBurden::Zero => 0,
        WindowBurden::Left => return,
    };
    receipt.mf = Some(Mf { class: Some(CounterCharge::new(class)) });
}

/// How the institution writes claims in the month of care.
fn switches(source: &Source<'_>) -> ClaimSwitches {
    source.input.clinic.institution.switches(source.response.month)
}

/// 枝番 of the insurance; none for 後期高齢者 and 公費. Without a known 枝番 the record is left out.
fn sn(source: &Source<'_>) -> Vec<Sn> {
    let coverage = source.coverage.filter(|coverage| !coverage.insurer_number.is_late_elderly());
    let branch = coverage.and_then(|coverage| coverage.branch.as_deref()).and_then(|branch| branch.parse().ok());
    let record = branch.map(|branch| Sn {
        payer: Some(PayerKind::INSURANCE),
        confirmation: Some(Confirmation::AT_COUNTER),
        branch,
        ..Sn::default()
    });
    record.into_iter().collect()
}

/// 別表30: 1 counts as 実日数, 2 does not.
fn jd(payer: PayerKind, days: &[VisitDay]) -> Jd {
    let mut columns = Days::NONE;
    for day in days {
        let number = u32::from(day.day);
        if columns.get(number) != 1 {
            columns.set(number, if day.is_counted { 1 } else { 2 });
        }
    }
    Jd { payer: Some(payer), days: columns }
}

/// 症状詳記, and the 履歴管理ブロック of a receipt claimed again.
pub(super) fn additions(source: &Source<'_>, receipt: &mut uke::Receipt, findings: &mut Vec<Finding>) {
    for note in &source.notes {
        for narrative in &note.narratives {
            receipt.sj.extend(Sj::split(NarrativeClass::new(narrative.class), narrative.text.as_str()));
        }
        for line in note.reclaim.iter().flat_map(|reclaim| &reclaim.history_hex) {
            match bytes(line) {
                Some(bytes) => receipt.history.push(RawLine::new(&bytes)),
                None => findings.push(Finding::stop(
                    code::CLAIM_HEADER,
                    source.place.as_str(),
                    "a line of the 履歴管理ブロック is not hexadecimal",
                )),
            }
        }
    }
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let is_even = hex.len().is_multiple_of(2) && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    let pair = |place: usize| hex.get(place..place + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
    if is_even { (0..hex.len()).step_by(2).map(pair).collect() } else { None }
}

/// First and last day of the month on which the receipt's payers pay.
pub(super) fn span(source: &Source<'_>) -> (ServiceDate, ServiceDate) {
    let month: ClaimMonth = source.response.month;
    let (first, last) = (month.first_day(), month.last_day());
    match source.coverage {
        Some(coverage) => (first.max(coverage.valid_from), coverage.valid_to.map_or(last, |end| last.min(end))),
        None => (first, last),
    }
}
