//! Finding segment index boxes (ISO/IEC 14496-12 8.16.3) in bytes that may end too early. Not here: what is in the box
//! ([`crate::bmff::Sidx`]) and how indexes nest ([`super::in_file`]).

use crate::bmff::{Reference, Sidx};

/// Why an index cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SidxError {
    /// No such box in what was given.
    #[error("there is no segment index box (sidx) in these bytes")]
    Missing,
    /// The box is longer than what was given.
    #[error("the segment index box ends {0} bytes behind the given ones")]
    Truncated(u64),
    /// The box contradicts itself.
    #[error("the segment index box is malformed: {0}")]
    Malformed(String),
    /// A movie in one piece: its samples are not in fragments.
    #[error("it is an ordinary MP4, not a fragmented one: it has no segments; package it first")]
    NotFragmented,
    /// More nesting or more segments than anyone needs.
    #[error("the segment index is too large")]
    TooLarge,
}

impl SidxError {
    pub(super) fn malformed(problem: &str) -> Self {
        Self::Malformed(problem.to_owned())
    }
}

/// Finds the first `sidx` among the boxes that `bytes` begins with; also returns the offset of its end.
///
/// # Errors
/// All but [`SidxError::TooLarge`].
pub fn first(bytes: &[u8]) -> Result<(Sidx, usize), SidxError> {
    let mut start = 0_usize;
    loop {
        let (kind, size) = header(bytes, start).ok_or(SidxError::Missing)?;
        let missing = size.saturating_sub((bytes.len() - start) as u64);
        match (kind == *b"sidx", missing) {
            (true, 0) => {
                let end = start + size as usize; // no larger than the slice
                let (sidx, _) =
                    Sidx::read(&bytes[start..end]).map_err(|error| SidxError::Malformed(error.to_string()))?;
                return Ok((sidx, end));
            }
            (true, missing) => return Err(SidxError::Truncated(missing)),
            (false, 0) => start += size as usize,
            (false, _) => return Err(SidxError::Missing),
        }
    }
}

/// What the beginning of a file says of its index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Search {
    /// A box begins here.
    Found(usize),
    /// All boxes that the bytes hold are others; the next one begins so many bytes behind the first.
    Behind(u64),
    /// There is none, or the file is no MP4.
    None,
}

/// Looks for an index among the boxes at the beginning of a file (`from_start`), or further on in it.
///
/// # Errors
/// [`SidxError::NotFragmented`].
pub fn search(bytes: &[u8], from_start: bool) -> Result<Search, SidxError> {
    let mut at = 0_u64;
    loop {
        let here = usize::try_from(at).ok().and_then(|at| bytes.get(at..)).unwrap_or_default();
        let Some((kind, size)) = any_header(here) else { return Ok(Search::Behind(at)) };
        match &kind {
            b"sidx" => return Ok(Search::Found(at as usize)), // inside the slice
            b"mdat" => return Err(SidxError::NotFragmented),
            b"moof" => return Ok(Search::None),
            _ if from_start && at == 0 && !FIRST_BOXES.contains(&&kind) => return Ok(Search::None),
            _ if size < 8 => return Ok(Search::None),
            _ => at = at.saturating_add(size),
        }
    }
}

/// What an MP4 file may begin with (ISO/IEC 14496-12 6.3.4).
const FIRST_BOXES: [&[u8; 4]; 8] = [b"ftyp", b"styp", b"moov", b"free", b"skip", b"wide", b"pdin", b"uuid"];

/// Type and size of the box that bytes begin with; 0 for one that goes to the end of the file.
fn any_header(bytes: &[u8]) -> Option<([u8; 4], u64)> {
    let size = u64::from(u32::from_be_bytes(*bytes.first_chunk()?));
    let kind = *bytes.get(4..)?.first_chunk()?;
    let size = if size == 1 { u64::from_be_bytes(*bytes.get(8..)?.first_chunk()?) } else { size };
    Some((kind, size))
}

/// Sizes and durations of all media referred to by the index boxes of a file, one after another.
///
/// # Errors
/// As [`first`]; a file without any index is [`SidxError::Missing`].
pub fn all(mut bytes: &[u8]) -> Result<Vec<Reference>, SidxError> {
    let mut references = Vec::new();
    loop {
        match first(bytes) {
            Ok((sidx, end)) => {
                references.extend(sidx.references.iter().filter(|r| !r.to_index));
                bytes = &bytes[end..];
            }
            Err(SidxError::Missing) if !references.is_empty() => return Ok(references),
            Err(error) => return Err(error),
        }
    }
}

/// Type and size of the box at `start`. Boxes of 64-bit size or "to the end" are not what an index file is made of.
fn header(bytes: &[u8], start: usize) -> Option<([u8; 4], u64)> {
    let header = bytes.get(start..start.checked_add(8)?)?;
    let size = header.first_chunk::<4>()?;
    let kind = header.last_chunk::<4>()?;
    let size = u64::from(u32::from_be_bytes(*size));
    (size >= 8).then_some((*kind, size))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use mp4_atom::Encode;
    use proptest::prelude::*;

    /// A box made by another implementation: references as (is index, size, duration).
    pub(crate) fn sidx_box(timescale: u32, earliest: u64, references: &[(bool, u32, u32)]) -> Vec<u8> {
        let reference =
            |&(reference_type, referenced_size, subsegment_duration): &(bool, u32, u32)| mp4_atom::SegmentReference {
                reference_type,
                referenced_size,
                subsegment_duration,
                starts_with_sap: true,
                sap_type: 1,
                sap_delta_time: 0,
            };
        let sidx = mp4_atom::Sidx {
            reference_id: 1,
            timescale,
            earliest_presentation_time: earliest,
            first_offset: 0,
            references: references.iter().map(reference).collect(),
        };
        let mut bytes = Vec::new();
        sidx.encode(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn reads_what_another_implementation_writes() {
        for earliest in [0, u64::from(u32::MAX) + 7] {
            let mut bytes = vec![0, 0, 0, 8, b'f', b'r', b'e', b'e'];
            bytes.extend(sidx_box(90_000, earliest, &[(false, 1000, 180_000), (true, 7, 9)]));
            let (sidx, end) = first(&bytes).unwrap();
            assert_eq!((end, sidx.timescale.get(), sidx.earliest), (bytes.len(), 90_000, earliest));
            let seen: Vec<_> = sidx.references.iter().map(|r| (r.to_index, r.size, r.duration, r.sap_type)).collect();
            assert_eq!(seen, [(false, 1000, 180_000, 1), (true, 7, 9, 1)]);
        }
    }

    #[test]
    fn says_how_much_is_missing() {
        let bytes = sidx_box(1, 0, &[(false, 1, 1); 3]);
        assert_eq!(first(&bytes[..20]), Err(SidxError::Truncated(bytes.len() as u64 - 20)));
        assert_eq!(first(&bytes[..4]), Err(SidxError::Missing));
        let mut lying = bytes.clone();
        lying[31] = 200; // the count of references
        assert!(matches!(first(&lying), Err(SidxError::Malformed(_))));
    }

    #[test]
    fn the_beginning_of_a_file_tells_where_its_index_is() {
        let plain = |kind: &[u8; 4], size: u32| [&size.to_be_bytes()[..], kind, &vec![0; size as usize - 8]].concat();
        let large = [&[0, 0, 0, 1], &b"moov"[..], &(1_u64 << 33).to_be_bytes()].concat();
        let (ftyp, moov, index) = (plain(b"ftyp", 24), plain(b"moov", 100), sidx_box(1, 0, &[(false, 1, 1)]));
        let cases = [
            (vec![ftyp.clone(), moov.clone(), index.clone()], Ok(Search::Found(124))),
            (vec![ftyp.clone(), moov.clone()], Ok(Search::Behind(124))),
            (vec![ftyp.clone(), moov[..50].to_vec()], Ok(Search::Behind(124))),
            (vec![ftyp.clone(), large], Ok(Search::Behind(24 + (1 << 33)))),
            (vec![ftyp.clone(), moov, plain(b"moof", 9)], Ok(Search::None)),
            (vec![ftyp.clone(), plain(b"mdat", 9)], Err(SidxError::NotFragmented)),
            (vec![ftyp, b"\0\0\0\0free".to_vec()], Ok(Search::None)),
            (vec![b"WEBVTT\n\n00:00.000".to_vec()], Ok(Search::None)),
            (vec![vec![]], Ok(Search::Behind(0))),
        ];
        for (parts, expected) in cases {
            assert_eq!(search(&parts.concat(), true), expected, "{parts:?}");
        }
        assert_eq!(search(&plain(b"emsg", 20), false), Ok(Search::Behind(20)));
    }

    proptest! {
        #[test]
        fn nothing_panics(mut bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200), at in 0usize..40) {
            if let Some(kind) = bytes.get_mut(at..at + 4) {
                kind.copy_from_slice(b"sidx");
            }
            let _ = (first(&bytes), all(&bytes), search(&bytes, true));
        }
    }
}
