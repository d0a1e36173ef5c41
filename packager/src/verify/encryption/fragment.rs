//! The boxes of a segment that say how its samples are encrypted: `senc`, `saiz` and `saio` against each other, against `trun`
//! and against the samples (ISO/IEC 23001-7 clauses 7 and 9.5, ISO/IEC 14496-12 8.7.8 and 8.7.9).

use shared::bmff::entry::MediaKind;
use shared::bmff::{BmffError, BoxRef, Fields, Sample, Track, walk};
use shared::codec::CodecKind;
use shared::protection::{Cipher, Encryption, SampleEncryption, Scheme, of_samples};

/// `senc` has subsamples.
const SUBSAMPLES: u32 = 2;
/// `saiz` and `saio` name the type of what they point at.
const TYPED: u32 = 1;
/// The first byte of a unit says what it is, and in H.265 the second one, too.
const UNIT_HEADER: usize = 2;
const BLOCK: u32 = 16;

/// What was found in a segment.
#[derive(Debug, Default)]
pub(in crate::verify) struct Seen {
    /// Of samples that are encrypted with a vector of their own.
    pub(in crate::verify) vectors: Vec<SampleEncryption>,
    /// Samples that are encrypted, whether a byte of them is or not.
    pub(in crate::verify) samples: usize,
    /// Some of them are encrypted from their first byte on.
    pub(in crate::verify) is_whole: bool,
    /// Bytes that are protected.
    pub(in crate::verify) protected: u64,
    /// The first thing that is wrong with each of the boxes.
    pub(in crate::verify) problems: Vec<String>,
}

/// Looks at the samples of a segment of `track`, which are those that were found in its `bytes`. Media are there up to `read`.
pub(in crate::verify) fn look(track: &Track, (bytes, read): (&[u8], usize), offset: u64, samples: &[Sample]) -> Seen {
    let mut seen = Seen::default();
    let Some(first) = samples.first() else { return seen };
    let described = track.described(first.entry);
    let Some(protection) = &described.protection else {
        seen.problems.extend(auxiliary_of_clear(bytes));
        return seen;
    };
    let (Some(scheme), Some(tenc)) = (Scheme::from_code(protection.scheme), protection.defaults) else { return seen };
    if !has_groups(bytes, &described) {
        seen.problems.extend(boxes(bytes, &tenc));
    }
    match of_samples(track, bytes, offset, samples) {
        Err(error) => {
            if seen.problems.is_empty() {
                seen.problems.push(error.to_string());
            }
        }
        Ok(all) => {
            let mut first_problem = None;
            for (number, (sample, how)) in (1..).zip(samples.iter().zip(all)) {
                let Some(how) = how else { continue };
                let data = bytes.get(sample.range.clone()).unwrap_or_default();
                let known = read.saturating_sub(sample.range.start).min(data.len());
                let problem = parts(&described, scheme, (data, known), &how).err();
                seen.is_whole |= how.subsamples.is_empty();
                first_problem = first_problem.or(problem.map(|problem| format!("sample {number} {problem}")));
                seen.samples += 1;
                seen.protected += protected(&how, data.len());
                if tenc.iv_size > 0 {
                    seen.vectors.push(SampleEncryption { subsamples: vec![], ..how });
                }
            }
            seen.problems.extend(first_problem);
        }
    }
    seen
}

fn protected(how: &SampleEncryption, size: usize) -> u64 {
    if how.subsamples.is_empty() {
        return size as u64;
    }
    how.subsamples.iter().map(|one| u64::from(one.protected)).sum()
}

/// Samples may be in groups with keys and vectors of their own: then the boxes are not as long as the track's say.
fn has_groups(bytes: &[u8], track: &Track) -> bool {
    let of_track = track.protection.as_ref().is_some_and(|protection| !protection.groups.is_empty());
    let of_fragment = |(_, traf): &(BoxRef<'_>, BoxRef<'_>)| matches!(traf.child(b"sbgp"), Ok(Some(_)));
    of_track || fragments(bytes).is_ok_and(|all| all.iter().any(of_fragment))
}

/// Of a fragment whose sample entry is clear, nothing is said.
fn auxiliary_of_clear(bytes: &[u8]) -> Option<String> {
    let senc = fragments(bytes).ok()?.into_iter().any(|(_, traf)| matches!(traf.child(b"senc"), Ok(Some(_))));
    senc.then(|| "has senc, and its sample entry is clear".to_owned())
}

/// `moof` and `traf` of each track fragment.
fn fragments(bytes: &[u8]) -> Result<Vec<(BoxRef<'_>, BoxRef<'_>)>, BmffError> {
    let mut found = vec![];
    for moof in walk::boxes(bytes) {
        let moof = moof?;
        for traf in moof.children().filter(|_| moof.kind == b"moof") {
            let traf = traf?;
            if traf.kind == b"traf" {
                found.push((moof, traf));
            }
        }
    }
    Ok(found)
}

fn boxes(bytes: &[u8], tenc: &Encryption) -> Vec<String> {
    let read = fragments(bytes).and_then(|all| all.into_iter().map(|(moof, traf)| one(&moof, &traf, tenc)).collect());
    read.map_or_else(|error| vec![error.to_string()], |all: Vec<Vec<String>>| all.concat())
}

/// The boxes of one track fragment.
fn one(moof: &BoxRef<'_>, traf: &BoxRef<'_>, tenc: &Encryption) -> Result<Vec<String>, BmffError> {
    let (senc, saiz, saio) = (traf.child(b"senc")?, traf.child(b"saiz")?, traf.child(b"saio")?);
    let samples = samples_of(traf)?;
    let mut problems = vec![];
    let Some(senc) = senc else {
        // Pictures of a constant vector still have subsamples, of which the samples are asked.
        if tenc.iv_size > 0 && (saiz.is_none() || saio.is_none()) {
            problems.push("has no senc: nobody knows the initialization vectors of its samples".into());
        }
        return Ok(problems);
    };
    let entries = match Entries::read(&senc, tenc.iv_size) {
        Ok(entries) => entries,
        Err(problem) => return Ok(vec![problem]),
    };
    if entries.sizes.len() != samples {
        problems.push(format!("has {samples} samples, and senc speaks of {}", entries.sizes.len()));
    }
    match saiz {
        Some(saiz) => problems.extend(sizes_differ(&saiz, &entries)?),
        None => problems.push("has senc and no saiz".into()),
    }
    match saio {
        Some(_) if has_own_base(traf)? => {}
        Some(saio) => problems.extend(leads_elsewhere(moof, &saio, &entries)?),
        None => problems.push("has senc and no saio".into()),
    }
    Ok(problems)
}

/// Offsets count from a place in the file that `tfhd` says, and not from `moof`.
fn has_own_base(traf: &BoxRef<'_>) -> Result<bool, BmffError> {
    let (_, flags) = traf.require(&[b"tfhd"])?.fields().full()?;
    Ok(flags & 1 != 0)
}

fn samples_of(traf: &BoxRef<'_>) -> Result<usize, BmffError> {
    let mut count = 0;
    for found in traf.children() {
        let found = found?;
        if found.kind == b"trun" {
            let mut fields = found.fields();
            fields.full()?;
            count += fields.u32()? as usize;
        }
    }
    Ok(count)
}

/// The entries of a `senc`.
struct Entries {
    /// Where the first one begins, in the segment.
    start: usize,
    sizes: Vec<usize>,
}

impl Entries {
    fn read(senc: &BoxRef<'_>, vector: u8) -> Result<Self, String> {
        let mut fields = senc.fields();
        Self::all(&mut fields, senc, vector).map_err(|error| format!("its senc cannot be read: {error}"))?.map_err(
            |left| format!("its senc has {left} bytes more than its entries: are vectors of {vector} bytes right?"),
        )
    }

    fn all(fields: &mut Fields<'_>, senc: &BoxRef<'_>, vector: u8) -> Result<Result<Self, usize>, BmffError> {
        let (_, flags) = fields.full()?;
        let count = fields.u32()? as usize;
        let start = senc.body_range().end - fields.rest().len();
        let mut sizes = vec![];
        for _ in 0..count.min(senc.body.len()) {
            let before = fields.rest().len();
            fields.skip(vector.into())?;
            if flags & SUBSAMPLES != 0 {
                let subsamples = usize::from(fields.u16()?);
                fields.skip(6 * subsamples)?;
            }
            sizes.push(before - fields.rest().len());
        }
        let left = fields.rest().len();
        Ok(if left == 0 { Ok(Self { start, sizes }) } else { Err(left) })
    }
}

fn sizes_differ(saiz: &BoxRef<'_>, entries: &Entries) -> Result<Option<String>, BmffError> {
    let mut fields = saiz.fields();
    if fields.full()?.1 & TYPED != 0 {
        fields.skip(8)?;
    }
    let default = usize::from(fields.u8()?);
    let count = fields.u32()? as usize;
    if count != entries.sizes.len() {
        return Ok(Some(format!("saiz speaks of {count} samples, senc of {}", entries.sizes.len())));
    }
    for (number, real) in (1..).zip(&entries.sizes) {
        let said = if default > 0 { default } else { usize::from(fields.u8()?) };
        if said != *real {
            return Ok(Some(format!("saiz gives sample {number} {said} bytes, senc {real}")));
        }
    }
    Ok(None)
}

fn leads_elsewhere(moof: &BoxRef<'_>, saio: &BoxRef<'_>, entries: &Entries) -> Result<Option<String>, BmffError> {
    let mut fields = saio.fields();
    let (version, flags) = fields.full()?;
    if flags & TYPED != 0 {
        fields.skip(8)?;
    }
    if fields.u32()? != 1 {
        return Ok(Some("saio has not one offset".into()));
    }
    let (said, real) = (fields.sized(version)?, (entries.start - moof.offset) as u64);
    let problem = || format!("saio leads to byte {said} of moof, the first entry of senc is at {real}");
    Ok((said != real).then(problem))
}

/// The protected parts of a sample.
fn parts(track: &Track, scheme: Scheme, (sample, known): (&[u8], usize), how: &SampleEncryption) -> Result<(), String> {
    let MediaKind::Video(video) = &track.kind else { return sound(sample, how) };
    let has_units = matches!(track.codec.kind(), CodecKind::Avc | CodecKind::Hevc);
    if how.subsamples.is_empty() {
        return if has_units {
            Err("is encrypted as a whole: the lengths of its units are, too".into())
        } else {
            Ok(())
        };
    }
    covers(sample, how)?;
    if let Some(odd) = how.subsamples.iter().find(|one| scheme.cipher() == Cipher::Ctr && one.protected % BLOCK != 0) {
        return Err(format!("has {} protected bytes in one piece, which are no whole blocks", odd.protected));
    }
    if has_units { within_units((sample, known), video.nal_length.unwrap_or(4).into(), how) } else { Ok(()) }
}

fn sound(sample: &[u8], how: &SampleEncryption) -> Result<(), String> {
    if how.subsamples.is_empty() { Ok(()) } else { covers(sample, how) }
}

fn covers(sample: &[u8], how: &SampleEncryption) -> Result<(), String> {
    let covered: u64 = how.subsamples.iter().map(|one| u64::from(one.clear) + u64::from(one.protected)).sum();
    if covered == sample.len() as u64 {
        Ok(())
    } else {
        Err(format!("has {} bytes, its subsamples cover {covered}", sample.len()))
    }
}

/// Each protected part lies within one unit, behind its header. Of the sample, the first `known` bytes are there.
fn within_units((sample, known): (&[u8], usize), length: usize, how: &SampleEncryption) -> Result<(), String> {
    let mut units = vec![];
    let mut at = 0;
    while at < sample.len() && at + length <= known {
        let size = sample.get(at..at + length).ok_or("is no chain of units")?;
        let size = size.iter().fold(0_usize, |size, byte| size << 8 | usize::from(*byte));
        let start = at + length;
        at = start.checked_add(size).filter(|end| *end <= sample.len()).ok_or("is no chain of units")?;
        units.push(start + UNIT_HEADER..at);
    }
    let mut end = 0;
    for one in &how.subsamples {
        let start = end + usize::from(one.clear);
        end = start + one.protected as usize;
        let is_inside = units.iter().any(|unit| unit.start <= start && end <= unit.end);
        if one.protected > 0 && start < at && !is_inside {
            let place = format!("has protected bytes ({start} to {end})");
            return Err(format!("{place} that do not lie within one unit, behind its header"));
        }
    }
    Ok(())
}
