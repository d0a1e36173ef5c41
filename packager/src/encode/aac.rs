//! AAC-LC by FFmpeg's own encoder.

use crate::plan::AudioJob;
use shared_av::{AudioEncoder, AvError};

pub(super) fn open(job: &AudioJob) -> Result<AudioEncoder, AvError> {
    AudioEncoder::aac(job.settings())
}
