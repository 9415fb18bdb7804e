//! The audit trail for the clinic's auditor: search and export.

use kernel::ServiceDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use service::trail::{self, ExportFormat};
use service::{Problem, Work};
use store::PatientId;
use store::audit::{Order, Position, Search};

use crate::{Call, Endpoint, Method, Registry, Reply, may};

/// Events of a page unless told otherwise.
const PAGE: i64 = 50;

pub(super) fn add(registry: &mut Registry) {
    registry.add::<SearchAudit>();
    registry.add::<ExportAudit>();
}

/// How an export is written.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum FormatName {
    /// One JSON object a line.
    JsonLines,
    /// Comma-separated values.
    Csv,
}

/// What is looked for; everything given must fit.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct AuditQuery {
    /// From this day on.
    from: ServiceDate,
    /// Up to this day.
    to: ServiceDate,
    /// Who, as recorded: `user:…`, `client:…`.
    #[serde(default)]
    by: Option<String>,
    /// Whose data.
    #[serde(default)]
    patient: Option<PatientId>,
    /// What: `patient.read`, or `patient` for everything that begins so.
    #[serde(default)]
    action: Option<String>,
    /// `next` of the page before.
    #[serde(default)]
    cursor: Option<String>,
    /// Events wanted, at most 200; an export takes no notice of it.
    #[serde(default)]
    #[schemars(range(min = 1, max = 200))]
    limit: Option<i64>,
    /// How an export is written.
    #[serde(default)]
    format: Option<FormatName>,
}

impl AuditQuery {
    fn search(&self, order: Order) -> Result<Search, Problem> {
        let after = self.cursor.as_deref().map(position).transpose()?;
        Ok(Search {
            from: self.from,
            to: self.to,
            by: self.by.clone(),
            patient: self.patient,
            action: self.action.clone(),
            order,
            after,
            limit: self.limit.unwrap_or(PAGE).clamp(1, trail::PAGE_MAX),
        })
    }
}

/// `2026-10-05.17`.
fn position(text: &str) -> Result<Position, Problem> {
    let parsed =
        text.split_once('.').and_then(|(day, seq)| Some(Position { day: day.parse().ok()?, seq: seq.parse().ok()? }));
    parsed.ok_or_else(|| Problem::invalid("?cursor", "not-allowed", "前のページの next を指定してください"))
}

fn cursor(position: Position) -> String {
    format!("{}.{}", position.day.naive(), position.seq)
}

/// Events of the trail.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct AuditPage {
    /// The newest first.
    events: Vec<Value>,
    /// Where the next page begins.
    next: Option<String>,
}

struct SearchAudit;

impl Endpoint for SearchAudit {
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/v1/audit";
    const ID: &'static str = "searchAudit";
    const SUMMARY: &'static str = "Events of the audit trail by person, patient, action and day, the newest first";
    type Permission = may::AuditRead;
    type Path = ();
    type Query = AuditQuery;
    type Body = ();
    type Answer = AuditPage;

    fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<AuditPage>, Problem> {
        let wanted = call.query.search(Order::NewestFirst)?;
        let found = trail::search(work, &wanted)?;
        let is_full = i64::try_from(found.len()).is_ok_and(|count| count == wanted.limit);
        let next = found.last().filter(|_| is_full).map(|event| cursor(event.position));
        Ok(Reply::plain(AuditPage { events: found.iter().map(trail::to_json).collect(), next }))
    }
}

/// An export of the trail.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct AuditExport {
    /// The file.
    content: String,
    /// Events in it.
    count: usize,
    /// Where the next file begins; none when this one is complete.
    next: Option<String>,
}

struct ExportAudit;

impl Endpoint for ExportAudit {
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/v1/audit/export";
    const ID: &'static str = "exportAudit";
    const SUMMARY: &'static str = "Events of the audit trail as a file, the oldest first";
    type Permission = may::AuditRead;
    type Path = ();
    type Query = AuditQuery;
    type Body = ();
    type Answer = AuditExport;

    fn run(call: &Call<'_, Self>, work: &mut Work<'_, '_>) -> Result<Reply<AuditExport>, Problem> {
        let format = match call.query.format {
            Some(FormatName::Csv) => ExportFormat::Csv,
            Some(FormatName::JsonLines) | None => ExportFormat::JsonLines,
        };
        let made = trail::export(work, &call.query.search(Order::OldestFirst)?, format)?;
        Ok(Reply::plain(AuditExport { content: made.content, count: made.count, next: made.next.map(cursor) }))
    }
}
