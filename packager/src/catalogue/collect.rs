//! Collects the segments of a package, and says when none is missing.

use super::bandwidth::peak_rate;
use super::facts::{Facts, RenditionFacts};
use super::kind::{self, HlsRole};
use crate::mux::SegmentClosed;
use shared::time::MediaTime;
use shared::units::{Bitrate, ByteSize};
use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

/// Media that begin later than this have an extent of their own, as those that end earlier or later than that.
const LATE: Duration = Duration::from_millis(15);
const APART: Duration = Duration::from_millis(90);

/// The facts of a package and the segments that have been put.
#[derive(Debug, Clone)]
pub struct Catalogue {
    facts: Facts,
    closed: BTreeMap<String, BTreeMap<u64, SegmentClosed>>,
}

/// Why a package is not complete yet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Incomplete {
    /// A Representation of the plan without segments.
    #[error("{0} has no segments")]
    Nothing(String),
    /// Numbers must be 1, 2, 3, …
    #[error("segment {number} of {representation} is missing")]
    Missing {
        /// `Representation@id`.
        representation: String,
        /// From 1.
        number: u64,
    },
}

/// A package whose segments are all there, from the first to the last that was put.
pub(super) struct CompletePackage<'a> {
    pub(super) facts: &'a Facts,
    /// In the order of the facts.
    pub(super) renditions: Vec<RenditionSegments<'a>>,
}

/// The segments of one Representation with its facts.
pub(super) struct RenditionSegments<'a> {
    pub(super) rendition: &'a RenditionFacts,
    /// By number, from 1 on without a gap.
    pub(super) closed: Vec<&'a SegmentClosed>,
    /// More are to come.
    pub(super) grows: bool,
}

impl Catalogue {
    /// Without segments yet.
    pub fn new(facts: Facts) -> Self {
        Self { facts, closed: BTreeMap::new() }
    }

    /// Takes a segment; the last one counts when a number comes twice.
    pub fn apply(&mut self, closed: SegmentClosed) {
        self.closed.entry(closed.representation.clone()).or_default().insert(closed.number, closed);
    }

    pub(super) fn complete(&self) -> Result<CompletePackage<'_>, Incomplete> {
        let renditions = self.facts.renditions.iter().map(|rendition| self.complete_one(rendition));
        Ok(CompletePackage { facts: &self.facts, renditions: renditions.collect::<Result<_, _>>()? })
    }

    /// The first `count` segments of every Representation, of a package to which more will be added.
    pub(super) fn growing(&self, count: u64) -> Result<CompletePackage<'_>, Incomplete> {
        let mut complete = self.complete()?;
        for one in &mut complete.renditions {
            one.closed.truncate(usize::try_from(count).unwrap_or(usize::MAX));
            one.grows = true;
        }
        Ok(complete)
    }

    fn complete_one<'a>(&'a self, rendition: &'a RenditionFacts) -> Result<RenditionSegments<'a>, Incomplete> {
        let nothing = || Incomplete::Nothing(rendition.id.clone());
        let numbers = self.closed.get(&rendition.id).ok_or_else(nothing)?;
        if let Some((number, _)) = (1..).zip(numbers.keys()).find(|(expected, number)| expected != *number) {
            return Err(Incomplete::Missing { representation: rendition.id.clone(), number });
        }
        Ok(RenditionSegments { rendition, closed: numbers.values().collect(), grows: false })
    }
}

impl CompletePackage<'_> {
    /// How long it plays. Kinds that lead decide: sound that ends a packet later than the pictures is cut by the end of
    /// the Period, as players expect. Where there are none of these, what is longest decides.
    pub(super) fn duration(&self) -> Duration {
        duration(&self.renditions)
    }

    /// Of its longest segment.
    pub(super) fn longest_segment(&self) -> Duration {
        let media = self.renditions.iter().filter(|one| kind::row(one.rendition.kind).is_media);
        media.flat_map(RenditionSegments::durations).max().unwrap_or_default()
    }
}

/// Of a package of these renditions.
pub(super) fn duration(renditions: &[RenditionSegments<'_>]) -> Duration {
    let end = |leads: bool| {
        let those = renditions.iter().filter(|one| kind::row(one.rendition.kind).leads == leads);
        those.map(RenditionSegments::end).max()
    };
    end(true).or_else(|| end(false)).unwrap_or_default()
}

impl RenditionSegments<'_> {
    /// From the first presentation to the last, of sound that does not last as long as the presentation.
    pub(super) fn extent(&self, presentation: Duration) -> Option<Range<Duration>> {
        let extent = self.start()..self.end();
        let is_late = extent.start > LATE;
        let is_apart = extent.end.abs_diff(presentation) > APART;
        let is_sound = kind::row(self.rendition.kind).hls == HlsRole::Audio && !self.grows;
        (is_sound && (is_late || is_apart)).then_some(extent)
    }

    pub(super) fn size(&self) -> ByteSize {
        self.closed.iter().map(|closed| closed.size).sum()
    }

    /// Where the first fragment stands in the one file that [`crate::mux::single_file_head`] begins: behind the
    /// initialization segment and the index.
    pub(super) fn media_offset(&self) -> u64 {
        self.rendition.init_size() + self.index_size()
    }

    /// Bytes of that index.
    pub(super) fn index_size(&self) -> u64 {
        shared::bmff::Sidx::written_size(self.closed.len()) as u64
    }

    /// Over all of it.
    pub(super) fn average_rate(&self) -> Option<Bitrate> {
        self.size().per(self.end())
    }

    /// Of its largest segment.
    pub(super) fn peak_rate(&self) -> Bitrate {
        Bitrate::from_bps_f64(peak_rate(&self.closed, self.rendition.timescale))
    }

    fn durations(&self) -> impl Iterator<Item = Duration> {
        self.closed.iter().map(|closed| self.length(closed.duration))
    }

    fn start(&self) -> Duration {
        self.closed.first().map_or(Duration::ZERO, |first| self.length(first.time))
    }

    fn end(&self) -> Duration {
        self.closed.last().map_or(Duration::ZERO, |last| self.length(last.time.saturating_add(last.duration)))
    }

    fn length(&self, ticks: u64) -> Duration {
        MediaTime::new(i64::try_from(ticks).unwrap_or(i64::MAX), self.rendition.timescale).duration()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::Addressing;
    use crate::plan::RenditionKind;
    use crate::testing::{closed, facts, rendition_facts};

    #[test]
    fn a_hole_is_no_package() {
        let mut catalogue = Catalogue::new(facts(Addressing::Timeline, vec![rendition_facts("v")]));
        assert_eq!(catalogue.files(), Err(Incomplete::Nothing("v".into())));
        catalogue.apply(closed("v", 2));
        assert_eq!(catalogue.files(), Err(Incomplete::Missing { representation: "v".into(), number: 1 }));
        catalogue.apply(closed("v", 1));
        assert!(catalogue.files().is_ok());
    }

    #[test]
    fn pictures_decide_how_long_a_package_plays_and_sound_where_there_are_none() {
        let sound = RenditionFacts { kind: RenditionKind::Audio, ..rendition_facts("a") };
        let mut both = Catalogue::new(facts(Addressing::Timeline, vec![rendition_facts("v"), sound.clone()]));
        let mut alone = Catalogue::new(facts(Addressing::Timeline, vec![sound]));
        for (id, number) in [("v", 1), ("a", 1), ("a", 2)] {
            both.apply(closed(id, number));
            alone.apply(closed(id, number));
        }
        assert_eq!(both.complete().unwrap().duration(), Duration::from_secs(2));
        assert_eq!(alone.complete().unwrap().duration(), Duration::from_secs(4));
        assert_eq!(both.complete().unwrap().longest_segment(), Duration::from_secs(2));
    }
}
