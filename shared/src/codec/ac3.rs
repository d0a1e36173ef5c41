//! Dolby Digital and Dolby Digital Plus: `dac3` and `dec3` (ETSI TS 102 366 annex F).

use super::bits::Bits;

/// Channels of each `acmod`, the low-frequency one left out.
const CHANNELS: [u16; 8] = [2, 1, 2, 3, 3, 4, 4, 5];

/// Sampling rate in Hz and channels of a `dac3` body.
pub fn read_dac3(config: &[u8]) -> Option<(u32, u16)> {
    let mut bits = Bits::new(config);
    let rate = rate(bits.take(2)?)?;
    bits.take(5 + 3)?;
    let mode = bits.take(3)?;
    let low = bits.take(1)?;
    Some((rate, channels(mode, low)?))
}

/// Sampling rate in Hz and channels of a `dec3` body: those of its first independent substream.
pub fn read_dec3(config: &[u8]) -> Option<(u32, u16)> {
    let mut bits = Bits::new(config);
    bits.take(13 + 3)?;
    let rate = rate(bits.take(2)?)?;
    bits.take(5 + 1 + 1 + 3)?;
    let mode = bits.take(3)?;
    let low = bits.take(1)?;
    Some((rate, channels(mode, low)?))
}

fn rate(code: u32) -> Option<u32> {
    [48_000, 44_100, 32_000].get(code as usize).copied()
}

fn channels(mode: u32, low: u32) -> Option<u16> {
    CHANNELS.get(mode as usize).map(|count| count + low as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn surround_and_stereo() {
        assert_eq!(read_dac3(&[0x10, 0x3d, 0xe0]), Some((48_000, 6)));
        assert_eq!(read_dec3(&[0x14, 0x00, 0x20, 0x0f, 0x00]), Some((48_000, 6)));
        assert_eq!(read_dec3(&[0x14, 0x00, 0x20, 0x04, 0x00]), Some((48_000, 2)));
        assert_eq!(read_dac3(&[0xd0, 0x3d, 0xe0]), None);
    }
}
