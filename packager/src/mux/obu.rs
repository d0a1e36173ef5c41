//! AV1's low-overhead bitstream as it stands in a file: without temporal delimiters (AV1 in ISOBMFF 2.4).

/// `OBU_TEMPORAL_DELIMITER`.
const TEMPORAL_DELIMITER: u8 = 2;

/// Appends the open bitstream units of `unit` but its temporal delimiters. What cannot be taken apart is kept as it is.
pub(super) fn append_without_delimiters(unit: &[u8], out: &mut Vec<u8>) {
    let mut rest = unit;
    while let Some(size) = obu_size(rest) {
        let (obu, behind) = rest.split_at(size);
        if obu[0] >> 3 & 15 != TEMPORAL_DELIMITER {
            out.extend_from_slice(obu);
        }
        rest = behind;
    }
    out.extend_from_slice(rest);
}

/// Header, size field and payload of the first unit (AV1 5.3); `None` when there is no whole one that says its size.
fn obu_size(bytes: &[u8]) -> Option<usize> {
    let header = *bytes.first()?;
    let at = 1 + usize::from(header >> 2 & 1);
    if header & 2 == 0 {
        return None;
    }
    let (mut size, mut length) = (0usize, 0);
    loop {
        let byte = *bytes.get(at + length)?;
        size |= usize::from(byte & 0x7f) << (7 * length);
        length += 1;
        match byte & 0x80 {
            0 => break,
            _ if length == 4 => return None,
            _ => {}
        }
    }
    let whole = at + length + size;
    (whole <= bytes.len()).then_some(whole)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn without_delimiters(unit: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        append_without_delimiters(unit, &mut out);
        out
    }

    #[test]
    fn delimiters_go_and_the_rest_stays() {
        let (delimiter, header, frame) = ([0x12, 0], [0x0a, 2, 7, 7], [0x32, 0x81, 0, 9]);
        let unit = [&delimiter[..], &header, &frame].concat();
        assert_eq!(without_delimiters(&unit), [&header[..], &frame].concat());
        assert!(without_delimiters(&[0x12, 0]).is_empty());
        assert_eq!(without_delimiters(&[0x32, 200, 1]), [0x32, 200, 1], "cut off");
    }

    proptest! {
        #[test]
        fn anything_goes_in(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            prop_assert!(without_delimiters(&bytes).len() <= bytes.len());
        }
    }
}
