//! Opus by libopus.

use crate::plan::AudioJob;
use shared_av::{AudioEncoder, AvError};

pub(super) fn open(job: &AudioJob) -> Result<AudioEncoder, AvError> {
    AudioEncoder::opus(job.settings())
}
