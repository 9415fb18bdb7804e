//! RE: months, type and age, special notes, name, optional records.

use kernel::{ClaimMonth, ServiceDate, completed_years, first_day_after_preschool, reached_on};

use super::{FileFacts, Findings, month_of};
use crate::kind::Section;
use crate::model::Receipt;
use crate::table::{Person, ReceiptType, Scheme};
use crate::unverified;
use crate::value::Dated;

const HEADER: Section = Section::Header;

pub(super) fn check(receipt: &Receipt, facts: FileFacts<'_>, findings: &mut Findings<'_>) {
    check_months(receipt, facts, findings);
    check_kind(receipt, findings);
    check_names(receipt, findings);
    if let (Some(kind), Some(month), Some(birth)) =
        (receipt.re.kind, month_of(receipt), receipt.re.birth.map(Dated::get))
    {
        check_age(receipt, kind, month, birth, findings);
    }
    check_notes(receipt, findings);
    check_inpatient(receipt, findings);
}

fn check_months(receipt: &Receipt, facts: FileFacts<'_>, findings: &mut Findings<'_>) {
    let (Some(month), Some(claim_month)) = (month_of(receipt), facts.claim_month) else { return };
    let place = (HEADER, 0, 4);
    if month > claim_month {
        let message = format!("診療年月 {month} is after 請求年月 {claim_month}");
        findings.stop("month-after-claim", place, message);
    } else if month == claim_month {
        findings.confirm("month-not-over", place, format!("診療年月 {month} is the month of claiming itself"));
    }
    let allowed = unverified::claim_expires_after_months(month);
    if claim_month.months_since(month) > allowed {
        let message =
            format!("診療年月 {month}: the right to claim ends after {allowed} months, unless the payer agreed");
        findings.confirm("L2100", place, message);
    }
    let has_eligibility = !receipt.sn.is_empty() || !receipt.jd.is_empty() || receipt.mf.is_some();
    if month.yyyymm() < unverified::ELIGIBILITY_RECORDS_SINCE && has_eligibility {
        findings.add("L4835", place, format!("SN, JD and MF did not exist for 診療年月 {month}"));
    }
}

fn check_kind(receipt: &Receipt, findings: &mut Findings<'_>) {
    let Some(kind) = receipt.re.kind else { return };
    let place = (HEADER, 0, 3);
    if !kind.is_listed() {
        findings.add("L2900", place, format!("レセプト種別 {kind} is not a code of 別表5"));
        return;
    }
    let is_subsidy_only = kind.scheme() == Some(Scheme::SubsidyOnly);
    let is_fitting = is_subsidy_only == receipt.ho.is_none() && usize::from(kind.subsidies()) == receipt.ko.len();
    if !is_fitting {
        let (insurers, subsidies) = (usize::from(receipt.ho.is_some()), receipt.ko.len());
        let message = format!("レセプト種別 {kind} does not fit {insurers} HO and {subsidies} KO records");
        findings.add("L2900", place, message);
    }
    if let Some(ho) = &receipt.ho {
        let is_late_elderly = ho.insurer.as_str().starts_with("39") && ho.insurer.as_str().len() == 8;
        if is_late_elderly != (kind.scheme() == Some(Scheme::LateElderly)) {
            let message = format!("レセプト種別 {kind} does not fit the law number of 保険者番号");
            findings.stop("type-insurer", place, message);
        }
    }
}

fn check_names(receipt: &Receipt, findings: &mut Findings<'_>) {
    let name = receipt.re.name.decode();
    if !name.is_empty() && name.chars().all(char::is_whitespace) {
        findings.add("L3001", (HEADER, 0, 5), "氏名 is blank");
    }
    let kana = receipt.re.kana.decode();
    if !kana.chars().all(|character| matches!(character, 'ァ'..='ヶ' | 'ー')) {
        findings.add("L4834", (HEADER, 0, 37), "カタカナ(氏名) is not full-width katakana without space");
    }
}

fn check_age(receipt: &Receipt, kind: ReceiptType, month: ClaimMonth, birth: ServiceDate, findings: &mut Findings<'_>) {
    if birth.month_of() > month {
        findings.add("L2133", (HEADER, 0, 7), "生年月日 is after the month of care");
        return;
    }
    let place = (HEADER, 0, 3);
    // Whole years first: the calendar is asked only near a bound.
    let years = month.year() - birth.year();
    let age = || completed_years(birth, month.last_day());
    let is_insurance = kind.scheme() == Some(Scheme::Insurance);
    let is_past_seventy = || years > 71 || (years >= 69 && reached_on(birth, 70).month_of().plus_months(1) <= month);
    match kind.person() {
        Some(Person::Preschool) if first_day_after_preschool(birth) <= month.first_day() => {
            findings.add("L3129", place, format!("レセプト種別 {kind} is 未就学者, the patient is not"));
        }
        Some(Person::Insured)
            if is_insurance
                && years <= 15
                && age() < 15
                && receipt.ho.as_ref().is_some_and(unverified::insured_must_be_fifteen) =>
        {
            findings.add("L3140", place, format!("レセプト種別 {kind} is 本人, the patient is {}", age()));
        }
        Some(Person::Elderly | Person::ElderlyHighIncome) if is_insurance && !is_past_seventy() => {
            findings.confirm("type-age", place, format!("レセプト種別 {kind} is 高齢受給者, the patient is {}", age()));
        }
        Some(Person::Insured | Person::Preschool | Person::Family) if is_insurance && is_past_seventy() => {
            findings.confirm("type-age", place, format!("レセプト種別 {kind} is under 70, the patient is {}", age()));
        }
        _ => {}
    }
}

fn check_notes(receipt: &Receipt, findings: &mut Findings<'_>) {
    let re = &receipt.re;
    let place = (HEADER, 0, 12);
    for (index, note) in re.special_notes.iter().enumerate() {
        if re.special_notes.iter().take(index).any(|earlier| earlier == note) {
            findings.confirm("note-twice", place, format!("特記事項 {:02} is written twice", note.get()));
        }
    }
    let is_elderly = re.kind.is_some_and(|kind| {
        kind.scheme() == Some(Scheme::Insurance)
            && matches!(kind.person(), Some(Person::Elderly | Person::ElderlyHighIncome))
    });
    let is_required = is_elderly && month_of(receipt).is_some_and(unverified::needs_income_class);
    if is_required && !re.special_notes.iter().any(|note| note.is_income_class()) {
        findings.add("L3006", place, "a 高齢受給者 receipt needs an income class: 26-35 or 41-44");
    }
    let is_ignored = receipt.ho.as_ref().is_none_or(|ho| !unverified::takes_benefit_percent(ho));
    if re.benefit_percent.is_some() && is_ignored {
        findings.add("L4801", (HEADER, 0, 8), "給付割合 is for 国保 only and is ignored");
    }
}

fn check_inpatient(receipt: &Receipt, findings: &mut Findings<'_>) {
    let re = &receipt.re;
    if !re.kind.is_some_and(ReceiptType::is_outpatient) {
        return;
    }
    if receipt.gr.is_some() {
        findings.add("L4252", (Section::FeeReason, 0, 0), "GR in an outpatient receipt");
    }
    if re.admission.is_some() {
        findings.confirm("inpatient-field", (HEADER, 0, 9), "入院年月日 in an outpatient receipt");
    }
    if !re.wards.is_empty() {
        findings.confirm("inpatient-field", (HEADER, 0, 10), "病棟区分 in an outpatient receipt");
    }
}
