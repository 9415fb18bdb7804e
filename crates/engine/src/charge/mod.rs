//! Patient charges (患者負担): insurance, public subsidies (公費), monthly limits (高額療養費), receipt header.
//!
//! [`Month`] is the explicit input of one claim's month and [`Month::charge`] its pure result. [`charge`]
//! makes the months out of a calc/1 request and folds their results back into the response.
//!
//! Amounts are computed in 1/100 yen, in which every share of a cost is exact, and rounded once: to a yen
//! where a receipt field or a payer's amount is fixed, to ten yen where the window collects.

mod age;
mod carry;
mod compute;
mod evaluate;
mod explain;
mod fold;
mod header;
mod month;
mod month_limits;
mod resolve;
mod result;
mod rules;
mod self_pay;
mod sen;
mod switch;
pub mod tables;
mod window;

pub use age::{band, has_half_limits, standard_ratio};
pub use fold::{ChargeOutcome, charge};
pub use header::{PersonDigit, receipt_type};
pub use month::{
    Band, Elsewhere, Halves, Insurance, LimitRounding, Line, Month, NoteFacts, Payers, PayersError, Period,
    RECEIPT_SUBSIDIES_MAX, Relieved, SUBSIDIES_MAX, Share, Subsidy, Visit,
};
pub use resolve::{Bundle, Family, PricedLine, Resolved, VisitFacts, national_share, resolve};
pub use result::{
    Bounds, GroupAmount, HoValues, KoValues, LimitFact, MonthResult, MonthUnsupported, Receipt, StageAmount, Step,
    SubsidyAmount, VisitResult, WindowRule,
};
pub use rules::{Rule, RuleEntry, rules};
pub use tables::{
    IncomeClass, InsurerLaw, LimitKind, MainDigit, Programme, ProgrammeShare, insurer_law, insurer_law_of, programme,
    subsidy_order,
};
