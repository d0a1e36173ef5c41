//! The error of a command: one sentence for people and one exit code for programs.

use shared_av::error::is_short_of_files;
use shared_av::{AvError, AvStage};
use std::{fmt, io, path::Path};

/// Why a run ended, as its exit code says it. The numbers are documented and stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// The command line makes no sense.
    Usage = 2,
    /// A local input cannot be opened or read.
    Input = 3,
    /// The input was read, but is not what we take: not media, cut off, unsupported.
    NotMedia = 4,
    /// Decoding or encoding failed.
    Codec = 5,
    /// The output cannot be written: no space, no permission, folder in use.
    Output = 6,
    /// A comparison found a difference.
    Difference = 7,
    /// Interrupted; `--resume` continues.
    Interrupted = 75,
}

/// What went wrong. Displays as one sentence that names the object and, where there is one, the remedy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct PackagerError {
    /// The exit code.
    pub exit: Exit,
    /// The sentence.
    pub message: String,
}

impl fmt::Display for PackagerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl PackagerError {
    /// Any failure.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into() }
    }

    /// The command line makes no sense.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// A file or folder of the output cannot be written.
    pub fn output(path: &Path, error: &io::Error) -> Self {
        Self::new(Exit::Output, format!("cannot write {}: {}", path.display(), io_words(error)))
    }

    /// A file that was named as an input cannot be read.
    pub fn input(path: &Path, error: &io::Error) -> Self {
        let exit = if is_short_of_files(error) { Exit::Output } else { Exit::Input };
        Self::new(exit, format!("cannot read {}: {}", path.display(), io_words(error)))
    }
}

/// The operating system's reason without its number, where there are words for it.
pub fn io_words(error: &io::Error) -> String {
    match error.kind() {
        _ if is_short_of_files(error) => error.to_string(),
        io::ErrorKind::InvalidInput => error.to_string(),
        io::ErrorKind::NotFound => "there is no such file or folder".into(),
        io::ErrorKind::PermissionDenied => "permission denied".into(),
        io::ErrorKind::StorageFull => "the disk is full".into(),
        io::ErrorKind::ReadOnlyFilesystem => "the file system is read-only".into(),
        kind => kind.to_string(),
    }
}

impl From<AvError> for PackagerError {
    fn from(error: AvError) -> Self {
        let exit = match error.stage {
            AvStage::Open | AvStage::Demux => Exit::Input,
            AvStage::Probe => Exit::NotMedia,
            AvStage::Decode | AvStage::Convert | AvStage::Encode => Exit::Codec,
            AvStage::Mux | AvStage::System => Exit::Output,
        };
        Self::new(exit, error.to_string())
    }
}

impl From<crate::publish::StoreError> for PackagerError {
    fn from(error: crate::publish::StoreError) -> Self {
        Self::new(Exit::Output, error.to_string())
    }
}

impl From<crate::workspace::ResumeError> for PackagerError {
    fn from(error: crate::workspace::ResumeError) -> Self {
        Self::new(Exit::Output, error.to_string())
    }
}

impl From<crate::mux::MuxError> for PackagerError {
    fn from(error: crate::mux::MuxError) -> Self {
        Self::new(Exit::Codec, error.to_string())
    }
}

impl From<crate::catalogue::Incomplete> for PackagerError {
    fn from(error: crate::catalogue::Incomplete) -> Self {
        Self::new(Exit::Codec, format!("the manifest cannot be written: {error}"))
    }
}
