//! The audit trail for the clinic's auditor: search, and export as JSON lines or CSV. Both are on the trail too.

use chrono::SecondsFormat;
use kernel::ServiceDate;
use serde_json::{Value, json};
use store::audit::{self, AuditEvent, EVENTS_PER_READ, Order, Position, Search};

use crate::{Problem, Work};

/// Days one search spans at most.
pub const DAYS_MAX: i64 = 366 * 11;
/// Events of one page of a search at most.
pub const PAGE_MAX: i64 = 200;
/// Events of one export at most; the next one begins behind them.
pub const EXPORT_MAX: usize = 50_000;

/// How an export is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ExportFormat {
    /// One JSON object a line.
    JsonLines,
    /// Comma-separated, UTF-8 with a byte order mark, as spreadsheets read it.
    Csv,
}

/// An export.
#[derive(Clone, PartialEq, Eq)]
pub struct Export {
    /// What was written.
    pub content: String,
    /// Events in it.
    pub count: usize,
    /// Where the next export begins; none when this one is complete.
    pub next: Option<Position>,
}

/// Events of the trail, page by page.
///
/// # Errors
/// `invalid` for a span out of its bounds.
pub fn search(work: &mut Work<'_, '_>, wanted: &Search) -> Result<Vec<AuditEvent>, Problem> {
    check(wanted)?;
    let wanted = Search { limit: wanted.limit.clamp(1, PAGE_MAX), ..wanted.clone() };
    let events = audit::search(work.tx, &wanted)?;
    work.audit_change("audit.search", wanted.patient, None, None, Some(say(&wanted)));
    Ok(events)
}

/// The events that were looked for, oldest first, as a file.
///
/// # Errors
/// `invalid` for a span out of its bounds.
pub fn export(work: &mut Work<'_, '_>, wanted: &Search, format: ExportFormat) -> Result<Export, Problem> {
    check(wanted)?;
    let mut page = Search { order: Order::OldestFirst, limit: EVENTS_PER_READ, ..wanted.clone() };
    let mut content = head(format);
    let (mut count, mut is_complete) = (0_usize, false);
    while !is_complete && count < EXPORT_MAX {
        let events = audit::search(work.tx, &page)?;
        is_complete = events.len() < usize::try_from(EVENTS_PER_READ).unwrap_or(usize::MAX);
        count = count.saturating_add(events.len());
        page.after = events.last().map(|event| event.position).or(page.after);
        for event in &events {
            write(&mut content, event, format);
        }
    }
    work.audit_change("audit.export", wanted.patient, None, None, Some(say(wanted)));
    Ok(Export { content, count, next: if is_complete { None } else { page.after } })
}

fn check(wanted: &Search) -> Result<(), Problem> {
    let days = (wanted.to.naive() - wanted.from.naive()).num_days();
    if (0..=DAYS_MAX).contains(&days) {
        return Ok(());
    }
    let message = format!("期間は開始日から{DAYS_MAX}日以内で指定してください");
    Err(Problem::invalid("?to", "out-of-range", message))
}

/// What was looked for, as it is recorded.
fn say(wanted: &Search) -> Value {
    json!({ "from": text(wanted.from), "to": text(wanted.to), "by": wanted.by, "action": wanted.action })
}

fn text(day: ServiceDate) -> String {
    day.naive().to_string()
}

/// The event as JSON.
pub fn to_json(event: &AuditEvent) -> Value {
    // What was recorded is JSON; what is not is shown as the text it is.
    let parsed = |text: &Option<String>| {
        text.as_ref().map(|text| serde_json::from_str(text).unwrap_or_else(|_| Value::from(text.as_str())))
    };
    json!({
        "day": text(event.position.day),
        "seq": event.position.seq,
        "recordedAt": event.recorded_at.to_rfc3339_opts(SecondsFormat::Micros, true),
        "recordedBy": event.recorded_by,
        "action": event.action,
        "patientId": event.patient_id,
        "subject": event.subject,
        "before": parsed(&event.before),
        "after": parsed(&event.after),
        "origin": event.origin,
        "reason": event.reason,
    })
}

const COLUMNS: [&str; 11] =
    ["day", "seq", "recordedAt", "recordedBy", "action", "patientId", "subject", "before", "after", "origin", "reason"];

fn head(format: ExportFormat) -> String {
    match format {
        ExportFormat::JsonLines => String::new(),
        ExportFormat::Csv => format!("\u{feff}{}\r\n", COLUMNS.join(",")),
    }
}

fn write(content: &mut String, event: &AuditEvent, format: ExportFormat) {
    match format {
        ExportFormat::JsonLines => {
            content.push_str(&to_json(event).to_string());
            content.push('\n');
        }
        ExportFormat::Csv => {
            let cells = [
                text(event.position.day),
                event.position.seq.to_string(),
                event.recorded_at.to_rfc3339_opts(SecondsFormat::Micros, true),
                event.recorded_by.clone(),
                event.action.clone(),
                event.patient_id.map(|id| id.to_string()).unwrap_or_default(),
                event.subject.clone().unwrap_or_default(),
                event.before.clone().unwrap_or_default(),
                event.after.clone().unwrap_or_default(),
                event.origin.clone().unwrap_or_default(),
                event.reason.clone().unwrap_or_default(),
            ];
            content.push_str(&cells.iter().map(|cell| quoted(cell)).collect::<Vec<_>>().join(","));
            content.push_str("\r\n");
        }
    }
}

/// A cell. What a spreadsheet would compute gets an apostrophe in front.
fn quoted(cell: &str) -> String {
    let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let lead = if is_formula { "'" } else { "" };
    format!("\"{lead}{}\"", cell.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_no_formula() {
        assert_eq!(quoted("a \"b\""), "\"a \"\"b\"\"\"");
        assert_eq!(quoted("=HYPERLINK(1)"), "\"'=HYPERLINK(1)\"");
    }
}
