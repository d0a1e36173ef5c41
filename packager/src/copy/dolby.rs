//! The sample entry of AC-3, which libavformat 5 does not write before it has seen packets: `ac-3` with `dac3` (ETSI TS 102 366
//! F.3 and F.4), by the header of a frame.

use super::track::Description;
use shared::bmff::write::{boxed, full, put_u16, put_u32};

/// Samples a second by `fscod`.
const RATES: [u32; 3] = [48_000, 44_100, 32_000];
/// Channels by `acmod`, without that of low frequencies.
const CHANNELS: [u16; 8] = [2, 1, 2, 3, 3, 4, 4, 5];

/// What the header of a frame says (5.3, 5.4).
struct FrameHeader {
    rate_code: u32,
    /// `frmsizecod`, half of which is `bit_rate_code`.
    size_code: u32,
    /// `bsid` and `bsmod`.
    stream: u32,
    mode: u32,
    low_frequencies: u32,
}

impl FrameHeader {
    /// `None` for what is no frame of AC-3.
    fn of(frame: &[u8]) -> Option<Self> {
        let head = frame.get(..8).filter(|head| head[..2] == [0x0b, 0x77])?;
        let stream = u32::from(head[5]);
        let mode = u32::from(head[6] >> 5);
        // Mix levels of centre and surround, and the mode of a surround in two channels, stand before the bit.
        let has_centre = mode & 1 == 1 && mode != 1;
        let before = 3 + [has_centre, mode & 4 != 0, mode == 2].iter().filter(|one| **one).count() * 2;
        let bits = u32::from(head[6]) << 8 | u32::from(head[7]);
        let low_frequencies = bits >> (15 - before) & 1;
        let rate_code = u32::from(head[4] >> 6);
        (stream >> 3 <= 10 && rate_code < 3).then_some(Self {
            rate_code,
            size_code: u32::from(head[4] & 63),
            stream,
            mode,
            low_frequencies,
        })
    }

    fn configuration(&self) -> [u8; 3] {
        let bits = self.rate_code << 22
            | self.stream << 14
            | self.mode << 11
            | self.low_frequencies << 10
            | (self.size_code >> 1) << 5;
        let [_, first, second, third] = bits.to_be_bytes();
        [first, second, third]
    }
}

/// The description of a track whose frames are as this one.
pub(super) fn description(frame: &[u8]) -> Option<Description> {
    let header = FrameHeader::of(frame)?;
    let channels = CHANNELS[header.mode as usize & 7] + header.low_frequencies as u16;
    let mut entries = vec![];
    full(&mut entries, b"stsd", 0, 0, |out| {
        put_u32(out, 1);
        boxed(out, b"ac-3", |out| {
            out.extend_from_slice(&[0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
            put_u16(out, channels);
            put_u16(out, 16);
            put_u32(out, 0);
            put_u32(out, RATES[header.rate_code as usize] << 16);
            boxed(out, b"dac3", |out| out.extend_from_slice(&header.configuration()));
        });
    });
    Some(Description::of_sound(entries))
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::bmff::entry;
    use shared::bmff::{FourCc, walk};

    #[test]
    fn the_entry_says_what_the_frame_says() {
        // 48 kHz, 448 kbit/s, 3/2 with low frequencies: centre and surround mix levels stand before the bit.
        let frame = [0x0b, 0x77, 0, 0, 0x1e, 0x40, 0b1110_1011, 0b0000_0000];
        let description = description(&frame).unwrap();
        let stsd = walk::boxes(&description.entries).next().unwrap().unwrap();
        let (entry, _) = entry::all(&stsd, FourCc(*b"soun")).unwrap();
        let entry::MediaKind::Audio(audio) = entry.kind else { panic!("{entry:?}") };
        assert_eq!((entry.codec.to_string().as_str(), audio.rate, audio.channels), ("ac-3", 48_000, 6));
        assert!(super::description(&[0; 8]).is_none());
    }
}
