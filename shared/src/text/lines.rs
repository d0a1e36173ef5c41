//! A text as numbered lines, whatever ends them: CR LF, LF or CR.

/// A line with its number, from 1.
pub(super) type Line<'a> = (usize, &'a str);

/// All lines; the last one may lack its end.
pub(super) fn lines(text: &str) -> Vec<Line<'_>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut rest = Some(text).filter(|text| !text.is_empty());
    let next = std::iter::from_fn(|| {
        let here = rest?;
        let Some(end) = here.find(['\r', '\n']) else {
            rest = None;
            return Some(here);
        };
        let ending = if here[end..].starts_with("\r\n") { 2 } else { 1 };
        rest = Some(&here[end + ending..]).filter(|rest| !rest.is_empty());
        Some(&here[..end])
    });
    (1..).zip(next).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_end_of_a_line_is_one() {
        assert_eq!(lines("\u{feff}a\r\nb\rc\n\nd"), [(1, "a"), (2, "b"), (3, "c"), (4, ""), (5, "d")]);
        assert_eq!((lines(""), lines("\n")), (vec![], vec![(1, "")]));
    }
}
