//! The package that is repeated: read once, before serving. What cannot be repeated is refused, with the reason.

use super::track::{Lap, Track};
use crate::serve::error::ServeError;
use shared::addressing::template::Template;
use shared::addressing::{Resource, SegmentIndex, SegmentNumber};
use shared::mpd::model::{AdaptationSet, BaseUrl, Mpd, Representation, SegmentTemplate};
use shared::mpd::{self, ContentType, PresentationKind};
use shared::time::{PresentationTime, Timescale};
use shared::units::Bitrate;
use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;
use url::Url;

/// No package lies there; a place from which what a manifest names is resolved.
pub(super) const ROOT: &str = "http://package.invalid/";
/// More than any film has.
const MOST_SEGMENTS: u64 = 1_000_000;
/// The largest manifest or playlist that is read.
const LARGEST_TEXT: u64 = mpd::MAX_DOCUMENT as u64;

/// A package.
#[derive(Debug)]
pub(super) struct Film {
    /// Where its manifest is, from the served folder on, with slashes.
    pub(super) manifest: String,
    /// The manifest, with the sets that are repeated and without what is said of a film that ends.
    pub(super) document: Mpd,
    /// In the order of the document.
    pub(super) sets: Vec<FilmSet>,
    /// The index of the set that has the pace: pictures where there are some.
    pub(super) leading: usize,
    /// Segments of the film are addressed by a duration alone, so that the manifest never changes.
    pub(super) steady: bool,
}

/// Representations whose segments have the same times.
#[derive(Debug)]
pub(super) struct FilmSet {
    pub(super) track: Track,
    /// Where its segments are, for each of its Representations.
    pub(super) files: Vec<SegmentFiles>,
}

/// The files of a Representation's segments.
#[derive(Debug)]
pub(super) struct SegmentFiles {
    template: Template,
    /// Where the manifest stands.
    base: Url,
    /// What stands before and behind the number or the time of a segment.
    before: String,
    behind: String,
    by: SegmentKey,
}

/// What a segment is asked for by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SegmentKey {
    Number(u64),
    Time(u64),
}

impl Film {
    /// Reads the package whose manifest is at `manifest` below `root`.
    pub(super) fn read(root: &Path, manifest: &str) -> Result<Self, ServeError> {
        let refuse = |why: String| ServeError::Live { manifest: manifest.to_owned(), why };
        let bytes = text(&root.join(manifest)).map_err(|problem| refuse(problem.to_string()))?;
        let (document, _) = mpd::parse(&bytes).map_err(|problem| refuse(problem.to_string()))?;
        let base =
            Url::parse(ROOT).and_then(|root| root.join(manifest)).map_err(|problem| refuse(problem.to_string()))?;
        Self::of(document, manifest, &base).map_err(refuse)
    }

    fn of(document: Mpd, manifest: &str, base: &Url) -> Result<Self, String> {
        let mut document = here(document);
        let (presentation, _) = mpd::resolve(&document, base).map_err(|problem| problem.to_string())?;
        if presentation.kind != PresentationKind::Static {
            return Err("it is still growing; wait until it is complete".to_owned());
        }
        let [period] = &presentation.periods[..] else {
            return Err("it has several Periods; only a film of one can be repeated".to_owned());
        };
        let repeated = |content| matches!(content, ContentType::Video | ContentType::Audio | ContentType::Text);
        let wanted: Vec<_> = period.sets.iter().filter(|set| repeated(set.content)).collect();
        let leading = wanted.iter().position(|set| set.content == ContentType::Video).unwrap_or(0);
        let written = document.periods.first_mut().ok_or("it has no Period")?;
        let kinds: Vec<bool> =
            written.adaptation_sets.iter().map(|set| wanted.iter().any(|other| same(set, other))).collect();
        let mut kept = kinds.into_iter();
        written.adaptation_sets.retain(|_| kept.next() == Some(true));
        if wanted.is_empty() || written.adaptation_sets.len() != wanted.len() {
            return Err("it has no media that can be repeated".to_owned());
        }
        let templates: Vec<Vec<SegmentTemplate>> = written
            .adaptation_sets
            .iter()
            .map(|set| set.representations.iter().map(|one| template(set, one)).collect())
            .collect();
        let steady = templates[leading].iter().all(|template| template.multiple.timeline.is_none());
        let first = |set: &mpd::AdaptationSet| Grid::of(&set.representations[0].index, period.start);
        let grids: Vec<Grid> = wanted.iter().map(|set| first(set)).collect::<Result<_, _>>()?;
        let lap = grids[leading].lap(scale(&templates[leading][0]))?;
        let mut sets = vec![];
        for ((set, grid), templates) in written.adaptation_sets.iter().zip(&grids).zip(&templates) {
            let track = grid.track(&templates[0], lap).ok_or("a track has no segments")?;
            let files: Result<_, _> = set
                .representations
                .iter()
                .zip(templates)
                .map(|(one, template)| SegmentFiles::of(one, template, base))
                .collect();
            sets.push(FilmSet { track, files: files? });
        }
        Ok(Self { manifest: manifest.to_owned(), document, sets, leading, steady })
    }

    /// The track that has the pace.
    pub(super) fn leader(&self) -> &Track {
        &self.sets[self.leading].track
    }

    /// The segment behind a path from the served folder on: its track, its files and what it is asked for by.
    pub(super) fn segment(&self, path: &str) -> Option<(&Track, &SegmentFiles, SegmentKey)> {
        self.sets
            .iter()
            .find_map(|set| set.files.iter().find_map(|files| files.key(path).map(|key| (&set.track, files, key))))
    }

    /// The set and the Representation that a path is a segment of.
    pub(super) fn place(&self, path: &str) -> Option<(usize, usize)> {
        self.sets.iter().enumerate().find_map(|(set, one)| {
            one.files.iter().position(|files| files.key(path).is_some()).map(|files| (set, files))
        })
    }

    /// What is at such a place.
    pub(super) fn at(&self, (set, files): (usize, usize)) -> (&Track, &SegmentFiles) {
        (&self.sets[set].track, &self.sets[set].files[files])
    }

    /// How long the leading track's segments last on average.
    pub(super) fn mean_segment(&self) -> Duration {
        let leader = self.leader();
        let lap = leader.time(leader.count() - 1).end.since_start();
        lap / u32::try_from(leader.count()).unwrap_or(u32::MAX)
    }

    /// Whether all tracks have as many segments, so that the same number is the same part of the film.
    pub(super) fn is_cut_alike(&self) -> bool {
        self.sets.iter().all(|set| set.track.count() == self.leader().count())
    }

    /// Texts of the package by their paths, as far as they can be read.
    pub(super) fn texts(root: &Path, paths: impl Iterator<Item = String>) -> HashMap<String, String> {
        let read = |path: String| Some((text(&root.join(&path)).ok()?, path));
        paths.filter_map(read).map(|(bytes, path)| (path, String::from_utf8_lossy(&bytes).into_owned())).collect()
    }
}

/// When the segments of a Representation begin and end in the film.
struct Grid {
    times: Vec<PresentationTime>,
    end: PresentationTime,
    zero: i64,
    first: u64,
}

impl Grid {
    fn of(index: &SegmentIndex, start: PresentationTime) -> Result<Self, String> {
        let by_file = "its segments are parts of one file; package it with --addressing timeline or number";
        let first = index.first().ok_or(by_file)?;
        let end = index.end().ok_or("it has no end")?;
        if index.len() > MOST_SEGMENTS {
            return Err("it has too many segments".to_owned());
        }
        let times = index.numbers().filter_map(|number| index.time(number)).map(|time| time.start).collect();
        Ok(Self { times, end, zero: start.nanos() - index.media_zero().nanos(), first: first.0 })
    }

    /// How long a lap lasts: the film, without a last segment that is shorter than all others, which are equal. Numbers then
    /// go on as time does, and players that count segments find them.
    fn lap(&self, timescale: Timescale) -> Result<Lap, String> {
        let ticks: Vec<i64> = self.times.iter().chain([&self.end]).map(|time| timescale.ticks_at(*time)).collect();
        let lasting: Vec<i64> = ticks.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let (last, others) = lasting.split_last().ok_or("it has no segments")?;
        let uneven =
            others.windows(2).all(|pair| pair[0] == pair[1]) && others.first().is_some_and(|usual| last < usual);
        let whole: i64 = if uneven { others.iter().sum() } else { lasting.iter().sum() };
        let ticks = u64::try_from(whole).ok().filter(|ticks| *ticks > 0).ok_or("it has no length")?;
        Ok(Lap { ticks, timescale })
    }

    fn track(&self, template: &SegmentTemplate, lap: Lap) -> Option<Track> {
        let timescale = scale(template);
        let begin = self.times.first()?.nanos();
        let ticks = |time: &PresentationTime| timescale.ticks_at(PresentationTime::from_nanos(time.nanos() - begin));
        let starts: Vec<u64> = self.times.iter().map(|time| u64::try_from(ticks(time)).unwrap_or(0)).collect();
        let offset = u64::try_from(timescale.ticks_at(PresentationTime::from_nanos(self.zero))).unwrap_or(0);
        Track::new(timescale, offset, self.first, &starts, lap)
    }
}

/// The document as a service of this server: nothing of it is elsewhere, and nothing of it ends.
fn here(mut document: Mpd) -> Mpd {
    let relative = |base: &BaseUrl| !base.url.contains("://") && !base.url.starts_with('/');
    document.base_urls.retain(relative);
    for period in &mut document.periods {
        period.base_urls.retain(relative);
        period.event_streams.clear();
        for set in &mut period.adaptation_sets {
            set.base_urls.retain(relative);
            for one in &mut set.representations {
                one.base_urls.retain(relative);
                one.common.supplemental_properties.retain(|property| !property.is(mpd::SEGMENT_INDEX_SCHEME));
            }
        }
    }
    document
}

fn same(written: &AdaptationSet, resolved: &mpd::AdaptationSet) -> bool {
    let ids = written.representations.iter().map(|one| one.id.as_deref());
    ids.eq(resolved.representations.iter().map(|one| Some(one.id.as_str())))
}

/// What a Representation and its set say of its segments, the nearer one first.
pub(super) fn template(set: &AdaptationSet, one: &Representation) -> SegmentTemplate {
    let mut template = one.segment_template.clone().unwrap_or_default();
    let set = set.segment_template.clone().unwrap_or_default();
    let (near, far) = (&mut template.multiple, set.multiple);
    near.base.timescale = near.base.timescale.or(far.base.timescale);
    near.base.presentation_time_offset = near.base.presentation_time_offset.or(far.base.presentation_time_offset);
    near.duration = near.duration.or(far.duration);
    near.start_number = near.start_number.or(far.start_number);
    near.timeline = near.timeline.take().or(far.timeline);
    template.media = template.media.or(set.media);
    template
}

fn scale(template: &SegmentTemplate) -> Timescale {
    template.multiple.base.timescale.and_then(Timescale::new).unwrap_or(Timescale::ONE)
}

impl SegmentFiles {
    fn of(one: &Representation, template: &SegmentTemplate, base: &Url) -> Result<Self, String> {
        const NUMBER: u64 = 1_234_567_890_123_456_789;
        const TIME: u64 = 9_876_543_210_987_654_321;
        let media = template
            .media
            .clone()
            .ok_or("its segments have no SegmentTemplate; package it with --addressing timeline or number")?;
        let id = one.id.clone().unwrap_or_default();
        let template = Template::new(media, id, Bitrate::from_bps(one.bandwidth.unwrap_or(0).into()));
        let path = path_of(&template.expand(SegmentNumber(NUMBER), TIME), base).ok_or("a template is no path")?;
        let marks = [(NUMBER.to_string(), SegmentKey::Number(0)), (TIME.to_string(), SegmentKey::Time(0))];
        let found = marks
            .iter()
            .find_map(|(mark, by)| path.split_once(mark.as_str()).map(|(before, behind)| (before, behind, *by)));
        let (before, behind, by) = found.ok_or("the addresses of its segments depend on neither number nor time")?;
        Ok(Self { before: before.to_owned(), behind: behind.to_owned(), by, base: base.clone(), template })
    }

    /// What a path asks for, if it is one of these files.
    fn key(&self, path: &str) -> Option<SegmentKey> {
        let digits = path.strip_prefix(&self.before)?.strip_suffix(&self.behind)?;
        let digits = Some(digits).filter(|text| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()))?;
        let value = digits.parse().ok()?;
        Some(match self.by {
            SegmentKey::Number(_) => SegmentKey::Number(value),
            SegmentKey::Time(_) => SegmentKey::Time(value),
        })
    }

    /// The path of the file with this number that begins at this tick of the film, from the served folder on.
    pub(super) fn path(&self, number: u64, time: u64) -> Option<String> {
        path_of(&self.template.expand(SegmentNumber(number), time), &self.base)
    }
}

/// Where a reference of the manifest leads, from the served folder on.
pub(super) fn path_of(reference: &str, base: &Url) -> Option<String> {
    let url = Resource::whole(reference).url(base).ok()?;
    let path = url.as_str().strip_prefix(ROOT)?;
    let path = path.split(['?', '#']).next().unwrap_or_default();
    percent_encoding::percent_decode_str(path).decode_utf8().ok().map(Into::into)
}

fn text(path: &Path) -> std::io::Result<Vec<u8>> {
    use std::io::Read;
    let mut bytes = vec![];
    std::fs::File::open(path)?.take(LARGEST_TEXT).read_to_end(&mut bytes)?;
    Ok(bytes)
}
