//! The typed document to the [`Presentation`]: inheritance over Period, AdaptationSet and Representation happens here,
//! once. In the order of the data:
//!
//! * `periods`: when each Period starts and ends;
//! * `locations`: Base URLs;
//! * `describe`: what a Representation is;
//! * `segments`: what its segments are;
//! * `account`: complaints and costs on the way.
//!
//! What an element says is read once, and shared by all that inherit it. Remote elements (xlink) are not followed. Texts
//! beyond every use are cut with a warning; a document that comes to more than memory is refused.

mod account;
mod describe;
mod locations;
mod periods;
mod protection;
mod segments;

pub use describe::codec_content;

use super::budget::{Budget, mebibytes};
use super::check::check;
use super::datatype::XsDuration;
use super::model::{AdaptationSet, Mpd, Period, Representation};
use super::presentation::{self, Live, Location, Presentation, PresentationKind};
use super::problem::{MpdError, Warning};
use super::read::parse;
use crate::shown::shortened;
use crate::time::PresentationTime;
use account::{Account, ResolveLedger};
use describe::{MediaFacts, named};
use segments::{Addressing, SegmentResolver, SingleFile};
use std::sync::Arc;
use url::Url;

/// Longer than any server accepts, in bytes.
const MAX_ADDRESS: usize = 4096;
/// Characters of a name that stand in the place of a complaint.
const IN_PLACE: usize = 60;

/// By which our packager announces the file of true segment sizes.
pub const SEGMENT_INDEX_SCHEME: &str = "tag:dash-packager,2026:segment-index";

/// By which our packager says that the media of a set begin or end at another time than the Period, as sound that is copied
/// may: two numbers of seconds.
pub const EXTENT_SCHEME: &str = "tag:dash-packager,2026:extent";

/// Reads an MPD that was fetched from `url` (after redirects).
///
/// # Errors
/// As [`resolve`] and [`parse`], and when it has no Representation.
pub fn read(bytes: &[u8], url: &Url) -> Result<(Presentation, Vec<Warning>), MpdError> {
    let (mpd, mut warnings) = parse(bytes)?;
    warnings.extend(check(&mpd));
    let (presentation, more) = resolve(&mpd, url)?;
    warnings.extend(more);
    if presentation.periods.iter().all(|period| period.sets.is_empty()) {
        return Err(MpdError::of_all("the manifest has no Representation that could be played"));
    }
    Ok((presentation, warnings))
}

/// The presentation that a document describes; parts that make no sense are left out.
///
/// # Errors
/// When it comes to more than memory, once every Representation has what it inherits.
pub fn resolve(mpd: &Mpd, url: &Url) -> Result<(Presentation, Vec<Warning>), MpdError> {
    let mut resolver = Resolver { document: url, ledger: ResolveLedger::default() };
    let document = Arc::from([Location { base: url.clone(), service_location: None, priority: 1, weight: 1 }]);
    let locations = locations::within(&document, &mpd.base_urls, &mut resolver.ledger.of("MPD"));
    let is_dynamic = mpd.presentation_type.as_deref() == Some("dynamic");
    let periods = resolver.periods(mpd, &locations, is_dynamic);
    let presentation = Presentation {
        kind: if is_dynamic { PresentationKind::Dynamic(live(mpd)) } else { PresentationKind::Static },
        title: mpd.program_information.iter().find_map(|info| info.title.as_deref().map(named)),
        duration: periods.last().and_then(presentation::Period::end).map(|end| end.since_start()),
        min_buffer: mpd.min_buffer_time.map(XsDuration::duration).unwrap_or_default(),
        periods,
    };
    let ResolveLedger { warnings, budget } = resolver.ledger;
    if budget.is_spent() {
        let most = mebibytes(Budget::UNFOLDED);
        let problem = format!("what its Representations inherit comes to more than {most} MiB");
        return Err(MpdError::of_all(&problem));
    }
    Ok((presentation, warnings.into_list()))
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
    ledger: ResolveLedger,
}

/// Where we are: the place for complaints and what the levels above hand down.
struct ElementContext<'a> {
    path: String,
    locations: &'a Arc<[Location]>,
}

/// What the Representations of a set have in common.
struct SetContext<'a> {
    period: &'a Period,
    set: &'a AdaptationSet,
    media: MediaFacts,
}

impl Resolver<'_> {
    fn periods(&mut self, mpd: &Mpd, locations: &Arc<[Location]>, is_dynamic: bool) -> Vec<presentation::Period> {
        let mut resolved: Vec<presentation::Period> = Vec::new();
        for (index, period) in mpd.periods.iter().enumerate() {
            let path = format!("Period {}", index + 1);
            let mut account = self.ledger.of(&path);
            if period.href.is_some() {
                account.complain(REMOTE);
            }
            let span = periods::span(mpd, index, resolved.last().and_then(presentation::Period::end));
            let locations = locations::within(locations, &period.base_urls, &mut account);
            let sets = self.sets(period, &span, &ElementContext { path, locations: &locations });
            // Without a stated duration the media decides, except where it may still grow.
            let media_end = if is_dynamic { None } else { end_of_media(&sets) };
            let duration = span.end.or(media_end).map(|end| end.since(span.start));
            let id = period.id.as_deref().map(named);
            resolved.push(presentation::Period { id, start: span.start, duration, sets });
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
            segments.enter_set();
            self.set(period, set, &mut segments, ElementContext { path, locations: level.locations })
        })
        .collect()
    }

    fn set(
        &mut self,
        period: &Period,
        set: &AdaptationSet,
        segments: &mut SegmentResolver,
        level: ElementContext<'_>,
    ) -> Option<presentation::AdaptationSet> {
        let mut account = self.ledger.of(&level.path);
        if set.href.is_some() {
            account.complain(REMOTE);
        }
        let locations = locations::within(level.locations, &set.base_urls, &mut account);
        let media = MediaFacts::of(&set.common, &mut account).at_most(set.max_frame_rate);
        let context = SetContext { period, set, media };
        let level = ElementContext { locations: &locations, ..level };
        let representations = set.representations.iter().enumerate();
        let resolved = representations.map_while(|(index, representation)| {
            if self.ledger.budget.is_spent() {
                return None;
            }
            let id = representation.id.as_deref().map_or_else(|| (index + 1).to_string(), named);
            Some(self.representation(&context, representation, id, segments, &level))
        });
        let resolved = resolved.collect();
        describe::set(set, resolved)
    }

    fn representation(
        &mut self,
        context: &SetContext<'_>,
        representation: &Representation,
        id: String,
        segments: &mut SegmentResolver,
        level: &ElementContext<'_>,
    ) -> presentation::Representation {
        let path = format!("{} / Representation \"{}\"", level.path, shortened(&id, IN_PLACE));
        let mut account = self.ledger.of(&path);
        let locations = locations::within(level.locations, &representation.base_urls, &mut account);
        let has_file = locations.iter().any(|location| location.base != *self.document);
        let media = MediaFacts::of(&representation.common, &mut account).within(&context.media);
        let identity = (representation.id.as_deref().unwrap_or(&id), describe::bandwidth(representation));
        let addressing =
            [Addressing::from(representation), Addressing::from(context.set), Addressing::from(context.period)];
        let file = match has_file {
            false => SingleFile::None,
            true if media.is_mp4() => SingleFile::Mp4,
            true => SingleFile::Other,
        };
        let found = segments.of(&addressing, identity, file, &mut account);
        charge(&media, &locations, &mut account);
        describe::representation(representation, id, media, locations, found)
    }
}

const REMOTE: &str = "is remote (xlink:href); remote elements are not followed";

/// What a reader may write out for a Representation, although it is shared in memory.
fn charge(media: &MediaFacts, locations: &[Location], account: &mut Account<'_>) {
    account.take(size_of::<presentation::Representation>() + media.weight() + locations::weight(locations));
}

/// Where the longest of the sets ends; `None` when one is open or has yet to be loaded.
fn end_of_media(sets: &[presentation::AdaptationSet]) -> Option<PresentationTime> {
    let firsts = sets.iter().filter_map(|set| set.representations.first());
    firsts.map(|representation| representation.index.end()).collect::<Option<Vec<_>>>()?.into_iter().max()
}
