//! The pictures of a plan: which renditions there are, and what their encoders are told.

use super::{How, Plan, PlannedRendition, RenditionKind, Wishes};
use crate::ladder::LadderRung;
use crate::probe::VideoTrack;
use serde::{Deserialize, Serialize};
use shared::units::ByteSize;
use shared_av::{ColourDescription, PixelFormat, Tuning, VideoSettings};

/// How one rendition of the pictures is encoded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VideoEncoding {
    /// Size and rates.
    pub rung: LadderRung,
    /// The encoder's preset.
    pub preset: String,
    /// Encoded in two passes.
    pub two_pass: bool,
}

/// What the samples of a rendition are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PictureFormat {
    /// Their layout.
    pub format: PixelFormat,
    /// What they mean.
    pub colour: ColourDescription,
    /// They come from a film of high dynamic range that is mapped down.
    pub tone_map: bool,
}

/// A rendition a rung, in the order of the ladder.
pub(super) fn renditions(track: &VideoTrack, rungs: &[LadderRung], wishes: &Wishes) -> Vec<PlannedRendition> {
    let rendition = |rung: &LadderRung| PlannedRendition {
        id: format!("{}-{}x{}-{}k", rung.codec.name(), rung.width, rung.height, rung.rate.bps() / 1000),
        kind: RenditionKind::Video,
        from: track.stream,
        how: How::EncodeVideo(VideoEncoding {
            rung: rung.clone(),
            preset: rung.preset.clone().unwrap_or_else(|| wishes.preset.clone()),
            two_pass: wishes.two_pass && rung.codec.has_two_passes(),
        }),
    };
    rungs.iter().map(rendition).collect()
}

impl VideoEncoding {
    /// The optional settings of the encoder.
    pub fn tuning(&self) -> Tuning {
        let wish = &self.rung.encoder;
        Tuning {
            preset: self.preset.clone(),
            profile: wish.profile.clone(),
            tune: wish.tune.clone(),
            params: wish.params.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
            ..Tuning::default()
        }
    }
}

impl Plan {
    /// The settings of the encoder of a rendition.
    pub fn video_settings(&self, encoding: &VideoEncoding) -> VideoSettings {
        let rung = &encoding.rung;
        let samples = self.picture_format(encoding);
        VideoSettings {
            width: rung.width,
            height: rung.height,
            frame_rate: self.rate,
            colour: samples.colour,
            format: samples.format,
            bit_rate: rung.rate,
            max_rate: rung.max_rate,
            buffer: ByteSize::from_bits((rung.rate.bps() as f64 * rung.buffer_seconds) as u64),
            gop: self.segment_frames,
            threads: self.threads,
        }
    }

    /// What the samples of a rendition are: those of the master in limited range, or BT.709 where high dynamic range
    /// had to be mapped down.
    pub fn picture_format(&self, encoding: &VideoEncoding) -> PictureFormat {
        let kept = self.kept_colour();
        if kept.is_hdr() && encoding.rung.codec.keeps_hdr() {
            return PictureFormat { format: PixelFormat::Yuv420p10, colour: kept, tone_map: false };
        }
        self.ordinary_format()
    }

    /// What samples are that every screen shows.
    pub fn ordinary_format(&self) -> PictureFormat {
        let kept = self.kept_colour();
        let tone_map = kept.is_hdr();
        let colour = if tone_map { ColourDescription::BT709 } else { kept };
        PictureFormat { format: PixelFormat::Yuv420p, colour, tone_map }
    }

    fn kept_colour(&self) -> ColourDescription {
        let colour = self.source.as_ref().map_or(ColourDescription::BT709, |source| source.colour);
        ColourDescription { full_range: false, ..colour }
    }
}
