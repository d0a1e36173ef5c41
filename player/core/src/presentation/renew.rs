//! A newer version of the manifest takes the place of an older one (ISO/IEC 23009-1 5.4): what it describes again keeps
//! its name and what was fetched for it; what is new gets new names; what is gone is told.

use super::{Naming, Period, PeriodId, PlacesByName, Presentation, Rung, Track};
use shared::addressing::SegmentIndex;

/// What a newer version of a presentation brought.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Changes {
    /// Periods that are not described any more.
    pub gone: Vec<PeriodId>,
    /// There is more to fetch than before.
    pub grown: bool,
    /// It was growing, and is complete now.
    pub ended: bool,
}

impl Presentation {
    /// Takes over what `newer` says. Periods before it that are `in_use` stay until the next time, so that what is
    /// buffered of them can be played.
    pub fn renew(&mut self, newer: Self, in_use: impl Fn(PeriodId) -> bool) -> Changes {
        let end_before = self.last_segments_end();
        let mut periods = newer.periods;
        for period in &mut periods {
            match self.periods.iter().find(|older| same_period(older, period)) {
                Some(older) => period.continues(older, &mut self.naming),
                None => period.rename(&mut self.naming),
            }
        }
        let described = |id| periods.iter().any(|period| period.id == id);
        let gone: Vec<PeriodId> = self.periods.iter().map(|period| period.id).filter(|id| !described(*id)).collect();
        let first = periods.first().map(|period| period.start);
        let stays = |period: &Period| {
            gone.contains(&period.id) && in_use(period.id) && first.is_some_and(|first| period.start < first)
        };
        let mut all: Vec<Period> = std::mem::take(&mut self.periods).into_iter().filter(stays).collect();
        all.append(&mut periods);
        let ended = self.live.is_some() && newer.live.is_none();
        self.places = PlacesByName::of(&all);
        self.periods = all;
        self.duration = newer.duration;
        self.cut_short = newer.cut_short;
        self.live = newer.live;
        self.carry_fetched();
        Changes { gone, grown: self.last_segments_end() > end_before, ended }
    }

    /// What was fetched is kept as far as the new document means the same by it.
    fn carry_fetched(&mut self) {
        for (rung, older) in std::mem::take(&mut self.fetched) {
            if let Some(newer) = self.rung(rung) {
                let index = newer.index.carry(&older);
                self.fetched.insert(rung, index);
            }
        }
    }

    /// Where the segments of the last Period end, as far as they are known.
    fn last_segments_end(&self) -> Option<(PeriodId, Option<shared::time::PresentationTime>)> {
        let period = self.periods.last()?;
        let rungs = period.tracks.iter().flat_map(|track| &track.rungs);
        Some((period.id, rungs.filter_map(|rung| rung.index_in(self).end()).max()))
    }
}

/// By `@id` where both have one, else by the start (5.3.2.1: an `@id` is unique and lasts).
fn same_period(older: &Period, newer: &Period) -> bool {
    match (&older.key, &newer.key) {
        (Some(older), Some(newer)) => older == newer,
        _ => older.start == newer.start,
    }
}

/// By `@id` where both have one, else by all that describes it to a viewer.
fn same_track(older: &Track, newer: &Track) -> bool {
    match (&older.key, &newer.key) {
        (Some(older_key), Some(newer_key)) => older_key == newer_key && older.kind == newer.kind,
        _ => (older.kind, &older.lang, &older.label, older.main) == (newer.kind, &newer.lang, &newer.label, newer.main),
    }
}

impl Period {
    fn continues(&mut self, older: &Self, naming: &mut Naming) {
        self.id = older.id;
        let mut taken = vec![];
        for track in &mut self.tracks {
            let same = |candidate: &&Track| same_track(candidate, track) && !taken.contains(&candidate.id);
            match older.tracks.iter().find(same) {
                Some(older) => {
                    taken.push(older.id);
                    track.continues(older, naming);
                }
                None => track.rename(naming),
            }
        }
    }

    fn rename(&mut self, naming: &mut Naming) {
        self.id = naming.period();
        for track in &mut self.tracks {
            track.rename(naming);
        }
    }
}

impl Track {
    fn continues(&mut self, older: &Self, naming: &mut Naming) {
        self.id = older.id;
        for rung in &mut self.rungs {
            match older.rungs.iter().find(|older| older.representation == rung.representation) {
                Some(older) => rung.continues(older),
                None => rung.id = naming.rung(),
            }
        }
    }

    fn rename(&mut self, naming: &mut Naming) {
        self.id = naming.track();
        for rung in &mut self.rungs {
            rung.id = naming.rung();
        }
    }
}

impl Rung {
    /// A segment keeps its number, whatever the new document counts from.
    fn continues(&mut self, older: &Self) {
        self.id = older.id;
        self.index = SegmentIndex::renumbered(&self.index, &older.index);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presentation::testing::{AUDIO, Segments, SetText, VIDEO, live, on_demand, opened, period, selected};
    use crate::presentation::{RungId, SegmentId};
    use shared::bmff::{Reference, Sidx};
    use shared::time::{PresentationTime, Timescale};

    /// A live presentation of Periods, each with its attributes and its sets.
    fn version(periods: &[(&str, &[SetText])]) -> Presentation {
        opened(&live(&periods.iter().map(|(attributes, sets)| period(attributes, sets)).collect::<String>()))
    }

    /// Pictures and sound whose window holds the segments from and to (excluded).
    fn window(from: u64, to: u64) -> [SetText; 2] {
        [VIDEO, AUDIO].map(|set| set.segments(Segments::Window(from, to)))
    }

    fn nobody(_: PeriodId) -> bool {
        false
    }

    /// All rungs with their names, and where their first segment begins, in the order of the document.
    fn names(presentation: &Presentation) -> Vec<(RungId, &str)> {
        let rungs = presentation.tracks().flat_map(|track| &track.rungs);
        rungs.map(|rung| (rung.id, rung.representation.as_str())).collect()
    }

    #[test]
    fn what_is_described_again_keeps_its_name_while_the_window_slides() {
        let mut film = version(&[(r#"id="p" start="PT0S""#, &window(0, 5))]);
        let first = film.clone();
        let changes = film.renew(version(&[(r#"id="p" start="PT0S""#, &window(3, 8))]), nobody);
        assert_eq!(changes, Changes { gone: vec![], grown: true, ended: false });
        assert_eq!(names(&film), names(&first));
        let tracks = |film: &Presentation| film.tracks().map(|track| track.id).collect::<Vec<_>>();
        assert_eq!(tracks(&film), tracks(&first));
        // A segment is the same one by its number, wherever it stands in the list.
        let rung = names(&film)[0].0;
        let id = first.nth_segment(rung, 4).unwrap();
        assert_eq!((film.ordinal(id), film.segment(id)), (1, first.segment(id)));
        assert_eq!(film.resource(id), first.resource(id));
        assert_eq!(film.segment(first.nth_segment(rung, 2).unwrap()), None, "it has slid out");
        assert_eq!(film.renew(version(&[(r#"id="p" start="PT0S""#, &window(3, 8))]), nobody), Changes::default());
    }

    #[test]
    fn what_is_new_gets_a_name_that_nothing_had() {
        let mut film = version(&[(r#"id="p" start="PT0S""#, &[VIDEO])]);
        let before = names(&film).into_iter().map(|(rung, _)| rung).collect::<Vec<_>>();
        let more = VIDEO.kbps(&[300, 600, 1000]);
        film.renew(version(&[(r#"id="p" start="PT0S""#, &[AUDIO, more])]), nobody);
        let name = |representation: &str| {
            let found = names(&film).into_iter().find(|(_, name)| *name == representation);
            found.map(|(rung, _)| rung).unwrap()
        };
        assert_eq!([name("v300"), name("v1000")], before[..]);
        let fresh = [name("a64"), name("a128"), name("v600")];
        assert!(fresh.iter().all(|rung| !before.contains(rung)));
        assert!(fresh.iter().all(|rung| film.rung(*rung).is_some()), "and the names lead there");
        // A Representation that comes back was somebody else meanwhile.
        let gone = name("v600");
        film.renew(version(&[(r#"id="p" start="PT0S""#, &[VIDEO])]), nobody);
        film.renew(version(&[(r#"id="p" start="PT0S""#, &[more])]), nobody);
        assert!(film.rung(gone).is_none() && names(&film).len() == 3);
    }

    #[test]
    fn a_period_is_known_by_its_id_else_by_its_start() {
        let check = |older: &str, newer: &str, same: bool| {
            let mut film = version(&[(older, &[VIDEO])]);
            let before = film.periods()[0].id;
            let changes = film.renew(version(&[(newer, &[VIDEO])]), nobody);
            assert_eq!(film.periods()[0].id == before, same, "{older} -> {newer}");
            assert_eq!(changes.gone, if same { vec![] } else { vec![before] }, "{older} -> {newer}");
        };
        check(r#"id="p" start="PT0S""#, r#"id="p" start="PT9S""#, true);
        check(r#"id="p" start="PT0S""#, r#"id="q" start="PT0S""#, false);
        check(r#"id="p" start="PT9S""#, r#"start="PT9S""#, true);
        check(r#"start="PT0S""#, r#"start="PT9S""#, false);
    }

    #[test]
    fn a_track_is_known_by_its_id_else_by_its_description() {
        let check = |older: SetText, newer: SetText, same: bool| {
            let mut film = version(&[(r#"id="p" start="PT0S""#, &[VIDEO, older])]);
            let track = |film: &Presentation| film.tracks().last().map(|track| track.id);
            let before = track(&film);
            film.renew(version(&[(r#"id="p" start="PT0S""#, &[newer, VIDEO])]), nobody);
            let after = film.tracks().next().map(|track| track.id);
            assert_eq!(before == after, same, "{older:?} -> {newer:?}");
        };
        let german = AUDIO.attributes(r#"lang="de""#);
        check(AUDIO, AUDIO, true);
        check(AUDIO, german, false);
        check(german.attributes(r#"id="1" lang="de""#), AUDIO.attributes(r#"id="1""#), true);
        check(german.attributes(r#"id="1" lang="de""#), german.attributes(r#"id="2" lang="de""#), false);
    }

    #[test]
    fn two_tracks_that_look_alike_are_not_taken_for_one() {
        let mut film = version(&[(r#"id="p" start="PT0S""#, &[VIDEO, VIDEO])]);
        let before: Vec<_> = film.tracks().map(|track| track.id).collect();
        film.renew(version(&[(r#"id="p" start="PT0S""#, &[VIDEO, VIDEO])]), nobody);
        assert_eq!(film.tracks().map(|track| track.id).collect::<Vec<_>>(), before);
    }

    #[test]
    fn a_period_that_is_gone_stays_while_something_of_it_is_buffered() {
        let (old, new) = ((r#"id="p" start="PT0S""#, &[VIDEO][..]), (r#"id="q" start="PT20S""#, &[VIDEO][..]));
        let mut film = version(&[old]);
        let (period, rung) = (film.periods()[0].id, names(&film)[0].0);
        film.renew(version(&[old, new]), nobody);
        let changes = film.renew(version(&[new]), |id| id == period);
        assert_eq!((changes.gone, film.periods().len()), (vec![period], 2));
        assert!(film.rung(rung).is_some() && film.period(period).is_some());
        assert_eq!(film.end_of(period), Some(PresentationTime::from_millis(20_000)));
        let changes = film.renew(version(&[new]), nobody);
        assert_eq!((changes.gone, film.periods().len()), (vec![period], 1));
        assert_eq!((film.rung(rung), film.start()), (None, PresentationTime::from_millis(20_000)));
    }

    #[test]
    fn the_last_version_says_that_it_is_the_last() {
        let mut film = version(&[(r#"id="p" start="PT0S""#, &window(0, 5))]);
        let attributes = r#"mediaPresentationDuration="PT12S""#;
        let last = opened(&on_demand(attributes, &period(r#"id="p" start="PT0S""#, &window(2, 6))));
        let changes = film.renew(last.clone(), nobody);
        assert_eq!(changes, Changes { gone: vec![], grown: true, ended: true });
        assert!(!film.grows() && film.end() == Some(PresentationTime::from_millis(12_000)));
        assert!(!film.renew(last, nobody).ended, "told once");
    }

    #[test]
    fn a_period_of_which_nothing_was_known_grows_with_its_first_segments() {
        let empty = (r#"id="q" start="PT10S""#, &[VIDEO.segments(Segments::Window(0, 1))][..]);
        let mut film = version(&[(r#"id="p" start="PT0S""#, &window(0, 5))]);
        assert!(film.renew(version(&[(r#"id="p" start="PT0S""#, &window(0, 5)), empty]), nobody).grown);
    }

    #[test]
    fn an_index_that_was_fetched_is_not_fetched_again() {
        let one_file = SetText {
            inside: r#"<BaseURL>one.mp4</BaseURL><SegmentBase indexRange="100-199"/>"#,
            ..VIDEO.kbps(&[300]).segments(Segments::Elsewhere)
        };
        let text = live(&period(r#"id="p" start="PT0S""#, &[one_file]));
        let mut film = opened(&text);
        let rung = names(&film)[0].0;
        assert!(!film.is_indexed(rung));
        let references = vec![Reference::closed(1000, 2), Reference::closed(3000, 2)];
        let (mut bytes, timescale) = (vec![], Timescale::ONE);
        Sidx { track: 1, timescale, earliest: 0, first_offset: 0, references }.write(&mut bytes);
        film.supply_index(rung, &bytes).unwrap();
        let second = film.nth_segment(rung, 1).unwrap();
        film.renew(selected(&text, &crate::kinds::TrackKind::blocking()).presentation, nobody);
        assert!(film.is_indexed(rung) && film.wanted().is_none());
        assert_eq!(film.size(second).map(|size| size.bytes()), Some(3000));
        // Another part of the file is another index.
        film.renew(opened(&text.replace("100-199", "100-299")), nobody);
        assert!(!film.is_indexed(rung) && film.segment(SegmentId { rung, ..second }).is_none());
    }
}
