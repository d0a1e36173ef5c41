//! Where a cue stands (WebVTT 3.5 and 4.4): typed, read with patience and written in one form.

use std::fmt;

/// WebVTT cue settings. `None` is the default of the standard everywhere.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CueSettings {
    /// Lines run down the picture.
    pub vertical: Option<Vertical>,
    /// Where the box stands across the direction of the lines.
    pub line: Option<LinePlace>,
    /// Which edge of the box stands there; the first when not said.
    pub line_edge: Option<Edge>,
    /// Where the box stands along the lines, in percent.
    pub position: Option<f64>,
    /// Which edge of the box stands there; that of the text's alignment when not said.
    pub position_edge: Option<Edge>,
    /// How long lines may be, in percent.
    pub size: Option<f64>,
    /// How lines stand within the box; centred when not said.
    pub align: Option<TextAlign>,
    /// The region that it belongs to.
    pub region: Option<String>,
}

/// The direction in which lines follow one another, where they are vertical.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Vertical {
    /// From right to left: `rl`.
    RightToLeft,
    /// From left to right: `lr`.
    LeftToRight,
}

/// A place across the lines.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum LinePlace {
    /// So many lines from the beginning; negative ones count from the end, -1 being the last one.
    Number(i32),
    /// A part of the picture's height, in percent.
    Percent(f64),
}

/// An edge of a box.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    /// The first one.
    Start,
    /// The middle.
    Centre,
    /// The last one.
    End,
}

/// How lines stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextAlign {
    /// At the side where its script begins.
    Start,
    /// In the middle.
    Centre,
    /// At the side where its script ends.
    End,
    /// Left, whatever the script.
    Left,
    /// Right, whatever the script.
    Right,
}

impl CueSettings {
    /// Reads settings as they stand behind the times of a cue. What cannot be understood is left out.
    pub fn read(text: &str) -> Self {
        let mut settings = Self::default();
        for (name, value) in text.split_ascii_whitespace().filter_map(|setting| setting.split_once(':')) {
            settings.take(name, value);
        }
        settings
    }

    fn take(&mut self, name: &str, value: &str) {
        let (place, edge) = value.split_once(',').map_or((value, None), |(place, edge)| (place, Some(edge)));
        match name {
            "vertical" => self.vertical = vertical(value),
            "line" => {
                self.line = line(place).or(self.line);
                self.line_edge = edge.and_then(self::edge).filter(|edge| *edge != Edge::Start);
            }
            "position" => {
                self.position = percent(place).or(self.position);
                self.position_edge = edge.and_then(self::edge);
            }
            "size" => self.size = percent(value).or(self.size),
            "align" => self.align = align(value).or(self.align),
            "region" if !value.is_empty() => self.region = Some(value.to_owned()),
            _ => {}
        }
    }

    /// Nothing is said.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// The place of a numeric keypad: 2 is the middle of the bottom, where nothing need be said, 7 the top left.
    pub fn of_keypad(key: u32) -> Self {
        let (line, line_edge) = match key {
            4..=6 => (Some(LinePlace::Percent(50.0)), Some(Edge::Centre)),
            7..=9 => (Some(LinePlace::Number(0)), None),
            _ => (None, None),
        };
        let align = match key {
            1 | 4 | 7 => Some(TextAlign::Left),
            3 | 6 | 9 => Some(TextAlign::Right),
            _ => None,
        };
        Self { line, line_edge, align, ..Self::default() }
    }
}

fn vertical(value: &str) -> Option<Vertical> {
    match value {
        "rl" => Some(Vertical::RightToLeft),
        "lr" => Some(Vertical::LeftToRight),
        _ => None,
    }
}

fn line(value: &str) -> Option<LinePlace> {
    if value.ends_with('%') {
        return percent(value).map(LinePlace::Percent);
    }
    let number: f64 = value.parse().ok().filter(|number: &f64| number.abs() <= 1000.0)?;
    Some(LinePlace::Number(number.round() as i32))
}

fn percent(value: &str) -> Option<f64> {
    value.strip_suffix('%')?.parse().ok().filter(|part| (0.0..=100.0).contains(part))
}

/// `line-left` and `line-right` are the names of edges along the line, `middle` that of older drafts.
fn edge(value: &str) -> Option<Edge> {
    match value {
        "start" | "line-left" => Some(Edge::Start),
        "center" | "middle" => Some(Edge::Centre),
        "end" | "line-right" => Some(Edge::End),
        _ => None,
    }
}

fn align(value: &str) -> Option<TextAlign> {
    match value {
        "start" => Some(TextAlign::Start),
        "center" | "middle" => Some(TextAlign::Centre),
        "end" => Some(TextAlign::End),
        "left" => Some(TextAlign::Left),
        "right" => Some(TextAlign::Right),
        _ => None,
    }
}

/// As it stands behind the times of a cue, without a blank before it; empty where nothing is said.
impl fmt::Display for CueSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let vertical = self.vertical.map(|vertical| match vertical {
            Vertical::RightToLeft => "vertical:rl".to_owned(),
            Vertical::LeftToRight => "vertical:lr".to_owned(),
        });
        let line = self.line.map(|line| {
            let place = match line {
                LinePlace::Number(number) => number.to_string(),
                LinePlace::Percent(part) => rounded(part),
            };
            let edge = self.line_edge.map(|edge| [",start", ",center", ",end"][edge as usize]);
            format!("line:{place}{}", edge.unwrap_or_default())
        });
        let position = self.position.map(|part| {
            let edge = self.position_edge.map(|edge| [",line-left", ",center", ",line-right"][edge as usize]);
            format!("position:{}{}", rounded(part), edge.unwrap_or_default())
        });
        let size = self.size.map(|part| format!("size:{}", rounded(part)));
        let names = ["start", "center", "end", "left", "right"];
        let align = self.align.map(|align| format!("align:{}", names[align as usize]));
        let region = self.region.as_ref().map(|region| format!("region:{region}"));
        let said: Vec<String> = [vertical, line, position, size, align, region].into_iter().flatten().collect();
        f.write_str(&said.join(" "))
    }
}

/// Percent, with two decimals at most.
fn rounded(part: f64) -> String {
    format!("{}%", (part * 100.0).round() / 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn settings_are_written_as_they_are_read() {
        for text in [
            "",
            "line:0 align:left",
            "vertical:rl line:-1 position:10% size:35% align:end",
            "line:84.5%,end position:50%,center align:center",
            "position:0%,line-left region:fred",
        ] {
            assert_eq!(CueSettings::read(text).to_string(), text);
        }
    }

    #[test]
    fn what_is_no_setting_changes_nothing() {
        let odd = CueSettings::read("line: line:x% position:200% size:-1% align:middle X1:40 vertical:up line:5.2");
        assert_eq!(odd.to_string(), "line:5 align:center");
    }

    #[test]
    fn keys_are_places() {
        let at = |key| CueSettings::of_keypad(key).to_string();
        assert_eq!(
            [2, 8, 7, 6, 1].map(at),
            ["", "line:0", "line:0 align:left", "line:50%,center align:right", "align:left"]
        );
    }

    proptest! {
        #[test]
        fn any_text_settles(text in "((line|position|size|align|vertical|region):[-a-z0-9.%,]{0,9} ?){0,6}") {
            let once = CueSettings::read(&text).to_string();
            prop_assert_eq!(CueSettings::read(&once).to_string(), once);
        }
    }
}
