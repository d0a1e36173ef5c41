//! A master film of our own making: scenes that are busy or quiet, cuts, a time code for people, and the marks of
//! [`shared::testcard`] for programs.
//!
//! Picture and sound are functions of the frame number and the sample number alone, so the same command gives the
//! same film. Not here: packaging.

mod film;
mod font;
mod paint;
mod scene;

use crate::error::PackagerError;
use film::FilmWriter;
use shared_av::Rational;
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

/// What the film shall be.
#[derive(Debug, Clone)]
pub struct SampleSpec {
    /// Length in seconds of the grid's time.
    pub seconds: f64,
    /// Samples in a row; even.
    pub width: u32,
    /// Rows; even.
    pub height: u32,
    /// Frames a second.
    pub rate: Rational,
    /// With a beep every second.
    pub audio: bool,
}

impl SampleSpec {
    /// Whole frames, at least one.
    pub fn frames(&self) -> u32 {
        (self.seconds * self.rate.value()).round().clamp(1.0, f64::from(1 << 24)) as u32
    }
}

/// Writes the film to `output`, which appears only when it is complete.
///
/// # Errors
/// 6 when the file cannot be written, 5 when an encoder fails.
pub fn run(spec: &SampleSpec, output: &Path) -> Result<(), PackagerError> {
    let part = part_name(output)?;
    // What lies there is left of a run that was killed, or a link: it is replaced, and never written to.
    let _ = fs::remove_file(&part);
    let file = File::create_new(&part).map_err(|e| PackagerError::output(&part, &e))?;
    let written = FilmWriter::write(spec, file, output)
        .and_then(|()| fs::rename(&part, output).map_err(|e| PackagerError::output(output, &e)));
    if written.is_err() {
        // The film is useless already; that a leftover could not be removed would only hide why.
        let _ = fs::remove_file(&part);
    }
    written
}

/// In the same folder, so that the rename cannot cross file systems.
fn part_name(output: &Path) -> Result<PathBuf, PackagerError> {
    match output.file_name() {
        Some(name) if !output.is_dir() => {
            let mut part = std::ffi::OsString::from(".");
            part.push(name);
            part.push(".part");
            Ok(output.with_file_name(part))
        }
        _ => Err(PackagerError::usage(format!("{} is not a file name; give one such as sample.mp4", output.display()))),
    }
}
