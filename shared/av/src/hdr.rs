//! What a film of high dynamic range was mastered on (SMPTE ST 2086, CTA-861.3).

use ffmpeg_next::{self as ff, ffi};
use serde::{Deserialize, Serialize};

/// Both parts; films may have either.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct StaticHdr {
    /// The display on which it was graded.
    pub mastering: Option<Mastering>,
    /// How bright it becomes.
    pub light: Option<LightLevel>,
}

/// A mastering display.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Mastering {
    /// CIE x and y of red, green and blue.
    pub primaries: [(f64, f64); 3],
    /// CIE x and y of white.
    pub white: (f64, f64),
    /// In cd/m2.
    pub max_luminance: f64,
    /// In cd/m2.
    pub min_luminance: f64,
}

/// Content light levels in cd/m2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LightLevel {
    /// Of the brightest sample.
    pub max_content: u32,
    /// Of the brightest picture on average.
    pub max_average: u32,
}

impl StaticHdr {
    /// What is not known here is that of `other`.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self { mastering: self.mastering.or(other.mastering), light: self.light.or(other.light) }
    }
}

/// What a decoded picture says about itself.
pub(crate) fn of_frame(frame: &ff::frame::Video) -> StaticHdr {
    use ffi::AVFrameSideDataType::{AV_FRAME_DATA_CONTENT_LIGHT_LEVEL, AV_FRAME_DATA_MASTERING_DISPLAY_METADATA};
    StaticHdr {
        mastering: side_data(frame, AV_FRAME_DATA_MASTERING_DISPLAY_METADATA).and_then(|words| mastering(&words)),
        light: side_data(frame, AV_FRAME_DATA_CONTENT_LIGHT_LEVEL).and_then(|words| light(&words)),
    }
}

/// The 32-bit words of a frame's side data of one kind.
fn side_data(frame: &ff::frame::Video, kind: ffi::AVFrameSideDataType) -> Option<Vec<i32>> {
    // SAFETY: the wrapper owns a valid AVFrame; its side data, when there is some, points at `size` bytes that live as
    // long as the frame and are copied here.
    #[expect(unsafe_code, reason = "ffmpeg-next has no types for these")]
    let bytes = unsafe {
        let side = ffi::av_frame_get_side_data(frame.as_ptr(), kind).as_ref()?;
        if side.data.is_null() {
            return None;
        }
        std::slice::from_raw_parts(side.data, side.size).to_vec()
    };
    Some(words(&bytes))
}

/// Side data as the 32-bit words that it is made of.
pub(crate) fn words(bytes: &[u8]) -> Vec<i32> {
    bytes.chunks_exact(4).map(|word| word.try_into().map_or(0, i32::from_ne_bytes)).collect()
}

/// AVMasteringDisplayMetadata, part of libavutil's ABI: ten fractions (x and y of red, green, blue and white, least and
/// largest luminance), then what of it is known.
pub(crate) fn mastering(words: &[i32]) -> Option<Mastering> {
    let (fractions, known) = words.split_at_checked(20)?;
    let value = |n: usize| f64::from(fractions[2 * n]) / f64::from(fractions[2 * n + 1].max(1));
    let point = |n: usize| (value(2 * n), value(2 * n + 1));
    let &[has_primaries, has_luminance, ..] = known else { return None };
    (has_primaries != 0 && has_luminance != 0).then(|| Mastering {
        primaries: [point(0), point(1), point(2)],
        white: point(3),
        min_luminance: value(8),
        max_luminance: value(9),
    })
}

/// AVContentLightMetadata: two numbers.
pub(crate) fn light(words: &[i32]) -> Option<LightLevel> {
    let &[max_content, max_average, ..] = words else { return None };
    Some(LightLevel { max_content: max_content.unsigned_abs(), max_average: max_average.unsigned_abs() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_numbers_and_too_few_become_nothing() {
        let mut words = vec![1; 22];
        words[16..20].copy_from_slice(&[1, 10_000, 1000, 1]);
        let display = mastering(&words).unwrap();
        assert_eq!((display.min_luminance, display.max_luminance, display.white), (0.0001, 1000.0, (1.0, 1.0)));
        assert_eq!(mastering(&words[..20]), None);
        words[20] = 0;
        assert_eq!(mastering(&words), None);
        assert_eq!(light(&[1000, 400]), Some(LightLevel { max_content: 1000, max_average: 400 }));
        assert_eq!(light(&[1000]), None);
    }
}
