//! The routes, by what they are about.

mod audit;
mod calculation;
mod clients;
mod closes;
mod debts;
mod events;
mod facts;
mod identity;
mod institution;
mod masters;
pub(crate) mod oauth;
mod patients;
mod payments;
mod session;
mod visits;

pub(crate) use events::EventView;

use crate::Registry;

/// Every route of the JSON API.
pub fn registry() -> Registry {
    let mut registry = Registry::default();
    patients::add(&mut registry);
    facts::add(&mut registry);
    institution::add(&mut registry);
    masters::add(&mut registry);
    events::add(&mut registry);
    visits::add(&mut registry);
    calculation::add(&mut registry);
    session::add(&mut registry);
    identity::add(&mut registry);
    clients::add(&mut registry);
    audit::add(&mut registry);
    payments::add(&mut registry);
    debts::add(&mut registry);
    closes::add(&mut registry);
    registry
}

/// Names in the path of routes about one patient.
#[derive(Clone, Debug, serde::Deserialize, schemars::JsonSchema)]
pub(crate) struct PatientPath {
    /// 患者番号.
    pub number: String,
}

/// A change that says why.
#[derive(Clone, Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Because {
    /// Why.
    #[schemars(length(min = 1, max = 400))]
    pub reason: String,
}

/// Routes without names behind the question mark.
#[derive(Clone, Copy, Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoQuery {}

#[cfg(test)]
mod tests;
