//! Foreign text made fit to be shown: names, titles and answers of strangers may be endless, and may hold characters that
//! command a terminal or turn the direction of writing. Not here: where it is shown.

use std::borrow::Cow;

/// The text without characters that do something instead of being seen: each becomes `\u{1b}`. For a place within a line.
pub fn harmless(text: &str) -> Cow<'_, str> {
    escaped(text, is_control, |code| format!("\\u{{{code:x}}}"))
}

/// The same for a text of several lines, whose ends stay.
pub fn harmless_lines(text: &str) -> Cow<'_, str> {
    escaped(text, |c| c != '\n' && is_control(c), |code| format!("\\u{{{code:x}}}"))
}

/// The same for JSON: in the escapes of its strings (RFC 8259 7), outside of which it has no such characters but line
/// ends. All of them lie in the first plane.
pub fn harmless_json(json: &str) -> Cow<'_, str> {
    escaped(json, |c| c != '\n' && is_control(c), |code| format!("\\u{code:04x}"))
}

/// At most `most` characters of a text; the last one says that there were more.
pub fn shortened(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        None => Cow::Borrowed(text),
        Some(_) => {
            let end = text.char_indices().nth(most.saturating_sub(1)).map_or(0, |(end, _)| end);
            Cow::Owned(format!("{}…", &text[..end]))
        }
    }
}

fn escaped(text: &str, commands: impl Fn(char) -> bool, escape: impl Fn(u32) -> String) -> Cow<'_, str> {
    if !text.contains(&commands) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if commands(c) { out += &escape(c.into()) } else { out.push(c) }
    }
    Cow::Owned(out)
}

/// C0, DEL and C1 (ISO/IEC 6429), the separators of lines, and what turns the direction of writing (UAX 9).
fn is_control(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_commands_a_terminal_is_seen_instead() {
        let cases = [
            ("plain, äöü, 日本", "plain, äöü, 日本"),
            ("\x1b[31m", "\\u{1b}[31m"),
            ("a\nb\tc\r", "a\\u{a}b\\u{9}c\\u{d}"),
            ("\u{9b}2J\x7f", "\\u{9b}2J\\u{7f}"),
            ("abc\u{202e}def", "abc\\u{202e}def"),
        ];
        for (text, expected) in cases {
            assert_eq!(harmless(text), expected);
        }
        assert_eq!(harmless_lines("a\nb\x1b"), "a\nb\\u{1b}");
        assert_eq!(harmless_json("{\n\"\u{9b}\": 1}"), "{\n\"\\u009b\": 1}");
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        assert_eq!([shortened("äöü", 3), shortened("äöü", 2), shortened("", 0)], ["äöü", "ä…", ""]);
    }
}
