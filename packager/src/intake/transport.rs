//! Transport streams: where their packets are, and whether these are scrambled (ISO/IEC 13818-1 2.4.3.3,
//! `transport_scrambling_control`), as in recordings of pay television.

use super::windows;
use shared_av::bytes_at;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read, Seek};

/// Lengths of packets: as the standard has them, with a time in front (recorders), with a code behind.
const LENGTHS: [usize; 3] = [188, 192, 204];
const SYNC: u8 = 0x47;
/// So many packets in a row tell that it is one.
const PACKETS: usize = 5;
/// Bytes at the beginning among which the first packet begins.
const SEARCHED: usize = 4096;
/// Packets without content.
const NULL_PID: u16 = 0x1FFF;
/// Of a stream of which this part is scrambled, no film can be made.
const PART: u64 = 10;

/// Where the first packet of a file begins and how far apart they are; `None` where it is no transport stream.
pub(super) fn found(file: &mut (impl Read + Seek)) -> io::Result<Option<(u64, u64)>> {
    let head = bytes_at(file, 0, (SEARCHED + LENGTHS[2] * PACKETS) as u64)?;
    Ok(layout(&head).map(|(first, step)| (first as u64, step as u64)))
}

/// The streams (PIDs) that are scrambled; none of what is no transport stream.
pub(super) fn scrambled(file: &mut (impl Read + Seek), length: u64) -> io::Result<BTreeSet<u16>> {
    let Some((first, step)) = found(file)? else { return Ok(BTreeSet::new()) };
    let mut seen: BTreeMap<u16, (u64, u64)> = BTreeMap::new();
    windows::visit(file, length, (first, step), |part| {
        for (pid, is_scrambled) in part.chunks_exact(step as usize).filter_map(packet) {
            let (count, all) = seen.entry(pid).or_default();
            *count += u64::from(is_scrambled);
            *all += 1;
        }
    })?;
    Ok(seen.into_iter().filter(|(_, (count, all))| *count > 1 && count * PART >= *all).map(|(pid, _)| pid).collect())
}

/// Where the first packet begins and how far apart they are.
fn layout(head: &[u8]) -> Option<(usize, usize)> {
    let begins = |at: usize, step: usize| (0..PACKETS).all(|n| head.get(at + n * step) == Some(&SYNC));
    (0..SEARCHED).find_map(|at| LENGTHS.into_iter().find(|step| begins(at, *step)).map(|step| (at, step)))
}

/// Its PID, and whether its payload is scrambled; `None` without payload.
fn packet(bytes: &[u8]) -> Option<(u16, bool)> {
    let [SYNC, high, low, flags, ..] = *bytes else { return None };
    let pid = u16::from_be_bytes([high & 0x1F, low]);
    (flags & 0x10 != 0 && pid != NULL_PID).then_some((pid, flags & 0xC0 != 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn found(stream: &[u8]) -> Vec<u16> {
        scrambled(&mut Cursor::new(stream), stream.len() as u64).unwrap().into_iter().collect()
    }

    /// Packets of these PIDs with these flags, again and again.
    fn stream(packets: &[(u8, u8)], length: usize, before: usize) -> Vec<u8> {
        let one = |(pid, flags): &(u8, u8)| {
            let mut packet = vec![SYNC, 1, *pid, *flags];
            packet.resize(length, 0x11);
            packet
        };
        [vec![0; before], packets.iter().cycle().take(2000).flat_map(one).collect()].concat()
    }

    #[test]
    fn streams_of_scrambled_packets_are_found() {
        let packets = [(0, 0x10), (1, 0x90), (2, 0xD0), (3, 0x10), (1, 0xA0)];
        for (length, before) in [(188, 0), (192, 4), (204, 0), (188, 77)] {
            assert_eq!(found(&stream(&packets, length, before)), [0x101, 0x102], "{length} {before}");
        }
    }

    #[test]
    fn a_packet_in_a_hundred_is_damage() {
        let mut packets = vec![(1, 0x10); 99];
        packets.push((1, 0x90));
        assert_eq!(found(&stream(&packets, 188, 0)), Vec::<u16>::new());
        assert_eq!(found(&stream(&[(1, 0x80), (1, 0x10)], 188, 0)), Vec::<u16>::new(), "without payload");
        assert_eq!(found(&[0; 5000]), Vec::<u16>::new());
        assert_eq!(found(b""), Vec::<u16>::new());
    }
}
