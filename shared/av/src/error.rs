//! What can go wrong, with the stage and the time at which it did.

use ffmpeg_next as ff;
use shared::time::PresentationTime;
use std::{fmt, io};

/// The processing step that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AvStage {
    /// The system has nothing left to open a file with.
    System,
    /// The file could not be opened or read by the operating system.
    Open,
    /// The file was read, but it is not media, or is damaged, or has nothing of use.
    Probe,
    /// Reading packets.
    Demux,
    /// Turning packets into frames.
    Decode,
    /// Scaling, resampling or filtering.
    Convert,
    /// Turning frames into packets.
    Encode,
    /// Writing a file or a header.
    Mux,
}

impl AvStage {
    const fn verb(self) -> &'static str {
        match self {
            Self::System | Self::Open => "cannot open",
            Self::Probe => "cannot make sense of",
            Self::Demux => "cannot read from",
            Self::Decode => "cannot decode",
            Self::Convert => "cannot convert",
            Self::Encode => "cannot encode",
            Self::Mux => "cannot write",
        }
    }
}

/// Whether the system has no more descriptors of files, for this program or for all (POSIX `EMFILE`, `ENFILE`).
pub fn is_short_of_files(error: &io::Error) -> bool {
    cfg!(unix) && matches!(error.raw_os_error(), Some(23 | 24))
}

/// A failure of media handling: what, where, when, and the reason in words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct AvError {
    /// The stage that failed.
    pub stage: AvStage,
    /// What it worked on: a file, a stream, a codec.
    pub what: String,
    /// The presentation time at which it happened, where there is one.
    pub at: Option<PresentationTime>,
    /// The reason, in words.
    pub reason: String,
}

impl AvError {
    /// A failure with a reason of our own.
    pub fn new(stage: AvStage, what: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { stage, what: what.into(), at: None, reason: reason.into() }
    }

    /// The system does not open a file.
    pub(crate) fn open(what: impl Into<String>, error: &io::Error) -> Self {
        if is_short_of_files(error) {
            return Self::new(AvStage::System, what, error.to_string());
        }
        let reason = match error.kind() {
            io::ErrorKind::NotFound => "there is no such file".into(),
            io::ErrorKind::PermissionDenied => "permission denied".into(),
            io::ErrorKind::IsADirectory => "it is a directory".into(),
            kind => kind.to_string(),
        };
        Self::new(AvStage::Open, what, reason)
    }

    /// A failure that FFmpeg reported.
    pub(crate) fn library(stage: AvStage, what: impl Into<String>, error: ff::Error) -> Self {
        Self::new(stage, what, in_words(error))
    }

    /// The same, at a presentation time.
    #[must_use]
    pub fn at(self, time: Option<PresentationTime>) -> Self {
        Self { at: time, ..self }
    }
}

impl fmt::Display for AvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.stage.verb(), self.what)?;
        if let Some(time) = self.at {
            write!(f, " at {time}")?;
        }
        write!(f, ": {}", self.reason)
    }
}

/// FFmpeg's texts are written for its developers ("Invalid data found when processing input"). The frequent ones are
/// replaced; the others stay.
fn in_words(error: ff::Error) -> String {
    match error {
        ff::Error::InvalidData => "the data is damaged or not media at all".into(),
        ff::Error::Eof => "it ends too early".into(),
        ff::Error::DecoderNotFound => "this FFmpeg has no decoder for it".into(),
        ff::Error::EncoderNotFound => "this FFmpeg has no such encoder".into(),
        ff::Error::MuxerNotFound => "this FFmpeg has no such container writer".into(),
        ff::Error::PatchWelcome => "it uses a feature that FFmpeg does not support".into(),
        ff::Error::External => "the codec library reported a failure".into(),
        ff::Error::Other { errno } => match std::io::Error::from_raw_os_error(errno).kind() {
            std::io::ErrorKind::StorageFull => "the disk is full".into(),
            kind => kind.to_string(),
        },
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_stage_object_time_and_reason() {
        let error = AvError::library(AvStage::Decode, "video stream 0 (h264)", ff::Error::InvalidData)
            .at(Some(PresentationTime::from_millis(1500)));
        assert_eq!(
            error.to_string(),
            "cannot decode video stream 0 (h264) at 1.500 s: the data is damaged or not media at all"
        );
    }
}
