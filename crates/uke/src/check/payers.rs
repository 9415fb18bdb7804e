//! HO, KO, SN, JD, MF: numbers, charges, days, and that each fits the others.

use kernel::{Points, ReviewBody, SubsidyPayerNumber, Yen, check_digit};

use super::{FileFacts, Findings, month_of};
use crate::kind::Section;
use crate::model::Receipt;
use crate::record::{Ho, Ko};
use crate::table::PayerKind;
use crate::unverified;

/// 第1公費 to 第4公費.
const SUBSIDIES_MAX: usize = 4;

pub(super) fn check(receipt: &Receipt, facts: FileFacts<'_>, findings: &mut Findings<'_>) {
    if receipt.ho.is_none() && receipt.ko.is_empty() {
        findings.stop("payer-missing", (Section::Header, 0, 0), "the receipt has neither HO nor KO");
    }
    if let Some(ho) = &receipt.ho {
        check_insurer(ho, facts.body, findings);
        check_money((Section::Insurer, 0), ho.points, ho.charge, "L4516", 12, findings);
        check_meals((Section::Insurer, 0, 8), ho.days, ho.meals, findings);
    }
    for (index, ko) in receipt.ko.iter().enumerate() {
        check_subsidy(ko, index, findings);
        check_money((Section::Subsidies, index), ko.points, ko.charge, "L4510", 7, findings);
        check_meals((Section::Subsidies, index, 11), ko.days, ko.meals, findings);
    }
    check_subsidy_order(receipt, findings);
    check_eligibility(receipt, findings);
    check_visit_days(receipt, findings);
    check_counter_charge(receipt, findings);
}

/// True when the last of some digits is the check digit of the others.
fn has_check_digit(number: &str) -> bool {
    let (body, last) = number.split_at(number.len().saturating_sub(1));
    number.bytes().all(|byte| byte.is_ascii_digit())
        && last.bytes().next() == u8::try_from(check_digit(body)).ok().map(|digit| b'0' + digit)
}

/// As [`kernel::InsurerNumber::review_body`], for digits already verified, without building a number: this runs for
/// every receipt written.
fn review_body(number: &str) -> ReviewBody {
    let is_kokuhoren = number.len() == 6 || number.starts_with("39") || number.starts_with("67");
    if is_kokuhoren { ReviewBody::Kokuhoren } else { ReviewBody::PaymentFund }
}

fn check_insurer(ho: &Ho, body: Option<ReviewBody>, findings: &mut Findings<'_>) {
    let number = ho.insurer.as_str();
    let place = (Section::Insurer, 0, 2);
    if number.is_empty() {
        return; // Reported as a required field.
    }
    let is_digits = number.bytes().all(|byte| byte.is_ascii_digit());
    if !is_digits || !matches!(number.len(), 6 | 8) {
        findings.add("L2167", place, "保険者番号 is not 6 or 8 digits");
    } else if !has_check_digit(number) {
        findings.add("L3087", place, "保険者番号 has a wrong check digit: there is no such payer");
    } else if let Some(body) = body.filter(|body| *body != review_body(number)) {
        let belongs = review_body(number).code();
        let message = format!("保険者番号 belongs to review body {belongs}, the file goes to {}", body.code());
        findings.stop("review-body", place, message);
    }
}

fn check_subsidy(ko: &Ko, index: usize, findings: &mut Findings<'_>) {
    let payer = ko.payer.as_str();
    let place = (Section::Subsidies, index, 2);
    match SubsidyPayerNumber::lenient(payer) {
        Err(_) if payer.is_empty() => {}
        Err(_) => findings.add("L2187", place, "公費負担者番号 is not 8 digits"),
        Ok(number) if !has_check_digit(payer) && number.is_local() => {
            findings.confirm(
                "subsidy-check-digit",
                place,
                "公費負担者番号 of a local programme has a wrong check digit",
            );
        }
        Ok(_) if !has_check_digit(payer) => {
            let code = if index == 0 { "L3089" } else { "subsidy-check-digit" };
            findings.add(code, place, "公費負担者番号 has a wrong check digit: there is no such payer");
        }
        Ok(_) => {}
    }
    let recipient = ko.recipient.as_str();
    let is_without = payer.get(..2).is_some_and(unverified::has_no_recipient);
    let place = (Section::Subsidies, index, 3);
    if recipient.is_empty() && !is_without {
        findings.stop("recipient-missing", place, "公費受給者番号 is missing");
    } else if recipient.len() == 7 && !has_check_digit(recipient) {
        findings.confirm("recipient-check-digit", place, "公費受給者番号 has a wrong check digit");
    }
    if index >= SUBSIDIES_MAX {
        findings.stop("subsidies-surplus", place, "a receipt has at most 4 KO records");
    }
}

fn check_subsidy_order(receipt: &Receipt, findings: &mut Findings<'_>) {
    if receipt.ko.len() < 2 {
        return;
    }
    let rank = |ko: &Ko| {
        let law = ko.payer.as_str().get(..2).unwrap_or_default();
        let order = unverified::SUBSIDY_ORDER.iter().position(|listed| *listed == law);
        order.unwrap_or(unverified::SUBSIDY_ORDER.len())
    };
    let pairs = receipt.ko.iter().zip(receipt.ko.iter().skip(1));
    for (index, (before, after)) in pairs.enumerate() {
        if rank(before) > rank(after) {
            let message = "this 公費 usually comes before the one above it";
            findings.confirm("subsidy-order", (Section::Subsidies, index + 1, 2), message);
        }
    }
}

/// A charge of a tenth of the points or more in yen cannot be.
fn check_money(
    (section, index): (Section, usize),
    points: Option<Points>,
    charge: Option<Yen>,
    code: &'static str,
    field: u8,
    findings: &mut Findings<'_>,
) {
    let points = points.unwrap_or_default();
    if points.get() < 0 {
        findings.add("L3380", (section, index, 6), "合計点数 is negative");
    }
    if let Some(charge) = charge.filter(|charge| !charge.is_zero() && *charge >= points.to_yen()) {
        findings.add(code, (section, index, field), format!("負担金額 {charge} yen is not below 10 × {points} points"));
    }
}

fn check_meals(place: (Section, usize, u8), days: Option<u16>, meals: Option<u16>, findings: &mut Findings<'_>) {
    let (days, meals) = (days.unwrap_or(0), meals.unwrap_or(0));
    if u32::from(meals) > u32::from(days) * 3 {
        findings.add("L3531", place, format!("{meals} meals on {days} days"));
    }
}

/// True when the receipt has the payer an SN or JD record names.
fn has_payer(receipt: &Receipt, payer: PayerKind) -> bool {
    match payer.get() {
        1 => receipt.ho.is_some(),
        order => usize::from(order).checked_sub(2).is_some_and(|index| index < receipt.ko.len()),
    }
}

fn check_eligibility(receipt: &Receipt, findings: &mut Findings<'_>) {
    for (index, sn) in receipt.sn.iter().enumerate() {
        let Some(payer) = sn.payer else { continue };
        if !has_payer(receipt, payer) {
            let message = format!("負担者種別 {}: the receipt has no such payer", payer.get());
            findings.add("L2140", (Section::Eligibility, index, 2), message);
        }
        if receipt.sn.iter().take(index).any(|earlier| earlier.payer == sn.payer) {
            let message = format!("負担者種別 {} has two SN records", payer.get());
            findings.stop("payer-twice", (Section::Eligibility, index, 2), message);
        }
    }
}

fn check_visit_days(receipt: &Receipt, findings: &mut Findings<'_>) {
    let month = month_of(receipt);
    for (index, jd) in receipt.jd.iter().enumerate() {
        let Some(payer) = jd.payer else { continue };
        let place = (Section::VisitDays, index, 2);
        if !has_payer(receipt, payer) {
            findings.add("L2140", place, format!("負担者種別 {}: the receipt has no such payer", payer.get()));
        }
        if receipt.jd.iter().take(index).any(|earlier| earlier.payer == jd.payer) {
            findings.stop("payer-twice", place, format!("負担者種別 {} has two JD records", payer.get()));
        }
        let days = match payer.get() {
            1 => receipt.ho.as_ref().and_then(|ho| ho.days),
            order => usize::from(order).checked_sub(2).and_then(|index| receipt.ko.get(index)).and_then(|ko| ko.days),
        };
        let visits = jd.days.count_of(1);
        if let Some(days) = days.filter(|days| usize::from(*days) != visits) {
            findings.stop("visit-days", place, format!("{visits} days count, 診療実日数 is {days}"));
        }
        let day = jd.days.last_day();
        if day > 28 && month.is_some_and(|month| month.day(day).is_none()) {
            findings.stop("day-beyond-month", place, format!("the month has no day {day}"));
        }
    }
}

fn check_counter_charge(receipt: &Receipt, findings: &mut Findings<'_>) {
    let is_due = month_of(receipt).is_some_and(|month| month.yyyymm() >= unverified::ELIGIBILITY_RECORDS_SINCE);
    if !is_due {
        return;
    }
    if receipt.mf.is_none() {
        findings.confirm("counter-charge-missing", (Section::Header, 0, 0), "the receipt has no MF record");
    }
    let payers = usize::from(receipt.ho.is_some()) + receipt.ko.len();
    if receipt.jd.len() < payers {
        let message = format!("{} JD records for {payers} payers", receipt.jd.len());
        findings.confirm("visit-days-missing", (Section::Header, 0, 0), message);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_judged_as_the_kernel_does() {
        let mut valid = 0;
        for law in 1..100 {
            for (width, serial) in [(6, law * 1_009 % 100_000), (8, law * 100_000 + 13_111)] {
                let body = format!("{serial:0>width$}", width = width - 1);
                let number = format!("{body}{}", check_digit(&body));
                let kernel: kernel::InsurerNumber = number.parse().unwrap();
                assert_eq!(review_body(&number), kernel.review_body(), "{number}");
                assert!(has_check_digit(&number));
                valid += 1;
            }
        }
        assert_eq!(valid, 198);
    }
}
