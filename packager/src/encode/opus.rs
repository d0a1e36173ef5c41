//! Opus by libopus.

use crate::plan::AudioEncoding;
use shared_av::{AudioEncoder, AvError};

pub(super) fn open(encoding: &AudioEncoding) -> Result<AudioEncoder, AvError> {
    AudioEncoder::opus(encoding.settings())
}
