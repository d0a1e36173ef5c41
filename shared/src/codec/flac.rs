//! FLAC: `dfLa` (Encapsulation of FLAC in ISO Base Media File Format, 3.3.2).

use super::bits::Bits;

/// The STREAMINFO block of a `dfLa` body (version and flags included): what decoders take as extradata.
pub fn stream_info(config: &[u8]) -> Option<&[u8]> {
    let &[_, _, _, _, kind, 0, 0, 34, ref block @ ..] = config else { return None };
    (kind & 0x7f == 0).then_some(())?;
    block.get(..34)
}

/// Sampling rate in Hz and channels of a STREAMINFO block (RFC 9639 8.2).
pub fn rate_and_channels(stream_info: &[u8]) -> Option<(u32, u16)> {
    let mut bits = Bits::new(stream_info.get(10..)?);
    let rate = bits.take(20)?;
    Some((rate, bits.take(3)? as u16 + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_block_behind_its_headers() {
        let mut config = vec![0, 0, 0, 0, 0x80, 0, 0, 34];
        config.extend([0; 10]);
        config.extend([0x0b, 0xb8, 0x02, 0xf0]);
        config.extend([0; 20]);
        let info = stream_info(&config).unwrap();
        assert_eq!((info.len(), rate_and_channels(info)), (34, Some((48_000, 2))));
        assert_eq!(stream_info(&config[..40]), None);
    }
}
