//! `player replay`: a report's inputs to a new session; the comparison is the core's.

use crate::cli::{Code, CommandFailure, load, out};
use player_core::replay::{ReplayOutcome, replay};
use std::path::Path;

/// Compares and says so.
///
/// # Errors
/// When the file cannot be read, is no report, or the new session did something else.
pub fn run(path: &Path) -> Result<(), CommandFailure> {
    let text = load::text(path)?;
    let name = path.display();
    match replay(text.lines()) {
        Ok(ReplayOutcome::Same { inputs, compared }) => {
            out::result(&format!("{name}: {inputs} inputs fed, {compared} lines compared, all the same\n"))
        }
        Ok(ReplayOutcome::Differs(difference)) => {
            Err(CommandFailure::new(Code::Differs, format!("{name}: {difference}")))
        }
        Err(error) => Err(CommandFailure::new(Code::Unsupported, format!("{name} is not a report: {error}"))),
    }
}
