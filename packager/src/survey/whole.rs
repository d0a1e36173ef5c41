//! Whether a file is all there. Durations in headers are written by many programs and are wrong in many files; what the
//! outermost structure of a file says of its own length is not: it is what every reader walks by.

use crate::error::{Exit, PackagerError};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::time::Duration;

/// A film may end this much earlier than its container says: durations are rounded, and that of the longest stream
/// counts.
const TOLERANCE: Duration = Duration::from_millis(300);
/// Outermost boxes looked at.
const BOXES: usize = 100_000;
/// Magic numbers: Matroska's first element (RFC 8794 11.2.1) and its Segment (RFC 9559 5.1).
const EBML: [u8; 4] = [0x1A, 0x45, 0xDF, 0xA3];
const SEGMENT: [u8; 4] = [0x18, 0x53, 0x80, 0x67];

/// Whether the outermost structure of a file (boxes, a Matroska Segment, a RIFF chunk) reaches beyond its last byte.
pub fn ends_early(path: &Path) -> bool {
    let outer = || -> io::Result<bool> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        Ok(outermost_end(&mut file, length)?.is_some_and(|end| end > length))
    };
    outer().unwrap_or(false)
}

/// What is to be done where `there` is of a film that says that it lasts `told`: nothing, a note, or an error when
/// `lacks` bytes of it and no more is allowed.
///
/// # Errors
/// 4 when it is cut off.
pub fn judge(
    name: &str,
    told: Duration,
    there: Duration,
    lacks: impl FnOnce() -> bool,
    allow_damaged: bool,
) -> Result<Option<String>, PackagerError> {
    if there + TOLERANCE.max(told / 50) >= told {
        return Ok(None);
    }
    let (told, there) = (told.as_secs_f64(), there.as_secs_f64());
    if !lacks() {
        return Ok(Some(format!("it says that it lasts {told:.1} s, but it has {there:.1} s, and nothing is missing")));
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
    let head = bytes_at(file, 0)?;
    match &head[..4] {
        magic if magic == EBML => segment_end(file),
        b"RIFF" => {
            let size = u32::from_le_bytes([head[4], head[5], head[6], head[7]]);
            // Programs that write into pipes leave 0 or the largest number.
            Ok(Some(u64::from(size) + 8).filter(|_| (1..0xFFFF_0000).contains(&size)))
        }
        _ => boxes_end(file, length),
    }
}

/// Of a Matroska Segment whose size is known.
fn segment_end(file: &mut (impl Read + Seek)) -> io::Result<Option<u64>> {
    let size =
        |at: u64, head: [u8; 16], id: usize| number(&head[id..]).map(|(size, long)| (at + id as u64 + long, size));
    let Some((header, header_size)) = size(0, bytes_at(file, 0)?, EBML.len()) else { return Ok(None) };
    let at = header.saturating_add(header_size);
    let head = bytes_at(file, at)?;
    let segment = size(at, head, SEGMENT.len()).filter(|_| head[..4] == SEGMENT);
    Ok(segment.map(|(begin, size)| begin.saturating_add(size)))
}

/// A size of variable length (RFC 8794 4) and how many bytes it takes; `None` for an unknown one.
fn number(bytes: &[u8]) -> Option<(u64, u64)> {
    let first = *bytes.first()?;
    let long = first.leading_zeros() as usize + 1;
    let rest = bytes.get(1..long)?;
    let begin = u64::from(first) & (0x7F >> (long - 1));
    let value = rest.iter().fold(begin, |value, byte| value << 8 | u64::from(*byte));
    let unknown = (1u64 << (7 * long)) - 1;
    (value != unknown).then_some((value, long as u64))
}

/// Of the last box that begins within the file (ISO/IEC 14496-12 4.2).
fn boxes_end(file: &mut (impl Read + Seek), length: u64) -> io::Result<Option<u64>> {
    let mut at = 0;
    for _ in 0..BOXES {
        if at + 8 > length {
            break;
        }
        let head = bytes_at(file, at)?;
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

/// The bytes there, zeros where the file has none.
fn bytes_at(file: &mut (impl Read + Seek), at: u64) -> io::Result<[u8; 16]> {
    let mut bytes = [0; 16];
    file.seek(SeekFrom::Start(at))?;
    let mut filled = 0;
    while filled < bytes.len() {
        match file.read(&mut bytes[filled..])? {
            0 => break,
            read => filled += read,
        }
    }
    Ok(bytes)
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
        let matroska = |size: &[u8]| [&EBML[..], &[0x82, 1, 2], &SEGMENT, size, &[0; 20]].concat();
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
        let judged = |told, there, lacks, allowed| {
            judge("film", Duration::from_secs(told), Duration::from_secs(there), || lacks, allowed)
        };
        assert_eq!(judged(60, 59, true, false), Ok(None));
        assert!(judged(60, 30, false, false).unwrap().unwrap().contains("nothing is missing"));
        assert!(judged(60, 30, true, false).unwrap_err().message.contains("--allow-damaged packages what there is"));
        assert!(judged(60, 30, true, true).unwrap().unwrap().starts_with("it is cut off"));
    }
}
