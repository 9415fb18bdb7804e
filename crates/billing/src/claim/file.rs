//! The file of one review body.

use kernel::{Finding, ReviewBody};
use uke::{ClaimWriter, WriteError};

use super::{BodyFile, Claim, FileState, Input};
use crate::code;

/// Writes the receipts of one review body. A receipt that the writer refuses gets what stops it as findings.
///
/// Without `hold` one stopped receipt refuses the whole file; all others are tried, so that everything that
/// must be corrected is known at once.
pub(super) fn write(
    input: &Input<'_>,
    body: ReviewBody,
    claims: &mut [Claim],
    is_all_refused: bool,
    findings: &mut Vec<Finding>,
) -> BodyFile {
    let institution = &input.clinic.institution;
    let mut ir = uke::Ir::new(body, &institution.code, institution.name.as_str(), input.claim_month);
    ir.phone = institution.phone.as_str().into();
    let mut bytes = Vec::new();
    let mut receipts = 0_usize;
    let mut is_refused = is_all_refused;
    match ClaimWriter::new(&mut bytes, ir) {
        Ok(mut writer) => {
            for claim in claims.iter_mut().filter(|claim| claim.body == body && claim.held.is_none()) {
                if !claim.is_stopped()
                    && let Err(error) = writer.receipt(&claim.receipt)
                {
                    refuse(claim, error);
                }
                let is_stopped = claim.is_stopped();
                receipts += usize::from(!is_stopped);
                is_refused |= is_stopped && !input.hold;
            }
            if receipts > 0
                && let Err(error) = writer.finish()
            {
                is_refused = true;
                findings.extend(stops(error, "institution"));
            }
        }
        Err(error) => {
            is_refused = true;
            findings.extend(stops(error, "institution"));
        }
    }
    let state = match (is_refused, receipts) {
        (true, _) => FileState::Refused,
        (false, 0) => FileState::Empty,
        (false, _) => FileState::Ready,
    };
    if state != FileState::Ready {
        bytes.clear();
    }
    BodyFile { body, state, bytes }
}

fn refuse(claim: &mut Claim, error: WriteError) {
    let place = claim.place();
    claim.findings.extend(stops(error, &place));
}

/// What the writer refused, at the place of the receipt; the line in its file is part of the message.
fn stops(error: WriteError, place: &str) -> Vec<Finding> {
    match error {
        WriteError::Refused { findings, .. } => findings
            .into_iter()
            .map(|finding| Finding {
                message: format!("{}: {}", finding.place, finding.message),
                place: place.to_owned(),
                ..finding
            })
            .collect(),
        WriteError::Io(error) => vec![Finding::stop(code::CLAIM_HEADER, place, error.to_string())],
    }
}
