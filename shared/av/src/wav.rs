//! Sound files whose header counts fewer bytes than they have: recorders write the number when they end well, and of files
//! beyond 4 GiB there is only the rest of it (RIFF, "Multimedia Programming Interface and Data Specifications 1.0").

use crate::bytes_at;
use std::io::{self, Read, Seek};

/// Chunks before the sound that are looked at.
const CHUNKS: usize = 1000;
/// Bytes that are looked at at once.
const BLOCK: u64 = 1 << 16;

/// Whether sound goes on behind the last byte that the chunk of sound counts: there is neither another chunk nor the end of
/// the file, nor padding.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn goes_on(file: &mut (impl Read + Seek)) -> io::Result<bool> {
    if !bytes_at(file, 0, 12)?.starts_with(b"RIFF") {
        return Ok(false);
    }
    let mut at = 12;
    for _ in 0..CHUNKS {
        let head = bytes_at(file, at, 8)?;
        let Some((name, size)) = head.first_chunk::<4>().zip(head.get(4..).and_then(|size| size.first_chunk())) else {
            return Ok(false);
        };
        // A chunk of an odd number of bytes has one more.
        let size = u64::from(u32::from_le_bytes(*size));
        let end = at + 8 + size + size % 2;
        if name == b"data" {
            return is_sound(file, end);
        }
        at = end;
    }
    Ok(false)
}

/// There is no chunk (its name is of visible letters), and not only silence, which may be padding.
fn is_sound(file: &mut (impl Read + Seek), at: u64) -> io::Result<bool> {
    let mut block = bytes_at(file, at, BLOCK)?;
    if block.iter().take(4).all(|byte| (b' '..=b'~').contains(byte)) {
        return Ok(false);
    }
    let mut place = at;
    while !block.is_empty() {
        if block.iter().any(|byte| *byte != 0) {
            return Ok(true);
        }
        place += BLOCK;
        block = bytes_at(file, place, BLOCK)?;
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    /// A file with this chunk of sound, and what is behind it.
    fn judged(counted: u32, sound: &[u8], behind: &[u8]) -> bool {
        let head = [b"RIFF\0\0\0\0WAVEfmt \x04\0\0\0abcddata".as_slice(), &counted.to_le_bytes()].concat();
        goes_on(&mut Cursor::new([&head, sound, behind].concat())).unwrap()
    }

    #[test]
    fn sound_behind_the_counted_bytes_is_found() {
        let sound = [7, 200, 1, 255].repeat(100);
        assert!(judged(0, &sound, b"") && judged(40, &sound, b"") && judged(41, &sound, b"LIST\x04\0\0\0abcd"));
        assert!(!judged(400, &sound, b"") && !judged(400, &sound, b"LIST\x04\0\0\0abcd"));
        assert!(!judged(399, &sound[..399], b"\0id3 \x04\0\0\0abcd"), "padded");
        assert!(!judged(400, &sound, &[0; 500]), "zeros");
        assert!(judged(400, &sound, &[&[0; 200_000][..], &sound].concat()), "silence within it");
        assert!(!judged(u32::MAX, &sound, b"") && !judged(4000, &sound, b""), "beyond its end");
    }

    #[test]
    fn other_files_are_none_of_it() {
        for file in [&b""[..], b"RIFF", b"RIFF\0\0\0\0WAVE", b"RIFF\0\0\0\0WAVEdat", b"fLaC", &[b'a'; 9000]] {
            assert!(!goes_on(&mut Cursor::new(file)).unwrap());
        }
    }
}
