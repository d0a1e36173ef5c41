//! The initialization segment: libavformat's track description, made CMAF.

use super::{MuxError, Timing};
use shared::bmff::tree::{self, BoxNode};
use shared::bmff::write::{brands, full, put_u32, put_u64};

/// `ftyp` and `moov` of libavformat (`header`) with CMAF's brands, an edit list over [`Timing::delay`], the language,
/// and without user data. Everything else is kept byte for byte: `colr`, `pasp`, `mdcv`, `clli`, `btrt`.
///
/// `language` is an ISO 639-2 code; anything else is written as `und`.
///
/// # Errors
/// When `header` is no `moov` with one track.
pub fn cmaf_init(header: &[u8], timing: Timing, language: Option<&str>) -> Result<Vec<u8>, MuxError> {
    let mut boxes = tree::parse(header)?;
    let moov = boxes.iter_mut().find(|node| node.kind == b"moov").ok_or(MuxError::Missing("moov"))?;
    edit_track(moov, timing, language)?;
    if let Some(children) = moov.children_mut() {
        children.retain(|child| child.kind != b"udta");
    }
    let mut out = vec![];
    brands(&mut out, b"ftyp", b"iso6", &[b"cmfc", b"dash", b"mp41"]);
    moov.write(&mut out);
    Ok(out)
}

fn edit_track(moov: &mut BoxNode, timing: Timing, language: Option<&str>) -> Result<(), MuxError> {
    let trak = moov.descend_mut(&[b"trak"]).ok_or(MuxError::Missing("trak"))?;
    let mdhd = trak.descend_mut(&[b"mdia", b"mdhd"]).and_then(BoxNode::bytes_mut).ok_or(MuxError::Missing("mdhd"))?;
    set_language(mdhd, language.unwrap_or("und"));
    let children = trak.children_mut().ok_or(MuxError::Missing("tkhd"))?;
    children.retain(|child| child.kind != b"edts" && child.kind != b"udta");
    if timing.delay() > 0 {
        let behind = children.iter().position(|child| child.kind == b"tkhd").ok_or(MuxError::Missing("tkhd"))? + 1;
        children.insert(behind, BoxNode::container(b"edts", vec![edit_list(timing.delay())]));
    }
    Ok(())
}

/// One edit of unknown length (0, as fragments follow) that starts at media time `delay`.
fn edit_list(delay: u64) -> BoxNode {
    let mut elst = vec![];
    full(&mut elst, b"elst", 1, 0, |out| {
        put_u32(out, 1);
        put_u64(out, 0);
        put_u64(out, delay);
        put_u32(out, 0x0001_0000);
    });
    BoxNode::leaf(b"elst", elst.split_off(8))
}

/// Three letters of five bits behind the times of `mdhd` (ISO/IEC 14496-12 8.4.2).
fn set_language(mdhd: &mut [u8], language: &str) {
    let at = if mdhd.first() == Some(&0) { 20 } else { 32 };
    let letters: [u8; 3] = language.as_bytes().try_into().unwrap_or(*b"und");
    let packed = letters.iter().fold(0, |packed: u16, letter| packed << 5 | u16::from(letter & 31));
    if let Some(field) = mdhd.get_mut(at..at + 2) {
        field.copy_from_slice(&packed.to_be_bytes());
    }
}
