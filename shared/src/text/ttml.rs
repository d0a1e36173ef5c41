//! Timed Text Markup Language 1 and 2 (W3C) as far as subtitles use it, with EBU-TT-D and the text profile of IMSC: times
//! of body, div, p and span, in parallel or in sequence; bold, italic, underlined; colours that have a class; regions as
//! places. Not here: pictures as subtitles, animation, nested region geometry beyond its box.

mod clock;
mod region;
mod styles;

use super::markup::{self, Run, Style};
use super::{Cue, CueSettings, TextTrack, TextWarning, TrackBuilder};
use crate::time::PresentationTime;
use clock::Clock;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use region::Region;
use std::collections::BTreeMap;
use std::ops::Range;
use styles::StyleSheet;

/// Elements within one another; nothing real is deeper.
const MOST_DEPTH: usize = 64;
/// Styles and regions that are kept.
const MOST_NAMED: usize = 1000;
/// Pieces of text of a paragraph.
const MOST_RUNS: usize = 2000;

/// Attributes by their local names.
type Attributes = BTreeMap<String, String>;

/// Reads a document, as far as it is well-formed.
pub fn read(text: &str) -> (TextTrack, Vec<TextWarning>) {
    let mut document = Document::new(text);
    let mut reader = Reader::from_str(text);
    loop {
        let offset = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        match reader.read_event() {
            Ok(Event::Start(tag)) => document.open(&tag, offset),
            Ok(Event::Empty(tag)) => {
                document.open(&tag, offset);
                document.close();
            }
            Ok(Event::End(_)) => document.close(),
            Ok(Event::Text(part)) => document.text(&part.into_inner()),
            Ok(Event::CData(part)) => document.text(&part.into_inner()),
            Ok(Event::GeneralRef(name)) => {
                let reference = format!("&{};", name.into_inner());
                document.text(&quick_xml::escape::unescape(&reference).unwrap_or_default());
            }
            // Declared entities can expand exponentially, and no subtitle needs them.
            Ok(Event::Eof | Event::DocType(_)) => break,
            Ok(Event::Comment(_) | Event::PI(_) | Event::Decl(_)) => {}
            Err(error) => {
                document.warn(offset, format!("what follows cannot be read: {error}"));
                break;
            }
        }
    }
    document.builder.finish()
}

/// The inside of an element of content.
#[derive(Debug, Clone)]
struct Scope {
    name: String,
    /// When it is shown.
    time: Range<PresentationTime>,
    /// Children follow one another, and the next one begins here.
    sequence: Option<PresentationTime>,
    style: Style,
    region: Option<String>,
    text_align: Option<String>,
    keeps_blanks: bool,
    /// What is in it is no text of the film.
    is_hidden: bool,
}

/// A piece of a paragraph.
struct TimedRun {
    time: Range<PresentationTime>,
    run: Run,
    keeps_blanks: bool,
}

struct Document<'t> {
    text: &'t str,
    builder: TrackBuilder,
    clock: Clock,
    sheet: StyleSheet,
    regions: BTreeMap<String, Region>,
    /// Of the root, in pixels.
    extent: Option<(f64, f64)>,
    /// Rows and columns of the root (`ttp:cellResolution`).
    cells: (f64, f64),
    open: Vec<Scope>,
    /// Elements beyond [`MOST_DEPTH`].
    too_deep: usize,
    /// Of the open paragraph.
    runs: Vec<TimedRun>,
    /// The region that is being described.
    described: Option<String>,
    has_pictures: bool,
}

impl<'t> Document<'t> {
    fn new(text: &'t str) -> Self {
        Self {
            text,
            builder: TrackBuilder::default(),
            clock: Clock::default(),
            sheet: StyleSheet::default(),
            regions: BTreeMap::new(),
            extent: None,
            cells: (32.0, 15.0),
            open: vec![],
            too_deep: 0,
            runs: vec![],
            described: None,
            has_pictures: false,
        }
    }

    fn warn(&mut self, offset: usize, problem: String) {
        let line = self.text.get(..offset).unwrap_or(self.text).matches('\n').count() + 1;
        self.builder.warn(line, problem);
    }

    fn open(&mut self, tag: &BytesStart<'_>, offset: usize) {
        if self.open.len() >= MOST_DEPTH {
            self.too_deep += 1;
            return;
        }
        let name = local(tag.name().into_inner()).to_owned();
        let attributes = attributes(tag);
        match name.as_str() {
            "tt" => self.root(&attributes),
            "style" => self.style(&attributes),
            "region" => self.region(&attributes),
            "br" => self.push_text("\n", true),
            _ => {}
        }
        let pictures = attributes.contains_key("backgroundImage") || name == "image";
        if pictures && !std::mem::replace(&mut self.has_pictures, true) {
            self.warn(offset, "has pictures as subtitles, which are left out".to_owned());
        }
        let scope = self.scope(name, &attributes);
        if scope.name == "p" {
            self.runs.clear();
        }
        self.open.push(scope);
    }

    fn root(&mut self, attributes: &Attributes) {
        self.clock = Clock::of(attributes);
        self.extent = attributes.get("extent").and_then(|extent| region::pixels(extent));
        let cells = attributes.get("cellResolution").and_then(|cells| region::two_numbers(cells));
        self.cells = cells.filter(|(columns, rows)| *columns > 0.0 && *rows > 0.0).unwrap_or(self.cells);
    }

    fn style(&mut self, attributes: &Attributes) {
        // Within a region a style describes the region.
        if let Some(region) = self.described.as_ref().and_then(|id| self.regions.get_mut(id)) {
            return region.take(attributes, &self.sheet, (self.extent, self.cells));
        }
        self.sheet.add(attributes, MOST_NAMED);
    }

    fn region(&mut self, attributes: &Attributes) {
        let Some(id) = attributes.get("id").filter(|_| self.regions.len() < MOST_NAMED) else { return };
        let mut region = Region::default();
        region.take(attributes, &self.sheet, (self.extent, self.cells));
        self.regions.insert(id.clone(), region);
        self.described = Some(id.clone());
    }

    /// Of a child of what is open.
    fn scope(&mut self, name: String, attributes: &Attributes) -> Scope {
        let outer = self.open.last().cloned().unwrap_or_else(Scope::root);
        let all = self.sheet.computed(attributes);
        let time = self.clock.interval(attributes, &outer.time, outer.sequence);
        if let Some(parent) = self.open.last_mut().filter(|parent| parent.sequence.is_some()) {
            parent.sequence = Some(time.end);
        }
        let is_sequence = attributes.get("timeContainer").is_some_and(|how| how == "seq");
        let is_hidden =
            outer.is_hidden || matches!(name.as_str(), "head" | "metadata" | "title" | "desc" | "copyright");
        Scope {
            sequence: is_sequence.then_some(time.start),
            style: styles::style(&all, outer.style),
            region: attributes.get("region").cloned().or(outer.region),
            text_align: all.get("textAlign").cloned().or(outer.text_align),
            keeps_blanks: attributes.get("space").map_or(outer.keeps_blanks, |space| space == "preserve"),
            name,
            time,
            is_hidden,
        }
    }

    fn close(&mut self) {
        if self.too_deep > 0 {
            self.too_deep -= 1;
            return;
        }
        let Some(scope) = self.open.pop() else { return };
        match scope.name.as_str() {
            "p" => self.paragraph(&scope),
            "region" => self.described = None,
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        self.push_text(text, false);
    }

    fn push_text(&mut self, text: &str, is_break: bool) {
        let Some(scope) = self.open.last().filter(|scope| !scope.is_hidden && self.too_deep == 0) else { return };
        if self.runs.len() < MOST_RUNS && self.open.iter().any(|scope| scope.name == "p") {
            let run = Run { text: text.to_owned(), style: scope.style };
            let keeps_blanks = scope.keeps_blanks || is_break;
            self.runs.push(TimedRun { time: scope.time.clone(), run, keeps_blanks });
        }
    }

    /// A cue for each stretch in which the same parts of a paragraph are shown.
    fn paragraph(&mut self, scope: &Scope) {
        let runs = std::mem::take(&mut self.runs);
        let mut cuts: Vec<PresentationTime> = runs.iter().flat_map(|run| [run.time.start, run.time.end]).collect();
        cuts.sort_unstable();
        cuts.dedup();
        let settings = self.settings(scope);
        let mut cues: Vec<Cue> = vec![];
        for cut in cuts.windows(2) {
            let shown = runs.iter().filter(|run| run.time.start <= cut[0] && run.time.end >= cut[1]);
            let payload = markup::payload(&collapsed(shown));
            match cues.last_mut() {
                Some(last) if last.end == cut[0] && last.payload == payload => last.end = cut[1],
                _ => cues.push(Cue {
                    start: cut[0],
                    end: cut[1],
                    id: String::new(),
                    settings: settings.clone(),
                    payload,
                }),
            }
        }
        for cue in cues {
            self.builder.push(1, cue);
        }
    }

    fn settings(&self, scope: &Scope) -> CueSettings {
        let region = scope.region.as_ref().and_then(|id| self.regions.get(id)).cloned().unwrap_or_default();
        region.settings(scope.text_align.as_deref())
    }
}

impl Scope {
    fn root() -> Self {
        Self {
            name: String::new(),
            time: PresentationTime::ZERO..PresentationTime::MAX,
            sequence: None,
            style: Style::default(),
            region: None,
            text_align: None,
            keeps_blanks: false,
            is_hidden: false,
        }
    }
}

/// White space counts once, and not beside the end of a line, unless it is to be kept (XML 1.0 2.10).
fn collapsed<'a>(runs: impl Iterator<Item = &'a TimedRun>) -> Vec<Run> {
    let mut out: Vec<Run> = vec![];
    let mut after_blank = true;
    for TimedRun { run, keeps_blanks, .. } in runs {
        let mut text = String::new();
        for c in run.text.chars() {
            let is_blank = !keeps_blanks && c.is_ascii_whitespace();
            if !(is_blank && after_blank) {
                text.push(if is_blank { ' ' } else { c });
            }
            after_blank = is_blank || c == '\n';
        }
        if *keeps_blanks && run.text == "\n" {
            trim_end(&mut out);
        }
        out.push(Run { text, style: run.style });
    }
    trim_end(&mut out);
    out
}

fn trim_end(runs: &mut [Run]) {
    if let Some(last) = runs.iter_mut().rev().find(|run| !run.text.is_empty()) {
        last.text.truncate(last.text.trim_end_matches(' ').len());
    }
}

fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

/// What cannot be read is left out.
fn attributes(tag: &BytesStart<'_>) -> Attributes {
    let one = |attribute: quick_xml::events::attributes::Attribute<'_>| {
        let value = quick_xml::escape::unescape(&attribute.value).map(|value| value.into_owned());
        Some((local(attribute.key.into_inner()).to_owned(), value.ok()?))
    };
    tag.attributes().with_checks(false).filter_map(Result::ok).filter_map(one).collect()
}
