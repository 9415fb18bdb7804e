#![doc = include_str!("../README.md")]
#![cfg_attr(test, allow(clippy::as_conversions))]

pub mod charge;
pub mod coverage;
mod module;
pub mod points;
mod suggestion;

pub use module::Engine;

/// Every rule of points and charges with its source, by id.
pub fn rules() -> Vec<charge::RuleEntry> {
    let points = points::rules::ALL.iter().map(|rule| charge::RuleEntry {
        id: rule.id,
        valid_from: None,
        valid_to: None,
        source: rule.basis,
        is_verified: rule.is_verified,
    });
    let mut rules: Vec<_> = points.chain(charge::rules()).collect();
    rules.sort_by_key(|rule| (rule.id, rule.valid_from));
    rules
}
