//! Programme streams whose packets are scrambled (ISO/IEC 13818-1 2.4.3.7, `PES_scrambling_control`): copies of DVDs.

use super::windows;
use std::io::{self, Read, Seek};

/// A sector of a DVD, with a pack at its beginning.
const SECTOR: usize = 2048;
const PACK: [u8; 4] = [0, 0, 1, 0xBA];
const SYSTEM_HEADER: u8 = 0xBB;
/// When this part is scrambled, no film can be made.
const PART: u64 = 10;

/// Whether these are the first bytes of one.
pub(super) fn is_one(head: &[u8]) -> bool {
    head.starts_with(&PACK)
}

/// Whether it is scrambled, in words.
pub(super) fn is_scrambled(file: &mut (impl Read + Seek), length: u64) -> io::Result<Option<&'static str>> {
    let (mut count, mut all) = (0_u64, 0_u64);
    windows::visit(file, length, (0, SECTOR as u64), |part| {
        for is_scrambled in part.chunks_exact(SECTOR).filter_map(packet) {
            count += u64::from(is_scrambled);
            all += 1;
        }
    })?;
    Ok((count > 1 && count * PART >= all).then_some("scrambled, as DVDs are (CSS)"))
}

/// Whether the first packet of media in a sector is scrambled; `None` when there is none.
fn packet(sector: &[u8]) -> Option<bool> {
    if !is_one(sector) {
        return None;
    }
    // 13818-1 2.5.3.3: the pack header of MPEG-2 has 14 bytes and up to 7 of stuffing.
    let mut at = 14 + usize::from(sector.get(13)? & 7);
    if sector.get(at + 3) == Some(&SYSTEM_HEADER) {
        at += 6 + usize::from(u16::from_be_bytes([*sector.get(at + 4)?, *sector.get(at + 5)?]));
    }
    let [0, 0, 1, id, _, _, flags, ..] = *sector.get(at..)? else { return None };
    let is_media = matches!(id, 0xBD | 0xC0..=0xEF);
    (is_media && flags & 0xC0 == 0x80).then_some(flags & 0x30 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn judged(flags: &[u8]) -> bool {
        let sector = |flags: &u8| {
            let mut sector = [&PACK[..], &[0x44; 9], &[0xF8], &[0, 0, 1, 0xE0, 7, 0xEC, *flags]].concat();
            sector.resize(SECTOR, 0);
            sector
        };
        let film: Vec<u8> = flags.iter().cycle().take(500).flat_map(sector).collect();
        is_scrambled(&mut Cursor::new(&film), film.len() as u64).unwrap().is_some()
    }

    #[test]
    fn scrambled_sectors_are_told_from_clear_ones() {
        assert!(judged(&[0x80, 0xB0]) && judged(&[0x90]));
        assert!(!judged(&[0x81]));
        assert!(!is_one(b"\0\0\x01\xB3") && packet(&[0; SECTOR]).is_none());
    }
}
