//! How each sample of a media segment is encrypted: by `senc`, or by `saiz` and `saio` alone, which point at the same fields
//! (ISO/IEC 23001-7 clause 7, ISO/IEC 14496-12 8.7.8, 8.7.9). Not here: which group a sample is in.

use super::encryption::padded;
use super::groups::GroupReader;
use super::{Encryption, KeyId, SampleEncryption, Subsample};
use crate::bmff::fragment::TrackFragment;
use crate::bmff::{BmffError, BoxRef, Fields, Sample, Track, walk};

/// A flag of `senc`: there are subsamples.
const SUBSAMPLES: u32 = 2;
/// A flag of `saiz` and `saio`: they name the type of what they point at.
const TYPED: u32 = 1;

/// How each of `samples` is encrypted, which are those that [`samples_at`](crate::bmff::fragment::samples_at) has found in
/// `segment`; `None` for those that are clear.
///
/// # Errors
/// When the boxes contradict themselves or say less than is needed.
pub fn of_samples(
    track: &Track,
    segment: &[u8],
    file_offset: u64,
    samples: &[Sample],
) -> Result<Vec<Option<SampleEncryption>>, BmffError> {
    let mut found = Vec::with_capacity(samples.len());
    if !track.is_protected() {
        found.resize(samples.len(), None);
        return Ok(found);
    }
    for moof in walk::boxes(segment).map_while(Result::ok).filter(|found| found.kind == b"moof") {
        for traf in moof.children() {
            let traf = traf?;
            if traf.kind == b"traf" {
                let from = TrackFragment::read(&moof, &traf.require(&[b"tfhd"])?, file_offset)?;
                if from.track == track.id {
                    fragment(track, segment, samples, &traf, from.base, &mut found)?;
                }
            }
        }
    }
    found.resize(samples.len(), None);
    Ok(found)
}

/// The keys that the samples of a segment need, each once, in the order of their use.
///
/// # Errors
/// See [`of_samples`].
pub fn key_ids(track: &Track, segment: &[u8], file_offset: u64, samples: &[Sample]) -> Result<Vec<KeyId>, BmffError> {
    let mut ids = vec![];
    for how in of_samples(track, segment, file_offset, samples)?.into_iter().flatten() {
        if !ids.contains(&how.key_id) {
            ids.push(how.key_id);
        }
    }
    Ok(ids)
}

/// Appends what a `traf` says of its samples, which follow those in `found`.
fn fragment(
    track: &Track,
    segment: &[u8],
    samples: &[Sample],
    traf: &BoxRef<'_>,
    base: i64,
    found: &mut Vec<Option<SampleEncryption>>,
) -> Result<(), BmffError> {
    let runs = run_lengths(traf)?;
    let own = samples.get(found.len()..).unwrap_or_default();
    let count = runs.iter().fold(0usize, |sum, run| sum.saturating_add(*run)).min(own.len());
    let Some(first) = own.first() else { return Ok(()) };
    let described = track.described(first.entry);
    let Some(protection) = &described.protection else {
        found.resize(found.len() + count, None);
        return Ok(());
    };
    let groups = GroupReader::read(traf, protection)?;
    let mut aux = AuxReader::open(traf, segment, base, runs)?;
    for index in 0..count {
        let how = groups.of_sample(index).or(protection.defaults);
        found.push(aux.next(index, how.as_ref())?);
    }
    Ok(())
}

/// How many samples each `trun` has.
fn run_lengths(traf: &BoxRef<'_>) -> Result<Vec<usize>, BmffError> {
    let mut lengths = vec![];
    for trun in traf.children() {
        let trun = trun?;
        if trun.kind == b"trun" {
            let mut fields = trun.fields();
            fields.skip(4)?;
            lengths.push(fields.u32()? as usize);
        }
    }
    Ok(lengths)
}

/// Where the vectors and subsamples of the samples stand.
enum AuxReader<'a> {
    /// One after the other in `senc`, with subsamples or without.
    Senc { fields: Fields<'a>, subsamples: bool },
    /// Where `saio` points, each as long as `saiz` says.
    Elsewhere(Elsewhere<'a>),
    /// Nowhere: a constant vector is all that there can be.
    Nowhere,
}

struct Elsewhere<'a> {
    segment: &'a [u8],
    saio: BoxRef<'a>,
    sizes: Sizes<'a>,
    /// One for all samples, or one for each run.
    offsets: Vec<i64>,
    /// The first sample of each run.
    starts: Vec<usize>,
    at: i64,
}

impl<'a> AuxReader<'a> {
    fn open(traf: &BoxRef<'a>, segment: &'a [u8], base: i64, runs: Vec<usize>) -> Result<Self, BmffError> {
        if let Some(senc) = traf.child(b"senc")? {
            let mut fields = senc.fields();
            let (_, flags) = fields.full()?;
            fields.skip(4)?;
            return Ok(Self::Senc { fields, subsamples: flags & SUBSAMPLES != 0 });
        }
        let (Some(saiz), Some(saio)) = (traf.child(b"saiz")?, traf.child(b"saio")?) else { return Ok(Self::Nowhere) };
        let starts = runs.iter().scan(0usize, |next, run| {
            let start = *next;
            *next = start.saturating_add(*run);
            Some(start)
        });
        let (starts, offsets) = (starts.collect(), offsets(&saio, base)?);
        Ok(Self::Elsewhere(Elsewhere { segment, saio, sizes: Sizes::read(&saiz)?, offsets, starts, at: 0 }))
    }

    /// Of the next sample, which is number `index` of its fragment.
    fn next(&mut self, index: usize, how: Option<&Encryption>) -> Result<Option<SampleEncryption>, BmffError> {
        let iv_size = how.filter(|how| how.protected).map_or(0, |how| usize::from(how.iv_size));
        let brought = match self {
            Self::Senc { fields, subsamples } => sample_fields(fields, iv_size, *subsamples).map(Some),
            Self::Elsewhere(elsewhere) => elsewhere.next(index, iv_size),
            Self::Nowhere => Ok(None),
        };
        let Some(how) = how.filter(|how| how.protected) else { return Ok(None) };
        let (own_iv, subsamples) = match brought? {
            Some(SampleFields { iv, subsamples }) => (Some(iv).filter(|_| iv_size > 0), subsamples),
            None => (None, vec![]),
        };
        // Without any vector it cannot be encrypted: so do some writers say that a beginning is clear.
        let iv = own_iv.or(how.constant_iv.filter(|_| iv_size == 0));
        Ok(iv.map(|iv| SampleEncryption { key_id: how.key_id, pattern: how.pattern, iv, subsamples }))
    }
}

impl Elsewhere<'_> {
    fn next(&mut self, index: usize, iv_size: usize) -> Result<Option<SampleFields>, BmffError> {
        if let Some(run) = self.starts.iter().rposition(|start| *start == index) {
            let own = self.offsets.get(run).filter(|_| run == 0 || self.offsets.len() > 1);
            self.at = own.copied().unwrap_or(self.at);
        }
        let size = self.sizes.of(index);
        if size == 0 {
            return Ok(None);
        }
        let start = usize::try_from(self.at).ok();
        let bytes = start.and_then(|start| self.segment.get(start..start.checked_add(size)?));
        let bytes = bytes.ok_or_else(|| self.saio.error(format!("points outside the segment, at {}", self.at)))?;
        self.at = self.at.saturating_add(size as i64);
        let mut fields = Fields::new(self.saio.kind, start.unwrap_or(0), bytes);
        sample_fields(&mut fields, iv_size, size > iv_size).map(Some)
    }
}

/// `saiz`: how many bytes there are for each sample.
struct Sizes<'a> {
    default: u8,
    each: &'a [u8],
}

impl<'a> Sizes<'a> {
    fn read(saiz: &BoxRef<'a>) -> Result<Self, BmffError> {
        let mut fields = saiz.fields();
        let (_, flags) = fields.full()?;
        fields.skip(if flags & TYPED == 0 { 0 } else { 8 })?;
        let default = fields.u8()?;
        fields.skip(4)?;
        Ok(Self { default, each: fields.rest() })
    }

    fn of(&self, index: usize) -> usize {
        match self.default {
            0 => self.each.get(index).copied().map_or(0, usize::from),
            all => usize::from(all),
        }
    }
}

/// `saio`: places in the segment.
fn offsets(saio: &BoxRef<'_>, base: i64) -> Result<Vec<i64>, BmffError> {
    let mut fields = saio.fields();
    let (version, flags) = fields.full()?;
    fields.skip(if flags & TYPED == 0 { 0 } else { 8 })?;
    let count = fields.u32()?;
    let mut offsets = vec![];
    for _ in 0..count {
        let offset = i64::try_from(fields.sized(version)?).unwrap_or(i64::MAX);
        offsets.push(base.saturating_add(offset));
    }
    Ok(offsets)
}

/// What is said of one sample (23001-7 7.2.3).
struct SampleFields {
    iv: [u8; 16],
    subsamples: Vec<Subsample>,
}

fn sample_fields(fields: &mut Fields<'_>, iv_size: usize, subsamples: bool) -> Result<SampleFields, BmffError> {
    let iv = padded(fields.bytes(iv_size)?);
    let count = if subsamples { fields.u16()? } else { 0 };
    let mut list = vec![];
    for _ in 0..count {
        let clear = fields.u16()?;
        list.push(Subsample { clear, protected: fields.u32()? });
    }
    Ok(SampleFields { iv, subsamples: list })
}

#[cfg(test)]
mod tests;
