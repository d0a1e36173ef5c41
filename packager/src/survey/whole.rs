//! Whether a file is all there. Durations in headers are written by many programs and are wrong in many files; what the
//! outermost structure of a file says of its own length is not: it is what every reader walks by.

use crate::decode::is_cut_anywhere;
use crate::error::{Exit, PackagerError};
use shared::webm;
use shared_av::bytes_at;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::Path;
use std::time::Duration;

/// A film may end this much earlier than its container says: durations are rounded, and that of the longest stream
/// counts.
const TOLERANCE: Duration = Duration::from_millis(300);
/// Outermost boxes looked at.
const BOXES: usize = 100_000;
/// Bytes at the beginning of a file in which a Matroska Segment begins, and most often its tracks stand.
pub(super) const HEAD: u64 = 64 * 1024;

/// Whether the outermost structure of a file (boxes, a Matroska Segment, a RIFF chunk) reaches beyond its last byte.
pub fn ends_early(path: &Path) -> bool {
    let outer = || -> io::Result<bool> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        Ok(outermost_end(&mut file, length)?.is_some_and(|end| end > length))
    };
    outer().unwrap_or(false)
}

/// How a file ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Nothing is missing.
    Whole,
    /// In the middle of a packet, in a format that is recorded from anywhere to anywhere.
    Torn,
    /// Something is missing, of the file or within it.
    CutOff,
}

impl Ending {
    /// Of a file whose structure `ends_early` or not, and in which something is damaged or nothing.
    pub fn of(container: &str, ends_early: bool, is_damaged: bool) -> Self {
        match (ends_early, is_damaged) {
            (false, false) => Self::Whole,
            (false, true) if is_cut_anywhere(container) => Self::Torn,
            _ => Self::CutOff,
        }
    }
}

/// What is to be done where `there` is of a film that says that it lasts `told`: nothing, a note, or an error when it is
/// cut off and that is not allowed.
///
/// # Errors
/// 4 when it is cut off.
pub fn judge(
    name: &str,
    told: Duration,
    there: Duration,
    ending: impl FnOnce() -> Ending,
    allow_damaged: bool,
) -> Result<Option<String>, PackagerError> {
    if there + TOLERANCE.max(told / 50) >= told {
        return Ok(None);
    }
    let (told, there) = (told.as_secs_f64(), there.as_secs_f64());
    let says = format!("it says that it lasts {told:.1} s, but it has {there:.1} s");
    match ending() {
        Ending::Whole => return Ok(Some(format!("{says}, and nothing is missing"))),
        Ending::Torn => return Ok(Some(format!("{says} and ends in the middle of a packet"))),
        Ending::CutOff => {}
    }
    let why = format!("it is cut off; it should last {told:.1} s, but ends after {there:.1} s");
    if allow_damaged {
        return Ok(Some(why));
    }
    let why = format!("cannot package {name}: {why}. Get the whole file; --allow-damaged packages what there is");
    Err(PackagerError::new(Exit::NotMedia, why))
}

/// Where the outermost structure ends by its own word; `None` when it does not say.
fn outermost_end(file: &mut (impl Read + Seek), length: u64) -> io::Result<Option<u64>> {
    let head = bytes_at(file, 0, HEAD)?;
    if webm::is_head(&head) {
        return Ok(webm::segment_end(&head));
    }
    match head[..] {
        [b'R', b'I', b'F', b'F', a, b, c, d, ..] => {
            let size = u32::from_le_bytes([a, b, c, d]);
            // Programs that write into pipes leave 0 or the largest number.
            Ok(Some(u64::from(size) + 8).filter(|_| (1..0xFFFF_0000).contains(&size)))
        }
        _ => boxes_end(file, length),
    }
}

/// Of the last box that begins within the file (ISO/IEC 14496-12 4.2).
fn boxes_end(file: &mut (impl Read + Seek), length: u64) -> io::Result<Option<u64>> {
    let mut at = 0;
    for _ in 0..BOXES {
        if at + 8 > length {
            break;
        }
        let mut head = [0; 16];
        let there = bytes_at(file, at, 16)?;
        head[..there.len()].copy_from_slice(&there);
        let [a, b, c, d, kind @ ..] = head;
        if !kind[..4].iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ') {
            return Ok(None);
        }
        let size = match u32::from_be_bytes([a, b, c, d]) {
            0 => return Ok(None),
            1 => u64::from_be_bytes([head[8], head[9], head[10], head[11], head[12], head[13], head[14], head[15]]),
            size => u64::from(size),
        };
        if size < 8 {
            return Ok(None);
        }
        at = at.saturating_add(size);
    }
    Ok(Some(at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn end(bytes: &[u8]) -> Option<u64> {
        outermost_end(&mut Cursor::new(bytes), bytes.len() as u64).unwrap()
    }

    #[test]
    fn files_say_how_long_they_are() {
        let boxes = |last: u32| {
            let mut file = [&16u32.to_be_bytes()[..], b"ftypisom\0\0\0\0", &last.to_be_bytes(), b"mdat"].concat();
            file.resize(64, 7);
            file
        };
        assert_eq!([end(&boxes(48)), end(&boxes(480)), end(&boxes(0))], [Some(64), Some(496), None]);
        let matroska = |size: &[u8]| [b"\x1a\x45\xdf\xa3\x82\x01\x02\x18\x53\x80\x67", size, &[0; 20]].concat();
        assert_eq!(end(&matroska(&[0x8A])), Some(7 + 5 + 10));
        assert_eq!(end(&matroska(&[0x01, 0, 0, 0, 0, 0, 1, 0])), Some(7 + 12 + 256));
        assert_eq!(end(&matroska(&[0x01, 255, 255, 255, 255, 255, 255, 255])), None);
        assert_eq!(end(b"RIFF\x10\0\0\0AVI LIST"), Some(24));
        assert_eq!(
            [end(b"RIFF\xff\xff\xff\xffWAVEfmt "), end(b"\x47\x40\0\x10\0\0\xb0\x0d\0\x01"), end(b"")],
            [None, None, Some(0)]
        );
    }

    #[test]
    fn a_wrong_length_is_no_lack() {
        let judged = |told, there, ending, allowed| {
            judge("film", Duration::from_secs(told), Duration::from_secs(there), || ending, allowed)
        };
        let cut = Ending::CutOff;
        assert_eq!(judged(60, 59, cut, false), Ok(None));
        assert!(judged(60, 30, Ending::Whole, false).unwrap().unwrap().contains("nothing is missing"));
        assert!(judged(60, 30, Ending::Torn, false).unwrap().unwrap().contains("in the middle of a packet"));
        assert!(judged(60, 30, cut, false).unwrap_err().message.contains("--allow-damaged packages what there is"));
        assert!(judged(60, 30, cut, true).unwrap().unwrap().starts_with("it is cut off"));
    }
}
