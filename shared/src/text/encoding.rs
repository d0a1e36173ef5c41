//! Bytes of a text file as characters. Text files do not say how they are encoded, so it is found out: by a byte order
//! mark, by the zero bytes of UTF-16, by whether the bytes are UTF-8; what is left is Windows-1252, which takes any.

/// What the bytes 0x80 to 0x9f of Windows-1252 are; what stands for no character there stays what it is in ISO 8859-1.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘', '’',
    '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];
/// Bytes that are looked at to tell UTF-16 without a mark.
const LOOKED_AT: usize = 4096;

/// The text without a byte order mark.
pub fn decode(bytes: &[u8]) -> String {
    match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => of_bytes(rest),
        [0xff, 0xfe, rest @ ..] => utf_16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf_16(rest, u16::from_be_bytes),
        _ => match zeros(bytes) {
            (0, 0) => of_bytes(bytes),
            (even, odd) if even * 4 < odd => utf_16(bytes, u16::from_le_bytes),
            (even, odd) if odd * 4 < even => utf_16(bytes, u16::from_be_bytes),
            _ => of_bytes(bytes),
        },
    }
}

/// How many zero bytes stand at even and at odd places of the beginning.
fn zeros(bytes: &[u8]) -> (usize, usize) {
    let at = |first: usize| bytes.iter().take(LOOKED_AT).skip(first).step_by(2).filter(|byte| **byte == 0).count();
    (at(0), at(1))
}

/// One damaged character does not make a whole file another encoding: UTF-8 that is mostly right is UTF-8.
fn of_bytes(bytes: &[u8]) -> String {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text.to_owned();
    }
    let (mut good, mut bad) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        good += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    if good > 4 * bad { String::from_utf8_lossy(bytes).into_owned() } else { bytes.iter().map(windows_1252).collect() }
}

fn windows_1252(byte: &u8) -> char {
    byte.checked_sub(0x80).and_then(|at| WINDOWS_1252.get(usize::from(at)).copied()).unwrap_or(char::from(*byte))
}

fn utf_16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units = bytes.chunks_exact(2).filter_map(|pair| pair.try_into().ok()).map(unit);
    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_usual_encoding_gives_the_same_text() {
        let text = "1\n00:00 --> 00:01\nGrüße – „日本“\n";
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let cases = [
            text.as_bytes().to_vec(),
            [b"\xef\xbb\xbf", text.as_bytes()].concat(),
            [b"\xff\xfe", &little[..]].concat(),
            [b"\xfe\xff", &big[..]].concat(),
            little,
            big,
        ];
        for bytes in cases {
            assert_eq!(decode(&bytes), text);
        }
        assert_eq!(decode(b"Gr\xfc\xdfe \x96 \x84\x80\x93 \x81"), "Grüße – „€“ \u{81}");
    }

    #[test]
    fn one_wrong_byte_is_one_wrong_character() {
        assert_eq!(decode(b"\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f\xc3\xa9 \xff!"), "äöüßé \u{fffd}!");
    }
}
