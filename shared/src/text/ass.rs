//! SubStation Alpha and Advanced SubStation Alpha: the text, its bold, italic and underlined parts and its place. Fonts,
//! sizes, borders, karaoke and movement have no counterpart in WebVTT; drawings are no text.

use super::lines::lines;
use super::markup::{self, Colour, Run, Style};
use super::settings::{CueSettings, Edge, LinePlace};
use super::{Cue, TextTrack, TextWarning, TrackBuilder};
use crate::time::PresentationTime;
use std::collections::BTreeMap;

/// The fields of an event where no `Format` line says them.
const EVENT: &str = "Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text";
/// The size of the picture that places refer to, where the script says none.
const PICTURE: (f64, f64) = (384.0, 288.0);
/// Styles that are kept.
const MOST_STYLES: usize = 1000;

/// What a script says of all its events.
#[derive(Debug, Clone, PartialEq)]
pub struct Script {
    styles: BTreeMap<String, NamedStyle>,
    /// `PlayResX`, `PlayResY`.
    picture: (f64, f64),
    /// Of the events.
    format: Vec<String>,
}

/// A named style.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct NamedStyle {
    style: Style,
    /// On a numeric keypad; 0 for the usual place.
    key: u32,
}

/// Reads a file.
pub fn read(text: &str) -> (TextTrack, Vec<TextWarning>) {
    let script = Script::read(text);
    let mut builder = TrackBuilder::default();
    for (number, line) in lines(text) {
        let Some(event) = line.trim_start().strip_prefix("Dialogue:") else { continue };
        let fields = script.fields(event);
        let field = |name: &str| fields.get(name).copied().unwrap_or_default();
        match (time(field("start")), time(field("end"))) {
            (Some(start), Some(end)) => {
                let (payload, settings) = script.cue_text(field("style"), field("text"));
                builder.push(number, Cue { start, end, id: String::new(), settings, payload });
            }
            _ => builder.warn(number, "has no times that can be read; left out"),
        }
    }
    builder.finish()
}

impl Default for Script {
    fn default() -> Self {
        Self { styles: BTreeMap::new(), picture: PICTURE, format: names(EVENT) }
    }
}

impl Script {
    /// Reads everything but the events.
    pub fn read(text: &str) -> Self {
        let mut script = Self::default();
        let mut section = String::new();
        let mut format = vec![];
        for (_, line) in lines(text) {
            let line = line.trim();
            if line.starts_with('[') {
                section = line.to_ascii_lowercase();
                continue;
            }
            let Some((name, value)) = line.split_once(':') else { continue };
            match (section.as_str(), name.trim().to_ascii_lowercase().as_str()) {
                (_, "playresx") => script.picture.0 = side(value).unwrap_or(script.picture.0),
                (_, "playresy") => script.picture.1 = side(value).unwrap_or(script.picture.1),
                ("[events]", "format") => script.format = names(value),
                (_, "format") => format = names(value),
                (_, "style") if script.styles.len() < MOST_STYLES => {
                    script.style(&format, value, section.contains("v4 "))
                }
                _ => {}
            }
        }
        script
    }

    fn style(&mut self, format: &[String], value: &str, is_old: bool) {
        let fields: BTreeMap<&str, &str> =
            format.iter().map(String::as_str).zip(value.split(',').map(str::trim)).collect();
        let field = |name: &str| fields.get(name).copied().unwrap_or_default();
        let is_set = |name: &str| field(name).parse::<i32>().is_ok_and(|value| value != 0);
        let style = Style {
            bold: is_set("bold"),
            italic: is_set("italic"),
            underline: is_set("underline"),
            ..Style::default()
        };
        let alignment = field("alignment").parse().unwrap_or_default();
        let key = if is_old { key_of_old(alignment) } else { alignment };
        self.styles.insert(style_name(field("name")), NamedStyle { style, key });
    }

    /// The fields of an event by their names; the text may hold commas.
    fn fields<'a, 's>(&'s self, event: &'a str) -> BTreeMap<&'s str, &'a str> {
        let values = event.splitn(self.format.len().max(1), ',');
        // Blanks at the end of a text are its own.
        self.format.iter().map(String::as_str).zip(values.map(str::trim_start)).collect()
    }

    /// The payload and the place of the event that Matroska holds as a packet: `ReadOrder, Layer, Style, Name, MarginL,
    /// MarginR, MarginV, Effect, Text`.
    pub fn packet(&self, packet: &str) -> (String, CueSettings) {
        let fields: Vec<&str> = packet.splitn(9, ',').collect();
        let field = |at: usize| fields.get(at).copied().unwrap_or_default();
        self.cue_text(field(2), field(8))
    }

    /// The payload and the place of an event of this style.
    fn cue_text(&self, style: &str, text: &str) -> (String, CueSettings) {
        let named = self.styles.get(&style_name(style)).copied().unwrap_or_default();
        let mut pen = Pen { styles: self.styles.clone(), picture: self.picture, ..Pen::of(named) };
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once('{') {
            pen.dialogue(before);
            let Some((block, behind)) = behind.split_once('}') else {
                rest = &rest[before.len()..];
                break;
            };
            pen.overrides(block);
            rest = behind;
        }
        pen.dialogue(rest);
        pen.finish()
    }
}

fn names(format: &str) -> Vec<String> {
    format.split(',').map(|name| name.trim().to_ascii_lowercase()).collect()
}

/// Writers put `*` before the name of the default style.
fn style_name(name: &str) -> String {
    name.trim().trim_start_matches('*').to_ascii_lowercase()
}

fn side(value: &str) -> Option<f64> {
    value.trim().parse().ok().filter(|side: &f64| (1.0..=100_000.0).contains(side))
}

/// `1:02:03.45`.
fn time(text: &str) -> Option<PresentationTime> {
    let mut parts = text.trim().splitn(3, ':');
    let hours: u32 = parts.next()?.trim().parse().ok()?;
    let minutes: u32 = parts.next()?.parse().ok()?;
    let seconds: f64 = parts.next()?.parse().ok().filter(|seconds| (0.0..1e6).contains(seconds))?;
    let whole = i64::from(hours) * 3600 + i64::from(minutes) * 60;
    Some(PresentationTime::from_nanos(whole * 1_000_000_000 + (seconds * 1e9).round() as i64))
}

/// SubStation Alpha counts 1 to 3 along the bottom, adds 4 for the top and 8 for the middle.
fn key_of_old(alignment: u32) -> u32 {
    match alignment {
        5..=7 => alignment + 2,
        9..=11 => alignment - 5,
        other => other,
    }
}

/// Writes text as styles and places change on the way.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Pen {
    pub(super) style: Style,
    base: NamedStyle,
    styles: BTreeMap<String, NamedStyle>,
    picture: (f64, f64),
    key: u32,
    place: Option<(f64, f64)>,
    is_drawing: bool,
    runs: Vec<Run>,
}

impl Default for Pen {
    fn default() -> Self {
        Self::of(NamedStyle::default())
    }
}

impl Pen {
    fn of(base: NamedStyle) -> Self {
        Self {
            style: base.style,
            base,
            styles: BTreeMap::new(),
            picture: PICTURE,
            key: base.key,
            place: None,
            is_drawing: false,
            runs: vec![],
        }
    }

    /// Text as it is to be seen.
    pub(super) fn text(&mut self, text: &str) {
        if !self.is_drawing && !text.is_empty() {
            self.runs.push(super::srt::plain_run(text, self.style));
        }
    }

    /// Text with the escapes of an event.
    fn dialogue(&mut self, text: &str) {
        self.text(&text.replace("\\N", "\n").replace("\\n", "\n").replace("\\h", "\u{a0}"));
    }

    /// What stands between braces: `\i1\an8\pos(10,20)`. What is no override is a remark.
    pub(super) fn overrides(&mut self, block: &str) {
        for tag in block.split('\\').skip(1) {
            self.tag(tag.trim());
        }
    }

    fn tag(&mut self, tag: &str) {
        let name_end = tag.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(tag.len());
        let (name, value) = tag.split_at(name_end);
        let number: Option<u32> = value.parse().ok();
        let is_set = |usual: bool| if value.is_empty() { usual } else { number.is_some_and(|number| number > 0) };
        match name {
            "b" => self.style.bold = is_set(self.base.style.bold),
            "i" => self.style.italic = is_set(self.base.style.italic),
            "u" => self.style.underline = is_set(self.base.style.underline),
            "an" => self.key = number.filter(|key| (1..=9).contains(key)).unwrap_or(self.key),
            "a" => self.key = number.filter(|old| (1..=11).contains(old)).map_or(self.key, key_of_old),
            "pos" => self.place = place(value).or(self.place),
            // A cue stands where it moves from.
            "move" => self.place = place(value).or(self.place),
            "p" => self.is_drawing = number.is_some_and(|scale| scale > 0),
            "c" if value.is_empty() => self.style.colour = None,
            "c" => self.style.colour = colour(value),
            _ if tag.starts_with("1c") => self.style.colour = colour(&tag[2..]),
            // The name of a style may follow at once.
            _ if tag.starts_with('r') => self.reset(&tag[1..]),
            _ => {}
        }
    }

    fn reset(&mut self, style: &str) {
        let named = self.styles.get(&style_name(style)).copied();
        self.style = named.unwrap_or(self.base).style;
    }

    /// Payload and place.
    pub(super) fn finish(self) -> (String, CueSettings) {
        (markup::payload(&self.runs), self.settings())
    }

    fn settings(&self) -> CueSettings {
        let usual = CueSettings::of_keypad(self.key);
        let Some((x, y)) = self.place else { return usual };
        let key = if (1..=9).contains(&self.key) { self.key } else { 2 };
        let part = |at: f64, of: f64| (at / of * 100.0).clamp(0.0, 100.0);
        let edges = [Edge::Start, Edge::Centre, Edge::End];
        CueSettings {
            line: Some(LinePlace::Percent(part(y, self.picture.1))),
            // Keys count from the bottom.
            line_edge: Some(edges[2 - (key as usize - 1) / 3]).filter(|edge| *edge != Edge::Start),
            position: Some(part(x, self.picture.0)),
            position_edge: Some(edges[(key as usize - 1) % 3]),
            ..usual
        }
    }
}

/// The first two numbers of `(10,20)`.
fn place(value: &str) -> Option<(f64, f64)> {
    let mut numbers =
        value.trim_start_matches('(').trim_end_matches(')').split(',').map(|number| number.trim().parse().ok());
    Some((numbers.next()??, numbers.next()??))
}

/// `&H00FFFF&`: blue, green, red.
fn colour(value: &str) -> Option<Colour> {
    let hex = value.trim_matches('&').trim_start_matches(['H', 'h']).trim_end_matches('&');
    let [_, blue, green, red] = u32::from_str_radix(hex, 16).ok()?.to_be_bytes();
    Colour::parse(&format!("#{red:02x}{green:02x}{blue:02x}")).filter(|colour| *colour != Colour::White)
}
