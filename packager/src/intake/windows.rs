//! Parts of a large file, spread over it: what holds for a recording holds in most of its places, and reading all of it would
//! take as long as packaging begins.

use shared_av::bytes_at;
use std::io::{self, Read, Seek};

/// How many parts.
const COUNT: u64 = 16;
/// Bytes of one.
const SIZE: u64 = 128 * 1024;

/// Calls `each` with parts of a file, each of which begins a whole number of `step` bytes behind `first`.
pub(super) fn visit(
    file: &mut (impl Read + Seek),
    length: u64,
    (first, step): (u64, u64),
    mut each: impl FnMut(&[u8]),
) -> io::Result<()> {
    let count = length.div_ceil(SIZE).min(COUNT);
    let apart = length / count.max(1);
    for number in 0..count {
        let at = first + number * apart / step * step;
        // Parts of a short file meet: each ends where the next one begins.
        let next = first + (number + 1) * apart / step * step;
        each(&bytes_at(file, at, SIZE.min(next.saturating_sub(at).max(step)))?);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    #[test]
    fn a_short_file_is_seen_once_and_a_long_one_in_all_its_places() {
        let seen = |length: usize| {
            let mut parts = vec![];
            let bytes: Vec<u8> = (0..length).map(|n| (n / 188 % 251) as u8).collect();
            visit(&mut Cursor::new(&bytes), length as u64, (0, 188), |part| {
                assert!(part.chunks_exact(188).all(|packet| packet.iter().all(|byte| *byte == packet[0])));
                parts.push(part.len());
            })
            .unwrap();
            parts
        };
        assert_eq!(seen(188 * 5), [188 * 5]);
        assert_eq!(seen(188 * 3000).iter().sum::<usize>(), 188 * 3000);
        let long = seen(188 * 60_000);
        assert!(long.len() == 16 && long.iter().all(|part| *part as u64 == SIZE), "{long:?}");
        assert_eq!(seen(0), Vec::<usize>::new());
    }
}
