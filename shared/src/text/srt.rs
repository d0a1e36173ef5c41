//! SubRip. There is no standard; what players take is taken: any number of blank lines, missing or wrong numbers, dots
//! for commas, tags of HTML and of SubStation Alpha, coordinates behind the times (which nobody follows).

use super::ass::Pen;
use super::lines::{Line, lines};
use super::markup::{Colour, Run, Style};
use super::{Cue, CueSettings, TextTrack, TextWarning, TrackBuilder};
use crate::time::PresentationTime;

/// Reads a file. A cue ends where the times of the next one stand; the number before these is not its text.
pub fn read(text: &str) -> (TextTrack, Vec<TextWarning>) {
    let lines = lines(text);
    let timings: Vec<usize> = (0..lines.len()).filter(|at| timing(lines[*at].1).is_some()).collect();
    let mut builder = TrackBuilder::default();
    for (index, &at) in timings.iter().enumerate() {
        let (number, line) = lines[at];
        let end = timings.get(index + 1).map_or(lines.len(), |next| without_number(&lines, *next));
        let Some((start, until)) = timing(line) else { continue };
        let text: Vec<&str> = lines[(at + 1).min(end)..end].iter().map(|(_, line)| *line).collect();
        let (payload, settings) = cue_text(&text.join("\n"));
        builder.push(number, Cue { start, end: until, id: String::new(), settings, payload });
    }
    for (number, line) in lines.iter().filter(|(_, line)| line.contains("-->") && timing(line).is_none()) {
        builder.warn(*number, format!("`{}` are no times; what they say is left out", line.trim()));
    }
    builder.finish()
}

/// Where the lines of a cue begin whose times stand at `timing`: one line before, if that is a number that stands alone.
fn without_number(lines: &[Line<'_>], timing: usize) -> usize {
    let is_number = |line: &str| !line.trim().is_empty() && line.trim().bytes().all(|byte| byte.is_ascii_digit());
    let is_empty = |at: Option<usize>| at.and_then(|at| lines.get(at)).is_none_or(|(_, line)| line.trim().is_empty());
    match timing.checked_sub(1) {
        Some(before) if is_number(lines[before].1) && is_empty(before.checked_sub(1)) => before,
        _ => timing,
    }
}

/// The times of a line `00:00:01,000 --> 00:00:02,000`.
pub(super) fn timing(line: &str) -> Option<(PresentationTime, PresentationTime)> {
    let (start, rest) = line.split_once("-->")?;
    let end = rest.split_whitespace().next()?;
    Some((time(start.trim())?, time(end)?))
}

/// Hours may be missing, and the fraction may have any number of digits or none.
fn time(text: &str) -> Option<PresentationTime> {
    let (whole, fraction) = text.split_once([',', '.']).unwrap_or((text, ""));
    let mut seconds: i64 = 0;
    let parts: Vec<&str> = whole.split(':').collect();
    if !(2..=3).contains(&parts.len()) {
        return None;
    }
    for part in parts {
        seconds = seconds.checked_mul(60)?.checked_add(part.trim().parse::<u32>().ok()?.into())?;
    }
    let is_number = fraction.bytes().all(|byte| byte.is_ascii_digit());
    let nanos: i64 = format!("{:0<9.9}", fraction).parse().ok().filter(|_| is_number)?;
    Some(PresentationTime::from_nanos(seconds.checked_mul(1_000_000_000)?.checked_add(nanos)?))
}

/// The payload and the place of a cue by its text.
pub fn cue_text(text: &str) -> (String, CueSettings) {
    let mut reader = Reader { pen: Pen::default(), fonts: vec![] };
    let mut rest = text;
    while !rest.is_empty() {
        rest = reader.next(rest);
    }
    reader.pen.finish()
}

struct Reader {
    pen: Pen,
    /// The colours before each open `<font>`.
    fonts: Vec<Option<Colour>>,
}

impl Reader {
    /// Takes the next piece; gives what is behind it.
    fn next<'a>(&mut self, text: &'a str) -> &'a str {
        if let Some(behind) = text.strip_prefix('<')
            && let Some((tag, rest)) = behind.split_once('>')
            && self.tag(tag)
        {
            return rest;
        }
        if text.starts_with("{\\")
            && let Some((block, rest)) = text[1..].split_once('}')
        {
            self.pen.overrides(block);
            return rest;
        }
        let end = text.char_indices().skip(1).find(|(_, c)| ['<', '{'].contains(c)).map_or(text.len(), |(at, _)| at);
        self.pen.text(&text[..end]);
        &text[end..]
    }

    /// Whether it is a tag that is known: all others are text.
    fn tag(&mut self, tag: &str) -> bool {
        let (name, is_open) = tag.strip_prefix('/').map_or((tag, true), |name| (name, false));
        let name = name.trim().to_ascii_lowercase();
        let style: &mut Style = &mut self.pen.style;
        match name.split_whitespace().next().unwrap_or_default() {
            "b" => style.bold = is_open,
            "i" => style.italic = is_open,
            "u" => style.underline = is_open,
            "s" => {}
            "font" if is_open => {
                self.fonts.push(style.colour);
                style.colour = font_colour(&name).or(style.colour);
            }
            "font" => style.colour = self.fonts.pop().flatten(),
            _ => return false,
        }
        true
    }
}

/// Of `font color="#ffff00"`.
fn font_colour(tag: &str) -> Option<Colour> {
    let (_, value) = tag.split_once("color")?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    Colour::parse(value.trim_start_matches(['"', '\'']).split(['"', '\'', ' ']).next()?)
}

/// The runs of a text without tags, for readers of other formats.
pub(super) fn plain_run(text: &str, style: Style) -> Run {
    Run { text: text.to_owned(), style }
}
