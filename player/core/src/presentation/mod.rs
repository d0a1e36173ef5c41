//! What can be played of a manifest: Periods, the tracks of each kind, and their ladders, lowest rung first. A
//! presentation can be renewed: what a newer version of the manifest describes again keeps its name.
//!
//! * [`id`]: names that last;
//! * [`select()`]: from the manifest's presentation to this one, through the filter of what can be decoded;
//! * [`character`](Character): by what a track is chosen, and found again in the next Period;
//! * `joined`: sets that are one ladder;
//! * `renew`: a newer version takes the place of an older one;
//! * `segments`: when segments are, how large, and where;
//! * `correction`: where media lie that are elsewhere than the document says;
//! * `complete`: the files that a manifest only points to; what they say is kept beside the document;
//! * `label`: names for people;
//! * `lock`: what is encrypted, and whether its key can be had.

mod character;
mod complete;
mod correction;
mod id;
mod joined;
mod label;
mod lock;
mod renew;
mod segments;
mod select;

pub use character::{Audience, Character, TrackWish};
pub use complete::WantedFile;
pub use correction::distance;
pub use id::{Naming, PeriodId, Rank, RungId, SegmentId, TrackId, TrackNumber};
pub use renew::Changes;
pub use segments::{Obtainable, Segment};
pub use select::{LeftOut, Selected, Unplayable, select};

use crate::kinds::TrackKind;
use shared::addressing::{Availability, Resource, SegmentIndex};
use shared::mpd::Location;
use shared::protection::KeyId;
use shared::time::PresentationTime;
use shared::units::Bitrate;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// A presentation, reduced to what can be played.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Presentation {
    /// In order of time.
    periods: Vec<Period>,
    /// Length in all, if known beforehand.
    duration: Option<Duration>,
    /// Why it ends where the last Period does although the manifest goes on: what follows cannot be played.
    cut_short: Option<String>,
    /// When segments of a growing presentation can be had; `None` when all of it is there.
    live: Option<Availability>,
    /// Indexes that were fetched, or that got true sizes from a file, by rung: they stand before those of the document.
    fetched: BTreeMap<RungId, SegmentIndex>,
    /// Where media lie that are elsewhere than announced.
    corrected: BTreeMap<RungId, correction::Correction>,
    naming: Naming,
    places: PlacesByName,
}

/// A stretch of time with one set of tracks.
#[derive(Debug, Clone, PartialEq)]
pub struct Period {
    /// Its name.
    pub id: PeriodId,
    /// Period@id, as written.
    pub key: Option<String>,
    /// Where it begins.
    pub start: PresentationTime,
    /// Where it ends, if known.
    pub end: Option<PresentationTime>,
    /// Those that can be played.
    pub tracks: Vec<Track>,
}

/// Renditions of the same content between which the player may switch: an AdaptationSet.
#[derive(Debug, Clone, PartialEq)]
pub struct Track {
    /// Its name.
    pub id: TrackId,
    /// AdaptationSet@id, as written.
    pub key: Option<String>,
    /// Of which kind.
    pub kind: TrackKind,
    /// Language.
    pub lang: Option<String>,
    /// For a menu.
    pub label: String,
    /// Whether the manifest calls it the main one.
    pub main: bool,
    /// For whom it is.
    pub audience: Audience,
    /// `@selectionPriority`.
    pub priority: u32,
    /// At least one, by rising bandwidth.
    pub rungs: Vec<Rung>,
}

/// One rendition.
#[derive(Debug, Clone, PartialEq)]
pub struct Rung {
    /// Its name.
    pub id: RungId,
    /// Representation@id.
    pub representation: String,
    /// Short name: `720p`, `128k`.
    pub label: String,
    /// Declared.
    pub bandwidth: Bitrate,
    /// RFC 6381.
    pub codecs: String,
    /// Width and height.
    pub size: Option<(u32, u32)>,
    /// Pictures a second.
    pub frame_rate: Option<f64>,
    /// Where its files are.
    pub locations: Arc<[Location]>,
    /// What the decoder needs first.
    pub init: Option<Resource>,
    /// Its segments as the document states them; [`Presentation::index`] knows what was fetched, too.
    pub index: SegmentIndex,
    /// A file with the true sizes.
    pub size_index: Option<Resource>,
    /// Set when it is encrypted.
    pub lock: Option<Lock>,
}

/// What is needed to decrypt a rung.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    /// The key, if the manifest names it; its segments do.
    pub key_id: Option<KeyId>,
    /// Absolute URL at which ClearKey licences are asked for.
    pub licence: Option<String>,
}

/// Where the names lead to.
#[derive(Debug, Clone, PartialEq, Default)]
struct PlacesByName {
    periods: BTreeMap<PeriodId, usize>,
    tracks: BTreeMap<TrackId, (usize, usize)>,
    rungs: BTreeMap<RungId, (usize, usize, usize)>,
}

impl PlacesByName {
    fn of(periods: &[Period]) -> Self {
        let mut places = Self::default();
        for (p, period) in periods.iter().enumerate() {
            places.periods.insert(period.id, p);
            for (t, track) in period.tracks.iter().enumerate() {
                places.tracks.insert(track.id, (p, t));
                places.rungs.extend(track.rungs.iter().enumerate().map(|(r, rung)| (rung.id, (p, t, r))));
            }
        }
        places
    }
}

impl Presentation {
    /// Periods in order of time, whose names `naming` has given.
    pub fn new(naming: Naming, periods: Vec<Period>, duration: Option<Duration>) -> Self {
        let places = PlacesByName::of(&periods);
        Self { periods, duration, naming, places, ..Self::default() }
    }

    /// In order of time.
    pub fn periods(&self) -> &[Period] {
        &self.periods
    }

    /// The tracks of all Periods.
    pub fn tracks(&self) -> impl Iterator<Item = &Track> {
        self.periods.iter().flat_map(|period| &period.tracks)
    }

    /// A Period by its name.
    pub fn period(&self, id: PeriodId) -> Option<&Period> {
        self.periods.get(*self.places.periods.get(&id)?)
    }

    /// A track by its name.
    pub fn track(&self, id: TrackId) -> Option<&Track> {
        let (period, track) = *self.places.tracks.get(&id)?;
        self.periods.get(period)?.tracks.get(track)
    }

    /// A rung by its name.
    pub fn rung(&self, id: RungId) -> Option<&Rung> {
        let (period, track, rung) = *self.places.rungs.get(&id)?;
        self.periods.get(period)?.tracks.get(track)?.rungs.get(rung)
    }

    /// The track that a rung belongs to.
    pub fn track_of(&self, id: RungId) -> Option<&Track> {
        let (period, track, _) = *self.places.rungs.get(&id)?;
        self.periods.get(period)?.tracks.get(track)
    }

    /// Where a rung stands in its ladder.
    pub fn rank(&self, id: RungId) -> Option<Rank> {
        self.places.rungs.get(&id).map(|(_, _, rung)| Rank(*rung))
    }

    /// The Period that follows.
    pub fn period_after(&self, id: PeriodId) -> Option<&Period> {
        self.periods.get(self.places.periods.get(&id)? + 1)
    }

    /// Length in all, if known beforehand.
    pub fn duration(&self) -> Option<Duration> {
        self.duration
    }

    /// Why it ends before the manifest does, if so.
    pub fn cut_short(&self) -> Option<&str> {
        self.cut_short.as_deref()
    }

    /// Whether newer versions may bring more.
    pub fn grows(&self) -> bool {
        self.live.is_some()
    }

    /// Where it begins.
    pub fn start(&self) -> PresentationTime {
        self.periods.first().map_or(PresentationTime::ZERO, |period| period.start)
    }

    /// Where it ends, as far as the manifest says.
    pub fn end(&self) -> Option<PresentationTime> {
        let stated = self.duration.map(|duration| PresentationTime::ZERO + duration);
        stated.or_else(|| self.periods.last()?.end)
    }

    /// Up to where there is something to play: the end, or as far as every track has got of one that grows.
    pub fn extent(&self) -> Option<PresentationTime> {
        let tracks = || self.periods.last().filter(|_| self.grows()).into_iter().flat_map(|period| &period.tracks);
        let needed = tracks().filter(|track| track.kind.row().blocks_playback);
        self.end().or_else(|| needed.filter_map(|track| self.track_end(track)).min())
    }

    fn track_end(&self, track: &Track) -> Option<PresentationTime> {
        track.rungs.iter().filter_map(|rung| rung.index_in(self).end()).max()
    }

    /// The Period at `time`: the last one that has begun, else the first.
    pub fn period_at(&self, time: PresentationTime) -> Option<&Period> {
        let begun = self.periods.partition_point(|period| period.start <= time);
        self.periods.get(begun.saturating_sub(1))
    }

    /// Where a Period ends: what it says itself, else where the next one begins.
    pub fn end_of(&self, id: PeriodId) -> Option<PresentationTime> {
        self.period(id)?.end.or_else(|| Some(self.period_after(id)?.start))
    }
}

impl Period {
    /// The tracks of a kind, in the order of the manifest.
    pub fn tracks_of(&self, kind: TrackKind) -> impl Iterator<Item = &Track> {
        self.tracks.iter().filter(move |track| track.kind == kind)
    }

    /// The track with this number among those of its kind.
    pub fn nth_track(&self, kind: TrackKind, number: TrackNumber) -> Option<&Track> {
        self.tracks_of(kind).nth(number.0)
    }
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests {
    use super::testing::{AUDIO, Audio, SetText, Text, VIDEO, film, films, on_demand, opened, period};
    use super::*;

    fn secs(secs: f64) -> PresentationTime {
        PresentationTime::from_secs_f64(secs)
    }

    #[test]
    fn every_name_leads_to_what_it_names() {
        let film = films(&[(4, &[VIDEO, AUDIO]), (4, &[AUDIO, VIDEO])]);
        for period in film.periods() {
            assert_eq!(film.period(period.id), Some(period));
            for track in &period.tracks {
                assert_eq!(film.track(track.id), Some(track));
                for (rank, rung) in track.rungs.iter().enumerate() {
                    assert_eq!((film.rung(rung.id), film.rank(rung.id)), (Some(rung), Some(Rank(rank))));
                    assert_eq!(film.track_of(rung.id).map(|track| track.id), Some(track.id));
                }
            }
        }
        let of_another = films(&[(4, &[VIDEO, VIDEO, VIDEO]), (4, &[VIDEO, VIDEO, VIDEO])]);
        let stranger = of_another.tracks().last().unwrap().rungs[1].id;
        assert_eq!((film.rung(stranger), film.rank(stranger)), (None, None));
    }

    #[test]
    fn periods_are_found_by_time_and_end_where_they_say_or_where_the_next_begins() {
        let text = [r#"start="PT5S" duration="PT3S""#, r#"start="PT10S""#, r#"start="PT20S""#];
        let text: String = text.iter().map(|attributes| period(attributes, &[VIDEO])).collect();
        let film = opened(&on_demand(r#"mediaPresentationDuration="PT30S""#, &text));
        let ids: Vec<PeriodId> = film.periods().iter().map(|period| period.id).collect();
        let at = |time: f64| film.period_at(secs(time)).map(|period| period.id);
        assert_eq!([0.0, 7.0, 9.0, 10.0, 99.0].map(at), [0, 0, 0, 1, 2].map(|n: usize| Some(ids[n])));
        let ends: Vec<_> = ids.iter().map(|id| film.end_of(*id).map(PresentationTime::secs_f64)).collect();
        assert_eq!(ends, [Some(8.0), Some(20.0), Some(30.0)]);
        assert_eq!(film.period_after(ids[1]).map(|period| period.id), Some(ids[2]));
        assert_eq!(film.period_after(ids[2]), None);
        assert_eq!((film.start(), film.end()), (secs(5.0), Some(secs(30.0))));
    }

    #[test]
    fn the_track_that_fits_best_has_the_language_then_the_main_role_then_comes_first() {
        let main = r#"<Role schemeIdUri="urn:mpeg:dash:role:2011" value="main"/>"#;
        let english = AUDIO.attributes(r#"lang="en-GB""#);
        let german = SetText { inside: main, ..AUDIO.attributes(r#"lang="de""#) };
        let film = film(4, &[VIDEO, english, german, AUDIO.attributes(r#"lang="EN-us""#)]);
        let period = &film.periods()[0];
        let wish = |lang| TrackWish { lang, ..TrackWish::default() };
        let best = |lang| period.best_track(Audio, wish(lang)).and_then(|track| track.lang.as_deref());
        let cases =
            [(None, "de"), (Some("de-AT"), "de"), (Some("en"), "en-GB"), (Some("EN"), "en-GB"), (Some("fr"), "de")];
        for (asked, expected) in cases {
            assert_eq!(best(asked), Some(expected), "{asked:?}");
        }
        assert_eq!(period.nth_track(Audio, TrackNumber(2)).and_then(|t| t.lang.as_deref()), Some("EN-us"));
        assert_eq!(period.best_track(Text, wish(Some("en"))), None);
    }
}
