//! How the network is held back, as the window remembers it: the session only records it.

use super::trace_preview::TracePreview;
use crate::cli::source;
use player_core::io::{Command, FaultPlan, LinkLimit};
use player_core::snapshot::Snapshot;
use shared::time::SessionTime;
use shared::trace::BUILT_IN;
use shared::units::Bitrate;
use std::time::Duration;

/// The setting of the throttle.
#[derive(Debug)]
pub(crate) struct ThrottleSetting {
    /// Held back at all.
    pub on: bool,
    /// Follow the trace instead of the slider.
    pub by_trace: bool,
    /// Of the slider.
    pub rate: Bitrate,
    /// The trace: a name that is built in, or a file.
    pub trace: String,
    /// The file's name while it is typed.
    pub typed: String,
    /// Added to the wait of each request.
    pub delay: Duration,
    /// The delay holds without a throttle, too: the command line wants it so.
    pub always_delayed: bool,
    /// Until when nothing comes through.
    pub cut_until: Option<SessionTime>,
    /// What the trace looks like.
    pub preview: TracePreview,
    /// What goes wrong on purpose.
    pub faults: Option<FaultPlan>,
    /// What the session began with.
    begun_with: LinkLimit,
}

impl ThrottleSetting {
    /// The least that the slider offers.
    pub(crate) const LEAST: Bitrate = Bitrate::from_kbps(100);
    /// The most that the slider offers.
    pub(crate) const MOST: Bitrate = Bitrate::from_kbps(20_000);
    /// The most delay that the slider offers.
    pub(crate) const MOST_DELAY: Duration = Duration::from_millis(1_000);
    /// How long a cut lasts.
    pub(crate) const CUT: Duration = Duration::from_secs(5);

    /// As the command line says.
    pub(crate) fn new(limit: LinkLimit) -> Self {
        let off = Self {
            on: false,
            by_trace: false,
            rate: Bitrate::from_kbps(1_000),
            trace: String::new(),
            typed: String::new(),
            delay: Duration::ZERO,
            always_delayed: false,
            cut_until: None,
            preview: TracePreview::default(),
            faults: None,
            begun_with: limit.clone(),
        };
        match limit {
            LinkLimit::Off | LinkLimit::Cut => off,
            LinkLimit::Rate(rate) => Self { on: true, rate, ..off },
            LinkLimit::Trace(trace) => Self { on: true, by_trace: true, typed: trace.clone(), trace, ..off },
            LinkLimit::Delayed { limit, by } => {
                let always_delayed = *limit == LinkLimit::Off;
                Self { delay: by, always_delayed, begun_with: off.begun_with, ..Self::new(*limit) }
            }
        }
    }

    /// A new session begins. A cut ends here, because its time was that of the session before.
    pub(crate) fn begin(&mut self) {
        self.cut_until = None;
        self.begun_with = self.limit();
    }

    /// Turns the throttle on, following another trace.
    pub(crate) fn follow(&mut self, name: &str) {
        self.on = true;
        self.by_trace = true;
        name.clone_into(&mut self.trace);
        name.clone_into(&mut self.typed);
    }

    /// Follows what was typed: a trace, or a rate that stays.
    pub(crate) fn follow_typed(&mut self) {
        let typed = self.typed.trim().to_owned();
        match source::limit(&typed) {
            Ok(LinkLimit::Rate(rate)) => self.set_rate(rate),
            _ => self.follow(&typed),
        }
    }

    /// Whether the trace is none of those that are built in.
    pub(crate) fn is_file(&self) -> bool {
        !BUILT_IN.iter().any(|(name, _)| *name == self.trace)
    }

    /// When the rate or trace in force began. A cut or another delay does not start a trace again.
    pub(crate) fn began(&self, snapshot: &Snapshot) -> SessionTime {
        let first = snapshot.requests.first().map_or(snapshot.at, |first| first.requested);
        let limits = snapshot.history.wishes.iter().filter_map(|wish| match &wish.command {
            Command::Throttle(limit) if *limit != LinkLimit::Cut => Some((wish.at, undelayed(limit))),
            _ => None,
        });
        let begin = (first, undelayed(&self.begun_with));
        limits.fold(begin, |last, next| if last.1 == next.1 { last } else { next }).0
    }

    /// The limit as it is set: none, or the delay alone, while the throttle is off, even during a cut, which [`Self::command`] puts first.
    pub(crate) fn limit(&self) -> LinkLimit {
        let undelayed = match (self.on, self.by_trace) {
            (false, _) if self.always_delayed => LinkLimit::Off,
            (false, _) => return LinkLimit::Off,
            (true, false) => LinkLimit::Rate(self.rate),
            (true, true) => LinkLimit::Trace(self.trace.trim().to_owned()),
        };
        match (self.cut_until, self.delay) {
            (Some(_), _) => LinkLimit::Cut,
            (None, Duration::ZERO) => undelayed,
            (None, by) => LinkLimit::Delayed { limit: Box::new(undelayed), by },
        }
    }

    /// What the shell is to be told.
    pub(crate) fn command(&self) -> Command {
        Command::Throttle(if self.cut_until.is_some() { LinkLimit::Cut } else { self.limit() })
    }

    /// Turns the throttle on with another rate, held within what the slider offers.
    pub(crate) fn set_rate(&mut self, rate: Bitrate) {
        self.rate = rate.clamp(Self::LEAST, Self::MOST);
        self.on = true;
        self.by_trace = false;
    }

    /// Nothing comes through for a while.
    pub(crate) fn cut(&mut self, now: SessionTime) {
        self.cut_until = Some(now + Self::CUT);
    }

    /// When a cut is over: what the shell is to be told.
    pub(crate) fn end_cut(&mut self, now: SessionTime) -> Option<Command> {
        self.cut_until.filter(|until| now >= *until)?;
        self.cut_until = None;
        Some(self.command())
    }
}

fn undelayed(limit: &LinkLimit) -> &LinkLimit {
    match limit {
        LinkLimit::Delayed { limit, .. } => limit,
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_ends_with_what_was_before() {
        let mut throttle = ThrottleSetting::new(LinkLimit::Rate(Bitrate::from_kbps(800)));
        throttle.delay = Duration::from_millis(50);
        let before = throttle.command();
        let at = |seconds| SessionTime::from(Duration::from_secs(seconds));
        throttle.cut(at(10));
        assert_eq!(throttle.command(), Command::Throttle(LinkLimit::Cut));
        assert_eq!(throttle.end_cut(at(14)), None);
        assert_eq!(throttle.end_cut(at(15)), Some(before));
        assert_eq!(throttle.end_cut(at(16)), None);
    }

    #[test]
    fn a_rate_may_be_typed_where_a_trace_is() {
        let mut throttle = ThrottleSetting::new(LinkLimit::Off);
        throttle.typed = " 2.5 Mbit/s ".to_owned();
        throttle.follow_typed();
        assert_eq!(throttle.limit(), LinkLimit::Rate(Bitrate::from_kbps(2_500)));
        throttle.typed = "4g.csv".to_owned();
        throttle.follow_typed();
        assert_eq!(throttle.limit(), LinkLimit::Trace("4g.csv".to_owned()));
    }

    #[test]
    fn a_delay_counts_only_while_the_throttle_is_on() {
        let mut throttle = ThrottleSetting::new(LinkLimit::Off);
        throttle.delay = Duration::from_millis(80);
        assert_eq!(throttle.limit(), LinkLimit::Off);
        let alone = LinkLimit::Delayed { limit: Box::new(LinkLimit::Off), by: Duration::from_millis(80) };
        assert_eq!(ThrottleSetting::new(alone.clone()).limit(), alone, "unless the command line has no other throttle");
        throttle.set_rate(Bitrate::from_kbps(600));
        let limit = Box::new(LinkLimit::Rate(Bitrate::from_kbps(600)));
        assert_eq!(throttle.limit(), LinkLimit::Delayed { limit, by: Duration::from_millis(80) });
    }
}
