//! Media segments: `styp`, `sidx`, `moof` with one track fragment, `mdat`.

use super::demand::demand;
use super::{Bitstream, MuxError, PackedSample, Packet, Samples, SegmentClosed, Timing};
use shared::bmff::write::{boxed, brands, full, put_u32, put_u64};
use shared::bmff::{Reference, Sidx};
use shared::units::ByteSize;
use std::ops::Range;

/// The number that libavformat gives to the only track of a file.
const TRACK: u32 = 1;
/// `sample_depends_on = 2`: a key frame, or sound.
const SYNC: u32 = 0x0200_0000;
/// `sample_depends_on = 1`, `sample_is_non_sync_sample`.
const NON_SYNC: u32 = 0x0101_0000;

/// Which boxes precede the fragment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrapping {
    /// `styp` and `sidx` before it: a file of its own.
    Segment,
    /// Nothing: a piece of a single file.
    Bare,
}

/// A segment in two parts, which follow each other in the file. They are kept apart so that the media are not copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentFile {
    /// Everything up to the payload of `mdat`.
    pub head: Vec<u8>,
    /// The media.
    pub payload: Vec<u8>,
}

/// Makes further boxes for the end of `traf`, as `senc`, `saiz` and `saio` (ISO/IEC 23001-7 clause 7). It is told where
/// they begin, counted from the start of `moof`, because `saio` says such places (ISO/IEC 14496-12 8.7.9).
pub type FragmentBoxes = Box<dyn FnOnce(usize) -> Vec<u8>>;

/// What a fragment says beside what every one does.
pub struct FragmentExtras {
    /// Its sample entry, from 1 (`sample_description_index`), where it is not that of the track's defaults.
    pub entry: Option<u32>,
    /// Further boxes.
    pub boxes: FragmentBoxes,
}

impl Default for FragmentExtras {
    fn default() -> Self {
        Self { entry: None, boxes: Box::new(|_| Vec::new()) }
    }
}

/// Writes the segments of one Representation.
#[derive(Debug, Clone)]
pub struct FragmentWriter {
    representation: String,
    timing: Timing,
    bitstream: Bitstream,
    wrapping: Wrapping,
}

/// A sample of a fragment, in ticks from the start of the film.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FragmentSample {
    /// When it is presented.
    pub pts: i64,
    /// When it is decoded: not before the first sample of the Representation by more than [`Timing::delay`].
    pub dts: i64,
    /// Until the next one is decoded.
    pub duration: i64,
    /// In bytes.
    pub size: u64,
    /// A decoder can start here.
    pub key: bool,
}

/// The fields of one sample in `trun`.
struct RunEntry {
    duration: u32,
    size: u32,
    /// Composition minus decoding time.
    offset: i64,
    key: bool,
}

impl FragmentWriter {
    /// For the Representation with this id, whose packets come in this form.
    pub fn new(representation: impl Into<String>, timing: Timing, bitstream: Bitstream, wrapping: Wrapping) -> Self {
        Self { representation: representation.into(), timing, bitstream, wrapping }
    }

    /// The bytes of segment `number` made of `packets` in decoding order, and its description.
    ///
    /// # Errors
    /// Those of [`mux`](Self::mux).
    pub fn segment(&self, number: u64, packets: &[Packet]) -> Result<(Vec<u8>, SegmentClosed), MuxError> {
        let (file, closed) = self.mux(number, Samples::pack(self.bitstream, packets), FragmentExtras::default())?;
        Ok(([file.head, file.payload].concat(), closed))
    }

    /// Segment `number` made of `samples`, and its description.
    ///
    /// Decoding times are the sums of durations from the segment's first presentation time on. At a constant rate and
    /// with closed groups they equal the encoder's, and they are continuous across chunks, whose encoders may differ in
    /// delay.
    ///
    /// # Errors
    /// When there is no sample, the first one is no key frame, or a field overflows.
    pub fn mux(
        &self,
        number: u64,
        samples: Samples,
        extras: FragmentExtras,
    ) -> Result<(SegmentFile, SegmentClosed), MuxError> {
        let Samples { payload, entries } = samples;
        let start = entries.iter().map(|sample| sample.pts).min().unwrap_or_default();
        let end = entries.iter().map(|sample| sample.pts.saturating_add(sample.duration)).max().unwrap_or_default();
        let (head, closed) = self.head(number, &self.in_decoding_order(&entries, start), start..end, extras)?;
        Ok((SegmentFile { head, payload }, closed))
    }

    /// Everything of segment `number` but its media, which follow in the order of `samples`; and its description.
    /// `presented` is from its first presentation to that of the next segment.
    ///
    /// # Errors
    /// Those of [`mux`](Self::mux).
    pub fn head(
        &self,
        number: u64,
        samples: &[FragmentSample],
        presented: Range<i64>,
        extras: FragmentExtras,
    ) -> Result<(Vec<u8>, SegmentClosed), MuxError> {
        let first = samples.first().ok_or_else(|| MuxError::Empty(number, self.representation.clone()))?;
        if !first.key {
            return Err(MuxError::NoKeyFrame { representation: self.representation.clone(), number });
        }
        self.write(number, samples, presented, extras)
            .ok_or_else(|| MuxError::TooLarge { representation: self.representation.clone(), number })
    }

    /// Each sample is decoded when the one before has lasted.
    fn in_decoding_order(&self, entries: &[PackedSample], start: i64) -> Vec<FragmentSample> {
        let mut decode = start.saturating_sub(self.timing.reorder.into());
        let mut samples = Vec::with_capacity(entries.len());
        for &PackedSample { ref range, pts, duration, key } in entries {
            samples.push(FragmentSample { pts, dts: decode, duration, size: range.len() as u64, key });
            decode = decode.saturating_add(duration);
        }
        samples
    }

    /// `None` on overflow.
    fn write(
        &self,
        number: u64,
        samples: &[FragmentSample],
        presented: Range<i64>,
        extras: FragmentExtras,
    ) -> Option<(Vec<u8>, SegmentClosed)> {
        let decode_time = u64::try_from(samples.first()?.dts.checked_add_unsigned(self.timing.delay())?).ok()?;
        let run: Vec<RunEntry> = samples.iter().map(RunEntry::of).collect::<Option<_>>()?;
        let media = samples.iter().map(|sample| sample.size).sum::<u64>();
        let moof = moof(u32::try_from(number).ok()?, decode_time, &run, extras);
        let fragment = u32::try_from(moof.len() as u64 + 8 + media).ok().filter(|size| *size < 1 << 31)?;
        let time = u64::try_from(presented.start.max(0)).ok()?;
        let duration = u64::try_from(presented.end).ok()?.checked_sub(time)?;
        let mut head = self.before_fragment(time, u32::try_from(duration).ok()?, fragment);
        let moof_at = head.len() as u64;
        head.extend_from_slice(&moof);
        put_u32(&mut head, u32::try_from(media + 8).ok()?);
        head.extend_from_slice(b"mdat");
        let closed = SegmentClosed {
            representation: self.representation.clone(),
            number,
            time,
            duration,
            size: ByteSize::from_bytes(head.len() as u64 + media),
            first_sample: moof_at..head.len() as u64 + u64::from(run.first()?.size),
            demand: demand(samples.iter().zip(&run).map(|(sample, entry)| (sample.pts, entry.size)), head.len() as u64),
        };
        Some((head, closed))
    }

    fn before_fragment(&self, time: u64, duration: u32, fragment: u32) -> Vec<u8> {
        let mut out = vec![];
        if self.wrapping == Wrapping::Segment {
            brands(&mut out, b"styp", b"msdh", &[b"msix", b"cmfs", b"cmff"]);
            let references = vec![Reference::closed(fragment, duration)];
            let timescale = self.timing.timescale;
            Sidx { track: TRACK, timescale, earliest: time, first_offset: 0, references }.write(&mut out);
        }
        out
    }
}

fn moof(sequence: u32, decode_time: u64, entries: &[RunEntry], extras: FragmentExtras) -> Vec<u8> {
    let mut out = vec![];
    let mut data_offset_at = 0;
    boxed(&mut out, b"moof", |out| {
        full(out, b"mfhd", 0, 0, |out| put_u32(out, sequence));
        boxed(out, b"traf", |out| {
            let defaults = FragmentDefaults::of(entries);
            defaults.write(out, extras.entry);
            full(out, b"tfdt", 1, 0, |out| put_u64(out, decode_time));
            data_offset_at = run(out, entries, &defaults);
            out.extend_from_slice(&(extras.boxes)(out.len()));
        });
    });
    // Behind this box comes the header of `mdat`, eight bytes long.
    let data = u32::try_from(out.len() + 8).unwrap_or(u32::MAX);
    out[data_offset_at..data_offset_at + 4].copy_from_slice(&data.to_be_bytes());
    out
}

/// The defaults of `tfhd` for the fields that most samples have in common.
struct FragmentDefaults {
    duration: u32,
    flags: u32,
}

impl FragmentDefaults {
    fn of(entries: &[RunEntry]) -> Self {
        let sync_only = entries.iter().all(|entry| entry.key);
        let duration = entries.first().map_or(0, |entry| entry.duration);
        Self { duration, flags: if sync_only { SYNC } else { NON_SYNC } }
    }

    fn write(&self, out: &mut Vec<u8>, entry: Option<u32>) {
        const DEFAULT_BASE_IS_MOOF: u32 = 0x0002_0000;
        const SAMPLE_ENTRY: u32 = 2;
        const DURATION_AND_FLAGS: u32 = 0x28;
        let own_entry = entry.map_or(0, |_| SAMPLE_ENTRY);
        full(out, b"tfhd", 0, DEFAULT_BASE_IS_MOOF | own_entry | DURATION_AND_FLAGS, |out| {
            put_u32(out, TRACK);
            if let Some(entry) = entry {
                put_u32(out, entry);
            }
            put_u32(out, self.duration);
            put_u32(out, self.flags);
        });
    }
}

/// Writes `trun` and tells where its data offset stands. Fields that all samples have by default are left out;
/// version 1 only when an offset is negative, which a reordering deeper than announced would need.
fn run(out: &mut Vec<u8>, entries: &[RunEntry], defaults: &FragmentDefaults) -> usize {
    let own_durations = entries.iter().any(|entry| entry.duration != defaults.duration);
    let key_first = entries.iter().skip(1).all(|entry| entry.sample_flags() == defaults.flags);
    let first_flags = key_first && entries.first().is_some_and(|entry| entry.sample_flags() != defaults.flags);
    let offsets = entries.iter().any(|entry| entry.offset != 0);
    let version = u8::from(entries.iter().any(|entry| entry.offset < 0));
    let flag = |present: bool, bit: u32| if present { bit } else { 0 };
    let flags =
        0x201 | flag(first_flags, 4) | flag(own_durations, 0x100) | flag(!key_first, 0x400) | flag(offsets, 0x800);
    let mut data_offset_at = 0;
    full(out, b"trun", version, flags, |out| {
        put_u32(out, u32::try_from(entries.len()).unwrap_or(u32::MAX));
        data_offset_at = out.len();
        put_u32(out, 0);
        if first_flags {
            put_u32(out, SYNC);
        }
        for entry in entries {
            let fields = [
                own_durations.then_some(entry.duration),
                Some(entry.size),
                (!key_first).then(|| entry.sample_flags()),
                offsets.then_some(entry.offset as u32), // two's complement in version 1
            ];
            for field in fields.into_iter().flatten() {
                put_u32(out, field);
            }
        }
    });
    data_offset_at
}

impl RunEntry {
    /// `None` on overflow.
    fn of(sample: &FragmentSample) -> Option<Self> {
        Some(Self {
            duration: u32::try_from(sample.duration).ok()?,
            size: u32::try_from(sample.size).ok()?,
            offset: sample.pts.checked_sub(sample.dts)?,
            key: sample.key,
        })
    }

    fn sample_flags(&self) -> u32 {
        if self.key { SYNC } else { NON_SYNC }
    }
}
