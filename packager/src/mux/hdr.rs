//! Mastering display and light levels in the sample entry (ISO/IEC 14496-12 12.1.6 and 12.1.7), from where players
//! configure the display before they decode.

use super::MuxError;
use shared::bmff::tree::{self, BoxNode};
use shared::bmff::write::{boxed, put_u32};
use shared_av::{LightLevel, Mastering, StaticHdr};

/// `init` with `mdcv` and `clli` at the end of its one sample entry, as far as they are known.
///
/// # Errors
/// When `init` has no sample entry.
pub fn with_static_hdr(init: Vec<u8>, hdr: &StaticHdr) -> Result<Vec<u8>, MuxError> {
    let mut boxes = vec![];
    if let Some(mastering) = &hdr.mastering {
        mastering_display(&mut boxes, mastering);
    }
    if let Some(light) = &hdr.light {
        light_level(&mut boxes, light);
    }
    if boxes.is_empty() {
        return Ok(init);
    }
    let mut nodes = tree::parse(&init)?;
    let moov = nodes.iter_mut().find(|node| node.kind == b"moov").ok_or(MuxError::Missing("moov"))?;
    let stsd = moov.descend_mut(&[b"trak", b"mdia", b"minf", b"stbl", b"stsd"]).and_then(BoxNode::bytes_mut);
    append(stsd.ok_or(MuxError::Missing("stsd"))?, &boxes).ok_or(MuxError::Missing("stsd"))?;
    Ok(tree::to_bytes(&nodes))
}

/// Behind version, flags and count comes the one entry, which begins with its size.
fn append(stsd: &mut Vec<u8>, boxes: &[u8]) -> Option<()> {
    const ENTRY: usize = 8;
    let size = u32::from_be_bytes(stsd.get(ENTRY..ENTRY + 4)?.try_into().ok()?);
    if ENTRY + usize::try_from(size).ok()? != stsd.len() {
        return None;
    }
    let longer = size.checked_add(u32::try_from(boxes.len()).ok()?)?;
    stsd[ENTRY..ENTRY + 4].copy_from_slice(&longer.to_be_bytes());
    stsd.extend_from_slice(boxes);
    Some(())
}

/// Green, blue, red, white in units of 0.00002; largest and least luminance in units of 0.0001 cd/m2.
fn mastering_display(out: &mut Vec<u8>, mastering: &Mastering) {
    let [red, green, blue] = mastering.primaries;
    boxed(out, b"mdcv", |out| {
        for value in [green, blue, red, mastering.white].into_iter().flat_map(<[f64; 2]>::from) {
            out.extend_from_slice(&((value * 50_000.0).round() as u16).to_be_bytes());
        }
        put_u32(out, (mastering.max_luminance * 10_000.0).round() as u32);
        put_u32(out, (mastering.min_luminance * 10_000.0).round() as u32);
    });
}

fn light_level(out: &mut Vec<u8>, light: &LightLevel) {
    boxed(out, b"clli", |out| {
        for value in [light.max_content, light.max_average] {
            out.extend_from_slice(&u16::try_from(value).unwrap_or(u16::MAX).to_be_bytes());
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::bmff::init;
    use shared::testkit::{FakeTrack, fake_header};

    #[test]
    fn the_entry_grows_by_two_boxes_and_is_still_read() {
        let plain = fake_header(FakeTrack::Video { width: 64, height: 36 }, 24);
        let mastering = Mastering {
            primaries: [(0.68, 0.32), (0.265, 0.69), (0.15, 0.06)],
            white: (0.3127, 0.329),
            max_luminance: 1000.0,
            min_luminance: 0.005,
        };
        let light = Some(LightLevel { max_content: 1000, max_average: 400 });
        let hdr = StaticHdr { mastering: Some(mastering), light };
        let told = with_static_hdr(plain.clone(), &hdr).unwrap();
        assert_eq!(told.len(), plain.len() + 32 + 12);
        assert_eq!(init::read(&told).unwrap(), init::read(&plain).unwrap());
        let at = told.windows(4).position(|name| name == b"mdcv").unwrap() + 4;
        assert_eq!(told[at..at + 4], [0x33, 0xc2, 0x86, 0xc4], "green first: 13250, 34500");
        assert_eq!(told[at + 24 + 4..at + 24 + 12], *b"clli\x03\xe8\x01\x90");
        assert_eq!(with_static_hdr(plain.clone(), &StaticHdr::default()).unwrap(), plain);
        assert!(with_static_hdr(b"\0\0\0\x08moov".to_vec(), &hdr).is_err());
    }
}
