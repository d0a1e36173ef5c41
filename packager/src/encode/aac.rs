//! AAC-LC by FFmpeg's own encoder.

use crate::plan::AudioEncoding;
use shared_av::{AudioEncoder, AvError};

pub(super) fn open(encoding: &AudioEncoding) -> Result<AudioEncoder, AvError> {
    AudioEncoder::aac(encoding.settings())
}
