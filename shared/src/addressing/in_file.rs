//! Segments whose index stands in the media file itself and has to be fetched first: index boxes (ISO/IEC 14496-12
//! 8.16.3), which may point to further ones, or the cues of a WebM file. Not here: finding a box in bytes
//! ([`super::sidx`]).

use super::index::{IndexState, KnownSegments, Places};
use super::sidx::{self, Search, SidxError};
use super::timeline::{Timeline, TimelineClock, TimelineEntry};
use super::{ByteRange, Resource};
use crate::bmff::Sidx;
use crate::time::PresentationTime;
use crate::webm::{Cues, Head};
use std::sync::Arc;

/// What the MPD says of such a file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct IndexFile {
    /// Of the media.
    pub(super) path: Arc<str>,
    /// What to fetch first.
    pub(super) index: Resource,
    pub(super) clock: TimelineClock,
    pub(super) period_end: Option<PresentationTime>,
}

/// An index on the way: what to fetch next and what is known so far.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PendingIndex {
    pub(super) file: Arc<IndexFile>,
    fetch: Resource,
    /// The clock of the file in the timescale of its index, once that is known.
    clock: TimelineClock,
    /// Offset and size of what further index boxes cover.
    open: Vec<(u64, u64)>,
    parts: Vec<Subsegment>,
    fetches: u32,
    boxes: u32,
    /// While the file is searched for an index box: what it is without one.
    search: Option<Box<KnownSegments>>,
    /// What stands before the index that was searched for.
    head: Option<Resource>,
    /// The cues of a WebM file, until the head of the file is fetched: it has their timescale and where they count from.
    cues: Option<Cues>,
}

/// One subsegment; ticks in the timescale of the pending clock.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Subsegment {
    start: u64,
    duration: u64,
    range: ByteRange,
}

/// Eleven days of one-second subsegments.
const MAX_PARTS: usize = 1_000_000;
const MAX_BOXES: u32 = 4096;
const MAX_FETCHES: u32 = 256;
/// How much of an index is asked for before its size is known.
pub(super) const FIRST_BYTES: u64 = 16 << 10;

impl PendingIndex {
    pub(super) fn new(file: IndexFile) -> Self {
        let fetch = file.index.clone();
        let clock = file.clock;
        Self {
            file: Arc::new(file),
            fetch,
            clock,
            open: vec![],
            parts: vec![],
            fetches: 0,
            boxes: 0,
            search: None,
            head: None,
            cues: None,
        }
    }

    /// The index has to be found first; without one, the file is `whole`.
    pub(super) fn searched(file: IndexFile, whole: KnownSegments) -> Self {
        Self { search: Some(Box::new(whole)), ..Self::new(file) }
    }

    /// What to fetch next.
    pub(super) fn fetch(&self) -> &Resource {
        &self.fetch
    }

    pub(super) fn clock(&self) -> &TimelineClock {
        &self.clock
    }

    /// With the bytes that were asked for: cues and the head of a WebM file, or index boxes.
    pub(super) fn with(mut self, bytes: &[u8]) -> Result<IndexState, SidxError> {
        if let Some(whole) = self.search.take() {
            return self.with_beginning(bytes, whole);
        }
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

    /// Goes through the boxes at the beginning of a file as far as the bytes go.
    fn with_beginning(mut self, bytes: &[u8], whole: Box<KnownSegments>) -> Result<IndexState, SidxError> {
        let base = self.fetch.range.map_or(0, |range| range.first);
        match sidx::search(bytes, base == 0)? {
            Search::Found(at) => {
                let here = base.saturating_add(at as u64);
                let before = ByteRange::of_length(0, here);
                self.head = before.map(|range| Resource { path: self.file.path.to_string(), range: Some(range) });
                self.fetch.range = Some(ByteRange { first: here, last: None });
                self.with_boxes(&bytes[at..])
            }
            // A server that has sent less than it was asked for has sent all that there is.
            Search::Behind(at) if at >= bytes.len() as u64 && (bytes.len() as u64) < FIRST_BYTES => {
                Ok(IndexState::Known(*whole))
            }
            Search::Behind(at) => {
                self.search = Some(whole);
                self.ask(base.saturating_add(at), FIRST_BYTES)
            }
            Search::None => Ok(IndexState::Known(*whole)),
        }
    }

    /// Makes subsegments of the cues. Each lasts until the next one, and so do its bytes.
    fn with_clusters(mut self, cues: &Cues, head: &Head) -> Result<IndexState, SidxError> {
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
            self.parts.push(Subsegment { start: *start, duration, range });
            before = duration;
        }
        Ok(self.finish())
    }

    /// Depth first through all index boxes that are in `bytes`; asks for the next one that is not.
    fn with_boxes(mut self, bytes: &[u8]) -> Result<IndexState, SidxError> {
        let base = self.fetch.range.map_or(0, |range| range.first);
        let mut at = 0_usize;
        loop {
            let here = base.saturating_add(at as u64);
            match sidx::first(bytes.get(at..).unwrap_or_default()) {
                Ok((sidx, end)) => {
                    // An index of its own file counts from the start of the media.
                    let same = self.fetch.path.as_str() == &*self.file.path;
                    self.take(&sidx, if same { here.saturating_add(end as u64) } else { 0 })?;
                }
                // The box is longer than what was asked for: ask again for all of it.
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

    fn ask(mut self, first: u64, length: u64) -> Result<IndexState, SidxError> {
        self.fetches += 1;
        let range = ByteRange::of_length(first, length).ok_or(SidxError::malformed("an index of no size"))?;
        let repeated = self.fetch.range == Some(range);
        if self.fetches > MAX_FETCHES || repeated {
            return Err(SidxError::TooLarge);
        }
        self.fetch.range = Some(range);
        Ok(IndexState::Pending(Box::new(self)))
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
        let mut offset = anchor.saturating_add(sidx.first_offset);
        let mut start = sidx.earliest;
        for reference in &sidx.references {
            let size = u64::from(reference.size);
            if reference.to_index {
                self.open.push((offset, size));
            } else if let Some(range) = ByteRange::of_length(offset, size) {
                self.parts.push(Subsegment { start, duration: reference.duration.into(), range });
            }
            offset = offset.saturating_add(size);
            start = start.saturating_add(reference.duration.into());
        }
        Ok(())
    }

    fn finish(mut self) -> IndexState {
        // A subsegment of duration zero has no place in the timeline: it would shift the ranges against the times.
        self.parts.retain(|part| part.duration > 0);
        self.parts.sort_by_key(|part| part.start);
        self.parts.dedup_by_key(|part| part.start);
        let entry = |part: &Subsegment| TimelineEntry { start: Some(part.start), duration: part.duration, repeat: 0 };
        let timeline = Timeline::new(self.clock, self.parts.iter().map(entry), self.file.period_end);
        let ranges = self.parts.iter().map(|part| part.range).collect();
        let places = Places::Parts(Arc::clone(&self.file.path), ranges);
        let (file, head) = (Some(self.file), self.head);
        IndexState::Known(KnownSegments { timeline, places, first_number: 1, sizes: None, file, head })
    }
}

#[cfg(test)]
mod tests {
    use super::super::SegmentIndex;
    use super::super::fixtures::{clock, listed, secs};
    use super::super::sidx::tests::sidx_box;
    use super::*;

    fn in_file(first: u64, last: u64) -> SegmentIndex {
        let range = Some(ByteRange { first, last: Some(last) });
        SegmentIndex::in_file("a.mp4", Resource { path: "a.mp4".into(), range }, clock(1000, 1000), None)
    }

    #[test]
    fn an_index_box_gives_ranges_and_times() {
        let bytes = sidx_box(10, 10, &[(false, 100, 20), (false, 50, 10)]);
        let index = in_file(1000, 1000 + bytes.len() as u64 - 1);
        assert_eq!((index.len(), index.number_at(secs(0.0))), (0, None));
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
        let starts: Vec<_> = index.numbers().map(|n| index.resource(n).unwrap().range.unwrap().first).collect();
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
