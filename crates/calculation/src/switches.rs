//! Switches of the claim: where law leaves room, or review bodies and prefectures differ.
//!
//! They belong to an institution: its receipts go to the offices of its own prefecture, so that a value per
//! institution is a value per prefecture. Every default is what the published cases and sample files show.

use kernel::{ClaimMonth, ReviewBody};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a claim is written where offices differ.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct ClaimSwitches {
    /// KO field 7 (公費一部負担金) of these laws stays blank instead of 0 when the subsidy leaves nothing: some
    /// products leave it blank for 10, 12, 16 and 38. Default: none, 0 is written (記録条件仕様 sample files).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub blank_zero_copay_laws: Vec<String>,
    /// HO field 12 when insurance goes with local programmes only.
    pub local_copay: LocalCopay,
    /// Unit of HO field 12 and KO fields 7 and 8 under a monthly limit.
    pub limit_amounts: LimitAmounts,
    /// RE field 8 of 国保.
    pub benefit_ratio: BenefitRatio,
    /// マル長 over parts with and without a subsidy.
    pub specific_disease: PerBody<SpecificDiseaseSum>,
    /// MF record.
    pub window_burden: WindowBurden,
    /// RE field 11 of outpatients with a low income.
    pub low_income: LowIncomeField,
}

/// HO field 12 (負担金額 医療保険) when no national subsidy takes part and no limit was reached. Some 国保連 want the
/// copay always. Source: 診療報酬請求書等の記載要領 一部負担金額欄; by agreement of the prefecture (unverified).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum LocalCopay {
    /// Only when a high-cost benefit was given in kind.
    #[default]
    AtLimit,
    /// Always on receipts to 国保連.
    AlwaysToKokuhoren,
    /// Always.
    Always,
}

/// Unit of the amounts on a receipt whose monthly limit was reached and is a multiple of 10 yen (unverified: the
/// sample files without a limit hold 1-yen amounts).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum LimitAmounts {
    /// 1 yen.
    #[default]
    OneYen,
    /// 10 yen, half up, as it was collected.
    TenYen,
}

/// RE field 8 (給付割合) of 国保. Source: 記録条件仕様(医科用) RE 8; the review system calls it unneeded (L4801), real
/// files carry it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum BenefitRatio {
    /// Written.
    #[default]
    Written,
    /// Blank.
    Blank,
}

/// A switch with one value for each review body.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct PerBody<T: Default> {
    /// 社会保険診療報酬支払基金.
    pub payment_fund: T,
    /// 国民健康保険団体連合会.
    pub kokuhoren: T,
}

impl<T: Copy + Default> PerBody<T> {
    /// The value for a review body.
    pub const fn of(&self, body: ReviewBody) -> T {
        match body {
            ReviewBody::PaymentFund => self.payment_fund,
            ReviewBody::Kokuhoren => self.kokuhoren,
        }
    }
}

/// How マル長 counts parts with and without a subsidy. 支払基金 and single 国保連 differ (unverified).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum SpecificDiseaseSum {
    /// One common amount of the month.
    #[default]
    Common,
    /// Each part has the amount for itself.
    Apart,
}

/// MF record (窓口負担額). Source: 記録条件仕様(医科用) 別表31; whether outpatient receipts carry 01 and 02 depends on the
/// edition (unverified).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum WindowBurden {
    /// 00, 01 or 02 as computed.
    #[default]
    Computed,
    /// Always 00.
    Zero,
    /// No MF record.
    Left,
}

/// RE field 11 (一部負担金区分, 別表8) of an outpatient of 70 or over with a low income whose limit was reached
/// (unverified).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum LowIncomeField {
    /// Blank.
    #[default]
    Blank,
    /// Written: 1 低所得Ⅱ, 3 低所得Ⅰ.
    Written,
}

/// Switches from a month of care on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct DatedSwitches {
    /// First month of care.
    pub from: ClaimMonth,
    /// The switches.
    pub switches: ClaimSwitches,
}

/// The switches of a month of care: those with the latest beginning; the defaults before the first.
pub fn switches_in(dated: &[DatedSwitches], month: ClaimMonth) -> ClaimSwitches {
    let begun = dated.iter().filter(|switches| switches.from <= month);
    begun.max_by_key(|switches| switches.from).map(|switches| switches.switches.clone()).unwrap_or_default()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_switches_of_a_month_are_the_latest_begun() {
        let dated: Vec<DatedSwitches> = serde_json::from_str(
            r#"[{"from": "2026-10", "switches": {"benefitRatio": "blank"}},
                {"from": "2027-04", "switches": {"windowBurden": "zero", "specificDisease": {"kokuhoren": "apart"}}}]"#,
        )
        .unwrap();
        let of = |month: &str| switches_in(&dated, month.parse().unwrap());
        assert_eq!(of("2026-09"), ClaimSwitches::default());
        assert_eq!(of("2027-03").benefit_ratio, BenefitRatio::Blank);
        let later = of("2027-04");
        assert_eq!((later.benefit_ratio, later.window_burden), (BenefitRatio::Written, WindowBurden::Zero));
        assert_eq!(later.specific_disease.of(ReviewBody::Kokuhoren), SpecificDiseaseSum::Apart);
        assert_eq!(later.specific_disease.of(ReviewBody::PaymentFund), SpecificDiseaseSum::Common);
    }
}
