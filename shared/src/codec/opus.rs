//! Opus: `dOps` (Encapsulation of Opus in ISO Base Media File Format, 4.3.2) and the `OpusHead` that decoders take
//! (RFC 7845 5.1). The two hold the same values in opposite byte orders.

/// Channels of a `dOps` body.
pub fn channels(config: &[u8]) -> Option<u16> {
    config.get(1).map(|&count| u16::from(count))
}

/// `OpusHead` of a `dOps` body.
pub fn head(config: &[u8]) -> Option<Vec<u8>> {
    let &[0, channels, s0, s1, r0, r1, r2, r3, g0, g1, family, ref mapping @ ..] = config else { return None };
    let mapping = if family == 0 { &[][..] } else { mapping.get(..2 + usize::from(channels))? };
    let fixed = [1, channels, s1, s0, r3, r2, r1, r0, g1, g0, family];
    Some([b"OpusHead".as_slice(), &fixed, mapping].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn byte_order_turns() {
        let head = head(&[0, 2, 0x01, 0x38, 0, 0, 0xbb, 0x80, 0xff, 0xfe, 0]).unwrap();
        assert_eq!(head, b"OpusHead\x01\x02\x38\x01\x80\xbb\0\0\xfe\xff\0");
    }

    #[test]
    fn a_mapping_that_is_cut_off_is_refused() {
        let surround = [0, 6, 1, 56, 0, 0, 187, 128, 0, 0, 1, 4, 2, 0, 4, 1, 2, 3, 5];
        assert_eq!(head(&surround).unwrap().len(), 19 + 8);
        assert_eq!(head(&surround[..18]), None);
    }
}
