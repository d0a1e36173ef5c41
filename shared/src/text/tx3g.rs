//! 3GPP timed text (3GPP TS 26.245), the text of MP4 files: a sample is a text and boxes that say how parts of it look.

use super::markup::{self, Run, Style};
use super::settings::CueSettings;
use crate::bmff::walk;

/// Places of a sample that are looked at for styles.
const MOST_STYLES: usize = 1000;

/// What the sample entry says of all samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Entry {
    /// All samples are to be shown even when no text is chosen, by `displayFlags`.
    pub is_forced: bool,
    style: Style,
    /// On a numeric keypad.
    key: u32,
}

impl Entry {
    /// Reads what stands in a sample entry behind its first eight bytes; what is missing is usual.
    pub fn read(entry: &[u8]) -> Self {
        let byte = |at: usize| entry.get(at).copied().unwrap_or_default() as i8;
        let flags = entry.get(..4).and_then(|flags| flags.try_into().ok()).map_or(0, u32::from_be_bytes);
        let column = match byte(4) {
            0 if entry.len() > 5 => 1,
            -1 => 3,
            _ => 2,
        };
        // Writers put 0 for both without meaning the top left: it counts where the other says something, too.
        let row = match byte(5) {
            0 if entry.len() > 5 && column != 1 => 6,
            1 => 3,
            _ => 0,
        };
        let column = if column == 1 && byte(5) == 0 { 2 } else { column };
        Self { is_forced: flags & 0xc000_0000 == 0xc000_0000, style: face(entry.get(24)), key: column + row }
    }
}

/// Bold 1, italic 2, underlined 4.
fn face(bits: Option<&u8>) -> Style {
    let bits = bits.copied().unwrap_or_default();
    Style { bold: bits & 1 != 0, italic: bits & 2 != 0, underline: bits & 4 != 0, ..Style::default() }
}

/// The payload and the place of a sample. An empty one shows nothing.
pub fn cue_text(entry: &Entry, sample: &[u8]) -> (String, CueSettings) {
    let length = sample.get(..2).and_then(|size| size.try_into().ok()).map_or(0, u16::from_be_bytes);
    let (text, boxes) =
        sample.get(2..).unwrap_or_default().split_at(usize::from(length).min(sample.len().saturating_sub(2)));
    let text = super::encoding::decode(text).replace("\r\n", "\n").replace('\r', "\n");
    let styles = styles(boxes);
    let mut runs: Vec<Run> = vec![];
    for (at, c) in text.chars().enumerate() {
        let style =
            styles.iter().find(|(from, to, _)| (*from..*to).contains(&at)).map_or(entry.style, |(.., style)| *style);
        match runs.last_mut() {
            Some(last) if last.style == style => last.text.push(c),
            _ => runs.push(Run { text: c.into(), style }),
        }
    }
    (markup::payload(&runs), CueSettings::of_keypad(entry.key))
}

/// The parts of the text with a look of their own, in characters (5.17.1.1).
fn styles(boxes: &[u8]) -> Vec<(usize, usize, Style)> {
    let found = walk::boxes(boxes).map_while(Result::ok).find(|found| found.kind == b"styl");
    let records = found.and_then(|found| found.body.get(2..)).unwrap_or_default();
    let record = |record: &[u8]| {
        let at = |place: usize| usize::from(u16::from_be_bytes([record[place], record[place + 1]]));
        (at(0), at(2), face(record.get(6)))
    };
    records.chunks_exact(12).take(MOST_STYLES).map(record).collect()
}
