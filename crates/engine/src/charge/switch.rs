//! The receipt header as the institution's switches want it written.

use calculation::{BenefitRatio, ClaimSwitches, LimitAmounts, LocalCopay};
use kernel::{ReviewBody, Rounding, Yen};

use super::month::Month;
use super::result::{KoValues, MonthResult, Receipt};

/// The header with the switches applied; `law` is the law number of a subsidy by its position.
pub(super) fn written<'l>(
    month: &Month,
    result: &MonthResult,
    switches: &ClaimSwitches,
    law: impl Fn(usize) -> Option<&'l str>,
) -> Receipt {
    let mut receipt = result.receipt.clone();
    if switches.benefit_ratio == BenefitRatio::Blank {
        receipt.benefit_ratio = None;
    }
    if is_local_copay_wanted(month, result, switches.local_copay) {
        write_local_copay(&mut receipt, result);
    }
    let is_of_ten = result.is_limit_reached && result.limit.is_some_and(|limit| limit.yen.get() % 10 == 0);
    if switches.limit_amounts == LimitAmounts::TenYen && is_of_ten {
        round_amounts(&mut receipt);
    }
    for values in &mut receipt.subsidies {
        let is_blank = |law: &str| switches.blank_zero_copay_laws.iter().any(|blank| blank == law);
        if values.copay == Some(Yen::ZERO) && law(values.subsidy).is_some_and(is_blank) {
            values.copay = None;
        }
    }
    receipt
}

/// Insurance with local programmes only, where the office wants the copay without a limit reached.
fn is_local_copay_wanted(month: &Month, result: &MonthResult, switch: LocalCopay) -> bool {
    let is_for_body = match switch {
        LocalCopay::AtLimit => false,
        LocalCopay::AlwaysToKokuhoren => result.receipt.submit_to == ReviewBody::Kokuhoren,
        LocalCopay::Always => true,
    };
    let written = || result.receipt.subsidies.iter().filter_map(|values| month.subsidies.get(values.subsidy));
    is_for_body && written().next().is_some() && written().all(|subsidy| subsidy.programme.is_none())
}

fn write_local_copay(receipt: &mut Receipt, result: &MonthResult) {
    let Some(insurance) = receipt.insurance.as_mut().filter(|insurance| insurance.copay.is_none()) else { return };
    insurance.copay = result.insurance_copay;
    let points = insurance.points;
    let covered = |values: &KoValues| result.subsidies.get(values.subsidy).map(|amount| amount.covered_copay);
    for values in &mut receipt.subsidies {
        values.outpatient_copay = covered(values).filter(|_| values.points != points);
    }
}

fn round_amounts(receipt: &mut Receipt) {
    let round = |amount: &mut Option<Yen>| {
        *amount = amount.map(|yen| Rounding::HalfUp10Yen.yen(yen.to_decimal()));
    };
    if let Some(insurance) = &mut receipt.insurance {
        round(&mut insurance.copay);
    }
    for values in &mut receipt.subsidies {
        round(&mut values.copay);
        round(&mut values.outpatient_copay);
    }
}
