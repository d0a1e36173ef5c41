//! The tables of transport streams that tell their programmes and streams (ISO/IEC 13818-1 2.4.4), as far as each is in one
//! packet.

const SYNC: u8 = 0x47;
/// Bytes of a packet, without times and codes around it.
const PACKET: usize = 188;
/// Of a section before its streams, and behind them.
const BEFORE_STREAMS: usize = 12;
const CHECKSUM: usize = 4;

/// The PID of a packet.
pub(super) fn pid(packet: &[u8]) -> Option<u16> {
    let [SYNC, high, low, ..] = *packet else { return None };
    Some(u16::from_be_bytes([high & 0x1F, low]))
}

/// Gives a packet another PID.
pub(super) fn set_pid(packet: &mut [u8], pid: u16) {
    if let [SYNC, high, low, ..] = packet {
        *high = *high & 0xE0 | (pid >> 8) as u8;
        *low = pid as u8;
    }
}

/// Where in a packet the section begins that begins there.
fn section_at(packet: &[u8]) -> Option<usize> {
    let [SYNC, high, _, flags, ..] = *packet else { return None };
    // 2.4.3.2: a unit begins here, it is not scrambled, there may be an adaptation field, and there is a payload.
    if high & 0x40 == 0 || flags & 0xD0 != 0x10 {
        return None;
    }
    let pointer = if flags & 0x20 == 0 { 4 } else { 5 + usize::from(*packet.get(4)?) };
    Some(pointer + 1 + usize::from(*packet.get(pointer)?))
}

/// The section that begins in a packet, as far as that has it.
pub(super) fn section(packet: &[u8]) -> Option<&[u8]> {
    let rest = packet.get(section_at(packet)?..PACKET.min(packet.len()))?;
    Some(&rest[..rest.len().min(length_of(rest)?)])
}

/// 2.4.4.1: behind the `table_id` and four bits the length of what follows.
fn length_of(section: &[u8]) -> Option<usize> {
    let [_, high, low, ..] = *section else { return None };
    Some(3 + usize::from(u16::from_be_bytes([high & 0x0F, low])))
}

/// A section goes on in the next packet.
pub(super) fn is_longer_than_its_packet(section: &[u8]) -> bool {
    length_of(section).is_some_and(|length| length > section.len())
}

/// A whole section with the right checksum.
fn is_whole(section: &[u8], table: u8) -> bool {
    section.first() == Some(&table) && length_of(section) == Some(section.len()) && checksum(section) == 0
}

/// The PIDs of the tables of all programmes, where a packet has the table of those (2.4.4.3).
pub(super) fn programmes(packet: &[u8]) -> Option<Vec<u16>> {
    let section = section(packet).filter(|section| pid(packet) == Some(0) && is_whole(section, 0))?;
    let entries = section.get(8..section.len() - CHECKSUM).unwrap_or_default().chunks_exact(4);
    let is_programme = |entry: &&[u8]| entry[..2] != [0, 0];
    Some(entries.filter(is_programme).map(|entry| u16::from_be_bytes([entry[2] & 0x1F, entry[3]])).collect())
}

/// The table of a programme (2.4.4.8).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Section {
    /// Everything before the streams.
    head: Vec<u8>,
    pub(super) streams: Vec<Stream>,
}

/// A stream of such a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stream {
    pub(super) pid: u16,
    /// `stream_type`.
    pub(super) kind: u8,
    pub(super) descriptors: Vec<u8>,
}

/// Descriptors that tell the format of a private stream: a registration, and AC-3, E-AC-3, DTS, AAC and others in DVB (ETSI
/// EN 300 468).
const TELL_FORMAT: [u8; 7] = [0x05, 0x56, 0x59, 0x6A, 0x7A, 0x7B, 0x7F];

impl Stream {
    /// What tells the format: the type, for a private one also its descriptors.
    pub(super) fn format(&self) -> Vec<u8> {
        let is_private = self.kind == 6 || self.kind >= 0x80;
        let mut format = vec![self.kind];
        let mut rest = &self.descriptors[..];
        while let [tag, length, ..] = *rest {
            let end = rest.len().min(2 + usize::from(length));
            if is_private && TELL_FORMAT.contains(&tag) {
                format.extend(&rest[..if tag == TELL_FORMAT[0] { end } else { 1 }]);
            }
            rest = &rest[end..];
        }
        format
    }
}

impl Section {
    /// `None` for what is no such table, not whole or damaged.
    pub(super) fn of(section: &[u8]) -> Option<Self> {
        if !is_whole(section, 2) {
            return None;
        }
        let length =
            |at: usize| Some(usize::from(u16::from_be_bytes([section.get(at)? & 0x0F, *section.get(at + 1)?])));
        let mut at = BEFORE_STREAMS + length(10)?;
        let head = section.get(..at)?.to_vec();
        let mut streams = vec![];
        while at + CHECKSUM < section.len() {
            let end = at + 5 + length(at + 3)?;
            let [kind, high, low, _, _, ref descriptors @ ..] = *section.get(at..end)? else { return None };
            let pid = u16::from_be_bytes([high & 0x1F, low]);
            streams.push(Stream { pid, kind, descriptors: descriptors.to_vec() });
            at = end;
        }
        Some(Self { head, streams })
    }

    /// The bytes of the same table with other streams; `None` where they have no room in a packet.
    pub(super) fn with(&self, streams: &[Stream]) -> Option<Vec<u8>> {
        let mut bytes = self.head.clone();
        for stream in streams {
            bytes.push(stream.kind);
            bytes.extend((stream.pid | 0xE000).to_be_bytes());
            bytes.extend((stream.descriptors.len() as u16 | 0xF000).to_be_bytes());
            bytes.extend(&stream.descriptors);
        }
        let length = bytes.len() + CHECKSUM - 3;
        if 5 + 3 + length > PACKET {
            return None;
        }
        bytes[1] = bytes[1] & 0xF0 | (length >> 8) as u8;
        bytes[2] = length as u8;
        let sum = checksum(&bytes);
        bytes.extend(sum.to_be_bytes());
        Some(bytes)
    }
}

/// Puts a section in the place of the one that begins in a packet. Packets without a beginning are left alone: a section of
/// one packet has none.
pub(super) fn replace_section(packet: &mut [u8], section: &[u8]) {
    let Some(packet) = packet.get_mut(..PACKET).filter(|packet| section_at(packet).is_some()) else { return };
    // An adaptation field gives way: tables need none.
    packet[3] = packet[3] & 0xCF | 0x10;
    packet[4] = 0;
    packet[5..].fill(0xFF);
    packet[5..5 + section.len()].copy_from_slice(section);
}

/// Annex A: 0 for a section with its own one at its end.
fn checksum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte) << 24, |sum, _| sum << 1 ^ if sum >> 31 == 1 { 0x04C1_1DB7 } else { 0 })
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The table of a programme (`id` 2) with streams `(pid, type, descriptors)`, or of one programme (0), whose table has
    /// that PID.
    pub(in super::super) fn table(id: u8, streams: &[(u16, u8, &[u8])]) -> Vec<u8> {
        let stream = |(pid, kind, descriptors): &(u16, u8, &[u8])| Stream {
            pid: *pid,
            kind: *kind,
            descriptors: descriptors.to_vec(),
        };
        if id == 0 {
            let [high, low] = (streams[0].0 | 0xE000).to_be_bytes();
            let mut bytes = vec![0, 0xB0, 13, 0, 1, 0xC1, 0, 0, 0, 1, high, low];
            bytes.extend(checksum(&bytes).to_be_bytes());
            return bytes;
        }
        let head = vec![2, 0xB0, 0, 0, 1, 0xC1, 0, 0, 0xE1, 0, 0xF0, 0];
        Section { head, streams: vec![] }.with(&streams.iter().map(stream).collect::<Vec<_>>()).unwrap()
    }

    /// A packet in which a section, or a unit of media, begins.
    pub(in super::super) fn packet_of(pid: u16, section: &[u8]) -> Vec<u8> {
        let [high, low] = (pid | 0x4000).to_be_bytes();
        let mut packet = [&[SYNC, high, low, 0x10, 0][..], section].concat();
        packet.resize(PACKET, 0xFF);
        packet
    }

    #[test]
    fn tables_are_read_and_written() {
        let bytes = table(2, &[(0x100, 0x1B, b""), (0x101, 0x06, &[0x0A, 1, 7, 0x6A, 1, 0])]);
        let section = Section::of(&bytes).unwrap();
        assert_eq!(section.with(&section.streams).unwrap(), bytes);
        let formats: Vec<_> = section.streams.iter().map(Stream::format).collect();
        assert_eq!(formats, [vec![0x1B], vec![0x06, 0x6A]]);
        let mut damaged = bytes.clone();
        damaged[14] ^= 1;
        assert_eq!((Section::of(&damaged), Section::of(&bytes[..20])), (None, None));
        assert_eq!(section.with(&vec![section.streams[0].clone(); 40]), None, "too many for a packet");
        // Of a stream that FFmpeg has made.
        let known = [
            2, 0xB0, 0x17, 0, 1, 0xC1, 0, 0, 0xE1, 0x2C, 0xF0, 0, 0x1B, 0xE1, 0x2C, 0xF0, 0, 0x0F, 0xE1, 0x2D, 0xF0, 0,
        ];
        assert_eq!(checksum(&known), 0x61AD_1D3C);
    }

    #[test]
    fn a_table_takes_the_place_of_another_one() {
        let (old, new) = (table(2, &[(0x100, 2, b"")]), table(2, &[(0x100, 2, b""), (0x102, 3, b"")]));
        let mut packet = [&[SYNC, 0x41, 0, 0x35, 2, 0, 0xFF, 1, 0xFF][..], &old].concat();
        packet.resize(PACKET, 0xFF);
        assert_eq!(section(&packet), Some(&old[..]));
        replace_section(&mut packet, &new);
        assert_eq!((section(&packet), pid(&packet), packet[3] & 0x0F), (Some(&new[..]), Some(0x100), 5));
        let mut goes_on = [&[SYNC, 0x01, 0, 0x10][..], &[7; 184]].concat();
        let before = goes_on.clone();
        replace_section(&mut goes_on, &new);
        assert_eq!(goes_on, before);
    }
}
