//! The payload of a cue (WebVTT 3.3 cue text) as runs of styled text, and back. Timestamps within a cue, voices and
//! languages are stepped over; their text stays.

use std::borrow::Cow;

/// How a run of text looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Style {
    /// `<b>`.
    pub bold: bool,
    /// `<i>`.
    pub italic: bool,
    /// `<u>`.
    pub underline: bool,
    /// A default class of WebVTT (5.1): `<c.yellow>`.
    pub colour: Option<Colour>,
    /// Small text that says how the run before it is read: `<rt>`.
    pub is_ruby_text: bool,
}

/// The colours that have a class in WebVTT, which are those of teletext.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "they are called what they are")]
pub enum Colour {
    White,
    Lime,
    Cyan,
    Red,
    Yellow,
    Magenta,
    Blue,
    Black,
}

/// Names, and red, green and blue.
const COLOURS: [(Colour, &str, [u8; 3]); 8] = [
    (Colour::White, "white", [255, 255, 255]),
    (Colour::Lime, "lime", [0, 255, 0]),
    (Colour::Cyan, "cyan", [0, 255, 255]),
    (Colour::Red, "red", [255, 0, 0]),
    (Colour::Yellow, "yellow", [255, 255, 0]),
    (Colour::Magenta, "magenta", [255, 0, 255]),
    (Colour::Blue, "blue", [0, 0, 255]),
    (Colour::Black, "black", [0, 0, 0]),
];

impl Colour {
    /// As CSS writes it: a name, or `#rrggbb`. `None` for all others.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        let hex = text.strip_prefix('#').unwrap_or(&text);
        let code = u32::from_str_radix(hex, 16).ok().filter(|_| hex.len() == 6).map(u32::to_be_bytes);
        let is_it =
            |(_, name, rgb): &&(Self, &str, [u8; 3])| *name == text || code.is_some_and(|code| code[1..] == *rgb);
        COLOURS.iter().find(is_it).map(|(colour, ..)| *colour)
    }

    /// Red, green and blue.
    pub fn rgb(self) -> [u8; 3] {
        COLOURS[self as usize].2
    }

    /// The class.
    pub fn name(self) -> &'static str {
        COLOURS[self as usize].1
    }
}

/// Text of one look.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Run {
    /// Without markup and references; lines are separated by `\n`.
    pub text: String,
    /// How it looks.
    pub style: Style,
}

/// A piece of cue text.
enum Token<'a> {
    Text(&'a str),
    /// What stands between `<` and `>`.
    Tag(&'a str),
}

/// A tag that has no end before the end of the text is text.
fn tokens(payload: &str) -> impl Iterator<Item = Token<'_>> {
    let mut rest = payload;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        if let Some(behind) = rest.strip_prefix('<')
            && let Some((tag, others)) = behind.split_once('>')
        {
            rest = others;
            return Some(Token::Tag(tag));
        }
        let end = rest.char_indices().skip(1).find(|(_, c)| *c == '<').map_or(rest.len(), |(at, _)| at);
        let (text, others) = rest.split_at(end);
        rest = others;
        Some(Token::Text(text))
    })
}

/// The runs of a payload. Tags that are not closed hold to the end; those that were not opened are ignored.
pub fn runs(payload: &str) -> Vec<Run> {
    let mut open: Vec<(String, Style)> = vec![];
    let mut runs: Vec<Run> = vec![];
    for token in tokens(payload) {
        let style = open.last().map(|(_, style)| *style).unwrap_or_default();
        match token {
            Token::Text(text) => append(&mut runs, &unescape(text), style),
            Token::Tag(tag) => match tag.strip_prefix('/') {
                Some(name) => close(&mut open, name.trim()),
                None => open.extend(opened(tag, style)),
            },
        }
    }
    runs
}

fn append(runs: &mut Vec<Run>, text: &str, style: Style) {
    match runs.last_mut() {
        Some(last) if last.style == style => last.text += text,
        _ if text.is_empty() => {}
        _ => runs.push(Run { text: text.to_owned(), style }),
    }
}

fn close(open: &mut Vec<(String, Style)>, name: &str) {
    if let Some(at) = open.iter().rposition(|(other, _)| other == name) {
        open.truncate(at);
    }
}

/// The name of a tag with the look of what is in it; `None` for a timestamp.
fn opened(tag: &str, outer: Style) -> Option<(String, Style)> {
    let name_and_classes = tag.split([' ', '\t', '\n']).next().unwrap_or_default();
    let mut parts = name_and_classes.split('.');
    let name = parts.next().unwrap_or_default();
    let mut style = outer;
    match name {
        "b" => style.bold = true,
        "i" => style.italic = true,
        "u" => style.underline = true,
        "rt" => style.is_ruby_text = true,
        "c" | "v" | "lang" | "ruby" => {}
        _ => return None,
    }
    style.colour = parts.find_map(Colour::parse).or(style.colour);
    Some((name.to_owned(), style))
}

/// The text of a payload without its markup; ruby text is left out, because it says what stands before it again.
pub fn plain(payload: &str) -> String {
    runs(payload).into_iter().filter(|run| !run.style.is_ruby_text).map(|run| run.text).collect()
}

/// So often at most is a payload written anew: what is left out may leave tags behind with nothing between them.
const MOST_PASSES: usize = 4;

/// The payload that shows these runs, without empty lines and without tags around nothing.
pub fn payload(runs: &[Run]) -> String {
    let mut text = without_empty_lines(&written(runs));
    for _ in 0..MOST_PASSES {
        let again = without_empty_lines(&written(&self::runs(&text)));
        if again == text {
            break;
        }
        text = again;
    }
    text
}

/// The runs with their tags.
fn written(runs: &[Run]) -> String {
    let mut text = String::new();
    let mut now: Vec<String> = vec![];
    for run in runs {
        let wanted = tags(run.style);
        let common = now.iter().zip(&wanted).take_while(|(a, b)| a == b).count();
        for tag in now.drain(common..).rev() {
            text += &format!("</{}>", tag.split('.').next().unwrap_or_default());
        }
        for tag in &wanted[common..] {
            text += &format!("<{tag}>");
        }
        now = wanted;
        text += &escape(&run.text);
    }
    for tag in now.iter().rev() {
        text += &format!("</{}>", tag.split('.').next().unwrap_or_default());
    }
    text
}

fn tags(style: Style) -> Vec<String> {
    let colour = style.colour.map(|colour| format!("c.{}", colour.name()));
    let plain = [(style.bold, "b"), (style.italic, "i"), (style.underline, "u")];
    colour.into_iter().chain(plain.into_iter().filter(|(is, _)| *is).map(|(_, tag)| tag.to_owned())).collect()
}

/// Text as payload. `-->` would be taken for the times of a cue.
pub fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>']) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"))
}

/// The references that WebVTT has, and those of HTML that are written by number.
fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('&') {
        out += before;
        let reference = behind.split_once(';').and_then(|(name, rest)| Some((referenced(name)?, rest)));
        rest = match reference {
            Some((character, rest)) => {
                out.push(character);
                rest
            }
            None => {
                out.push('&');
                behind
            }
        };
    }
    out += rest;
    Cow::Owned(out)
}

fn referenced(name: &str) -> Option<char> {
    let of_number = |digits: &str| match digits.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => digits.parse().ok(),
    };
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "nbsp" => Some('\u{a0}'),
        "lrm" => Some('\u{200e}'),
        "rlm" => Some('\u{200f}'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => name.strip_prefix('#').and_then(of_number).and_then(char::from_u32),
    }
}

/// An empty line would end a cue of a WebVTT file: those at the beginning and the end go, others get a blank that stays.
pub fn without_empty_lines(payload: &str) -> String {
    let lines: Vec<&str> = payload.split(['\n', '\r']).map(str::trim_end).collect();
    let is_text = |line: &&str| !plain(line).trim().is_empty();
    let (first, last) = (lines.iter().position(is_text), lines.iter().rposition(is_text));
    let (Some(first), Some(last)) = (first, last) else { return String::new() };
    let edges = |lines: &[&str]| lines.concat();
    let kept: Vec<&str> =
        lines[first..=last].iter().map(|line| if line.is_empty() { "&nbsp;" } else { line }).collect();
    // Tags on lines without text still open and close what stands on others.
    edges(&lines[..first]) + &kept.join("\n") + &edges(&lines[last + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn run(text: &str, tags: &str) -> Run {
        let colour = tags.contains('y').then_some(Colour::Yellow);
        let [bold, italic, underline] = ['b', 'i', 'u'].map(|tag| tags.contains(tag));
        Run { text: text.into(), style: Style { bold, italic, underline, colour, is_ruby_text: tags.contains('r') } }
    }

    #[test]
    fn a_payload_is_runs() {
        let payload =
            "a &lt;b&gt; <i>two<b.loud> three</b></i>\n<v Fred>four</v><00:01.000><c.yellow.bg_blue>5</c> &x; <";
        let expected = [
            run("a <b> ", ""),
            run("two", "i"),
            run(" three", "bi"),
            run("\nfour", ""),
            run("5", "y"),
            run(" &x; <", ""),
        ];
        assert_eq!(runs(payload), expected);
        assert_eq!(plain("<ruby>漢<rt>かん</rt></ruby>字"), "漢字");
        assert_eq!(runs("</i>a<i>b"), [run("a", ""), run("b", "i")]);
    }

    #[test]
    fn runs_are_a_payload() {
        let runs = [run("a", "b"), run("b", "bi"), run("<&", "i"), run("c", "y"), run("d", "")];
        assert_eq!(payload(&runs), "<b>a<i>b</i></b><i>&lt;&amp;</i><c.yellow>c</c>d");
        assert_eq!(payload(&[run("a", ""), run("\n", "i")]), "a", "no tags around nothing");
    }

    #[test]
    fn no_line_is_empty() {
        assert_eq!(without_empty_lines("\n\na\n\nb\n \n"), "a\n&nbsp;\nb");
        assert_eq!(without_empty_lines("<i>\na\n</i>"), "<i>a</i>");
        assert_eq!([without_empty_lines(" \n"), without_empty_lines("<i></i>")], ["", ""]);
    }

    #[test]
    fn colours_are_those_that_have_a_class() {
        assert_eq!(
            [Colour::parse("#FFFF00"), Colour::parse("red"), Colour::parse("#123456")],
            [Some(Colour::Yellow), Some(Colour::Red), None]
        );
    }

    proptest! {
        #[test]
        fn text_survives(text in "[a-c<>&;\\-\u{5d0} ]{0,20}") {
            prop_assert_eq!(plain(&escape(&text)), text);
        }

        #[test]
        fn any_payload_settles(text in "[ab<>/&;biu\n. ]{0,30}") {
            let once = payload(&runs(&text));
            prop_assert_eq!(payload(&runs(&once)), once);
        }
    }
}
