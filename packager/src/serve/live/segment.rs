//! A segment of the film as one of the live service: the same bytes, at a later time (ISO/IEC 14496-12 8.8.5 and 8.8.12).
//! Pure.

use shared::bmff::walk::{BoxRef, boxes};
use shared::bmff::{BmffError, FourCc};

/// Boxes beside the fragments that tell times of the film, and that no player needs: the index of the segment (8.16.3),
/// wall times of its producer (8.16.5).
const LEFT_OUT: [&[u8; 4]; 2] = [b"sidx", b"prft"];

/// The segment with `sequence` as the number of its fragments, `later` ticks later.
///
/// # Errors
/// When it is no segment.
pub(super) fn moved(segment: &[u8], sequence: u32, later: u64) -> Result<Vec<u8>, BmffError> {
    let mut out = Vec::with_capacity(segment.len() + 16);
    for found in boxes(segment) {
        let found = found?;
        let bytes = &segment[found.range()];
        match found.kind {
            kind if LEFT_OUT.iter().any(|left_out| kind == **left_out) => {}
            FourCc(kind) if kind == *b"moof" => out.extend(fragment(&found, bytes, sequence, later)?),
            FourCc(kind) if kind == *b"emsg" => out.extend(event(&found, bytes, later)?),
            _ => out.extend_from_slice(bytes),
        }
    }
    Ok(out)
}

/// The head of a fragment. A decode time of 32 bits has no room for a time of a service: it gets 64.
fn fragment(moof: &BoxRef<'_>, bytes: &[u8], sequence: u32, later: u64) -> Result<Vec<u8>, BmffError> {
    let at = |place: usize| place - moof.offset;
    let mut out = bytes.to_vec();
    let header = moof.require(&[b"mfhd"])?;
    put(&mut out, at(header.body_range().start) + 4, &sequence.to_be_bytes(), &header)?;
    let traf = moof.require(&[b"traf"])?;
    let tfdt = traf.require(&[b"tfdt"])?;
    let mut fields = tfdt.fields();
    let (version, _) = fields.full()?;
    let time = fields.sized(version)?.saturating_add(later);
    let field = at(tfdt.body_range().start) + 4;
    if version > 0 {
        put(&mut out, field, &time.to_be_bytes(), &tfdt)?;
        return Ok(out);
    }
    widen(&mut out, moof, &traf, &tfdt)?;
    out.splice(field..field + 4, time.to_be_bytes());
    Ok(out)
}

/// Four bytes more for the decode time: the boxes around it grow, and the media lies so much further away.
fn widen(out: &mut [u8], moof: &BoxRef<'_>, traf: &BoxRef<'_>, tfdt: &BoxRef<'_>) -> Result<(), BmffError> {
    let at = |place: usize| place - moof.offset;
    for grown in [moof, traf, tfdt] {
        add(out, at(grown.offset), 4, grown)?;
    }
    put(out, at(tfdt.body_range().start), &[1], tfdt)?;
    for child in traf.children() {
        let child = child?;
        let body = at(child.body_range().start);
        let flags = child.fields().full().map_or(0, |(_, flags)| flags);
        match child.kind {
            FourCc(kind) if kind == *b"trun" && flags & 1 != 0 => add(out, body + 8, 4, &child)?,
            FourCc(kind) if kind == *b"saio" => {
                return Err(child.error("the fragment is encrypted and has a decode time of 32 bits"));
            }
            _ => {}
        }
    }
    Ok(())
}

/// An event message with an absolute time (ISO/IEC 23009-1 5.10.3.3, version 1). Those of version 0 count from their segment.
fn event(emsg: &BoxRef<'_>, bytes: &[u8], later: u64) -> Result<Vec<u8>, BmffError> {
    let mut out = bytes.to_vec();
    let mut fields = emsg.fields();
    let (version, _) = fields.full()?;
    if version == 1 {
        fields.skip(4)?;
        let time = fields.u64()?.saturating_add(later);
        put(&mut out, emsg.header + 8, &time.to_be_bytes(), emsg)?;
    }
    Ok(out)
}

fn put(out: &mut [u8], at: usize, bytes: &[u8], of: &BoxRef<'_>) -> Result<(), BmffError> {
    let field = out.get_mut(at..at + bytes.len()).ok_or_else(|| of.error("ends too early"))?;
    field.copy_from_slice(bytes);
    Ok(())
}

/// Adds to a field of 32 bits.
fn add(out: &mut [u8], at: usize, by: u32, of: &BoxRef<'_>) -> Result<(), BmffError> {
    let field = out.get(at..at + 4).and_then(|field| field.try_into().ok()).map(u32::from_be_bytes);
    let sum = field.and_then(|field| field.checked_add(by)).ok_or_else(|| of.error("has a field without room"))?;
    put(out, at, &sum.to_be_bytes(), of)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boxed(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
        let size = (8 + body.len()) as u32;
        [&size.to_be_bytes()[..], kind, body].concat()
    }

    /// A fragment of one sample of three bytes, with a decode time of this version.
    fn segment(version: u8) -> Vec<u8> {
        let time: Vec<u8> = if version == 0 { 90u32.to_be_bytes().to_vec() } else { 90u64.to_be_bytes().to_vec() };
        let tfdt = boxed(b"tfdt", &[&[version, 0, 0, 0][..], &time].concat());
        let tfhd = boxed(b"tfhd", &[0, 2, 0, 0, 0, 0, 0, 1]);
        let head = |offset: u32| {
            let trun =
                [&[0, 0, 3, 1][..], &[0, 0, 0, 1], &offset.to_be_bytes(), &[0, 0, 0, 30], &[0, 0, 0, 3]].concat();
            let traf = boxed(b"traf", &[tfhd.clone(), tfdt.clone(), boxed(b"trun", &trun)].concat());
            boxed(b"moof", &[boxed(b"mfhd", &[0; 8]), traf].concat())
        };
        let moof = head(head(0).len() as u32 + 8);
        [boxed(b"styp", b"msdh\0\0\0\0"), boxed(b"sidx", &[0; 32]), moof, boxed(b"mdat", b"abc")].concat()
    }

    #[test]
    fn a_fragment_tells_a_later_time_and_the_same_media() {
        for version in [0, 1] {
            let bytes = moved(&segment(version), 7, 1 << 40).unwrap();
            assert!(boxes(&bytes).all(|found| found.unwrap().kind != *b"sidx"));
            let moof = boxes(&bytes).map(Result::unwrap).find(|found| found.kind == *b"moof").unwrap();
            let number = moof.require(&[b"mfhd"]).unwrap().body[4..].to_vec();
            assert_eq!(number, [0, 0, 0, 7], "version {version}");
            let time = moof.require(&[b"traf", b"tfdt"]).unwrap().body[4..].to_vec();
            assert_eq!(time, ((1u64 << 40) + 90).to_be_bytes());
            let run = moof.require(&[b"traf", b"trun"]).unwrap();
            let offset = u32::from_be_bytes(run.body[8..12].try_into().unwrap()) as usize;
            assert_eq!(&bytes[moof.offset + offset..], b"abc");
        }
    }

    #[test]
    fn what_is_no_segment_is_refused() {
        for bytes in [&boxed(b"moof", &boxed(b"mfhd", &[0; 8]))[..], b"\0\0\0\x40moof", &boxed(b"moof", b"")] {
            assert!(moved(bytes, 1, 1).is_err());
        }
    }
}
