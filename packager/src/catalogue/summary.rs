//! What a package has become, for the person who asked for it.

use super::collect::{Catalogue, Incomplete, RenditionSegments};
use crate::quality::PictureQuality;
use shared::units::{Bitrate, ByteSize};
use std::collections::BTreeMap;
use std::time::Duration;

/// What the package is.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// How long it plays.
    pub duration: Duration,
    /// All its media.
    pub size: ByteSize,
    /// In the plan's order.
    pub renditions: Vec<Made>,
}

/// A rendition as it has become.
#[derive(Debug, Clone, PartialEq)]
pub struct Made {
    /// `Representation@id`.
    pub id: String,
    /// All its segments.
    pub size: ByteSize,
    /// Over the whole film.
    pub average: Bitrate,
    /// Of its largest segment.
    pub peak: Bitrate,
    /// Of its pictures, when it was measured.
    pub quality: Option<PictureQuality>,
}

/// Of a complete package; `qualities` by Representation, where they were measured.
///
/// # Errors
/// When segments are missing.
pub fn summary(catalogue: &Catalogue, qualities: &BTreeMap<String, PictureQuality>) -> Result<Summary, Incomplete> {
    let complete = catalogue.complete()?;
    let made = |segments: &RenditionSegments<'_>| Made {
        id: segments.rendition.id.clone(),
        size: segments.size(),
        average: segments.average_rate().unwrap_or_default(),
        peak: segments.peak_rate(),
        quality: qualities.get(&segments.rendition.id).copied(),
    };
    let renditions: Vec<Made> = complete.renditions.iter().map(made).collect();
    Ok(Summary { duration: complete.duration(), size: renditions.iter().map(|made| made.size).sum(), renditions })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::Addressing;
    use crate::testing::catalogue;

    #[test]
    fn sizes_and_rates_are_those_of_the_segments() {
        let quality = PictureQuality { frames: 1, squared_error: 1e-4, ssim: 0.98 };
        let summary = summary(&catalogue(Addressing::Timeline, 3), &[("v2".into(), quality)].into()).unwrap();
        assert_eq!((summary.duration, summary.size), (Duration::from_secs(6), ByteSize::from_bytes(6000)));
        let [first, second] = &summary.renditions[..] else { panic!("{summary:?}") };
        assert_eq!((first.id.as_str(), first.average.bps(), first.peak.bps()), ("v1", 4000, 4000));
        assert_eq!((first.quality, second.quality), (None, Some(quality)));
    }
}
