//! Random bytes of the machine.

use crate::{Problem, ProblemCode};

/// Random bytes.
///
/// # Errors
/// `internal` when the machine gives none.
pub fn bytes<const N: usize>() -> Result<[u8; N], Problem> {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| ProblemCode::Internal)?;
    Ok(bytes)
}
