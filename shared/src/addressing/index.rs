//! [`SegmentIndex`]: all segments of a Representation in one Period, whichever way they are addressed.

use super::sidx::{self, SidxError};
use super::template::Template;
use super::timeline::{Clock, Entry, Timeline};
use super::{ByteRange, Resource};
use crate::bmff::Sidx;
use crate::time::PresentationTime;
use crate::units::ByteSize;
use crate::webm::{Cues, Head};
use std::ops::Range;
use std::sync::Arc;

/// Answers "which segment at this time?" and "where is segment n?" for positions 0 to [`len`](Self::len); position 0 is
/// the first segment that belongs to the Period. Cheap to clone.
#[derive(Debug, Clone, PartialEq)]
pub struct SegmentIndex {
    state: State,
}

#[derive(Debug, Clone, PartialEq)]
enum State {
    Ready(Ready),
    Pending(Box<Pending>),
}

#[derive(Debug, Clone, PartialEq)]
struct Ready {
    timeline: Timeline,
    places: Places,
    /// Number of the first segment of the timeline (not of the Period).
    first_number: u64,
    /// True sizes, from the first segment of the timeline on.
    sizes: Option<Arc<[u32]>>,
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

/// One segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentRef {
    /// As in the MPD: for `$Number$`, logs and people.
    pub number: u64,
    /// On the presentation axis; it may reach beyond its Period.
    pub time: Range<PresentationTime>,
    /// What to fetch.
    pub resource: Resource,
    /// True size, where a manifest or an index says it.
    pub size: Option<ByteSize>,
}

impl SegmentIndex {
    /// Segments of a timeline at their places; the first of the timeline has `first_number`.
    pub fn new(timeline: Timeline, places: Places, first_number: u64) -> Self {
        Self { state: State::Ready(Ready { timeline, places, first_number, sizes: None }) }
    }

    /// No segments at all: the manifest names none.
    pub fn none() -> Self {
        let timeline = Timeline::new(Clock::PLAIN, [], None);
        Self::new(timeline, Places::List(Arc::new([])), 1)
    }

    /// Subsegments of the file `path` whose index box is in `index` and has yet to be fetched.
    pub fn in_file(path: &str, index: Resource, clock: Clock, period_end: Option<PresentationTime>) -> Self {
        let pending = Pending { path: path.into(), fetch: index, clock, period_end, ..Pending::default_for(clock) };
        Self { state: State::Pending(Box::new(pending)) }
    }

    /// What to fetch and hand to [`with_sidx`](Self::with_sidx) before there are any segments; `None` when all is known.
    pub fn pending(&self) -> Option<&Resource> {
        match &self.state {
            State::Ready(_) => None,
            State::Pending(pending) => Some(&pending.fetch),
        }
    }

    /// Goes on with the bytes of [`pending`](Self::pending). Where indexes point to indexes, the result may be pending
    /// again, a bounded number of times.
    ///
    /// # Errors
    /// When the bytes hold no usable index, or when none was pending.
    pub fn with_sidx(&self, bytes: &[u8]) -> Result<Self, SidxError> {
        match &self.state {
            State::Ready(_) => Err(SidxError::malformed("none was asked for")),
            State::Pending(pending) => Ok(Self { state: pending.as_ref().clone().with(bytes)? }),
        }
    }

    /// Adds true sizes from a file that indexes all segments (its boxes refer to them in order).
    ///
    /// # Errors
    /// When the file holds no index, or one over fewer segments than there are.
    pub fn with_sizes(&self, index_file: &[u8]) -> Result<Self, SidxError> {
        let State::Ready(ready) = &self.state else {
            return Err(SidxError::malformed("the segments are not known yet"));
        };
        let sizes: Arc<[u32]> = sidx::all(index_file)?.iter().map(|reference| reference.size).collect();
        if (sizes.len() as u64) < ready.timeline.skipped().saturating_add(self.len()) {
            return Err(SidxError::malformed("it has fewer segments than the manifest"));
        }
        Ok(Self { state: State::Ready(Ready { sizes: Some(sizes), ..ready.clone() }) })
    }

    /// How many segments there are; 0 while pending. Without a known end of the Period this is a very large number.
    pub fn len(&self) -> u64 {
        self.ready().map_or(0, |ready| ready.timeline.len())
    }

    /// Whether there is no segment (yet).
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The segment at a position.
    pub fn get(&self, position: u64) -> Option<SegmentRef> {
        self.ready()?.get(position)
    }

    /// The segment that covers `time`; in a gap the one after it; `None` from the end of the last one on.
    pub fn position_at(&self, time: PresentationTime) -> Option<u64> {
        self.ready()?.timeline.position_at(time)
    }

    /// Start of the first segment.
    pub fn start(&self) -> Option<PresentationTime> {
        self.ready()?.timeline.time(0).map(|time| time.start)
    }

    /// End of the last segment; `None` while pending and when there is no last one.
    pub fn end(&self) -> Option<PresentationTime> {
        self.ready()?.timeline.end()
    }

    /// Where the zero of the media's own clock lies on the presentation axis: what is to be added to the times in the
    /// segments.
    pub fn media_zero(&self) -> PresentationTime {
        match &self.state {
            State::Ready(ready) => ready.timeline.clock().at(0),
            State::Pending(pending) => pending.clock.at(0),
        }
    }

    /// How the segments are addressed, in a word for people.
    pub fn kind(&self) -> &'static str {
        match &self.state {
            State::Pending(_) => "index box, not loaded",
            State::Ready(ready) => match &ready.places {
                Places::Template(_) => "template",
                Places::List(_) if self.is_empty() => "no segments",
                Places::List(_) => "list",
                Places::Parts(..) => "index box",
                Places::Whole(_) => "single file",
            },
        }
    }

    fn ready(&self) -> Option<&Ready> {
        match &self.state {
            State::Ready(ready) => Some(ready),
            State::Pending(_) => None,
        }
    }
}

impl Ready {
    fn get(&self, position: u64) -> Option<SegmentRef> {
        let time = self.timeline.time(position)?;
        let ordinal = self.timeline.skipped().checked_add(position)?;
        let number = self.first_number.saturating_add(ordinal);
        let index = usize::try_from(ordinal).ok()?;
        let resource = match &self.places {
            Places::Template(template) => Resource::whole(template.expand(number, self.timeline.tick(position)?)),
            Places::List(resources) => resources.get(index)?.clone(),
            Places::Parts(path, ranges) => Resource { path: path.to_string(), range: Some(*ranges.get(index)?) },
            Places::Whole(path) => Resource::whole(path.to_string()),
        };
        let stated = self.sizes.as_ref().and_then(|sizes| sizes.get(index)).map(|size| u64::from(*size));
        let size = stated.or_else(|| resource.range.and_then(ByteRange::length)).map(ByteSize::from_bytes);
        Some(SegmentRef { number, time, resource, size })
    }
}

/// An index file on the way: what to fetch next and what is known so far.
#[derive(Debug, Clone, PartialEq)]
struct Pending {
    path: Arc<str>,
    fetch: Resource,
    clock: Clock,
    period_end: Option<PresentationTime>,
    /// Offset and size of what further index boxes cover.
    open: Vec<(u64, u64)>,
    parts: Vec<Part>,
    fetches: u32,
    boxes: u32,
    /// Of a WebM file, whose head has yet to say what they mean.
    cues: Option<Cues>,
}

/// One subsegment; ticks in the timescale of the pending clock.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Part {
    start: u64,
    duration: u64,
    range: ByteRange,
}

/// Eleven days of one-second subsegments.
const MAX_PARTS: usize = 1_000_000;
const MAX_BOXES: u32 = 4096;
const MAX_FETCHES: u32 = 256;
/// How much of a nested index is asked for before its size is known.
const FIRST_BYTES: u64 = 16 << 10;

impl Pending {
    fn default_for(clock: Clock) -> Self {
        let fetch = Resource::whole("");
        Self {
            path: "".into(),
            fetch,
            clock,
            period_end: None,
            open: vec![],
            parts: vec![],
            fetches: 0,
            boxes: 0,
            cues: None,
        }
    }

    /// With the bytes that were asked for: cues and the head of a WebM file, or index boxes.
    fn with(mut self, bytes: &[u8]) -> Result<State, SidxError> {
        let unusable = |error: crate::webm::WebmError| SidxError::Malformed(error.to_string());
        match self.cues.take() {
            Some(cues) => self.with_clusters(&cues, &Head::read(bytes).map_err(unusable)?),
            None if Cues::is_at(bytes) => {
                self.cues = Some(Cues::read(bytes).map_err(unusable)?);
                self.ask(0, FIRST_BYTES)
            }
            None => self.with_boxes(bytes),
        }
    }

    /// A part lasts, and its bytes reach, until the next one.
    fn with_clusters(mut self, cues: &Cues, head: &Head) -> Result<State, SidxError> {
        self.clock = self.clock.rescaled(head.timescale);
        let mut before = 1;
        for (index, (start, position)) in cues.points.iter().enumerate() {
            let next = cues.points.get(index + 1);
            let end = next.map(|next| next.0).or(head.duration.filter(|end| end > start));
            let duration = end.map_or(before, |end| end - start);
            let first = head.segment_start.saturating_add(*position);
            let until = next.map(|next| head.segment_start.saturating_add(next.1)).or(head.segment_end);
            if until.is_some_and(|until| until <= first) {
                return Err(SidxError::malformed("the cues are not in the order of the file"));
            }
            let range = ByteRange { first, last: until.map(|until| until - 1) };
            self.parts.push(Part { start: *start, duration, range });
            before = duration;
        }
        Ok(self.finish())
    }

    /// Depth first through all index boxes that are in `bytes`; asks for the next one that is not.
    fn with_boxes(mut self, bytes: &[u8]) -> Result<State, SidxError> {
        let base = self.fetch.range.map_or(0, |range| range.first);
        let mut at = 0_usize;
        loop {
            let here = base.saturating_add(at as u64);
            match sidx::first(bytes.get(at..).unwrap_or_default()) {
                Ok((sidx, end)) => {
                    // An index of its own file counts from the start of the media.
                    let same = self.fetch.path.as_str() == &*self.path;
                    self.take(&sidx, if same { here.saturating_add(end as u64) } else { 0 })?;
                }
                // Longer than was guessed: the same again, in full.
                Err(SidxError::Truncated(missing)) => {
                    return self.ask(here, (bytes.len() - at) as u64 + missing);
                }
                Err(error) => return Err(error),
            }
            let Some((next, size)) = self.open.pop() else { return Ok(self.finish()) };
            let inside = next.checked_sub(base).and_then(|at| usize::try_from(at).ok());
            match inside.filter(|&at| at.saturating_add(8) <= bytes.len()) {
                Some(inside) => at = inside,
                None => return self.ask(next, size.min(FIRST_BYTES)),
            }
        }
    }

    fn ask(mut self, first: u64, length: u64) -> Result<State, SidxError> {
        self.fetches += 1;
        let range = ByteRange::of_length(first, length).ok_or(SidxError::malformed("an index of no size"))?;
        let repeated = self.fetch.range == Some(range);
        if self.fetches > MAX_FETCHES || repeated {
            return Err(SidxError::TooLarge);
        }
        self.fetch.range = Some(range);
        Ok(State::Pending(Box::new(self)))
    }

    /// `anchor`: where the box ends (8.16.3.3: offsets count from there).
    fn take(&mut self, sidx: &Sidx, anchor: u64) -> Result<(), SidxError> {
        self.boxes += 1;
        if self.boxes > MAX_BOXES || self.parts.len() + sidx.references.len() > MAX_PARTS {
            return Err(SidxError::TooLarge);
        }
        if self.boxes == 1 {
            self.clock = self.clock.rescaled(sidx.timescale);
        }
        if self.clock.timescale != sidx.timescale {
            return Err(SidxError::malformed("nested indexes differ in their timescale"));
        }
        let (mut offset, mut start) = (anchor.saturating_add(sidx.first_offset), sidx.earliest);
        for reference in &sidx.references {
            let size = u64::from(reference.size);
            if reference.to_index {
                self.open.push((offset, size));
            } else if let Some(range) = ByteRange::of_length(offset, size) {
                self.parts.push(Part { start, duration: reference.duration.into(), range });
            }
            offset = offset.saturating_add(size);
            start = start.saturating_add(reference.duration.into());
        }
        Ok(())
    }

    fn finish(mut self) -> State {
        // A part of no duration would shift places against times.
        self.parts.retain(|part| part.duration > 0);
        self.parts.sort_by_key(|part| part.start);
        self.parts.dedup_by_key(|part| part.start);
        let entry = |part: &Part| Entry { start: Some(part.start), duration: part.duration, repeat: 0 };
        let timeline = Timeline::new(self.clock, self.parts.iter().map(entry), self.period_end);
        let places = Places::Parts(self.path, self.parts.iter().map(|part| part.range).collect());
        State::Ready(Ready { timeline, places, first_number: 1, sizes: None })
    }
}

#[cfg(test)]
mod tests {
    use super::super::sidx::tests::sidx_box;
    use super::*;
    use crate::time::Timescale;
    use crate::units::Bitrate;

    fn clock(timescale: u32, offset: u64) -> Clock {
        Clock { timescale: Timescale::new(timescale).unwrap(), offset, period_start: PresentationTime::ZERO }
    }

    fn secs(seconds: f64) -> PresentationTime {
        PresentationTime::from_secs_f64(seconds)
    }

    /// One line a segment: number, from-to in seconds, resource, size.
    fn listed(index: &SegmentIndex) -> Vec<String> {
        let line = |position| {
            let s = index.get(position).unwrap();
            let range = s.resource.range.map_or(String::new(), |range| format!("[{range}]"));
            let size = s.size.map_or(String::new(), |size| format!(" {}", size.bytes()));
            let (start, end) = (s.time.start.secs_f64(), s.time.end.secs_f64());
            format!("{} {start}-{end} {}{range}{size}", s.number, s.resource.path)
        };
        (0..index.len()).map(line).collect()
    }

    fn template(text: &str) -> Places {
        Places::Template(Arc::new(Template::parse(text, "v", Bitrate::ZERO).0))
    }

    #[test]
    fn numbers_count_from_the_start_of_the_timeline() {
        let timeline = Timeline::uniform(clock(1000, 0), 2000, None, Some(secs(5.0)));
        let index = SegmentIndex::new(timeline, template("$Number%03d$-$Time$.m4s"), 5);
        assert_eq!(listed(&index), ["5 0-2 005-0.m4s", "6 2-4 006-2000.m4s", "7 4-6 007-4000.m4s"]);
        assert_eq!(index.get(3), None);
    }

    #[test]
    fn true_sizes_are_added() {
        let timeline = Timeline::uniform(clock(1, 0), 2, None, Some(secs(4.0)));
        let index = SegmentIndex::new(timeline, template("$Number$"), 1);
        let sized = index.with_sizes(&sidx_box(1, 0, &[(false, 100, 2), (false, 50, 2)])).unwrap();
        assert_eq!(listed(&sized), ["1 0-2 1 100", "2 2-4 2 50"]);
        assert!(index.with_sizes(&sidx_box(1, 0, &[(false, 100, 2)])).is_err());
    }

    fn in_file(first: u64, last: u64) -> SegmentIndex {
        let range = Some(ByteRange { first, last: Some(last) });
        SegmentIndex::in_file("a.mp4", Resource { path: "a.mp4".into(), range }, clock(1000, 1000), None)
    }

    #[test]
    fn an_index_box_gives_ranges_and_times() {
        let bytes = sidx_box(10, 10, &[(false, 100, 20), (false, 50, 10)]);
        let index = in_file(1000, 1000 + bytes.len() as u64 - 1);
        assert_eq!((index.len(), index.position_at(secs(0.0))), (0, None));
        let index = index.with_sidx(&bytes).unwrap();
        let end = 1000 + bytes.len();
        let ranges = [format!("{end}-{}", end + 99), format!("{}-{}", end + 100, end + 149)];
        assert_eq!(
            listed(&index),
            [format!("1 0-2 a.mp4[{}] 100", ranges[0]), format!("2 2-3 a.mp4[{}] 50", ranges[1])]
        );
    }

    /// A top index over two indexes, of which each stands before its media in the file; one fetch a box.
    #[test]
    fn indexes_of_indexes_are_fetched_as_far_as_needed() {
        let leaf = |earliest| sidx_box(10, earliest, &[(false, 5, 10), (false, 5, 10)]);
        let covered = leaf(10).len() as u32 + 10;
        let mut file = sidx_box(10, 10, &[(true, covered, 20), (true, covered, 20)]);
        let top = file.len() as u64;
        for earliest in [10, 30] {
            file.extend(leaf(earliest));
            file.extend([0; 10]);
        }
        let mut index = in_file(0, top - 1);
        let mut fetches = 0;
        while let Some(resource) = index.pending() {
            let range = resource.range.unwrap();
            let last = range.last.unwrap().min(file.len() as u64 - 1) as usize;
            index = index.with_sidx(&file[range.first as usize..=last]).unwrap();
            fetches += 1;
        }
        assert_eq!((fetches, index.len()), (3, 4));
        let starts: Vec<_> = (0..4).map(|p| index.get(p).unwrap().resource.range.unwrap().first).collect();
        let leaf_size = u64::from(covered) - 10;
        assert_eq!(starts, [top + leaf_size, top + leaf_size + 5, top + 2 * leaf_size + 10, top + 2 * leaf_size + 15]);
    }

    /// The head is asked for after the cues: only it says where in the file they count from.
    #[test]
    fn cues_of_a_webm_file_become_parts() {
        let cue = |time: u8, place: u8| vec![0xBB, 0x88, 0xB3, 0x81, time, 0xB7, 0x83, 0xF1, 0x81, place];
        let cues = [vec![0x1C, 0x53, 0xBB, 0x6B, 0x94], cue(0, 60), cue(100, 90)].concat();
        // EBML head of no content, a Segment of 200 bytes, its duration of 150 ms.
        let head = [
            &[0x1A, 0x45, 0xDF, 0xA3, 0x80, 0x18, 0x53, 0x80, 0x67, 0x40, 200, 0x15, 0x49, 0xA9, 0x66, 0x87][..],
            &[0x44, 0x89, 0x84],
            &150_f32.to_be_bytes(),
        ];
        let index = in_file(326, 350).with_sidx(&cues).unwrap();
        assert_eq!(index.pending().unwrap().range.unwrap().first, 0);
        let index = index.with_sidx(&head.concat()).unwrap();
        // A @presentationTimeOffset of one second puts the zero of the media one second before the Period.
        assert_eq!(index.len(), 0);
        let plain = SegmentIndex::in_file("a.webm", Resource::whole("a.webm"), clock(1000, 0), None);
        let index = plain.with_sidx(&cues).unwrap().with_sidx(&head.concat()).unwrap();
        assert_eq!(listed(&index), ["1 0-0.1 a.webm[71-100] 30", "2 0.1-0.15 a.webm[101-210] 110"]);
        assert!(plain.with_sidx(&cues).unwrap().with_sidx(b"no head").is_err());
    }

    #[test]
    fn a_longer_index_than_announced_is_asked_for_again_once() {
        let bytes = sidx_box(10, 0, &[(false, 100, 20); 4]);
        let index = in_file(0, 29).with_sidx(&bytes[..30]).unwrap();
        let again = index.pending().unwrap().range.unwrap();
        assert_eq!(again.length(), Some(bytes.len() as u64));
        assert!(index.with_sidx(&bytes[..30]).is_err());
        assert_eq!(index.with_sidx(&bytes).unwrap().len(), 4);
    }

    #[test]
    fn an_index_that_points_at_itself_ends() {
        let bytes = sidx_box(10, 0, &[(true, 0, 20); 9]);
        let mut index = in_file(0, 1000);
        for _ in 0..10_000 {
            match index.with_sidx(&bytes) {
                Ok(next) => index = next,
                Err(_) => return,
            }
        }
        panic!("still pending");
    }
}
