//! The report of a session in virtual time, written as the shells write theirs.

use super::world::Observer;
use crate::io::{Command, Content, Input, LinkLimit, Output, RequestId};
use crate::report::{LinkLine, ReportEntry, Totals, line};
use crate::session::{Config, Session};
use shared::time::SessionTime;
use shared::trace::Trace;
use shared::units::{Bitrate, ByteSize};
use std::time::Duration;

/// More changes of a link than this are not told.
const MOST_CHANGES: usize = 100_000;

/// Everything that happened, in order of time.
#[derive(Debug, Clone)]
pub struct Tape(Vec<(SessionTime, ReportEntry)>);

impl Tape {
    /// Begins with the header.
    pub fn new(config: &Config) -> Self {
        Self(vec![(SessionTime::ZERO, ReportEntry::Session(Box::new(config.clone())))])
    }

    /// Has the session open a manifest that is there at once: nothing of it is a measure of the network. What the session
    /// asks for then is left to the world.
    pub fn open(&mut self, session: &mut Session, url: &str, text: String, link: &Trace) {
        let asked = self.handled(session, Input::Start { url: url.to_owned() });
        self.handled(session, Input::User(Command::Throttle(LinkLimit::Trace(link.name().to_owned()))));
        if let Some(request) = asked {
            let content = Content::Manifest { url: url.to_owned(), text };
            let answer = Input::Done { request, received: ByteSize::ZERO, cached: true, content };
            self.input(SessionTime::ZERO, &answer);
            session.handle(SessionTime::ZERO, answer);
        }
    }

    /// An input before time begins to run; the request that the session makes of it, if any.
    fn handled(&mut self, session: &mut Session, input: Input) -> Option<RequestId> {
        self.input(SessionTime::ZERO, &input);
        session.handle(SessionTime::ZERO, input);
        let mut asked = None;
        loop {
            let output = session.poll();
            self.output(SessionTime::ZERO, &output);
            match output {
                Output::Fetch(request) => asked = Some(request.id),
                Output::Wait(_) => return asked,
                _ => {}
            }
        }
    }

    /// Tells how much the link let through, until `lasted`.
    pub fn follow(&mut self, trace: &Trace, lasted: Duration) {
        let rows = trace.rows().iter().cycle();
        let begins = rows.scan(Duration::ZERO, |at, row| {
            let begins = *at;
            *at += Duration::from_secs_f64(row.duration_ms / 1e3);
            Some((begins, Bitrate::from_bps_f64(row.kbps * 1e3)))
        });
        let during = begins.take_while(|(at, _)| *at <= lasted).take(MOST_CHANGES);
        let told = during.map(|(at, rate)| (at.into(), ReportEntry::Link(LinkLine { rate })));
        self.0.splice(1..1, told.collect::<Vec<_>>());
        self.0.sort_by_key(|(at, _)| *at); // stable: what came first at an instant stays first
    }

    /// The lines, with the figures as the last one.
    pub fn report(self, totals: &Totals) -> String {
        let end = self.0.last().map_or(SessionTime::ZERO, |(at, _)| *at);
        let last = (end, ReportEntry::Summary(Box::new(totals.clone())));
        self.0.into_iter().chain([last]).flat_map(|(at, entry)| [line(at, entry), "\n".to_owned()]).collect()
    }
}

impl Observer for Tape {
    fn input(&mut self, now: SessionTime, input: &Input) {
        self.0.push((now, ReportEntry::Input(input.clone())));
    }

    fn output(&mut self, now: SessionTime, output: &Output) {
        if let Output::Event(event) = output {
            self.0.push((now, event.clone().into()));
        }
    }
}
