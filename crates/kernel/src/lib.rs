#![doc = include_str!("../README.md")]
#![cfg_attr(test, allow(clippy::as_conversions))]

mod age;
mod calendar;
mod code;
mod date;
mod finding;
mod money;
mod number;
mod person;
mod rounding;
mod text;
mod wareki;

pub use age::{AgeLimit, AgeLimitError, completed_years, first_day_after_preschool, reached_on};
pub use calendar::{HOLIDAY_YEARS, is_national_holiday, is_year_end};
pub use code::{
    ActCode, CodeError, CommentCode, DiagnosisCode, DrugCode, ItemCode, MaterialCode, ModifierCode, StandardCode,
};
pub use date::{ClaimMonth, DateError, ServiceDate};
pub use finding::{Finding, Severity};
pub use money::{BurdenRate, Points, Quantity, QuantityError, Yen};
pub use number::{
    FacilityCode, InsurerNumber, NumberError, Prefecture, RecipientNumber, ReviewBody, SubsidyPayerNumber, check_digit,
};
pub use person::Sex;
pub use rounding::Rounding;
pub use wareki::{Era, Wareki};
