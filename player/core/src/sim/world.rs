//! The loop around a session in virtual time: what the session asks for goes over the link, what the link and the
//! deadlines bring goes back. It decides nothing.

use super::link::{Happening, Link};
use super::screen::VirtualScreen;
use crate::io::{Command, Content, Failure, Input, Output, Phase, Request, RequestId};
use crate::presentation::{Changes, Presentation};
use crate::session::Session;
use shared::time::{PresentationTime, SessionTime};
use shared::trace::Trace;
use shared::units::ByteSize;
use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

/// A session that makes no progress in so many steps is stuck: a mistake in our code, told as such.
const MOST_STEPS: u64 = 20_000_000;
/// Steps at one and the same instant.
const MOST_STEPS_AT_ONCE: u32 = 10_000;

/// The servers.
pub trait Server {
    /// What they answer to a request made at `now`.
    fn answer(&mut self, now: SessionTime, request: &Request) -> Answer;

    /// What it takes to the first byte beside the latency of the link: some servers are further away than others.
    fn delay(&self, _now: SessionTime, _request: &Request) -> Duration {
        Duration::ZERO
    }

    /// When the samples of a segment say that they are presented; what nobody measures lies where it is announced.
    fn media_time(&self, _request: &Request) -> Option<Range<PresentationTime>> {
        None
    }
}

/// An answer of a server.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// A body of so many bits.
    Body {
        /// Its size. Fractions are allowed, because models have them.
        bits: f64,
        /// What the session reads of it.
        content: Content,
    },
    /// A failure after so many bits; with none at the first byte.
    Failure {
        /// Body bits before it.
        bits: f64,
        /// What the session is told.
        failure: Failure,
    },
    /// Nothing, ever.
    Silence,
}

/// Listens to everything that goes in and comes out.
pub trait Observer {
    /// An input, before the session gets it.
    fn input(&mut self, _now: SessionTime, _input: &Input) {}
    /// An output.
    fn output(&mut self, _now: SessionTime, _output: &Output) {}
}

impl Observer for () {}

/// Both listen.
impl<A: Observer> Observer for (A, &mut dyn Observer) {
    fn input(&mut self, now: SessionTime, input: &Input) {
        self.0.input(now, input);
        self.1.input(now, input);
    }

    fn output(&mut self, now: SessionTime, output: &Output) {
        self.0.output(now, output);
        self.1.output(now, output);
    }
}

/// A session, a link and servers.
pub struct World<'a> {
    session: Session,
    link: Link,
    servers: &'a mut dyn Server,
    observer: &'a mut dyn Observer,
    /// What the viewer does, in order of time.
    commands: Vec<(SessionTime, Command)>,
    pending: BTreeMap<RequestId, Answer>,
    /// When the samples of what is under way are presented.
    measured: BTreeMap<RequestId, Range<PresentationTime>>,
    now: SessionTime,
    deadline: Option<SessionTime>,
    screen: Option<VirtualScreen>,
    /// How often the network side tells what has come, and when it does next.
    telling: Option<(Duration, SessionTime)>,
    over: bool,
}

impl<'a> World<'a> {
    /// Nothing has happened yet.
    pub fn new(session: Session, trace: Trace, servers: &'a mut dyn Server, observer: &'a mut dyn Observer) -> Self {
        Self {
            session,
            link: Link::new(trace),
            servers,
            observer,
            commands: vec![],
            pending: BTreeMap::new(),
            measured: BTreeMap::new(),
            now: SessionTime::ZERO,
            deadline: None,
            screen: None,
            telling: None,
            over: false,
        }
    }

    /// What the viewer will do.
    pub fn with_commands(mut self, mut commands: Vec<(SessionTime, Command)>) -> Self {
        commands.sort_by_key(|(at, _)| *at);
        self.commands = commands;
        self
    }

    /// With an output that reports its clock; without one the session's own clock must be virtual.
    pub fn with_screen(mut self, screen: VirtualScreen) -> Self {
        self.screen = Some(screen);
        self
    }

    /// With a network side that tells every so often what has come, as a real one does; without it that is told when
    /// something else happens.
    pub fn with_progress_every(mut self, pause: Duration) -> Self {
        self.telling = Some((pause.max(Duration::from_millis(1)), self.now));
        self
    }

    /// Hands an input to the session at the present instant and does what follows from it.
    pub fn input(&mut self, input: Input) {
        self.observer.input(self.now, &input);
        self.session.handle(self.now, input);
        self.drain();
    }

    /// Hands a newer version of its presentation to the session at the present instant.
    pub fn renew(&mut self, newer: Presentation) -> Changes {
        let changes = self.session.renew(self.now, newer);
        self.drain();
        changes
    }

    /// Goes on until playback has ended or failed, or nothing more happens, or `until`. Tells whether it went well.
    ///
    /// # Errors
    /// When the session keeps asking without time passing.
    pub fn run(&mut self, until: SessionTime) -> Result<(), &'static str> {
        let mut at_once = 0;
        self.drain();
        for _ in 0..MOST_STEPS {
            let before = self.now;
            if self.over || !self.step(until) {
                return Ok(());
            }
            at_once = if self.now == before { at_once + 1 } else { 0 };
            if at_once > MOST_STEPS_AT_ONCE {
                return Err("the session asks for ever at one instant");
            }
        }
        Err("the session does not come to an end")
    }

    /// The session as it is.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// The present instant.
    pub fn now(&self) -> SessionTime {
        self.now
    }

    /// Does what the session wants, up to its deadline.
    fn drain(&mut self) {
        loop {
            let output = self.session.poll();
            if let Output::Wait(deadline) = output {
                self.deadline = deadline;
                return;
            }
            self.observer.output(self.now, &output);
            if let Some(screen) = &mut self.screen {
                screen.obey(self.now, &output);
            }
            match output {
                Output::Fetch(request) => self.request(&request),
                Output::Abort(id) => {
                    self.pending.remove(&id);
                    self.measured.remove(&id);
                    self.link.remove(self.now.millis_f64(), id);
                }
                Output::Quit => self.over = true,
                _ => {}
            }
        }
    }

    fn request(&mut self, request: &Request) {
        let answer = self.servers.answer(self.now, request);
        let bits = match &answer {
            Answer::Body { bits, .. } | Answer::Failure { bits, .. } => Some(*bits),
            Answer::Silence => None,
        };
        let delay = self.servers.delay(self.now, request);
        self.link.request(self.now.millis_f64(), request.id, bits, delay);
        self.pending.insert(request.id, answer);
        if let Some(time) = self.servers.media_time(request) {
            self.measured.insert(request.id, time);
        }
    }

    /// Lets the next thing happen: the viewer, the link, the screen, or the deadline, in this order at one instant.
    fn step(&mut self, until: SessionTime) -> bool {
        let link = self.link.next();
        let link_at = link.map(|next| SessionTime::from_millis_f64(next.at_ms).max(self.now));
        let viewer_at = self.commands.first().map(|(at, _)| (*at).max(self.now));
        let screen_at = self.screen.as_ref().and_then(VirtualScreen::due).map(|at| at.max(self.now));
        let told_at = self.telling.map(|(_, next)| next.max(self.now));
        let all = [viewer_at, link_at, screen_at, told_at, self.deadline];
        let Some(at) = all.into_iter().flatten().min().filter(|at| *at <= until) else {
            self.now = self.now.max(until.min(SessionTime::MAX));
            return false;
        };
        self.now = self.now.max(at);
        if viewer_at == Some(at) {
            let (_, command) = self.commands.remove(0);
            self.progress();
            self.input(Input::User(command));
        } else if let (Some(next), true) = (link, link_at == Some(at)) {
            self.deliver(next);
        } else if let (Some(screen), true) = (&mut self.screen, screen_at == Some(at)) {
            let report = screen.report(at);
            self.input(report);
        } else if let (Some((pause, next)), true) = (&mut self.telling, told_at == Some(at)) {
            *next = at + *pause;
            self.progress();
        } else {
            self.progress();
            self.input(Input::Timer);
        }
        !matches!(self.session.phase(), Phase::Ended | Phase::Failed) || !self.commands.is_empty()
    }

    /// Tells what has arrived so far, as a player's network side does all the time.
    fn progress(&mut self) {
        for (request, bits) in self.link.received(self.now.millis_f64()) {
            self.input(Input::Progress { request, received: bytes(bits), expected: None });
        }
    }

    fn deliver(&mut self, next: Happening) {
        self.link.apply(next);
        let request = next.id;
        if !next.ended {
            return self.input(Input::Progress { request, received: ByteSize::ZERO, expected: None });
        }
        let measured = self.measured.remove(&request);
        match self.pending.remove(&request) {
            Some(Answer::Body { bits, content }) => {
                if let Some(time) = measured {
                    self.input(Input::Measured { request, time, key_ids: vec![] });
                }
                self.input(Input::Done { request, received: bytes(bits), cached: false, content });
            }
            Some(Answer::Failure { bits, failure }) => {
                self.input(Input::Failed { request, received: bytes(bits), failure });
            }
            Some(Answer::Silence) | None => {}
        }
    }
}

/// Whole bytes that have come.
fn bytes(bits: f64) -> ByteSize {
    ByteSize::from_bytes((bits / 8.0).floor() as u64)
}
