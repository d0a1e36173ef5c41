//! Movie fragments (ISO/IEC 14496-12 8.8): where each sample of a media segment lies and when it is shown.

use super::init::SampleDefaults;
use super::{BmffError, BoxRef, Fields, Track, walk};
use crate::time::MediaTime;
use std::ops::Range;

/// The most samples that are read from one segment: 4.8 hours at 60 frames a second.
const MAX_SAMPLES: usize = 1 << 20;
/// `sample_is_non_sync_sample`.
const NON_SYNC: u32 = 0x0001_0000;

/// One sample: bytes of the segment, not copied, and its times with the edit list applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// Where it lies in the segment's bytes; always within them.
    pub range: Range<usize>,
    /// When it is presented. Negative for audio priming.
    pub pts: MediaTime,
    /// When it is decoded, on the same axis.
    pub dts: MediaTime,
    /// How long it lasts.
    pub duration: MediaTime,
    /// A decoder can start here.
    pub key: bool,
    /// The sample entry that describes it, see [`Track::described`].
    pub entry: u32,
}

/// The samples of `track` in `segment`, in decoding order, whatever number of `moof` it has. Reading ends at the first
/// sample that lies outside: published ranges are sometimes short by a few frames, which is no reason to lose the rest.
///
/// # Errors
/// When boxes contradict themselves, or already the first sample lies outside.
pub fn samples(track: &Track, segment: &[u8]) -> Result<Vec<Sample>, BmffError> {
    samples_at(track, segment, 0)
}

/// The same for bytes that begin at `file_offset` of their file, which matters to the few writers whose fragments
/// count from the start of the file.
pub fn samples_at(track: &Track, segment: &[u8], file_offset: u64) -> Result<Vec<Sample>, BmffError> {
    let mut run = FragmentReader {
        track,
        segment_len: segment.len(),
        file_offset,
        next_dts: None,
        found: vec![],
        bytes: 0,
        cut_off: false,
    };
    match run.fragments(segment) {
        Err(error) if !run.cut_off || run.found.is_empty() => Err(error),
        _ => Ok(run.found),
    }
}

struct FragmentReader<'t> {
    track: &'t Track,
    segment_len: usize,
    file_offset: u64,
    /// Where the last fragment ended: the decode time of one that does not say.
    next_dts: Option<i64>,
    found: Vec<Sample>,
    /// Of all samples found.
    bytes: usize,
    /// The segment ends before its samples do.
    cut_off: bool,
}

/// What holds for all runs of a track fragment.
struct TrackFragmentHeader {
    base: i64,
    defaults: SampleDefaults,
}

impl FragmentReader<'_> {
    fn fragments(&mut self, segment: &[u8]) -> Result<(), BmffError> {
        for found in walk::boxes(segment) {
            // A box that is longer than the rest of the bytes.
            let found = found.inspect_err(|_| self.cut_off = true)?;
            if found.kind == b"moof" {
                self.fragment(&found)?;
            }
        }
        Ok(())
    }

    fn fragment(&mut self, moof: &BoxRef<'_>) -> Result<(), BmffError> {
        for traf in moof.children() {
            let traf = traf?;
            if traf.kind == b"traf" {
                self.track_fragment(moof, &traf)?;
            }
        }
        Ok(())
    }

    fn track_fragment(&mut self, moof: &BoxRef<'_>, traf: &BoxRef<'_>) -> Result<(), BmffError> {
        let Some(header) = self.header(moof, &traf.require(&[b"tfhd"])?)? else { return Ok(()) };
        let mut dts = match traf.child(b"tfdt")? {
            Some(tfdt) => decode_time(&tfdt)?,
            None => self.next_dts.ok_or_else(|| traf.error("does not say its decode time (`tfdt`)"))?,
        };
        let mut position = header.base;
        for trun in traf.children() {
            let trun = trun?;
            if trun.kind == b"trun" {
                self.run(&trun, &header, &mut dts, &mut position)?;
            }
        }
        self.next_dts = Some(dts);
        Ok(())
    }

    /// `None` for a fragment of another track.
    fn header(&self, moof: &BoxRef<'_>, tfhd: &BoxRef<'_>) -> Result<Option<TrackFragmentHeader>, BmffError> {
        let TrackFragment { track, base, flags, mut fields } = TrackFragment::read(moof, tfhd, self.file_offset)?;
        if track != self.track.id {
            return Ok(None);
        }
        let own_entry = optional(&mut fields, flags & 2 != 0, Fields::u32)?;
        let SampleDefaults { duration, size, flags: sample_flags, entry } = self.track.defaults;
        let defaults = SampleDefaults {
            duration: optional(&mut fields, flags & 8 != 0, Fields::u32)?.unwrap_or(duration),
            size: optional(&mut fields, flags & 0x10 != 0, Fields::u32)?.unwrap_or(size),
            flags: optional(&mut fields, flags & 0x20 != 0, Fields::u32)?.unwrap_or(sample_flags),
            entry: own_entry.unwrap_or(entry),
        };
        Ok(Some(TrackFragmentHeader { base, defaults }))
    }

    fn run(
        &mut self,
        trun: &BoxRef<'_>,
        header: &TrackFragmentHeader,
        dts: &mut i64,
        position: &mut i64,
    ) -> Result<(), BmffError> {
        let mut fields = trun.fields();
        let (_, flags) = fields.full()?;
        let count = fields.u32()?;
        if let Some(offset) = optional(&mut fields, flags & 1 != 0, Fields::i32)? {
            *position = header.base.saturating_add(i64::from(offset));
        }
        let mut first_flags = optional(&mut fields, flags & 4 != 0, Fields::u32)?;
        for _ in 0..count {
            let duration = optional(&mut fields, flags & 0x100 != 0, Fields::u32)?.unwrap_or(header.defaults.duration);
            let size = optional(&mut fields, flags & 0x200 != 0, Fields::u32)?.unwrap_or(header.defaults.size);
            let own = optional(&mut fields, flags & 0x400 != 0, Fields::u32)?;
            let sample_flags = first_flags.take().or(own).unwrap_or(header.defaults.flags);
            let offset = optional(&mut fields, flags & 0x800 != 0, composition)?.unwrap_or(0);
            let range = self.place(trun, *position, size)?;
            *position = range.end as i64;
            self.found.push(Sample {
                range,
                pts: self.track.presented(dts.saturating_add(offset)),
                dts: self.track.presented(*dts),
                duration: MediaTime::new(i64::from(duration), self.track.timescale),
                key: sample_flags & NON_SYNC == 0,
                entry: header.defaults.entry,
            });
            *dts = dts.saturating_add(i64::from(duration));
        }
        Ok(())
    }

    fn place(&mut self, trun: &BoxRef<'_>, position: i64, size: u32) -> Result<Range<usize>, BmffError> {
        // Samples of size zero need no bytes in the segment, but each needs memory in this list.
        let most = MAX_SAMPLES.min(self.segment_len);
        if self.found.len() >= most {
            return Err(trun.error(format!("brings more than {most} samples into one segment")));
        }
        let start = usize::try_from(position).ok();
        let range = start.and_then(|start| Some(start..start.checked_add(size as usize)?));
        let range = range.filter(|range| range.end <= self.segment_len).ok_or_else(|| {
            let number = self.found.len() + 1;
            self.cut_off = true;
            trun.error(format!("places sample {number} ({size} bytes at {position}) outside the segment"))
        })?;
        // Samples that overlap would make the work of a decoder a multiple of what was sent.
        self.bytes += range.len();
        if self.bytes > self.segment_len {
            return Err(trun.error(format!("places samples of more than {} bytes in all", self.segment_len)));
        }
        Ok(range)
    }
}

/// What a `tfhd` begins with (8.8.7).
pub(crate) struct TrackFragment<'a> {
    /// `track_ID`.
    pub(crate) track: u32,
    /// Where in the segment the offsets of its runs, and of its auxiliary information, count from.
    pub(crate) base: i64,
    flags: u32,
    /// What follows.
    fields: Fields<'a>,
}

impl<'a> TrackFragment<'a> {
    pub(crate) fn read(moof: &BoxRef<'_>, tfhd: &BoxRef<'a>, file_offset: u64) -> Result<Self, BmffError> {
        let mut fields = tfhd.fields();
        let (_, flags) = fields.full()?;
        let track = fields.u32()?;
        let base = match optional(&mut fields, flags & 1 != 0, Fields::u64)? {
            Some(absolute) => i64::try_from(absolute).unwrap_or(i64::MAX).saturating_sub_unsigned(file_offset),
            None => i64::try_from(moof.offset).unwrap_or(i64::MAX),
        };
        Ok(Self { track, base, flags, fields })
    }
}

fn decode_time(tfdt: &BoxRef<'_>) -> Result<i64, BmffError> {
    let mut fields = tfdt.fields();
    let (version, _) = fields.full()?;
    Ok(i64::try_from(fields.sized(version)?).unwrap_or(i64::MAX))
}

/// The composition time offset of a sample. In version 0 of the box it is unsigned (8.8.8.2), but there are writers that
/// put negative offsets there, and no real offset reaches 2^31: so it is always read as signed.
fn composition(fields: &mut Fields<'_>) -> Result<i64, BmffError> {
    fields.i32().map(i64::from)
}

fn optional<'a, T>(
    fields: &mut Fields<'a>,
    present: bool,
    read: impl FnOnce(&mut Fields<'a>) -> Result<T, BmffError>,
) -> Result<Option<T>, BmffError> {
    present.then(|| read(fields)).transpose()
}
