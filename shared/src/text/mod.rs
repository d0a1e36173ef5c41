//! Timed text: cues as values, and the readers and writers of the formats that bring them.
//!
//! Whatever a text came as, it becomes [`Cue`]s whose payload and settings are those of WebVTT (W3C WebVTT 1), because
//! that is what both WebVTT files and `wvtt` segments (ISO/IEC 14496-30) carry. Readers are tolerant: they give what
//! can be read and their complaints, and are bounded in what they keep. Not here: fetching, drawing, languages.
//!
//! | file | what |
//! |---|---|
//! | `settings`, `markup` | where a cue stands; its payload as runs of styled text, and plain text as payload |
//! | `encoding`, `sniff` | bytes as characters; which format they are |
//! | `webvtt`, `wvtt` | WebVTT as a file; as samples of a track |
//! | `srt`, `ass`, `tx3g`, `ttml` | the other formats |

pub mod ass;
pub mod encoding;
mod lines;
pub mod markup;
mod settings;
mod sniff;
pub mod srt;
#[cfg(test)]
mod tests;
pub mod ttml;
pub mod tx3g;
pub mod webvtt;
pub mod wvtt;

pub use settings::{CueSettings, Edge, LinePlace, TextAlign, Vertical};
pub use sniff::{TextFormat, sniff};

use crate::time::PresentationTime;
use std::fmt;

/// The most cues of a track that are kept: one each tenth of a second for five hours.
const MOST_CUES: usize = 200_000;
/// The longest payload of a cue that is kept, in bytes.
const LONGEST_PAYLOAD: usize = 16 << 10;
/// The most complaints that are kept.
const MOST_WARNINGS: usize = 100;
/// Cues among which one is looked for that goes on.
const LOOKED_BACK: usize = 50;
/// The largest file that is read, in bytes: no text of a film is nearly as large.
pub const LARGEST_FILE: u64 = 16 << 20;

/// A text that is shown for a time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cue {
    /// When it appears.
    pub start: PresentationTime,
    /// When it disappears; later than `start`.
    pub end: PresentationTime,
    /// What its author calls it; empty for no name.
    pub id: String,
    /// Where it stands.
    pub settings: CueSettings,
    /// WebVTT cue text: markup, references, lines separated by `\n`, none of them empty.
    pub payload: String,
}

/// The cues of one track, in the order of their starts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TextTrack {
    /// What stands before the cues of WebVTT besides the signature: blocks of styles and regions, separated by an empty
    /// line; empty for none.
    pub header: String,
    /// In the order of their starts; those that begin together in the order of the file.
    pub cues: Vec<Cue>,
}

/// A complaint about a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextWarning {
    /// From 1; of a sample of a track its number.
    pub line: usize,
    /// What is wrong, and what became of it.
    pub problem: String,
}

/// `line 3: …`.
impl fmt::Display for TextWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.problem)
    }
}

/// Reads a text file of any format that is known here, whatever it is called and however it is encoded.
///
/// `None` when it is none of them.
pub fn read(bytes: &[u8]) -> Option<(TextFormat, TextTrack, Vec<TextWarning>)> {
    let text = encoding::decode(bytes);
    let format = sniff(&text)?;
    let (track, warnings) = match format {
        TextFormat::WebVtt => webvtt::read(&text),
        TextFormat::Srt => srt::read(&text),
        TextFormat::Ass => ass::read(&text),
        TextFormat::Ttml => ttml::read(&text),
    };
    Some((format, track, warnings))
}

/// Collects the cues of a track within its bounds.
#[derive(Debug, Default)]
pub struct TrackBuilder {
    track: TextTrack,
    warnings: Vec<TextWarning>,
    is_full: bool,
}

impl TrackBuilder {
    /// Adds a cue of line `line`, unless it shows nothing: empty ones are no loss, those that end before they begin are
    /// told of.
    pub fn push(&mut self, line: usize, mut cue: Cue) {
        cue.payload = markup::without_empty_lines(&cue.payload);
        if cue.payload.is_empty() {
            return;
        }
        if cue.end <= cue.start {
            return self.warn(line, format!("ends at {}, where it begins or before; left out", cue.end));
        }
        if cue.payload.len() > LONGEST_PAYLOAD {
            return self.warn(line, format!("has {} bytes of text; left out", cue.payload.len()));
        }
        if self.track.cues.len() >= MOST_CUES {
            if !std::mem::replace(&mut self.is_full, true) {
                self.warn(line, format!("more than {MOST_CUES} cues; the others are left out"));
            }
            return;
        }
        self.track.cues.push(cue);
    }

    /// The same; a cue that begins where one with the same text and place ended goes on with it.
    pub fn push_or_go_on(&mut self, line: usize, cue: Cue) {
        let mut recent = self.track.cues.iter_mut().rev().take(LOOKED_BACK);
        let is_it = |other: &&mut Cue| {
            other.end == cue.start && (&other.payload, &other.settings) == (&cue.payload, &cue.settings)
        };
        match recent.find(is_it) {
            Some(other) if cue.end > cue.start => other.end = cue.end,
            _ => self.push(line, cue),
        }
    }

    /// Notes a complaint.
    pub fn warn(&mut self, line: usize, problem: impl Into<String>) {
        if self.warnings.len() < MOST_WARNINGS {
            self.warnings.push(TextWarning { line, problem: problem.into() });
        }
    }

    /// Adds a block of styles or regions.
    fn header(&mut self, block: &str) {
        let separator = if self.track.header.is_empty() { "" } else { "\n\n" };
        if self.track.header.len() + block.len() <= LONGEST_PAYLOAD {
            self.track.header += separator;
            self.track.header += block;
        }
    }

    /// The track in the order of time, and the complaints.
    pub fn finish(mut self) -> (TextTrack, Vec<TextWarning>) {
        self.track.cues.sort_by_key(|cue| cue.start);
        (self.track, self.warnings)
    }
}
