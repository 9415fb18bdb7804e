//! Looks at every cell of a line by its field table: mode, length, requirement, code table.

use kernel::{ClaimMonth, Finding, ServiceDate, Severity};

use crate::encoder::{FieldError, Place, text_error};
use crate::kind::RecordKind;
use crate::spec::{Column, Mode, Need, Width};
use crate::value::{Burden, Cell, Dated, decimal};

/// How strictly a line is looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Leniency {
    /// The reader: only what no value can hold.
    Reader,
    /// A claim file of an institution; era dates are a notice.
    Claim,
    /// A claim file for a claim month up to 2020-04: era dates are right.
    OldClaim,
    /// A returned file: the review body has filled columns an institution leaves empty.
    Returned,
}

/// Adds a finding for each cell that is not as its field table says.
pub(crate) fn inspect(kind: RecordKind, content: &[u8], place: Place, leniency: Leniency, findings: &mut Vec<Finding>) {
    let Some(spec) = kind.spec() else { return };
    let before = findings.len();
    let mut number = 1_u8;
    let mut surplus = 0_usize;
    let mut cells = content.split(|byte| *byte == b',').skip(1);
    while number < spec.columns {
        number += 1;
        let Some(column) = spec.column(number) else { continue };
        let cell = cells.next().unwrap_or_default();
        let Some(error) = cell_error(column, cell, leniency) else { continue };
        findings.push(finding(spec.id, column, &error, Place { field: number, ..place }));
    }
    surplus += cells.count();
    if surplus > 0 {
        let message = format!("{} has {surplus} columns more than the {} allowed", spec.id, spec.columns);
        findings.push(Finding::stop("columns-surplus", place.to_string(), message));
    }
    if leniency == Leniency::Reader && findings.len() == before {
        let message = format!("{} has a value that is kept only in its raw line", spec.id);
        findings.push(Finding::note("field-raw", place.to_string(), message));
    }
}

/// The code of an error in a column: the official one where the list known to us has it.
pub(crate) fn code_of(column: &Column, error: &FieldError) -> &'static str {
    match (error, column.code) {
        (FieldError::Required, "") => "L2541",
        (FieldError::EraDate, _) => "L4800",
        (FieldError::Character { .. } | FieldError::Bytes { .. }, _) => "character",
        (FieldError::Unlisted { .. }, "") => "code-unlisted",
        // These two are about a missing value only.
        (FieldError::Required, "L2162" | "L3001") => column.code,
        (_, "L2162" | "L3001") => "field-form",
        (FieldError::MustBeEmpty, "") => "field-not-empty",
        (_, "") => "field-form",
        (_, code) => code,
    }
}

/// What a review body does about a code: L48xx notices are accepted, other L4xxx may be claimed as they are.
pub(crate) fn severity_of(code: &str) -> Severity {
    if code.starts_with("L48") {
        Severity::Note
    } else if code.starts_with("L4") || code.starts_with("L7") {
        Severity::Confirm
    } else {
        Severity::Stop
    }
}

fn finding(record: &'static str, column: &Column, error: &FieldError, place: Place) -> Finding {
    let code = code_of(column, error);
    let message = format!("{record} {} {error}", column.name);
    Finding::new(severity_of(code), code, place.to_string(), message)
}

fn cell_error(column: &Column, cell: &[u8], leniency: Leniency) -> Option<FieldError> {
    if cell.is_empty() {
        let is_missing = column.need == Need::Always && leniency != Leniency::Reader;
        return is_missing.then_some(FieldError::Required);
    }
    let error = match column.need {
        Need::Empty if matches!(leniency, Leniency::Claim | Leniency::OldClaim) => Some(FieldError::MustBeEmpty),
        _ => form_error(column, cell, leniency),
    };
    // The reader holds texts of any length and form.
    let is_text = matches!(column.mode, Mode::Kanji | Mode::Either) && leniency == Leniency::Reader;
    error.filter(|_| !is_text)
}

fn form_error(column: &Column, cell: &[u8], leniency: Leniency) -> Option<FieldError> {
    match column.mode {
        Mode::Month => date_error(column, Dated::<ClaimMonth>::parse(cell).map(Dated::is_era), leniency),
        Mode::Day => date_error(column, Dated::<ServiceDate>::parse(cell).map(Dated::is_era), leniency),
        _ => length_error(column, cell).or_else(|| value_error(column, cell)),
    }
}

fn date_error(column: &Column, is_era: Option<bool>, leniency: Leniency) -> Option<FieldError> {
    match is_era {
        None => Some(FieldError::Form { allowed: column.mode.name() }),
        Some(true) if leniency == Leniency::Claim => Some(FieldError::EraDate),
        Some(_) => None,
    }
}

fn length_error(column: &Column, cell: &[u8]) -> Option<FieldError> {
    let (received, allowed) = (cell.len(), column.bytes);
    match column.width {
        Width::Fixed if received != usize::from(allowed) => Some(FieldError::NotFixed { received, allowed }),
        Width::Variable if received > usize::from(allowed) => Some(FieldError::TooLong { received, allowed }),
        _ => None,
    }
}

fn value_error(column: &Column, cell: &[u8]) -> Option<FieldError> {
    let form = FieldError::Form { allowed: column.mode.name() };
    let starts_with = |digit: u8| cell.first() == Some(&digit) && cell.iter().all(u8::is_ascii_digit);
    let is_right = match column.mode {
        Mode::Act => starts_with(b'1'),
        Mode::Drug => starts_with(b'6'),
        Mode::Material => starts_with(b'7'),
        Mode::Comment => starts_with(b'8'),
        Mode::Payers => Burden::parse(cell).is_some(),
        Mode::Signed => cell.strip_prefix(b"-").unwrap_or(cell).iter().all(u8::is_ascii_digit) && cell != b"-",
        Mode::Decimal5 | Mode::Decimal3 | Mode::Price => is_decimal(column, cell),
        _ => match text_error(column.mode, cell) {
            Some(error) => return Some(error),
            None => true,
        },
    };
    if !is_right {
        return Some(form);
    }
    let table = column.table?;
    table.codes(cell).find(|(_, label)| label.is_none()).map(|(code, _)| FieldError::Unlisted {
        received: crate::value::digits(code).unwrap_or_default(),
        table: table.name,
    })
}

fn is_decimal(column: &Column, cell: &[u8]) -> bool {
    let (whole, fraction) = column.mode.decimal().unwrap_or((0, 0));
    let point = cell.iter().position(|byte| *byte == b'.').unwrap_or(cell.len());
    let is_short = point <= whole && cell.len().saturating_sub(point + 1) <= fraction;
    is_short && decimal(cell).is_some_and(|value| column.mode == Mode::Price || !value.is_zero())
}
