//! H.264 and H.265 byte streams (annex B of both) as length-prefixed NAL units (ISO/IEC 14496-15 4.3.3).

/// Appends the NAL units of `stream`, each behind its length in four bytes. Zero bytes that trail a unit are dropped.
pub(super) fn append_length_prefixed(stream: &[u8], out: &mut Vec<u8>) {
    for unit in units(stream).filter(|unit| !unit.is_empty()) {
        out.extend_from_slice(&u32::try_from(unit.len()).unwrap_or(u32::MAX).to_be_bytes());
        out.extend_from_slice(unit);
    }
}

/// What lies between the start codes; what stands before the first one is no unit.
fn units(stream: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = after_start_code(stream).map(|(_, rest)| rest);
    std::iter::from_fn(move || {
        let here = rest?;
        let (unit, next) = match after_start_code(here) {
            Some((before, next)) => (before, Some(next)),
            None => (here, None),
        };
        rest = next;
        let end = unit.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
        Some(&unit[..end])
    })
}

/// What is before and what is behind the next `00 00 01`.
fn after_start_code(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut at = 0;
    while let Some(found) = bytes.get(at + 2..)?.iter().position(|&byte| byte == 1) {
        let one = at + 2 + found;
        if bytes[one - 1] == 0 && bytes[one - 2] == 0 {
            return Some((&bytes[..one - 2], &bytes[one + 1..]));
        }
        at = one - 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn length_prefixed(stream: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        append_length_prefixed(stream, &mut out);
        out
    }

    #[test]
    fn three_and_four_byte_start_codes() {
        let stream =
            [&[0, 0, 0, 1, 0x67, 1, 1][..], &[0, 0, 1, 0x68, 2], &[0, 0, 0, 1, 0x65, 0, 0, 3, 1, 0, 0]].concat();
        let expected =
            [&[0, 0, 0, 3, 0x67, 1, 1][..], &[0, 0, 0, 2, 0x68, 2], &[0, 0, 0, 5, 0x65, 0, 0, 3, 1]].concat();
        assert_eq!(length_prefixed(&stream), expected);
    }

    #[test]
    fn nothing_comes_from_nothing() {
        for empty in [&[][..], &[0], &[0, 0, 1], &[0, 0, 1, 0, 0, 1], &[1, 2, 3, 4]] {
            assert!(length_prefixed(empty).is_empty());
        }
    }

    proptest! {
        /// Units joined by start codes come apart again; inside a unit the encoder's emulation prevention keeps
        /// `00 00` from being followed by anything below 4.
        #[test]
        fn units_survive(units in prop::collection::vec(prop::collection::vec(1u8.., 1..40), 1..6), long in any::<bool>()) {
            let code: &[u8] = if long { &[0, 0, 0, 1] } else { &[0, 0, 1] };
            let stream: Vec<u8> = units.iter().flat_map(|unit| [code, unit].concat()).collect();
            let expected: Vec<u8> =
                units.iter().flat_map(|unit| [&(unit.len() as u32).to_be_bytes()[..], unit].concat()).collect();
            prop_assert_eq!(length_prefixed(&stream), expected);
        }
    }
}
