//! [`SegmentIndex`]: all segments of a Representation in one Period, whichever way they are addressed. Not here: the
//! fetching of an index ([`super::in_file`]) and what becomes of one when the MPD is read anew ([`super::renew`]).

use super::availability::Availability;
use super::in_file::{self, IndexFile, PendingIndex};
use super::number::SegmentNumber;
use super::sidx::{self, SidxError};
use super::template::Template;
use super::timeline::{Timeline, TimelineClock};
use super::{ByteRange, Resource};
use crate::time::{DateTime, PresentationTime};
use crate::units::ByteSize;
use std::ops::Range;
use std::sync::Arc;

/// Answers "which segment at this time?", and for a segment's number when it is, how large it is and what to fetch.
/// Time and size cost neither an allocation nor a URL. Cheap to clone.
#[derive(Debug, Clone, PartialEq)]
pub struct SegmentIndex {
    pub(super) state: IndexState,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum IndexState {
    Known(KnownSegments),
    Pending(Box<PendingIndex>),
}

/// A timeline with a place and a number for each of its segments. Its ordinals count the segments of the timeline from 0,
/// those before the Period included.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct KnownSegments {
    pub(super) timeline: Timeline,
    pub(super) places: Places,
    /// Number of ordinal 0. A renumbering can make it negative, when a manifest lists segments from before number 0; the
    /// timeline is then without the segments that have no number.
    pub(super) first_number: i64,
    pub(super) sizes: Option<TrueSizes>,
    /// The file that they were read from, unless the MPD itself lists them.
    pub(super) file: Option<Arc<IndexFile>>,
    /// What stands before an index that was searched for.
    pub(super) head: Option<Resource>,
}

/// Sizes in bytes of consecutive segments.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TrueSizes {
    /// Number of the first of them.
    pub(super) first_number: i64,
    pub(super) bytes: Arc<[u32]>,
}

/// Where the segments of a timeline are, from its first one on.
#[derive(Debug, Clone, PartialEq)]
pub enum Places {
    /// By rule.
    Template(Arc<Template>),
    /// By name.
    List(Arc<[Resource]>),
    /// Parts of one file.
    Parts(Arc<str>, Arc<[ByteRange]>),
    /// One file is the one segment.
    Whole(Arc<str>),
}

impl SegmentIndex {
    /// Segments of a timeline at their places. `first` is the number of the first one of the timeline, which need not
    /// belong to the Period.
    pub fn new(timeline: Timeline, places: Places, first: SegmentNumber) -> Self {
        let first_number = i64::try_from(first.0).unwrap_or(i64::MAX);
        let known = KnownSegments { timeline, places, first_number, sizes: None, file: None, head: None };
        Self { state: IndexState::Known(known) }
    }

    /// No segments at all: the manifest names none.
    pub fn none() -> Self {
        let timeline = Timeline::new(TimelineClock::PLAIN, [], None);
        Self::new(timeline, Places::List(Arc::new([])), SegmentNumber(1))
    }

    /// Subsegments of the file `path` whose index box is in `index` and has yet to be fetched. Their numbers count from 1.
    pub fn in_file(path: &str, index: Resource, clock: TimelineClock, period_end: Option<PresentationTime>) -> Self {
        let file = IndexFile { path: path.into(), index, clock, period_end };
        Self { state: IndexState::Pending(Box::new(PendingIndex::new(file))) }
    }

    /// Subsegments of a file of which the MPD does not say where its index box is: its beginning is searched for one. Where
    /// there is none, the file is `whole`.
    pub fn searched(path: &str, whole: Self, clock: TimelineClock, period_end: Option<PresentationTime>) -> Self {
        let index = Resource { path: path.into(), range: ByteRange::of_length(0, in_file::FIRST_BYTES) };
        let file = IndexFile { path: path.into(), index, clock, period_end };
        let state = match whole.state {
            IndexState::Known(whole) => IndexState::Pending(Box::new(PendingIndex::searched(file, whole))),
            pending => pending,
        };
        Self { state }
    }

    /// The initialization segment when the MPD has `stated` this one: what stands before the index of a file is one, and a
    /// file that is one segment brings its own along.
    pub fn initialization(&self, stated: Option<&Resource>) -> Option<Resource> {
        let stated = stated.cloned();
        match &self.state {
            IndexState::Known(KnownSegments { places: Places::Whole(_), .. }) => {
                stated.filter(|it| !it.path.is_empty())
            }
            IndexState::Known(known) => stated.or_else(|| known.head.clone()),
            IndexState::Pending(_) => stated,
        }
    }

    /// What to fetch and hand to [`with_sidx`](Self::with_sidx) before there are any segments; `None` when all is known.
    pub fn pending(&self) -> Option<&Resource> {
        match &self.state {
            IndexState::Known(_) => None,
            IndexState::Pending(pending) => Some(pending.fetch()),
        }
    }

    /// Goes on with the bytes of [`pending`](Self::pending). Where indexes point to indexes, the result may be pending
    /// again, a bounded number of times.
    ///
    /// # Errors
    /// When the bytes hold no usable index, or when none was pending.
    pub fn with_sidx(&self, bytes: &[u8]) -> Result<Self, SidxError> {
        match &self.state {
            IndexState::Known(_) => Err(SidxError::malformed("none was asked for")),
            IndexState::Pending(pending) => Ok(Self { state: pending.as_ref().clone().with(bytes)? }),
        }
    }

    /// Adds true sizes from a file that indexes all segments (its boxes refer to them in order).
    ///
    /// # Errors
    /// When the file holds no index, or one over fewer segments than there are.
    pub fn with_sizes(&self, index_file: &[u8]) -> Result<Self, SidxError> {
        let Some(known) = self.known() else {
            return Err(SidxError::malformed("the segments are not known yet"));
        };
        let bytes: Arc<[u32]> = sidx::all(index_file)?.iter().map(|reference| reference.size).collect();
        if (bytes.len() as u64) < known.timeline.skipped().saturating_add(self.len()) {
            return Err(SidxError::malformed("it has fewer segments than the manifest"));
        }
        let sizes = Some(TrueSizes { first_number: known.first_number, bytes });
        Ok(Self { state: IndexState::Known(KnownSegments { sizes, ..known.clone() }) })
    }

    /// How many segments there are; 0 while pending. Without a known end of the Period this is a very large number.
    pub fn len(&self) -> u64 {
        self.known().map_or(0, |known| known.timeline.len())
    }

    /// Whether there is no segment (yet).
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The first segment that belongs to the Period; `None` while pending and when there is none.
    pub fn first(&self) -> Option<SegmentNumber> {
        self.known().filter(|known| !known.timeline.is_empty()).map(|known| known.number(0))
    }

    /// The last segment; `None` while pending, and when there is none or no last one.
    pub fn last(&self) -> Option<SegmentNumber> {
        self.end()?;
        self.known().map(|known| known.number(known.timeline.len().saturating_sub(1)))
    }

    /// All numbers in order. Where there is no last one the caller has to bound them.
    pub fn numbers(&self) -> impl DoubleEndedIterator<Item = SegmentNumber> + Clone + use<> {
        let first = self.first().unwrap_or_default();
        first.until(first.saturating_add(self.len()))
    }

    /// Whether a segment of this number is known.
    pub fn contains(&self, number: SegmentNumber) -> bool {
        self.known().is_some_and(|known| known.position(number).is_some())
    }

    /// The segment that covers `time`; in a gap the one after it; `None` from the end of the last one on.
    pub fn number_at(&self, time: PresentationTime) -> Option<SegmentNumber> {
        let known = self.known()?;
        known.timeline.position_at(time).map(|position| known.number(position))
    }

    /// From when to when a segment lasts. It may reach beyond its Period.
    pub fn time(&self, number: SegmentNumber) -> Option<Range<PresentationTime>> {
        self.known()?.time(number)
    }

    /// The true size of a segment, where a manifest or an index says it.
    pub fn size(&self, number: SegmentNumber) -> Option<ByteSize> {
        self.known()?.size(number)
    }

    /// What to fetch for a segment.
    pub fn resource(&self, number: SegmentNumber) -> Option<Resource> {
        self.known()?.resource(number)
    }

    /// Start of the first segment.
    pub fn start(&self) -> Option<PresentationTime> {
        self.known()?.timeline.time(0).map(|time| time.start)
    }

    /// End of the last segment; `None` while pending and when there is no last one.
    pub fn end(&self) -> Option<PresentationTime> {
        self.known()?.timeline.end()
    }

    /// The segments that can be fetched at `wall`, complete ones only; empty while pending.
    pub fn available(&self, availability: &Availability, wall: DateTime) -> Range<SegmentNumber> {
        let Some(known) = self.known() else { return SegmentNumber::default()..SegmentNumber::default() };
        let end = known.timeline.ended_by(availability.newest_end(wall));
        let start = availability.oldest_end(wall).map_or(0, |oldest| known.timeline.ended_by(oldest));
        known.number(start.min(end))..known.number(end)
    }

    /// When the first segment that is not there yet at `wall` can be fetched; `None` when all that are known can, and
    /// while pending.
    pub fn next_available(&self, availability: &Availability, wall: DateTime) -> Option<DateTime> {
        let timeline = &self.known()?.timeline;
        let next = timeline.time(timeline.ended_by(availability.newest_end(wall)))?;
        Some(availability.from(next.end)).filter(|at| *at > wall)
    }

    /// Where the zero of the media's own clock lies on the presentation axis: what is to be added to the times in the
    /// segments.
    pub fn media_zero(&self) -> PresentationTime {
        match &self.state {
            IndexState::Known(known) => known.timeline.clock().at(0),
            IndexState::Pending(pending) => pending.clock().at(0),
        }
    }

    /// How the segments are addressed, in a word for people.
    pub fn kind(&self) -> &'static str {
        match &self.state {
            IndexState::Pending(_) => "index box, not loaded",
            IndexState::Known(known) => match &known.places {
                Places::Template(_) => "template",
                Places::List(_) if self.is_empty() => "no segments",
                Places::List(_) => "list",
                Places::Parts(..) => "index box",
                Places::Whole(_) => "single file",
            },
        }
    }

    pub(super) fn known(&self) -> Option<&KnownSegments> {
        match &self.state {
            IndexState::Known(known) => Some(known),
            IndexState::Pending(_) => None,
        }
    }
}

impl KnownSegments {
    /// The number at a position of the timeline, or of the end for its length; saturating.
    pub(super) fn number(&self, position: u64) -> SegmentNumber {
        let ordinal = self.timeline.skipped().saturating_add(position);
        SegmentNumber(ordinal.saturating_add_signed(self.first_number))
    }

    /// Position in the timeline, 0 for the first segment of the Period.
    pub(super) fn position(&self, number: SegmentNumber) -> Option<u64> {
        let position = offset_from(self.first_number, number)?.checked_sub(self.timeline.skipped())?;
        (position < self.timeline.len()).then_some(position)
    }

    pub(super) fn time(&self, number: SegmentNumber) -> Option<Range<PresentationTime>> {
        self.timeline.time(self.position(number)?)
    }

    /// Index of a segment in a list of places.
    fn index(&self, number: SegmentNumber) -> Option<usize> {
        self.position(number)?;
        usize::try_from(offset_from(self.first_number, number)?).ok()
    }

    fn size(&self, number: SegmentNumber) -> Option<ByteSize> {
        let index = self.index(number)?;
        let stated = self.sizes.as_ref().and_then(|sizes| sizes.of(number));
        stated.or_else(|| self.places.range(index)?.length()).map(ByteSize::from_bytes)
    }

    pub(super) fn resource(&self, number: SegmentNumber) -> Option<Resource> {
        let index = self.index(number)?;
        Some(match &self.places {
            Places::Template(template) => {
                let tick = self.timeline.tick(self.position(number)?)?;
                Resource::whole(template.expand(number, tick))
            }
            Places::List(resources) => resources.get(index)?.clone(),
            Places::Parts(path, ranges) => Resource { path: path.to_string(), range: Some(*ranges.get(index)?) },
            Places::Whole(path) => Resource::whole(path.to_string()),
        })
    }
}

impl TrueSizes {
    fn of(&self, number: SegmentNumber) -> Option<u64> {
        let index = usize::try_from(offset_from(self.first_number, number)?).ok()?;
        self.bytes.get(index).map(|size| u64::from(*size))
    }
}

impl Places {
    /// The part of the file that a segment is, where that is a part.
    fn range(&self, index: usize) -> Option<ByteRange> {
        match self {
            Self::Template(_) | Self::Whole(_) => None,
            Self::List(resources) => resources.get(index)?.range,
            Self::Parts(_, ranges) => ranges.get(index).copied(),
        }
    }
}

/// How many segments `number` lies behind the one numbered `first`; `None` when it lies before it.
fn offset_from(first: i64, number: SegmentNumber) -> Option<u64> {
    number.0.checked_sub_signed(first)
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{clock, listed, secs, template};
    use super::super::sidx::tests::sidx_box;
    use super::super::timeline::TimelineEntry;
    use super::*;

    #[test]
    fn numbers_count_from_the_start_of_the_timeline() {
        let timeline = Timeline::uniform(clock(1000, 0), 2000, None, Some(secs(5.0)));
        let index = SegmentIndex::new(timeline, template("$Number%03d$-$Time$.m4s"), SegmentNumber(5));
        assert_eq!(listed(&index), ["5 0-2 005-0.m4s", "6 2-4 006-2000.m4s", "7 4-6 007-4000.m4s"]);
        assert_eq!((index.first(), index.last(), index.len()), (Some(SegmentNumber(5)), Some(SegmentNumber(7)), 3));
        assert_eq!(index.number_at(secs(2.0)), Some(SegmentNumber(6)));
        for outside in [SegmentNumber(4), SegmentNumber(8), SegmentNumber(0), SegmentNumber(u64::MAX)] {
            let known = (index.time(outside), index.size(outside), index.resource(outside));
            assert_eq!((index.contains(outside), known), (false, (None, None, None)), "{outside}");
        }
    }

    #[test]
    fn true_sizes_are_added() {
        let timeline = Timeline::uniform(clock(1, 0), 2, None, Some(secs(4.0)));
        let index = SegmentIndex::new(timeline, template("$Number$"), SegmentNumber(1));
        let sized = index.with_sizes(&sidx_box(1, 0, &[(false, 100, 2), (false, 50, 2)])).unwrap();
        assert_eq!(listed(&sized), ["1 0-2 1 100", "2 2-4 2 50"]);
        assert!(index.with_sizes(&sidx_box(1, 0, &[(false, 100, 2)])).is_err());
    }

    /// A Period that begins in the middle of a timeline: its segments have the numbers of the timeline.
    #[test]
    fn segments_before_the_period_count() {
        let entry = TimelineEntry { start: Some(0), duration: 2, repeat: 4 };
        let timeline = Timeline::new(clock(1, 4), [entry], None);
        let index = SegmentIndex::new(timeline, template("$Number$"), SegmentNumber(1));
        assert_eq!(listed(&index), ["3 0-2 3", "4 2-4 4", "5 4-6 5"]);
        assert_eq!((index.contains(SegmentNumber(2)), index.contains(SegmentNumber(3))), (false, true));
        let sizes: Vec<_> = (1..=5).map(|size| (false, size, 2)).collect();
        assert_eq!(index.with_sizes(&sidx_box(1, 0, &sizes)).unwrap().size(SegmentNumber(3)).unwrap().bytes(), 3);
    }

    #[test]
    fn without_a_last_segment_numbers_go_on() {
        let timeline = Timeline::uniform(clock(1, 0), 2, None, None);
        let index = SegmentIndex::new(timeline, template("$Number$"), SegmentNumber(1));
        assert_eq!((index.first(), index.last()), (Some(SegmentNumber(1)), None));
        assert_eq!(index.numbers().skip(1_000_000).map(|n| n.0).take(2).collect::<Vec<_>>(), [1_000_001, 1_000_002]);
        assert_eq!(SegmentIndex::none().numbers().count(), 0);
    }
}
