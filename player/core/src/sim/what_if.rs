//! What if another policy had been in charge? The session that was watched, again in virtual time: the network as it
//! was measured, the true sizes of the segments, the viewer's pauses and seeks, the same settings; only the policy is
//! another one.
//!
//! The trace is known where something was flowing; between, the nearest measurement is taken.

use super::manifest;
use super::screen::VirtualScreen;
use super::tape::Tape;
use super::world::{Answer, Observer, Server, World};
use crate::abr;
use crate::history::{History, Point};
use crate::io::{Command, Content, Phase, Request, Subject};
use crate::presentation::{Presentation, Rung, RungId, SegmentId};
use crate::report::Totals;
use crate::session::{ClockSource, Config, Session};
use crate::snapshot::{RequestState, Snapshot};
use shared::time::SessionTime;
use shared::trace::{Interval, Trace};
use shared::units::ByteSize;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;

/// From being told to play to the first picture: about what the real outputs need.
const SCREEN_DELAY: Duration = Duration::from_millis(60);
/// As often as the network side of the player tells what has come.
const PROGRESS: Duration = Duration::from_millis(50);
/// An init segment, in bits: what it costs is the latency.
const INIT_BITS: f64 = 8_000.0;
/// Less than this part of a step with something flowing is no measure, unless it brought [`ENOUGH`].
const LEAST_BUSY: f64 = 0.3;
const ENOUGH: ByteSize = ByteSize::from_bytes(16_000);
/// After the end of what was measured its mean goes on.
const AFTERWARDS: Duration = Duration::from_secs(3_600);

/// Everything but the policy.
#[derive(Debug, Clone)]
pub struct Scenario {
    presentation: Presentation,
    sizes: BTreeMap<SegmentId, ByteSize>,
    trace: Trace,
    config: Config,
    wishes: Vec<(SessionTime, Command)>,
    began: SessionTime,
    until: SessionTime,
}

/// One run.
#[derive(Debug, Clone)]
pub struct Rerun {
    /// Its figures, to be compared with those of the session that was watched.
    pub totals: Totals,
    /// Its curves.
    pub history: Arc<History>,
    /// To be added to the curves' times: the manifest had to come first.
    pub began: Duration,
}

/// Why it cannot be tried.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NoScenario {
    /// There is no manifest yet.
    #[error("nothing was opened yet")]
    NotOpened,
    /// Nothing has come through the network yet.
    #[error("nothing was measured yet")]
    NotMeasured,
    /// The run broke off.
    #[error("the run broke off: {0}")]
    Broken(String),
}

/// How much of the standing still that `totals` tell of the session in `snapshot` the lowest rung would have avoided, in
/// seconds; `None` when too little was measured to tell.
pub fn avoidable_stall_seconds(snapshot: &Snapshot, totals: &Totals) -> Option<f64> {
    if totals.stalls.is_empty() {
        return Some(0.0);
    }
    Scenario::of(snapshot).and_then(|scenario| scenario.avoidable_stall_seconds(totals)).ok()
}

impl Scenario {
    /// What `snapshot` tells of the session until now.
    ///
    /// # Errors
    /// When too little has happened.
    pub fn of(snapshot: &Snapshot) -> Result<Self, NoScenario> {
        let presentation = snapshot.presentation.as_deref().ok_or(NoScenario::NotOpened)?;
        let media = |subject: &Subject| matches!(subject, Subject::Init(_) | Subject::Media(_));
        let first = snapshot.requests.iter().filter(|request| media(&request.subject)).map(|request| request.requested);
        let began = first.min().ok_or(NoScenario::NotMeasured)?;
        let trace = trace(snapshot, began).ok_or(NoScenario::NotMeasured)?;
        let wishes = snapshot.history.wishes.iter().filter(|wish| wish.at >= began);
        Ok(Self {
            presentation: presentation.clone().without_size_files(),
            sizes: sizes(snapshot),
            trace,
            config: Config { clock: ClockSource::Reported, ..(*snapshot.begun_with).clone() },
            wishes: wishes.map(|wish| (earlier(wish.at, began), wish.command.clone())).collect(),
            began,
            until: earlier(end(snapshot), began),
        })
    }

    /// With this policy from the beginning, and no rung by hand.
    ///
    /// # Errors
    /// When the policy is unknown, or the session breaks off.
    pub fn run(&self, policy: &str) -> Result<Rerun, NoScenario> {
        self.play(policy, chosen_by_policy)
    }

    /// As it was played: with the policies and rungs that the viewer chose, when they were chosen. How close this
    /// comes to the session tells what the other runs are worth.
    ///
    /// # Errors
    /// When the session breaks off.
    pub fn run_as_played(&self) -> Result<Rerun, NoScenario> {
        self.play(&self.config.policy, |_| true)
    }

    /// Seconds of standing still of the session that was watched, as `totals` tells them, beyond those of the same session
    /// held at the lowest rung.
    ///
    /// # Errors
    /// When the session breaks off.
    pub fn avoidable_stall_seconds(&self, totals: &Totals) -> Result<f64, NoScenario> {
        let lowest = self.run(abr::LOWEST)?;
        Ok((totals.stall_seconds - lowest.totals.stall_seconds).max(0.0))
    }

    /// What [`run`](Self::run) does, as a report: its time begins with the first request for media, and its manifest, told to
    /// be at `url`, lists the segments with the sizes that are known.
    ///
    /// # Errors
    /// When the policy is unknown, or the session breaks off.
    pub fn report(&self, policy: &str, url: &str) -> Result<String, NoScenario> {
        let config = self.config_of(policy);
        let mut session = Session::new(config.clone()).map_err(|error| NoScenario::broken(&error))?;
        let mut tape = Tape::new(&config);
        tape.open(&mut session, url, manifest::of(&self.presentation), &self.trace);
        let presentation = session.presentation().clone();
        let mut servers = Servers { sizes: self.sizes_in(&presentation), presentation: &presentation };
        let snapshot = self.watch(session, &mut servers, &mut tape, chosen_by_policy)?;
        tape.follow(&self.trace, snapshot.at.since(SessionTime::ZERO));
        Ok(tape.report(&snapshot.totals))
    }

    fn play(&self, policy: &str, kept: impl Fn(&Command) -> bool) -> Result<Rerun, NoScenario> {
        let mut session = Session::new(self.config_of(policy)).map_err(|error| NoScenario::broken(&error))?;
        session.begin_with(self.presentation.clone());
        let mut servers = Servers { sizes: self.sizes.clone(), presentation: &self.presentation };
        let snapshot = self.watch(session, &mut servers, &mut (), kept)?;
        let began = self.began.since(SessionTime::ZERO);
        let mut totals = snapshot.totals;
        totals.startup_seconds = totals.startup_seconds.map(|seconds| seconds + began.as_secs_f64());
        Ok(Rerun { totals, history: snapshot.history, began })
    }

    fn config_of(&self, policy: &str) -> Config {
        Config { policy: policy.to_owned(), ..self.config.clone() }
    }

    /// Lets a session that has been opened go on until the end of what was watched.
    fn watch(
        &self,
        session: Session,
        servers: &mut Servers<'_>,
        observer: &mut dyn Observer,
        kept: impl Fn(&Command) -> bool,
    ) -> Result<Snapshot, NoScenario> {
        let wishes = self.wishes.iter().filter(|(_, command)| kept(command)).cloned().collect();
        let world = World::new(session, self.trace.clone(), servers, observer);
        let mut world =
            world.with_commands(wishes).with_screen(VirtualScreen::new(SCREEN_DELAY)).with_progress_every(PROGRESS);
        world.run(self.until).map_err(|problem| NoScenario::broken(&problem))?;
        Ok(world.session().snapshot())
    }

    /// The sizes under the names that the segments have in another presentation of the same film.
    fn sizes_in(&self, other: &Presentation) -> BTreeMap<SegmentId, ByteSize> {
        let rungs: BTreeMap<RungId, RungId> = rungs(&self.presentation)
            .filter_map(|(period, rung)| {
                let same = |(at, named): &(usize, &Rung)| *at == period && named.representation == rung.representation;
                rungs(other).find(same).map(|(_, named)| (rung.id, named.id))
            })
            .collect();
        let named = |(segment, size): (&SegmentId, &ByteSize)| {
            Some((SegmentId { rung: *rungs.get(&segment.rung)?, ..*segment }, *size))
        };
        self.sizes.iter().filter_map(named).collect()
    }
}

/// All rungs with the places of their Periods.
fn rungs(presentation: &Presentation) -> impl Iterator<Item = (usize, &Rung)> {
    let periods = presentation.periods().iter().enumerate();
    periods.flat_map(|(at, period)| period.tracks.iter().flat_map(|track| &track.rungs).map(move |rung| (at, rung)))
}

/// Not what the viewer chose in place of a policy.
fn chosen_by_policy(command: &Command) -> bool {
    !matches!(command, Command::Policy(_) | Command::Rung(_) | Command::Auto)
}

impl NoScenario {
    fn broken(problem: &dyn ToString) -> Self {
        Self::Broken(problem.to_string())
    }
}

fn earlier(at: SessionTime, by: SessionTime) -> SessionTime {
    at.since(by).into()
}

/// Now, or when the film was over.
fn end(snapshot: &Snapshot) -> SessionTime {
    let points = &snapshot.history.points;
    let moved = |pair: &&[Point]| pair[0].position != pair[1].position;
    let last = points.windows(2).rev().find(moved).map(|pair| pair[1].at);
    last.filter(|_| snapshot.phase == Phase::Ended).unwrap_or(snapshot.at)
}

/// What the segments that were fetched weigh.
fn sizes(snapshot: &Snapshot) -> BTreeMap<SegmentId, ByteSize> {
    let whole = |state| matches!(state, RequestState::Done | RequestState::Cached);
    let finished = snapshot.requests.iter().filter(|request| whole(request.state));
    finished.filter_map(|request| Some((request.subject.segment()?, request.received))).collect()
}

/// The network since `began` as it was measured.
fn trace(snapshot: &Snapshot, began: SessionTime) -> Option<Trace> {
    let steps = snapshot.history.points.windows(2).filter_map(|pair| step(pair, began));
    let steps = steps.fold(vec![], |mut joined: Vec<MeasuredStep>, step| {
        match joined.last_mut().filter(|last| last.goes_on_with(&step)) {
            Some(last) => last.join(&step),
            None => joined.push(step),
        }
        joined
    });
    let known: Vec<(usize, f64)> = steps.iter().enumerate().filter_map(|(at, step)| Some((at, step.kbps()?))).collect();
    let mean = known.iter().map(|(_, kbps)| kbps).sum::<f64>() / known.len().max(1) as f64;
    let nearest = |at: usize| known.iter().min_by_key(|(place, _)| place.abs_diff(at)).map_or(mean, |(_, kbps)| *kbps);
    let latency_ms = latency_ms(snapshot);
    let row = |length: Duration, kbps| Interval { duration_ms: length.as_secs_f64() * 1e3, kbps, latency_ms };
    let measured =
        steps.iter().enumerate().map(|(at, step)| row(step.length, step.kbps().unwrap_or_else(|| nearest(at))));
    Trace::new("measured", measured.chain([row(AFTERWARDS, mean)]).collect()).ok()
}

/// What came between two instants.
#[derive(Debug, Clone, Copy)]
struct MeasuredStep {
    length: Duration,
    bytes: ByteSize,
    busy: Duration,
}

impl MeasuredStep {
    /// Bytes are told every 50 ms: the rate of a quarter of a second is off by a fifth, which would look like a link
    /// that flutters. A second is exact enough, unless the rate jumps.
    fn goes_on_with(&self, next: &Self) -> bool {
        const LONGEST: Duration = Duration::from_secs(1);
        const JUMP: f64 = 1.5;
        match (self.kbps(), next.kbps()) {
            (Some(a), Some(b)) => self.length < LONGEST && a <= b * JUMP && b <= a * JUMP,
            _ => false,
        }
    }

    fn join(&mut self, next: &Self) {
        self.length += next.length;
        self.bytes += next.bytes;
        self.busy += next.busy;
    }

    /// In kbit/s, if enough was flowing to tell.
    fn kbps(&self) -> Option<f64> {
        let told = self.busy >= self.length.mul_f64(LEAST_BUSY) || self.bytes >= ENOUGH;
        let kbps = self.bytes.bits() as f64 / (self.busy.as_secs_f64() * 1e3);
        Some(kbps).filter(|kbps| told && kbps.is_finite())
    }
}

/// From one point to the next, as far as it lies after `began`.
fn step(pair: &[Point], began: SessionTime) -> Option<MeasuredStep> {
    let [from, to] = pair else { return None };
    let length = to.at.since(from.at.max(began));
    let busy = to.delivered.busy.saturating_sub(from.delivered.busy);
    (!length.is_zero()).then(|| MeasuredStep { length, bytes: to.delivered.bytes - from.delivered.bytes, busy })
}

/// The median wait for a first byte.
fn latency_ms(snapshot: &Snapshot) -> f64 {
    let mut waits: Vec<Duration> = snapshot.requests.iter().filter_map(|request| request.wait()).collect();
    waits.sort_unstable();
    waits.get(waits.len() / 2).map_or(0.0, |wait| wait.as_secs_f64() * 1e3)
}

/// Servers that have everything.
struct Servers<'a> {
    /// What was fetched weighs what it weighed.
    sizes: BTreeMap<SegmentId, ByteSize>,
    presentation: &'a Presentation,
}

impl Servers<'_> {
    fn bits(&self, request: &Request) -> f64 {
        let fetched = request.subject.segment().and_then(|segment| self.sizes.get(&segment));
        let size = fetched.copied().or(request.size).unwrap_or_else(|| self.promised(request));
        size.bits() as f64
    }

    fn promised(&self, request: &Request) -> ByteSize {
        let rung = request.subject.rung().and_then(|rung| self.presentation.rung(rung));
        rung.map_or(ByteSize::ZERO, |rung| rung.bandwidth.over(request.subject.duration()))
    }
}

impl Server for Servers<'_> {
    fn answer(&mut self, _now: SessionTime, request: &Request) -> Answer {
        match request.subject {
            Subject::Media(_) => Answer::Body { bits: self.bits(request), content: Content::Media },
            Subject::Init(_) => Answer::Body { bits: INIT_BITS, content: Content::Media },
            Subject::Manifest | Subject::Index(_) | Subject::Sizes(_) | Subject::Key { .. } => Answer::Silence,
        }
    }
}
