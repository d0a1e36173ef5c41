//! The session: one explicit state machine. `handle(now, Input)`, then `poll()` until `Output::Wait`; `snapshot()`
//! for those who look. It never reads a clock and never sees a media byte.
//!
//! Its state is in three rooms, and the loop in this file carries values between them. The rooms do not know each
//! other, but for loading, which uses the network.
//!
//! | room | question | in | out |
//! |---|---|---|---|
//! | `network` | what is asked of whom, how long is silence borne, who is left alone? | requests, what depends on them | responses, failures, what the link carries |
//! | `loading` | which segments, in which rung, and what do the decoders get? | where playback stands | requests, feeds, a loss |
//! | `playhead` | does it move? | how much there is | play, hold, leap, end |
//!
//! Around them: `config` (what was it told beforehand), `opening` (from a URL to a presentation), `growing` (what if that is
//! still being made), `answers` (what follows from a response), `commands` (what the viewer wants), `outage` (how long
//! nothing may come), `ending` (why it is over), `recovery` (what is done about failures, in figures), `level` (how much there is), `outbox`, `journal` and `view` (what is told to the outside).

mod answers;
mod commands;
mod config;
mod ending;
mod growing;
mod journal;
mod level;
mod loading;
mod network;
mod opening;
mod outage;
mod outbox;
mod playhead;
mod recovery;
mod view;

pub use config::{ClockSource, Config, Decodable};

use crate::abr;
use crate::io::{Blame, Cause, Epoch, Event, Input, Output, Phase};
use crate::presentation::{Changes, Presentation};
use crate::snapshot::ManifestView;
use growing::Growth;
use loading::{Desk, Loading, Situation};
use network::Network;
use opening::ManifestFetch;
use outage::StartWatch;
use outbox::Outbox;
use playhead::{Move, Playhead};
use shared::time::{PresentationTime, SessionTime};
use std::ops::Range;
use std::sync::Arc;

/// A playback session. See the module.
pub struct Session {
    begun_with: Arc<Config>,
    config: Config,
    opening: ManifestFetch,
    /// How it grows, while it does.
    growth: Option<Growth>,
    start: StartWatch,
    manifest: Option<Arc<ManifestView>>,
    loading: Loading,
    network: Network,
    playhead: Playhead,
    epoch: Epoch,
    /// A seek from before the manifest was there.
    begin_at: Option<PresentationTime>,
    last_seek: Option<SessionTime>,
    /// After the end comes the beginning.
    repeat: bool,
    /// Why it will end before the presentation does.
    last_words: Option<String>,
    /// What went wrong last.
    blame: Blame,
    /// Why it is over, if it is.
    ended: Option<Cause>,
    /// Since when.
    ended_at: Option<SessionTime>,
    /// It is over for good: nobody can go back.
    closed: bool,
    phase_told: Phase,
    out: Outbox,
}

impl Session {
    /// A session that waits for `Input::Start`.
    ///
    /// # Errors
    /// When the policy's name is unknown.
    pub fn new(config: Config) -> Result<Self, abr::UnknownPolicy> {
        Ok(Self {
            opening: ManifestFetch::default(),
            growth: None,
            start: StartWatch::default(),
            manifest: None,
            loading: Loading::new(abr::by_name(&config.policy)?),
            network: Network::new(config.prior_estimate, config.seed, config.patience),
            playhead: Playhead::default(),
            epoch: Epoch::default(),
            begin_at: None,
            last_seek: None,
            repeat: false,
            last_words: None,
            blame: Blame::default(),
            ended: None,
            ended_at: None,
            closed: false,
            phase_told: Phase::Idle,
            out: Outbox::default(),
            begun_with: Arc::new(config.clone()),
            config,
        })
    }

    /// Begins with a presentation that is already known, instead of `Input::Start`.
    pub fn begin_with(&mut self, presentation: Presentation) {
        self.begin(presentation);
        self.step();
    }

    /// Goes on with a newer version of the presentation (ISO/IEC 23009-1 5.4): what it describes again keeps its name,
    /// its place in the buffer and what was fetched for it.
    pub fn renew(&mut self, now: SessionTime, newer: Presentation) -> Changes {
        self.out.advance(now);
        self.advance_playhead();
        let (loading, mut desk) = self.desk();
        let changes = loading.renew(newer, &mut desk);
        self.step();
        changes
    }

    /// Takes note of what happened at `now`. Time that runs backwards is held at the latest known instant.
    pub fn handle(&mut self, now: SessionTime, input: Input) {
        self.out.advance(now);
        self.advance_playhead();
        self.note_blame(&input);
        match input {
            Input::Start { url } => self.open(url),
            Input::Progress { request, received, expected } => {
                self.network.progress(request, received, expected, self.out.now());
            }
            Input::Measured { request, time, key_ids } => {
                let (loading, mut desk) = self.desk();
                loading.measured(request, time, key_ids, &mut desk);
            }
            Input::Done { request, received, cached, content } => self.on_done(request, received, cached, content),
            Input::Failed { request, received, failure } => self.on_failed(request, received, failure),
            Input::Playback { position, state, epoch } => self.on_playback(position, state, epoch),
            Input::Undecodable { request, problem } => {
                let (loading, mut desk) = self.desk();
                loading.undecodable(request, &problem, &mut desk);
            }
            Input::WrongKey { request, key_id, problem } => {
                let (loading, mut desk) = self.desk();
                loading.wrong_key(request, key_id, &problem, &mut desk);
            }
            Input::Concealed { request, problem } => {
                let (loading, mut desk) = self.desk();
                loading.concealed(request, &problem, &mut desk);
            }
            Input::Late { lasted } => self.on_late(lasted),
            Input::User(command) => self.on_command(command),
            Input::Figures(figures) => self.out.journal.figures(figures),
            Input::Notice(notice) => self.out.tell(Event::Notice(notice)),
            Input::WallClock { wall } => self.out.set_wall(wall),
            Input::Timer => {}
        }
        self.settle_loss();
        self.step();
    }

    /// The next thing to do; `Output::Wait` when there is nothing until the next input or the deadline.
    pub fn poll(&mut self) -> Output {
        self.out.poll()
    }

    /// What follows from the state as it is now.
    fn step(&mut self) {
        self.out.forget_wake();
        if self.closed {
            return self.tell_phase();
        }
        self.give_up_silent();
        self.retry_manifest();
        self.load();
        if self.control_playback() {
            // What waits for the playhead can be told its time only now.
            self.schedule_and_feed();
        }
        let (loading, mut desk) = self.desk();
        loading.forget_behind(&mut desk);
        if let Some(why) = self.lost_patience() {
            let licence = self.loading.licence_awaited().is_some();
            self.blame = match self.blame {
                Blame::Machine => Blame::Machine,
                _ if licence => Blame::Licence,
                _ => Blame::Source,
            };
            self.fail(why);
        }
        self.tell_phase();
        self.record_point();
    }

    /// Loading with all that it works with.
    fn desk(&mut self) -> (&mut Loading, Desk<'_>) {
        let at = self.situation();
        let desk = Desk { at, config: &self.config, network: &mut self.network, out: &mut self.out };
        (&mut self.loading, desk)
    }

    /// Where playback stands.
    fn situation(&self) -> Situation {
        Situation {
            position: self.position(),
            clock: self.playhead.clock(),
            started: self.playhead.started(),
            stalled: self.playhead.stalled(),
            seeking: self.playhead.seeking(),
            told: self.playhead.told(),
            needed: self.playhead.needed(&self.config),
        }
    }

    fn position(&self) -> PresentationTime {
        self.playhead.position(self.out.now())
    }

    /// Everything that loading does by itself.
    fn load(&mut self) {
        let (loading, mut desk) = self.desk();
        loading.hedge_setups(&mut desk);
        loading.continue_licences(&mut desk);
        loading.check_abandon(&mut desk);
        self.settle_loss();
        self.schedule_and_feed();
        let (loading, mut desk) = self.desk();
        if loading.pass_over_what_fails_alone(&mut desk) {
            self.schedule_and_feed();
        }
    }

    fn schedule_and_feed(&mut self) {
        let epoch = self.epoch;
        let (loading, mut desk) = self.desk();
        loading.schedule(&mut desk);
        loading.feed(epoch, &mut desk);
        self.settle_loss();
    }

    /// Moves the playhead to the present and tells what was shown on the way.
    fn advance_playhead(&mut self) {
        let passed = self.playhead.advance(&self.loading.levels(), self.out.now());
        self.show(passed.stretch);
        if let Some(at) = passed.dry {
            self.playhead.run_dry(&self.loading.levels(), at, &mut self.out);
        }
    }

    fn show(&mut self, passed: Option<Range<PresentationTime>>) {
        if let Some(passed) = passed {
            self.loading.show(&passed, &mut self.out);
        }
    }

    /// Starts, holds, moves or ends playback as the levels demand; tells whether the playhead began to move.
    fn control_playback(&mut self) -> bool {
        if self.closed {
            return false;
        }
        let next = self.playhead.control(&self.loading.levels(), &self.config, &mut self.out);
        let next = self.decide_about_room(next);
        match next {
            Move::Begun => return true,
            Move::Leap { from, to, why } => self.leap(from, to, &why),
            Move::End => self.end(),
            Move::NothingThere => self.fail("nothing of it can be had"),
            Move::Stay | Move::LeapForRoom { .. } => {}
        }
        false
    }

    /// A leap over a hole behind which nothing is there yet makes sense only if the playhead is what it waits for.
    fn decide_about_room(&mut self, next: Move) -> Move {
        let Move::LeapForRoom { awaited, from, to, why } = next else { return next };
        let (loading, mut desk) = self.desk();
        if loading.waits_for_room(&awaited, &mut desk) {
            return Move::Leap { from, to, why };
        }
        if !self.playhead.told() {
            return Move::Stay;
        }
        self.playhead.run_or_stand(&self.loading.levels(), &self.config, &mut self.out)
    }
}
