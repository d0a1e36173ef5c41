//! Encoders of the renditions: frames of the grid and samples of sound to packets in ticks of the rendition.
//!
//! One file a coding library. What they have in common is [`Coder`] for pictures and [`SoundCoder`] for sound, which is
//! never cut into chunks.

mod aac;
mod opus;
mod sound;
mod svtav1;
mod video;
mod x264;
mod x265;

pub use sound::SoundCoder;
pub use video::Coder;

use crate::codec::{AudioCodec, VideoCodec};
use crate::mux::Packet;
use crate::plan::{AudioEncoding, Plan, VideoEncoding};
use shared_av::{AvError, EncodedPacket, EncoderPass, StaticHdr};

/// Opens the encoder of a rendition for the chunk that begins with frame `first` of the film.
///
/// # Errors
/// When the library rejects the settings.
pub fn pictures(
    plan: &Plan,
    encoding: &VideoEncoding,
    first: u64,
    pass: Option<EncoderPass>,
    hdr: StaticHdr,
) -> Result<Coder, AvError> {
    let settings = plan.video_settings(encoding);
    let tuning = shared_av::Tuning { pass, hdr, ..encoding.tuning() };
    let encoder = match encoding.rung.codec {
        VideoCodec::H264 => x264::open(&settings, &tuning),
        VideoCodec::Hevc => x265::open(&settings, &tuning),
        VideoCodec::Av1 => svtav1::open(&settings, &tuning),
    }?;
    Ok(Coder::new(plan, encoding.rung.codec, encoder, first))
}

/// Opens the encoder of a rendition of a sound track, for the whole film: encoding sound takes little time, and
/// the start of a new encoder would be audible.
///
/// # Errors
/// When the library rejects the settings.
pub fn sound(encoding: &AudioEncoding) -> Result<SoundCoder, AvError> {
    let encoder = match encoding.codec {
        AudioCodec::Aac => aac::open(encoding),
        AudioCodec::Opus => opus::open(encoding),
    }?;
    Ok(SoundCoder::new(encoding, encoder))
}

/// A packet counted in frames or samples of a chunk that begins at `first`, as one in ticks of the presentation.
fn in_ticks(packet: EncodedPacket, first: i64, ticks: i64) -> Packet {
    Packet {
        data: packet.data,
        pts: (first + packet.pts) * ticks,
        dts: (first + packet.dts) * ticks,
        duration: packet.duration * ticks,
        key: packet.key,
    }
}
