//! Which format a text is.

/// A format of text files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextFormat {
    /// WebVTT.
    WebVtt,
    /// SubRip.
    Srt,
    /// Advanced SubStation Alpha, and its predecessor.
    Ass,
    /// Timed Text Markup Language, with its profiles.
    Ttml,
}

/// Characters of the beginning in which a format shows itself.
const LOOKED_AT: usize = 1 << 16;

/// By its content; `None` for what is none of these.
pub fn sniff(text: &str) -> Option<TextFormat> {
    let text = text.trim_start_matches('\u{feff}');
    let beginning = text.trim_start();
    let end = (0..=LOOKED_AT.min(beginning.len())).rev().find(|end| beginning.is_char_boundary(*end)).unwrap_or(0);
    let looked_at = &beginning[..end];
    if beginning.starts_with("WEBVTT") {
        return Some(TextFormat::WebVtt);
    }
    if beginning.starts_with('<') {
        return is_ttml(looked_at).then_some(TextFormat::Ttml);
    }
    let has_section = |name: &str| looked_at.lines().any(|line| line.trim().eq_ignore_ascii_case(name));
    if ["[Script Info]", "[V4+ Styles]", "[V4 Styles]", "[Events]"].into_iter().any(has_section) {
        return Some(TextFormat::Ass);
    }
    let is_timing = |line: &str| line.contains("-->") && super::srt::timing(line).is_some();
    text.split(['\r', '\n']).any(is_timing).then_some(TextFormat::Srt)
}

/// The root element is `tt`, whatever its prefix.
fn is_ttml(text: &str) -> bool {
    let mut tags = text.split('<').skip(1).filter(|tag| !tag.starts_with(['?', '!']) && !tag.contains("-->"));
    let root = tags.find(|tag| tag.starts_with(|c: char| c.is_ascii_alphabetic())).unwrap_or_default();
    let name = root.split(|c: char| c.is_whitespace() || c == '>' || c == '/').next().unwrap_or_default();
    name.rsplit(':').next() == Some("tt")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_known_by_its_content() {
        let cases = [
            ("WEBVTT\n\n", Some(TextFormat::WebVtt)),
            ("\n1\n00:00:01,000 --> 00:00:02,000\nhi", Some(TextFormat::Srt)),
            ("[Script Info]\nTitle: x", Some(TextFormat::Ass)),
            ("<?xml version=\"1.0\"?>\n<!-- a > b --><tt:tt xmlns:tt=\"x\">", Some(TextFormat::Ttml)),
            ("<html><tt>", None),
            ("hello", None),
            ("", None),
            ("a --> b", None),
        ];
        for (text, format) in cases {
            assert_eq!(sniff(text), format, "{text}");
        }
    }
}
