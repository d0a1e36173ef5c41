//! The player as its users run it.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests; clippy spares only the tests themselves")]

use serde_json::Value;
use std::process::Command;

/// What a run of the player said and did.
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) said: String,
    /// Null when nothing was written.
    pub(crate) summary: Value,
}

impl Run {
    /// A figure of the summary.
    pub(crate) fn number(&self, key: &str) -> f64 {
        self.summary[key].as_f64().unwrap_or_else(|| panic!("no {key}: {} {}", self.summary, self.said))
    }

    /// A yes or no of the summary.
    pub(crate) fn flag(&self, key: &str) -> bool {
        self.summary[key] == Value::Bool(true)
    }
}

/// Plays headless.
pub(crate) fn play(source: &str, arguments: &[&str]) -> Run {
    let folder = tempfile::tempdir().unwrap();
    let summary = folder.path().join("summary.json");
    let output = Command::new(env!("CARGO_BIN_EXE_player"))
        .args(["--headless", source, "--summary", summary.to_str().unwrap()])
        .args(arguments)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!said.contains("panicked"), "{source}: {said}");
    let summary = std::fs::read(&summary).ok().map(|text| serde_json::from_slice(&text).unwrap());
    Run { code: output.status.code().unwrap(), said, summary: summary.unwrap_or(Value::Null) }
}
