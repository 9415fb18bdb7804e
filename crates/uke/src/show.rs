//! A file for a person: each record with its official names, codes with their labels.

use std::fmt::Write as _;
use std::io::{Read, Write};

use crate::copy::CopyError;
use crate::kind::RecordKind;
use crate::lines::content;
use crate::reader::{Part, Reader};
use crate::shift_jis::decode;
use crate::spec::{Column, Mode, RecordSpec};
use crate::summary::Summary;
use crate::value::{DAYS_PER_MONTH, Dated};

/// Writes the file as text, record by record, and gives its counts.
pub fn show(input: impl Read, mut output: impl Write) -> Result<Summary, CopyError> {
    let mut reader = Reader::new(input);
    let mut summary = Summary::default();
    let mut text = String::new();
    while let Some(part) = reader.next_part()? {
        text.clear();
        match part {
            Part::Record(record) => {
                summary.single(record);
                push_line(&mut text, record.line, record.kind, record.raw());
            }
            Part::Receipt(receipt) => {
                summary.receipt(receipt);
                text.push_str(&format!("\nレセプト {}\n", receipt.order));
                for record in receipt.records() {
                    push_line(&mut text, record.line, record.kind, record.raw);
                }
            }
            Part::Tail(_) => summary.ends_with_eof_1a = true,
        }
        output.write_all(text.as_bytes()).map_err(CopyError::Write)?;
    }
    text.clear();
    push_summary(&mut text, &summary);
    output.write_all(text.as_bytes()).map_err(CopyError::Write)?;
    Ok(summary)
}

fn push_line(text: &mut String, line: u64, kind: RecordKind, raw: &[u8]) {
    text.push_str(&format!("{line:>6} {}\n", record_text(kind, content(raw))));
}

/// One record as text: `SY 傷病名: 傷病名コード 8830417, 診療開始日 2026-06-05, 転帰区分 1 継続`.
pub(crate) fn record_text(kind: RecordKind, content: &[u8]) -> String {
    match kind.spec() {
        Some(spec) => spec_text(spec, content),
        None => decode(content).into_owned(),
    }
}

fn spec_text(spec: &'static RecordSpec, content: &[u8]) -> String {
    let mut text = format!("{} {}:", spec.id, spec.name);
    let mut separator = " ";
    let mut cells = content.split(|byte| *byte == b',').skip(1);
    for group in spec.groups {
        let width = group.columns.len() * usize::from(group.repeat);
        let values: Vec<&[u8]> = cells.by_ref().take(width).collect();
        let shown = if usize::from(group.repeat) == DAYS_PER_MONTH {
            days_text(&values)
        } else {
            let columns = group.columns.iter().cycle();
            let pairs = columns.zip(&values).filter(|(_, cell)| !cell.is_empty());
            pairs.map(|(column, cell)| cell_text(column, cell)).collect::<Vec<_>>().join(", ")
        };
        if !shown.is_empty() {
            text.push_str(separator);
            text.push_str(&shown);
            separator = ", ";
        }
    }
    for surplus in cells {
        text.push_str(separator);
        text.push_str("+ ");
        text.push_str(&decode(surplus));
    }
    text
}

fn days_text(values: &[&[u8]]) -> String {
    let mut text = String::new();
    for (day, cell) in (1..).zip(values).filter(|(_, cell)| !cell.is_empty()) {
        let separator = if text.is_empty() { "日" } else { "" };
        text.push_str(&format!("{separator} {day}:{}", decode(cell)));
    }
    text
}

/// A cell with its name, and its label or date where it has one.
pub(crate) fn cell_text(column: &Column, cell: &[u8]) -> String {
    let value = match column.mode {
        Mode::Month => {
            <Dated<kernel::ClaimMonth> as crate::value::Cell>::parse(cell).map(|month| month.get().to_string())
        }
        Mode::Day => <Dated<kernel::ServiceDate> as crate::value::Cell>::parse(cell).map(|day| day.get().to_string()),
        _ => None,
    };
    let mut text = format!("{} {}", column.name, value.unwrap_or_else(|| decode(cell.trim_ascii()).into_owned()));
    if let Some(table) = column.table {
        for label in table.codes(cell).filter_map(|code| code.1) {
            text.push(' ');
            text.push_str(label);
        }
    }
    text
}

fn push_summary(text: &mut String, summary: &Summary) {
    // Writing into a String cannot fail.
    let _ = writeln!(
        text,
        "\n{} lines, {} receipts, {} HO and KO records, {} points",
        summary.lines, summary.receipts, summary.claims, summary.points_total
    );
    for finding in &summary.findings {
        let _ = writeln!(text, "{finding}");
    }
}
