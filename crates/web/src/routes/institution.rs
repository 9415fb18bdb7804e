//! The clinic: name, departments, hours, standards.

use billing::clinic::Institution;
use schemars::JsonSchema;
use serde::Serialize;
use service::{Problem, Work};
use store::tenants;

use super::NoQuery;
use crate::{Call, Endpoint, Method, Registry, Reply, may};

pub(super) fn add(registry: &mut Registry) {
    registry.add::<ReadInstitution>();
    registry.add::<RecordInstitution>();
}

/// The institution with its version.
#[derive(Debug, Serialize, JsonSchema)]
struct InstitutionView {
    /// Version, for `If-Match`.
    version: i32,
    /// The institution.
    institution: Institution,
}

struct ReadInstitution;

impl Endpoint for ReadInstitution {
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/v1/institution";
    const ID: &'static str = "readInstitution";
    const SUMMARY: &'static str = "The clinic: number, name, departments, hours, facility standards, closed days";
    type Permission = may::MasterRead;
    type Path = ();
    type Query = NoQuery;
    type Body = ();
    type Answer = InstitutionView;

    fn run(_: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<InstitutionView>, Problem> {
        let (version, institution) = tenants::institution(work.tx)?;
        Ok(Reply::versioned(InstitutionView { version, institution }, version))
    }
}

struct RecordInstitution;

impl Endpoint for RecordInstitution {
    const METHOD: Method = Method::Put;
    const PATH: &'static str = "/v1/institution";
    const ID: &'static str = "recordInstitution";
    const SUMMARY: &'static str = "Records the clinic as a whole on top of the version the caller saw (0 = first)";
    const NEEDS_VERSION: bool = true;
    type Permission = may::MasterWrite;
    type Path = ();
    type Query = NoQuery;
    type Body = Institution;
    type Answer = InstitutionView;

    fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<InstitutionView>, Problem> {
        let base = call.version()?;
        let before = if base == 0 { None } else { Some(tenants::institution(work.tx)?.1) };
        let version = tenants::record_institution(work.tx, base, call.body, &work.stamp)?;
        work.audit_change(
            "institution.recorded",
            None,
            Some(call.body.code.to_string()),
            before.and_then(|before| serde_json::to_value(before).ok()),
            serde_json::to_value(call.body).ok(),
        );
        Ok(Reply::versioned(InstitutionView { version, institution: call.body.clone() }, version))
    }
}
