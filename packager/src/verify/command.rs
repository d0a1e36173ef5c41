//! The command `verify`: a report for people or for programs.

use super::{Depth, Disk, Report, VerifyError, verify};
use crate::error::{Exit, PackagerError};
use std::io::{self, Write};
use std::path::Path;

/// Checks the package of the manifest at `manifest` and prints what was found.
///
/// # Errors
/// 3 when the manifest cannot be read, 4 when it is none, 7 when the package is not what it says.
pub fn run(manifest: &Path, depth: Depth, json: bool) -> Result<(), PackagerError> {
    let (disk, url) = Disk::of(manifest).map_err(|e| PackagerError::input(manifest, &e))?;
    let report = verify(&url, &disk, depth).map_err(|error| match error {
        VerifyError::Unreadable { error, .. } => PackagerError::input(manifest, &error),
        not_an_mpd => PackagerError::new(Exit::NotMedia, not_an_mpd.to_string()),
    })?;
    print(&report, json).map_err(|e| PackagerError::output(Path::new("standard output"), &e))?;
    match report.findings.len() {
        0 => Ok(()),
        found => Err(PackagerError::new(
            Exit::Difference,
            format!("{} does not hold what it says in {found} places", manifest.display()),
        )),
    }
}

fn print(report: &Report, json: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if json { writeln!(out, "{}", serde_json::to_string(report)?) } else { writeln!(out, "{report}") }
}
