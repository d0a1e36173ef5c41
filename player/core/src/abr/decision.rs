//! Answers of a policy: values that carry their reason and its inputs. Window, log and tests show the same value.

use super::Context;
use serde::{Deserialize, Serialize};
use shared::time::SessionTime;
use shared::units::Bitrate;
use std::fmt;
use std::time::Duration;

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Request the segment now.
    Fetch {
        /// Index in [`Context::ladder`].
        choice: usize,
    },
    /// Ask again then.
    Wait {
        /// Later than now.
        until: SessionTime,
    },
}

/// An answer to [`super::Policy::decide`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Advice {
    /// What to do.
    pub step: Step,
    /// Why.
    pub reason: Reason,
}

/// An answer to [`super::Policy::abandon`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AbandonVerdict {
    /// Leave it alone.
    GoOn {
        /// Ask again then, if it is still under way; `None`: not again for this download.
        ask_again: Option<SessionTime>,
    },
    /// Abort it and request its segment at once in another rung.
    Restart {
        /// Index in [`Context::ladder`].
        choice: usize,
        /// Why.
        reason: Reason,
    },
}

impl AbandonVerdict {
    /// Leave it alone for good.
    pub const GO_ON: Self = Self::GoOn { ask_again: None };
}

/// The rule that was decisive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// Nothing is known about the link yet.
    Start,
    /// A plan over the next segments that keeps the rung (or begins with it).
    Keep,
    /// A plan that goes up.
    Up,
    /// A plan that goes down.
    Down,
    /// Every higher rung would risk that the picture stands still.
    HighestSafe,
    /// Even the lowest rung risks running dry.
    LowestAnyway,
    /// The viewer waits for a picture: no other rung brings it sooner.
    Soonest,
    /// The highest rung under the cautious estimate.
    Throughput,
    /// The buffer level alone names the rung.
    BufferMap,
    /// Best score of utility against buffer.
    BufferScore,
    /// The buffer is so short that only what arrives within it is allowed.
    ShortBuffer,
    /// The buffer is full enough: waiting costs nothing.
    Wait,
    /// The running download would end after the buffer is dry; a smaller one is there sooner.
    TooLate,
    /// Nothing comes for any track, so nothing is reckoned: what was asked for is asked for again.
    Again,
    /// Held by the viewer.
    ByHand,
    /// The only rung that the policy knows.
    Fixed,
    /// Read from a list.
    Script,
}

impl Rule {
    /// The rule that says how `choice` relates to the one before.
    pub(super) fn of_move(context: &Context<'_>, choice: usize) -> Self {
        match context.last {
            Some(last) if choice < last => Self::Down,
            Some(last) if choice > last => Self::Up,
            _ => Self::Keep,
        }
    }
}

/// Why: the decisive rule and its inputs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// The decisive rule.
    pub rule: Rule,
    /// Media ahead of the playhead.
    #[serde(with = "seconds")]
    pub buffer: Duration,
    /// The rate that was reckoned with.
    pub estimate: Option<Bitrate>,
    /// Bandwidth of the chosen rung; `None` for a wait.
    pub rung: Option<Bitrate>,
    /// Waiting for data that is to be expected of this choice.
    #[serde(with = "seconds")]
    pub expected_stall: Duration,
}

impl Reason {
    /// `rule` with the context's inputs.
    pub fn new(rule: Rule, context: &Context<'_>, estimate: Option<Bitrate>) -> Self {
        Self { rule, buffer: context.buffer, estimate, rung: None, expected_stall: Duration::ZERO }
    }

    /// With the stall that is expected.
    pub fn with_stall(mut self, expected_stall: Duration) -> Self {
        self.expected_stall = expected_stall;
        self
    }
}

impl Advice {
    /// Fetch in the rung at index `choice` of the context's ladder.
    pub fn fetch(context: &Context<'_>, choice: usize, reason: Reason) -> Self {
        let reason = Reason { rung: context.ladder.get(choice).copied(), ..reason };
        Self { step: Step::Fetch { choice }, reason }
    }

    /// Ask again in `pause` (at least a millisecond, so that time passes).
    pub fn wait(context: &Context<'_>, pause: Duration, reason: Reason) -> Self {
        Self { step: Step::Wait { until: context.now + pause.max(Duration::from_millis(1)) }, reason }
    }
}

impl Reason {
    /// One short sentence with the name that people know the rung by:
    /// `buffer 6.2 s, estimate 700 kbit/s: 360p (600 kbit/s) is the highest that risks no stall`.
    pub fn sentence(&self, rung: &str) -> String {
        let estimate = self.estimate.map(|estimate| format!(", estimate {estimate}")).unwrap_or_default();
        format!("buffer {:.1} s{estimate}: {}", self.buffer.as_secs_f64(), self.conclusion(rung))
    }

    fn conclusion(&self, rung: &str) -> String {
        let stall = self.expected_stall.as_secs_f64();
        match self.rule {
            Rule::Start => format!("nothing known of the link, {rung} starts soonest"),
            Rule::Keep => format!("{rung} goes on, no change is worth it"),
            Rule::Up => format!("{rung} can be held"),
            Rule::Down => format!("{rung} now spares a stall later"),
            Rule::HighestSafe => format!("{rung} is the highest that risks no stall"),
            Rule::Soonest => format!("{rung} brings a picture soonest, in about {stall:.1} s"),
            Rule::LowestAnyway => format!("even {rung} may stall for {stall:.1} s"),
            Rule::Throughput => format!("{rung} is the highest under the estimate"),
            Rule::BufferMap => format!("{rung} is the rung of this buffer level"),
            Rule::BufferScore => format!("{rung} has the best score at this buffer level"),
            Rule::ShortBuffer => format!("{rung} arrives before the buffer is dry"),
            Rule::Wait => "waits, the buffer suffices".to_owned(),
            Rule::TooLate => format!("the running download would stall for {stall:.1} s, {rung} is sooner"),
            Rule::Again => format!("nothing comes, {rung} is asked for again"),
            Rule::ByHand => format!("{rung} is held by hand"),
            Rule::Fixed => format!("{rung} is the policy's only rung"),
            Rule::Script => format!("{rung} is next in the script"),
        }
    }
}

/// [`Reason::sentence`] with the rung's rate as its name.
impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence(&self.rung.map(|rate| format!("{:.0}k", rate.kbps())).unwrap_or_default()))
    }
}

/// Durations as seconds in JSON; exact to the nanosecond below 10^6 s.
mod seconds {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    use std::time::Duration;

    pub(super) fn serialize<S: Serializer>(value: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_f64(value.as_secs_f64())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        Duration::try_from_secs_f64(f64::deserialize(from)?).map_err(D::Error::custom)
    }
}
