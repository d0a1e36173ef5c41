//! A piece of a file, for who looks at its bytes before FFmpeg does.

use std::io::{self, Read, Seek, SeekFrom};

/// So many bytes from there on, or as many as there are.
///
/// # Errors
/// When they cannot be read.
pub fn bytes_at(file: &mut (impl Read + Seek), at: u64, count: u64) -> io::Result<Vec<u8>> {
    let mut bytes = vec![];
    file.seek(SeekFrom::Start(at))?;
    file.take(count).read_to_end(&mut bytes)?;
    Ok(bytes)
}
