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
