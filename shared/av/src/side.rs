//! What hangs on a stream of pictures beside its size and its format: the record of Dolby Vision, the display it was
//! mastered on, its projection, and how two views lie in it.

use crate::{StaticHdr, hdr};
use ffmpeg_next as ff;
use ffmpeg_next::packet::side_data::Type;
use serde::{Deserialize, Serialize};

/// What a container says of a stream of pictures beside what every stream says.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct VideoSide {
    /// What the film was mastered on.
    pub hdr: StaticHdr,
    /// It has enhancement data of Dolby Vision.
    pub dolby_vision: Option<DolbyVision>,
    /// Onto what a sphere is projected, in words: the pictures are for looking around.
    pub projection: Option<&'static str>,
    /// What of them is not to be seen. FFmpeg 5 does not tell: who has read the header may.
    pub crop: Crop,
    /// How the views of two eyes lie in the pictures, in words.
    pub views: Option<&'static str>,
}

/// Samples at the edges of pictures that nobody is to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Crop {
    /// Columns.
    pub left: u32,
    /// Rows.
    pub top: u32,
    /// Columns.
    pub right: u32,
    /// Rows.
    pub bottom: u32,
}

impl Crop {
    /// What is left of pictures of this size; `None` when nothing is.
    pub fn left_of(self, width: u32, height: u32) -> Option<(u32, u32)> {
        let inner = |whole: u32, before: u32, behind: u32| {
            whole.checked_sub(before)?.checked_sub(behind).filter(|inner| *inner > 0)
        };
        Some((inner(width, self.left, self.right)?, inner(height, self.top, self.bottom)?))
    }
}

/// The record of Dolby Vision ("Dolby Vision Streams Within the ISO Base Media File Format", 2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DolbyVision {
    /// `dv_profile`.
    pub profile: u8,
    /// `dv_bl_signal_compatibility_id`: what its base layer is by itself, 0 for nothing.
    pub compatibility: u8,
}

impl DolbyVision {
    /// Decoders that know nothing of Dolby Vision show its base layer in the right colours. Records from before the
    /// identifier have 0 there; the base layers of profiles 7 to 9 are compatible by definition.
    pub const fn has_compatible_base(self) -> bool {
        self.compatibility != 0 || matches!(self.profile, 7..=9)
    }

    /// AVDOVIDecoderConfigurationRecord, part of libavutil's ABI: a byte a field, of which the third is the profile and
    /// the eighth the compatibility.
    fn of(record: &[u8]) -> Option<Self> {
        Some(Self { profile: *record.get(2)?, compatibility: *record.get(7)? })
    }
}

impl VideoSide {
    pub(crate) fn of(stream: &ff::Stream<'_>) -> Self {
        let data = |kind| stream.side_data().find(|side| side.kind() == kind).map(|side| side.data().to_vec());
        let words = |kind| data(kind).map(|bytes| hdr::words(&bytes)).unwrap_or_default();
        Self {
            hdr: StaticHdr {
                mastering: hdr::mastering(&words(Type::MasteringDisplayMetadata)),
                light: hdr::light(&words(Type::ContentLightLevel)),
            },
            dolby_vision: data(Type::DOVI_CONF).and_then(|record| DolbyVision::of(&record)),
            projection: words(Type::DataSpherical).first().and_then(|kind| projection(*kind)),
            crop: Crop::default(),
            views: words(Type::Stereo3d).first().and_then(|kind| views(*kind)),
        }
    }
}

/// `AVSphericalProjection`; what is projected onto a plane is an ordinary picture.
fn projection(kind: i32) -> Option<&'static str> {
    match kind {
        0 | 2 => Some("equirectangular"),
        1 => Some("cube map"),
        3 => Some("equirectangular of 180 degrees"),
        4 => None,
        5 => Some("fisheye"),
        _ => Some("spherical"),
    }
}

/// `AVStereo3DType`.
fn views(kind: i32) -> Option<&'static str> {
    match kind {
        0 => None,
        1 | 5 => Some("side by side"),
        2 => Some("one above the other"),
        3 => Some("in turns"),
        4 => Some("as a checkerboard"),
        6 => Some("in turns by rows"),
        7 => Some("in turns by columns"),
        _ => Some("in one picture"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_layer_is_a_picture_where_the_record_or_the_profile_says_so() {
        let compatible = |profile, compatibility| {
            let record = [1, 0, profile, 1, 1, 0, 1, compatibility];
            DolbyVision::of(&record).unwrap().has_compatible_base()
        };
        assert!(!compatible(5, 0) && !compatible(4, 0) && !compatible(10, 0));
        assert!(compatible(8, 4) && compatible(7, 6) && compatible(7, 0) && compatible(10, 1));
        assert_eq!(DolbyVision::of(&[1, 0, 5]), None);
    }

    #[test]
    fn a_crop_leaves_something() {
        let crop = Crop { left: 40, top: 20, right: 40, bottom: 20 };
        assert_eq!(crop.left_of(320, 180), Some((240, 140)));
        assert_eq!((crop.left_of(80, 180), crop.left_of(320, 10)), (None, None));
    }

    #[test]
    fn flat_pictures_of_one_view_have_no_words() {
        assert_eq!((projection(4), views(0)), (None, None));
        assert_eq!((projection(0), views(1)), (Some("equirectangular"), Some("side by side")));
    }
}
