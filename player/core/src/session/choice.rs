//! In which rung? The policy answers for pictures, the viewer's own choice comes first, and sound follows a simple
//! rule. What the policy may look at is put together here.

use super::Session;
use crate::abr::{self, Context, Policy, Reason, Rule};
use crate::io::{Action, Basis, Decision, Event, TrackKind};
use crate::presentation::Set;
use crate::snapshot::Mode;
use shared::time::{PresentationTime, SessionTime};
use shared::units::{Bitrate, ByteSize};
use std::time::Duration;

/// Sound may take this part of the link: pictures need the rest more.
const SOUND_SHARE: f64 = 0.15;
/// And gives a rung up only when this much more would be needed, so that it does not flap.
const SOUND_PATIENCE: f64 = 1.25;

/// The rungs of a track that may be chosen now: their indexes in the whole ladder, and their rates.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Choices {
    pub(super) rungs: Vec<usize>,
    pub(super) bandwidths: Vec<Bitrate>,
}

impl Choices {
    fn add(&mut self, rung: usize, bandwidth: Bitrate) {
        self.rungs.push(rung);
        self.bandwidths.push(bandwidth);
    }

    /// Index among the choices of a rung of the whole ladder.
    pub(super) fn index_of(&self, rung: usize) -> Option<usize> {
        self.rungs.iter().position(|&choice| choice == rung)
    }

    /// The rung at an index that a policy named, held within the choices.
    fn rung(&self, choice: usize) -> Option<usize> {
        self.rungs.get(choice).or(self.rungs.last()).copied()
    }

    /// The highest choice up to `rung`, else the lowest.
    fn nearest(&self, rung: usize) -> usize {
        self.rungs.partition_point(|&choice| choice <= rung).saturating_sub(1)
    }
}

/// A set's segments as a policy sees them.
struct Segments<'a> {
    set: &'a Set,
    choices: &'a Choices,
}

impl abr::Segments for Segments<'_> {
    fn count(&self) -> Option<u64> {
        let rung = self.choices.rungs.first()?;
        self.set.rungs.get(*rung).map(|rung| rung.index.len())
    }

    fn duration(&self, position: u64) -> Duration {
        let rung = self.choices.rungs.first().and_then(|&rung| self.set.rungs.get(rung));
        let time = rung.and_then(|rung| rung.time(position));
        time.map(|time| time.end.since(time.start)).unwrap_or_default().max(Duration::from_millis(1))
    }

    fn size(&self, position: u64, choice: usize) -> Option<ByteSize> {
        self.set.true_size(*self.choices.rungs.get(choice)?, position)
    }
}

impl Session {
    /// Rungs of the current set that are not left alone for failures.
    pub(super) fn usable(&self, index: usize) -> Choices {
        self.choices_where(index, |_| true)
    }

    /// Rungs that the next segment may be fetched in: usable, their segments known, and not given up for it.
    pub(super) fn choices(&self, index: usize) -> Choices {
        let given_up = &self.tracks[index].trouble.given_up;
        self.choices_where(index, |(rung, set)| {
            !given_up.contains(&rung) && set.rungs.get(rung).is_some_and(|rung| rung.index.pending().is_none())
        })
    }

    fn choices_where(&self, index: usize, accept: impl Fn((usize, &Set)) -> bool) -> Choices {
        let track = &self.tracks[index];
        let mut choices = Choices::default();
        let set = track.set.and_then(|set| self.presentation.as_ref()?.set(track.period, set));
        for (rung, set) in set.iter().flat_map(|set| (0..set.rungs.len()).map(move |rung| (rung, *set))) {
            let usable = track.place(rung).is_some_and(|place| !self.excluded(place));
            if usable && accept((rung, set)) {
                choices.add(rung, set.rungs[rung].bandwidth);
            }
        }
        choices
    }

    /// Puts a question about the segment at `position` to the policy.
    pub(super) fn ask<R>(
        &mut self,
        index: usize,
        position: u64,
        choices: &Choices,
        question: impl FnOnce(&mut dyn Policy, &Context<'_>) -> R,
    ) -> Option<R> {
        let (buffer, phase, beside) = (self.ahead(index), self.policy_phase(), self.beside(index));
        let track = &self.tracks[index];
        let set = self.presentation.as_ref()?.set(track.period, track.set?)?;
        let segments = Segments { set, choices };
        let context = Context {
            now: self.now,
            buffer,
            capacity: self.capacity(abr::Segments::duration(&segments, position)),
            position,
            segments: &segments,
            ladder: &choices.bandwidths,
            last: track.last_rung.and_then(|rung| choices.index_of(rung)),
            estimate: &self.estimator,
            beside,
            phase,
            playback_rate: self.playback.clock.rate(),
        };
        Some(question(self.policy.as_mut(), &context))
    }

    /// Decides on the next segment of a track and starts it, or waits.
    pub(super) fn decide(&mut self, index: usize, position: u64) {
        let choices = self.choices(index);
        if choices.rungs.is_empty() {
            return self.out_of_choices(index);
        }
        let Some(choice) = self.choose(index, position, &choices) else { return };
        match choice.action {
            abr::Action::Wait { until } => self.wait(index, until, &choice.reason),
            abr::Action::Fetch { rung } => {
                let Some(rung) = choices.rung(rung) else { return };
                self.tell_decision(index, Action::Fetch { rung, position }, &choice.reason);
                self.start(index, rung);
            }
        }
    }

    fn start(&mut self, index: usize, rung: usize) {
        if self.fetch(index, rung, self.tracks[index].next, false) {
            self.check_abandon();
        } else if let Some(place) = self.tracks[index].place(rung) {
            // The rung has no such segment or no usable address.
            self.exclude(place);
            self.wake_at(self.now + Duration::from_millis(10));
        }
    }

    fn wait(&mut self, index: usize, until: SessionTime, reason: &Reason) {
        let fresh = self.tracks[index].not_before < self.now;
        self.tracks[index].not_before = until;
        self.wake_at(until);
        if fresh {
            self.tell_decision(index, Action::Wait { until }, reason);
        }
    }

    fn choose(&mut self, index: usize, position: u64, choices: &Choices) -> Option<abr::Choice> {
        let (kind, mode) = (self.tracks[index].kind, self.tracks[index].mode);
        match (mode, kind) {
            (Mode::Manual(rung), _) => self.ask(index, position, choices, |_, context| {
                abr::Choice::fetch(context, choices.nearest(rung), Reason::new(Rule::ByHand, context, None))
            }),
            (Mode::Auto, TrackKind::Video) => self.ask(index, position, choices, |policy, c| policy.decide(c)),
            (Mode::Auto, TrackKind::Audio) => self.ask(index, position, choices, |_, context| sound(context)),
        }
    }

    /// No rung can be chosen: an index is missing, or all are left alone, or those that are not have been given up for
    /// this segment: these get another chance.
    fn out_of_choices(&mut self, index: usize) {
        let waiting = self.usable(index).rungs.first().and_then(|&rung| self.tracks[index].place(rung));
        let given_up = std::mem::take(&mut self.tracks[index].trouble.given_up);
        match waiting {
            Some(_) if !given_up.is_empty() => self.wake_at(self.now + Duration::from_millis(10)),
            Some(place) => self.ensure(super::setup::SetupKind::Index, place),
            None => self.out_of_rungs(index),
        }
    }

    /// The rates of what the other tracks fetch beside this one.
    fn beside(&self, index: usize) -> Bitrate {
        let others = self.tracks.iter().enumerate().filter(|(other, track)| *other != index && !track.complete);
        let rate = |(_, track): (usize, &super::track::Track)| {
            let place = track.place(track.last_rung.unwrap_or(0))?;
            Some(self.presentation.as_ref()?.rung(place)?.bandwidth.bps())
        };
        Bitrate::from_bps(others.filter_map(rate).fold(0, u64::saturating_add))
    }

    fn policy_phase(&self) -> abr::Phase {
        if self.playback.startup.is_none() {
            abr::Phase::Start
        } else if self.playback.seeking {
            abr::Phase::Seek
        } else if self.playback.stall.is_some() {
            abr::Phase::Stalled
        } else {
            abr::Phase::Playing
        }
    }

    /// Media ahead of the playhead: what a track could play if it were alone.
    pub(super) fn ahead(&self, index: usize) -> Duration {
        self.tracks[index].next.since(self.position())
    }

    /// Where the playhead is, as far as media allows.
    pub(super) fn position(&self) -> PresentationTime {
        self.playback.clock.position(self.now)
    }

    pub(super) fn tell_decision(&mut self, index: usize, action: Action, reason: &Reason) {
        let track = &self.tracks[index];
        let basis = Basis {
            buffer: reason.buffer,
            capacity: self.config.buffer_target,
            estimate: reason.estimate,
            last_rung: track.last_rung,
            rule: reason.rule,
            expected_stall: reason.expected_stall,
        };
        let decision =
            Decision { at: self.now, track: track.kind, reason: self.in_words(index, &action, reason), action, basis };
        self.tell(Event::Decided(decision));
    }

    /// The reason with the rung's name and rate, as people see them: `360p (600 kbit/s)`. A rung without a picture size
    /// is called by its rate anyway.
    fn in_words(&self, index: usize, action: &Action, reason: &Reason) -> String {
        let rung = match action {
            Action::Fetch { rung, .. } | Action::Abandon { rung, .. } | Action::Replace { rung, .. } => Some(*rung),
            Action::Wait { .. } => None,
        };
        let place = rung.and_then(|rung| self.tracks[index].place(rung));
        match place.and_then(|place| self.presentation.as_ref()?.rung(place)) {
            Some(rung) if rung.size.is_some() => reason.sentence(&format!("{} ({})", rung.label, rung.bandwidth)),
            Some(rung) => reason.sentence(&rung.label),
            None => reason.to_string(),
        }
    }
}

/// The best sound that takes no more than its share of the link.
fn sound(context: &Context<'_>) -> abr::Choice {
    let estimate = context.estimate.cautious();
    let share = estimate.unwrap_or_default().scaled(SOUND_SHARE);
    let best = context.highest_under(share);
    let kept = context.last.filter(|&last| last > best && context.ladder[last] <= share.scaled(SOUND_PATIENCE));
    let rule = if estimate.is_none() { Rule::Start } else { Rule::Throughput };
    abr::Choice::fetch(context, kept.unwrap_or(best), Reason::new(rule, context, estimate))
}
