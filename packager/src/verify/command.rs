//! The command `verify`: a report for people or for programs, of one package or of many.

use super::{Depth, Disk, Look, Report, VerifyError, verify};
use crate::error::{Exit, PackagerError};
use crate::{manifests, out};
use serde_json::{Value, json};
use shared::protection::ContentKey;
use std::path::{Path, PathBuf};

/// Checks the packages of these manifests, playlists or folders, one after the other, and prints what was looked at and found.
///
/// # Errors
/// 3 when a manifest cannot be read, 4 when it is none, 7 when a package is not what it says; of several the highest.
pub fn run(named: &[PathBuf], depth: Depth, keys: &[ContentKey], json: bool) -> Result<(), PackagerError> {
    let mut manifests = vec![];
    for path in named {
        manifests.extend(manifests::meant_by(path)?);
    }
    if let [one] = &manifests[..] {
        return check(one, (depth, keys), json);
    }
    let mut failures: Vec<PackagerError> = vec![];
    for manifest in &manifests {
        if let Err(failure) = check(manifest, (depth, keys), json) {
            out::remark(&failure.message);
            failures.push(failure);
        }
    }
    let (bad, of) = (failures.len(), manifests.len());
    match failures.into_iter().map(|failure| failure.exit).max_by_key(|exit| *exit as u8) {
        None => Ok(()),
        Some(exit) => Err(PackagerError::new(exit, format!("{bad} of {of} packages are not good"))),
    }
}

fn check(manifest: &Path, (depth, keys): (Depth, &[ContentKey]), json: bool) -> Result<(), PackagerError> {
    let (disk, url) = Disk::of(manifest).map_err(|e| PackagerError::input(manifest, &e))?;
    let report = verify(&url, Look { files: &disk, depth, keys }).map_err(|error| match error {
        VerifyError::Unreadable { error, .. } => PackagerError::input(manifest, &error),
        none => PackagerError::new(Exit::NotMedia, none.to_string()),
    })?;
    let name = manifest.display();
    out::result(&if json {
        format!("{}\n", object(&name.to_string(), &report))
    } else {
        format!("{name}\n{report}\n")
    })?;
    match report.findings.len() {
        0 => Ok(()),
        found => {
            Err(PackagerError::new(Exit::Difference, format!("{name} does not hold what it says in {found} places")))
        }
    }
}

/// The report as one line of JSON that says which package it is about.
fn object(manifest: &str, report: &Report) -> Value {
    let mut object = json!(report);
    object["manifest"] = json!(manifest);
    object
}
