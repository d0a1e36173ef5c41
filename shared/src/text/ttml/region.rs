//! Regions as places of cues: a box in percent, and where text stands in it.

use super::Attributes;
use super::styles::StyleSheet;
use crate::text::settings::{CueSettings, Edge, LinePlace, TextAlign};

/// A region, as far as it is described.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Region {
    /// Left and top, in percent.
    origin: Option<(f64, f64)>,
    /// Width and height, in percent.
    extent: Option<(f64, f64)>,
    display_align: Option<String>,
    text_align: Option<String>,
}

/// What lengths refer to: the root in pixels, and in columns and rows.
type Root = (Option<(f64, f64)>, (f64, f64));

impl Region {
    /// Takes what is said of it, by itself and by styles.
    pub(super) fn take(&mut self, attributes: &Attributes, sheet: &StyleSheet, root: Root) {
        let all = sheet.computed(attributes);
        let place = |name: &str| all.get(name).and_then(|value| percent(value, root));
        self.origin = place("origin").or(self.origin);
        self.extent = place("extent").or(self.extent);
        self.display_align = all.get("displayAlign").cloned().or(self.display_align.take());
        self.text_align = all.get("textAlign").cloned().or(self.text_align.take());
    }

    /// Where a cue stands whose text is aligned like this by its own word. Text in the middle of the bottom has the usual
    /// place of WebVTT.
    pub(super) fn settings(&self, text_align: Option<&str>) -> CueSettings {
        let align = match text_align.or(self.text_align.as_deref()) {
            Some("left") => Some(TextAlign::Left),
            Some("right") => Some(TextAlign::Right),
            Some("start") => Some(TextAlign::Start),
            Some("end") => Some(TextAlign::End),
            _ => None,
        };
        let Some(((left, top), (width, height))) = self.origin.zip(self.extent) else {
            return CueSettings { align, ..CueSettings::default() };
        };
        let (place, edge) = match self.display_align.as_deref() {
            Some("after") => (top + height, Some(Edge::End)),
            Some("center") => (top + height / 2.0, Some(Edge::Centre)),
            _ => (top, None),
        };
        let (position, position_edge) = match align {
            Some(TextAlign::Left | TextAlign::Start) => (left, Edge::Start),
            Some(TextAlign::Right | TextAlign::End) => (left + width, Edge::End),
            _ => (left + width / 2.0, Edge::Centre),
        };
        CueSettings {
            line: Some(LinePlace::Percent(place.clamp(0.0, 100.0))),
            line_edge: edge,
            position: Some(position.clamp(0.0, 100.0)),
            position_edge: Some(position_edge),
            size: Some(width.clamp(0.0, 100.0)).filter(|width| *width < 100.0),
            align,
            ..CueSettings::default()
        }
    }
}

/// `10% 80%`, `64px 384px`, `4c 12c`.
fn percent(value: &str, (pixels, cells): Root) -> Option<(f64, f64)> {
    let mut lengths = value.split_whitespace();
    let mut one = |pixels: Option<f64>, cells: f64| {
        let length = lengths.next()?;
        let number = |unit: &str| length.strip_suffix(unit)?.parse::<f64>().ok().filter(|number| number.is_finite());
        number("%").or_else(|| Some(number("px")? / pixels? * 100.0)).or_else(|| Some(number("c")? / cells * 100.0))
    };
    Some((one(pixels.map(|size| size.0), cells.0)?, one(pixels.map(|size| size.1), cells.1)?))
}

/// `640px 480px`.
pub(super) fn pixels(value: &str) -> Option<(f64, f64)> {
    two_numbers(&value.replace("px", "")).filter(|(width, height)| *width > 0.0 && *height > 0.0)
}

/// `32 15`.
pub(super) fn two_numbers(value: &str) -> Option<(f64, f64)> {
    let mut numbers = value.split_whitespace().map(|number| number.parse().ok());
    Some((numbers.next()??, numbers.next()??))
}
