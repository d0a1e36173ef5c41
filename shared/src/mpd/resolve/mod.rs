//! The typed document to the [`Presentation`]: inheritance over Period, AdaptationSet and Representation happens here,
//! once. In the order of the data:
//!
//! * `periods`: when each Period starts and ends;
//! * `locations`: Base URLs;
//! * `describe`: what a Representation is;
//! * `segments`: what its segments are.
//!
//! Remote elements (xlink) are not followed. A hostile document is cut down to bounds, with warnings.

mod describe;
mod locations;
mod periods;
mod segments;

pub use describe::codec_content;

use super::check::check;
use super::datatype::XsDuration;
use super::model::{AdaptationSet, Mpd, Period, Representation};
use super::presentation::{self, Live, Location, Presentation, PresentationKind};
use super::problem::{MpdError, Warning, Warnings};
use super::read::parse;
use crate::time::PresentationTime;
use segments::{Addressing, SegmentResolver};
use url::Url;

/// More Representations than any service offers.
const MAX_REPRESENTATIONS: usize = 4096;

/// By which our packager announces the file of true segment sizes.
pub const SEGMENT_INDEX_SCHEME: &str = "tag:dash-packager,2026:segment-index";

/// Reads an MPD that was fetched from `url` (after redirects).
///
/// # Errors
/// As [`parse`], and when it has no Representation.
pub fn read(bytes: &[u8], url: &Url) -> Result<(Presentation, Vec<Warning>), MpdError> {
    let (mpd, mut warnings) = parse(bytes)?;
    warnings.extend(check(&mpd));
    let (presentation, more) = resolve(&mpd, url);
    warnings.extend(more);
    if presentation.periods.iter().all(|period| period.sets.is_empty()) {
        let problem = "the manifest has no Representation that could be played".to_owned();
        return Err(MpdError { line: 1, column: 1, problem });
    }
    Ok((presentation, warnings))
}

/// The presentation that a document describes; parts that make no sense are left out.
pub fn resolve(mpd: &Mpd, url: &Url) -> (Presentation, Vec<Warning>) {
    let mut resolver = Resolver { document: url, warnings: Warnings::default(), representations: 0 };
    let document = [Location { base: url.clone(), service_location: None, priority: 1, weight: 1 }];
    let locations = locations::within(&document, &mpd.base_urls, "MPD", &mut resolver.warnings);
    let is_dynamic = mpd.presentation_type.as_deref() == Some("dynamic");
    let periods = resolver.periods(mpd, &locations, is_dynamic);
    let presentation = Presentation {
        kind: if is_dynamic { PresentationKind::Dynamic(live(mpd)) } else { PresentationKind::Static },
        title: mpd.program_information.iter().find_map(|info| info.title.clone()),
        duration: periods.last().and_then(presentation::Period::end).map(|end| end.since_start()),
        min_buffer: mpd.min_buffer_time.map(XsDuration::duration).unwrap_or_default(),
        periods,
    };
    (presentation, resolver.warnings.into_list())
}

fn live(mpd: &Mpd) -> Live {
    Live {
        availability_start: mpd.availability_start_time,
        publish_time: mpd.publish_time,
        minimum_update_period: mpd.minimum_update_period.map(XsDuration::duration),
        time_shift_buffer_depth: mpd.time_shift_buffer_depth.map(XsDuration::duration),
        suggested_presentation_delay: mpd.suggested_presentation_delay.map(XsDuration::duration),
        locations: mpd.locations.clone(),
        utc_timings: mpd.utc_timings.clone(),
    }
}

struct Resolver<'a> {
    document: &'a Url,
    warnings: Warnings,
    representations: usize,
}

/// Where we are: the place for complaints and what the levels above hand down.
struct ElementContext<'a> {
    path: String,
    locations: &'a [Location],
}

impl Resolver<'_> {
    fn periods(&mut self, mpd: &Mpd, locations: &[Location], is_dynamic: bool) -> Vec<presentation::Period> {
        let mut resolved: Vec<presentation::Period> = Vec::new();
        for (index, period) in mpd.periods.iter().enumerate() {
            let path = format!("Period {}", index + 1);
            if period.href.is_some() {
                self.warnings.at(&path, "is remote (xlink:href); remote elements are not followed");
            }
            let span = periods::span(mpd, index, resolved.last().and_then(presentation::Period::end));
            let locations = locations::within(locations, &period.base_urls, &path, &mut self.warnings);
            let sets = self.sets(period, &span, &ElementContext { path, locations: &locations });
            // Without a stated duration the media decides, except where it may still grow.
            let media_end = if is_dynamic { None } else { end_of_media(&sets) };
            let duration = span.end.or(media_end).map(|end| end.since(span.start));
            resolved.push(presentation::Period { id: period.id.clone(), start: span.start, duration, sets });
        }
        resolved
    }

    fn sets(
        &mut self,
        period: &Period,
        span: &periods::Span,
        level: &ElementContext<'_>,
    ) -> Vec<presentation::AdaptationSet> {
        let mut segments = SegmentResolver::new(span);
        let sets = period.adaptation_sets.iter().enumerate();
        sets.filter_map(|(index, set)| {
            let path = format!("{} / AdaptationSet {}", level.path, index + 1);
            let locations = locations::within(level.locations, &set.base_urls, &path, &mut self.warnings);
            segments.enter_set();
            self.set(period, set, &mut segments, &ElementContext { path, locations: &locations })
        })
        .collect()
    }

    fn set(
        &mut self,
        period: &Period,
        set: &AdaptationSet,
        segments: &mut SegmentResolver,
        level: &ElementContext<'_>,
    ) -> Option<presentation::AdaptationSet> {
        if set.href.is_some() {
            self.warnings.at(&level.path, "is remote (xlink:href); remote elements are not followed");
        }
        let mut representations = Vec::new();
        for (index, representation) in set.representations.iter().enumerate() {
            let name = representation.id.clone().unwrap_or_else(|| (index + 1).to_string());
            let path = format!("{} / Representation \"{name}\"", level.path);
            if self.representations == MAX_REPRESENTATIONS {
                self.warnings.at(&path, format!("only {MAX_REPRESENTATIONS} Representations are read"));
                break;
            }
            let addressing = [Addressing::from(representation), Addressing::from(set), Addressing::from(period)];
            let level = ElementContext { path, locations: level.locations };
            let resolved = self.representation(set, representation, name, segments, &addressing, &level);
            self.representations += 1;
            representations.push(resolved);
        }
        describe::set(set, representations)
    }

    fn representation(
        &mut self,
        set: &AdaptationSet,
        representation: &Representation,
        id: String,
        segments: &mut SegmentResolver,
        addressing: &[Addressing<'_>; 3],
        level: &ElementContext<'_>,
    ) -> presentation::Representation {
        let locations = locations::within(level.locations, &representation.base_urls, &level.path, &mut self.warnings);
        let has_file = locations.iter().any(|location| location.base != *self.document);
        let identity = (id.as_str(), describe::bandwidth(representation));
        let mut complain = |problem: String| self.warnings.at(&level.path, problem);
        let found = segments.of(addressing, identity, has_file, &mut complain);
        describe::representation(set, representation, id, locations, found)
    }
}

/// Where the longest of the sets ends; `None` when one is open or has yet to be loaded.
fn end_of_media(sets: &[presentation::AdaptationSet]) -> Option<PresentationTime> {
    let firsts = sets.iter().filter_map(|set| set.representations.first());
    firsts.map(|representation| representation.index.end()).collect::<Option<Vec<_>>>()?.into_iter().max()
}
