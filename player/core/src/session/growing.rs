//! A presentation that is still being made while it is watched (ISO/IEC 23009-1 5.3.9.5, 5.4): its manifest lists what is
//! there, and is asked for again until it is complete; its end is waited for. Not here: presentations whose window slides or
//! whose segments appear by the wall clock, which are refused, and what a newer version changes (`presentation::renew`).

use super::Session;
use super::network::{FailureStreak, Odds, pause};
use super::outbox::Outbox;
use crate::io::{Failure, Severity};
use crate::snapshot::{Awaited, OutageView};
use shared::mpd::{self, PresentationKind};
use shared::time::SessionTime;
use std::time::Duration;

/// A manifest is asked for no more often, whatever its minimumUpdatePeriod.
const LEAST_UPDATE: Duration = Duration::from_secs(1);
/// A viewer who has seen all that there is, is told after so long: an encoder needs a while for a segment.
const NOTICEABLE: Duration = Duration::from_secs(10);

/// How a presentation grows.
#[derive(Debug)]
pub(super) struct Growth {
    /// How often its manifest is asked for.
    update: Duration,
    /// When it is asked for next; `None` while it is under way.
    due: Option<SessionTime>,
    trouble: FailureStreak,
    /// When there was more of it for the last time.
    grown: SessionTime,
}

impl Growth {
    /// It grows from `now` on.
    pub(super) fn new(update: Duration, now: SessionTime) -> Self {
        Self { update, due: Some(now + update), trouble: FailureStreak::default(), grown: now }
    }

    /// It goes on growing: with a newer version that may have more.
    pub(super) fn renewed(before: Option<Self>, more: bool, update: Duration, now: SessionTime) -> Self {
        let grown = before.filter(|_| !more).map_or(now, |growth| growth.grown);
        Self { grown, ..Self::new(update, now) }
    }

    /// After how many attempts the next version is to be asked for, when its time has come.
    pub(super) fn ask(&mut self, out: &mut Outbox) -> Option<u32> {
        match self.due? {
            at if at <= out.now() => {
                self.due = None;
                Some(self.trouble.attempts)
            }
            at => {
                out.wake_at(at);
                None
            }
        }
    }

    /// Who waits for the next version need not wait beyond `at`.
    pub(super) fn ask_at(&mut self, at: SessionTime) {
        self.due = self.due.map(|due| due.min(at));
    }
}

/// How often to ask for newer versions of a presentation; `None` when it is complete.
///
/// # Errors
/// When more than its manifest says what is there: the wall clock.
pub(super) fn update_period(presentation: &mpd::Presentation) -> Result<Option<Duration>, String> {
    let PresentationKind::Dynamic(live) = &presentation.kind else { return Ok(None) };
    let keeps_all = live.time_shift_buffer_depth.is_none() && presentation.duration.is_none();
    match live.minimum_update_period {
        Some(update) if keeps_all && lists_all(presentation) => Ok(Some(update.max(LEAST_UPDATE))),
        _ => Err("the presentation is live (type=\"dynamic\"), which is not supported yet".to_owned()),
    }
}

/// Whether every segment is named: where a rule makes them, there is no last one.
fn lists_all(presentation: &mpd::Presentation) -> bool {
    let sets = presentation.periods.iter().flat_map(|period| &period.sets);
    sets.flat_map(|set| &set.representations).all(|representation| {
        let index = &representation.index;
        index.pending().is_none() && (index.is_empty() || index.last().is_some())
    })
}

impl Session {
    /// What was judged by a ladder whose rates were announced is judged by what was measured from now on.
    pub(super) fn tell_complete(&mut self) {
        let presentation = self.loading.presentation();
        self.out.journal.opened(presentation);
        let length = presentation.end().map(|end| format!(", {end} long")).unwrap_or_default();
        self.out.notice(Severity::Info, format!("the film is complete{length}"));
    }

    /// A newer version that cannot be had is asked for again, as long as the viewer likes. Returns what is done about it.
    pub(super) fn newer_manifest_failed(&mut self, failure: &Failure) -> String {
        let now = self.out.now();
        let odds = Odds::of_manifest(self.network.draw(), self.playhead.clock().running());
        let Some(growth) = &mut self.growth else { return "what is known of it is played".to_owned() };
        growth.trouble.note(failure, now);
        let pause = pause(growth.trouble.attempts, failure, odds).max(growth.update);
        growth.due = Some(now + pause);
        format!("asking again in {:.1} s", pause.as_secs_f64())
    }

    /// Whether the playhead stands because there is no more so far.
    pub(super) fn waits_for_more(&self) -> bool {
        self.growth.is_some() && !self.playhead.clock().running() && self.loading.has_all_so_far()
    }

    /// Why there is not more of a growing presentation, for a viewer who has waited for it long enough to ask.
    pub(super) fn lack_of_growth(&self) -> Option<OutageView> {
        let growth = self.growth.as_ref().filter(|_| self.waits_for_more())?;
        if let Some(since) = growth.trouble.since {
            let why = growth.trouble.why.clone();
            return Some(OutageView { awaited: Awaited::Network, since, why, next_try: growth.due });
        }
        let noticeable = self.out.now().since(growth.grown) >= NOTICEABLE;
        let why = "all that there is so far has been played, and the manifest says that more is being made".to_owned();
        let view = OutageView { awaited: Awaited::More, since: growth.grown, why, next_try: growth.due };
        noticeable.then_some(view)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presentation::testing::{Segments, SetText, VIDEO, live, on_demand, period};

    fn update(document: &str) -> Result<Option<Duration>, String> {
        let url = "http://a.example/film.mpd".parse().unwrap();
        update_period(&mpd::read(document.as_bytes(), &url).unwrap().0)
    }

    fn growing(attributes: &str, segments: Segments) -> String {
        let period = period(r#"id="p" start="PT0S""#, &[VIDEO.segments(segments)]);
        format!(r#"<MPD type="dynamic" minBufferTime="PT2S" {attributes}>{period}</MPD>"#)
    }

    #[test]
    fn what_lists_all_that_it_has_grows_and_everything_else_that_is_dynamic_is_live() {
        let listed = Segments::Window(0, 3);
        let every = |secs: u64| Ok(Some(Duration::from_secs(secs)));
        assert_eq!(update(&growing(r#"minimumUpdatePeriod="PT4S""#, listed)), every(4));
        assert_eq!(update(&growing(r#"minimumUpdatePeriod="PT0S""#, listed)), every(1), "once a second is enough");
        assert_eq!(update(&on_demand("", &period(r#"duration="PT8S""#, &[VIDEO]))), Ok(None));
        let refused = [
            growing(r#"minimumUpdatePeriod="PT4S" timeShiftBufferDepth="PT20S""#, listed),
            growing("", listed),
            growing(r#"minimumUpdatePeriod="PT4S""#, Segments::Uniform),
            growing(r#"minimumUpdatePeriod="PT4S" mediaPresentationDuration="PT60S""#, Segments::Uniform),
            live(&period(r#"start="PT0S""#, &[VIDEO])),
        ];
        for document in refused {
            assert!(update(&document).is_err_and(|why| why.contains("live")), "{document}");
        }
        let one_file = SetText {
            inside: r#"<BaseURL>one.mp4</BaseURL><SegmentBase indexRange="100-199"/>"#,
            ..VIDEO.segments(Segments::Elsewhere)
        };
        let pending = period(r#"start="PT0S""#, &[one_file]);
        assert!(update(&format!(r#"<MPD type="dynamic" minimumUpdatePeriod="PT4S">{pending}</MPD>"#)).is_err());
    }
}
