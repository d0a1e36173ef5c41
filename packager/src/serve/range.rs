//! What a `Range` header asks of a file (RFC 9110 14.1.2, 14.2). Pure: the header's text and the file's length in, one
//! part out. Sending it is the file service's, which reads ranges more strictly than the standard does.

/// What is to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Everything: the header is of no use, or asks for several parts (a server may ignore it, RFC 9110 14.2).
    Whole,
    /// From the first byte to the last, both within the file.
    Part(u64, u64),
    /// Nothing that the file has (416).
    Nothing,
}

/// What of a file of `length` bytes `header` asks for.
pub(super) fn wanted(header: &str, length: u64) -> Wanted {
    let Some(parts) = parts(header, length) else { return Wanted::Whole };
    match parts[..] {
        [part] => part,
        _ if parts.iter().all(|part| *part == Wanted::Nothing) => Wanted::Nothing,
        _ => Wanted::Whole,
    }
}

/// The parts of a header of bytes, or `None` when it is not one: one part that is not as it should be spoils all.
fn parts(header: &str, length: u64) -> Option<Vec<Wanted>> {
    let (unit, set) = header.split_once('=')?;
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return None;
    }
    // A list may have empty elements (RFC 9110 5.6.1.2).
    let specs = set.split(',').map(|spec| spec.trim_matches([' ', '\t'])).filter(|spec| !spec.is_empty());
    let parts: Vec<Wanted> = specs.map(|spec| part(spec, length)).collect::<Option<_>>()?;
    if parts.is_empty() { None } else { Some(parts) }
}

fn part(spec: &str, length: u64) -> Option<Wanted> {
    let (first, last) = spec.split_once('-')?;
    if first.is_empty() {
        return Some(suffix(position(last)?, length));
    }
    let first = position(first)?;
    let last = if last.is_empty() { u64::MAX } else { position(last)? };
    if last < first {
        return None;
    }
    Some(if first < length { Wanted::Part(first, last.min(length - 1)) } else { Wanted::Nothing })
}

/// The last bytes; all when there are fewer. None of them is nothing.
fn suffix(count: u64, length: u64) -> Wanted {
    match (count, length) {
        (0, _) => Wanted::Nothing,
        // No part of an empty file can be named in `Content-Range`.
        (_, 0) => Wanted::Whole,
        _ => Wanted::Part(length.saturating_sub(count), length - 1),
    }
}

/// Digits alone; a number beyond every file is the largest one.
fn position(digits: &str) -> Option<u64> {
    let digital = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    digital.then(|| digits.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_part_is_cut_at_the_end_of_the_file() {
        let cases = [
            ("bytes=0-0", Wanted::Part(0, 0)),
            ("bytes=10-19", Wanted::Part(10, 19)),
            ("bytes=10-", Wanted::Part(10, 99)),
            ("bytes=99-", Wanted::Part(99, 99)),
            ("bytes=0-99999999999999999999999", Wanted::Part(0, 99)),
            ("bytes=-1", Wanted::Part(99, 99)),
            ("bytes=-100", Wanted::Part(0, 99)),
            ("bytes=-99999999999999999999999", Wanted::Part(0, 99)),
            ("Bytes=0010-019", Wanted::Part(10, 19)),
            ("bytes= 1-2 ", Wanted::Part(1, 2)),
            ("bytes=,1-2,", Wanted::Part(1, 2)),
        ];
        for (header, expected) in cases {
            assert_eq!(wanted(header, 100), expected, "{header}");
        }
    }

    #[test]
    fn what_the_file_does_not_have_is_told_from_what_is_no_range() {
        for header in ["bytes=100-", "bytes=99999999999999999999999-", "bytes=-0", "bytes=100-,200-300", "bytes=-000"] {
            assert_eq!(wanted(header, 100), Wanted::Nothing, "{header}");
        }
        let ignored = [
            "",
            "bytes",
            "bytes=",
            "bytes=,",
            "bytes=-",
            "bytes=5",
            "bytes=5-4",
            "bytes=+1-2",
            "bytes=1-2-3",
            "bytes=a-b",
            "bytes=1-2,x",
            "items=0-1",
            "bytes=1 - 2",
            "bytes=0-1,5-6",
            "bytes=0-1,100-",
            "bytes=--1",
            "bytes=0x1-2",
        ];
        for header in ignored {
            assert_eq!(wanted(header, 100), Wanted::Whole, "{header}");
        }
    }

    #[test]
    fn an_empty_file_has_no_part() {
        assert_eq!(wanted("bytes=0-", 0), Wanted::Nothing);
        assert_eq!(wanted("bytes=-5", 0), Wanted::Whole);
    }
}
