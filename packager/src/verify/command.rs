//! The command `verify`: a report for people or for programs.

use super::{Depth, Disk, Report, VerifyError, verify};
use crate::failure::{Exit, Failure};
use std::io::{self, Write};
use std::path::Path;

/// Checks the package of the manifest at `manifest` and prints what was found.
///
/// # Errors
/// 3 when the manifest cannot be read, 4 when it is none, 7 when the package is not what it says.
pub fn run(manifest: &Path, depth: Depth, json: bool) -> Result<(), Failure> {
    let (disk, url) = Disk::of(manifest).map_err(|e| Failure::input(manifest, &e))?;
    let report = verify(&url, &disk, depth).map_err(|error| match error {
        VerifyError::Unreadable { error, .. } => Failure::input(manifest, &error),
        not_an_mpd => Failure::new(Exit::NotMedia, not_an_mpd.to_string()),
    })?;
    print(&report, json).map_err(|e| Failure::output(Path::new("standard output"), &e))?;
    match report.findings.len() {
        0 => Ok(()),
        found => Err(Failure::new(
            Exit::Difference,
            format!("{} does not hold what it says in {found} places", manifest.display()),
        )),
    }
}

fn print(report: &Report, json: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if json { writeln!(out, "{}", serde_json::to_string(report)?) } else { writeln!(out, "{report}") }
}
