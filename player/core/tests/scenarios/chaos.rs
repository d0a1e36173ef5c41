//! Whatever happens, in whatever order: the rules hold, nothing panics, and the session comes to rest.

use super::film::{FILM, Film};
use super::story::Rules;
use player_core::io::{
    Command, Content, Epoch, Failure, FailureKind, Input, Output, Rendering, Request, RequestId, Subject,
};
use player_core::kinds::TrackKind;
use player_core::presentation::{Rank, TrackNumber};
use player_core::session::{ClockSource, Config, Session};
use player_core::sim::{Answer, Server};
use proptest::prelude::*;
use shared::time::{PresentationTime, SessionTime};
use shared::units::ByteSize;
use std::time::Duration;

/// More outputs than this from one input would be a session that does not come to rest.
const MOST_OUTPUTS: usize = 2_000;

/// One thing that happens; numbers choose among what is possible at that moment.
#[derive(Debug, Clone)]
enum Happening {
    Answer(usize),
    Nonsense(usize),
    Fail(usize, u8),
    Progress(usize, u32),
    Playback(i32, u8, bool),
    Wish(u8, u32),
    Undecodable(usize),
    Stranger(u64),
    Timer,
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        6 => any::<usize>().prop_map(Happening::Answer),
        1 => any::<usize>().prop_map(Happening::Nonsense),
        2 => (any::<usize>(), 0u8..6).prop_map(|(n, kind)| Happening::Fail(n, kind)),
        2 => (any::<usize>(), any::<u32>()).prop_map(|(n, bytes)| Happening::Progress(n, bytes)),
        3 => (-10_000i32..100_000, 0u8..4, any::<bool>()).prop_map(|(at, s, old)| Happening::Playback(at, s, old)),
        2 => (0u8..9, any::<u32>()).prop_map(|(wish, value)| Happening::Wish(wish, value)),
        1 => any::<usize>().prop_map(Happening::Undecodable),
        1 => any::<u64>().prop_map(Happening::Stranger),
        4 => Just(Happening::Timer),
    ]
}

struct Chaos {
    session: Session,
    film: Film,
    rules: Rules,
    now: SessionTime,
    running: Vec<Request>,
    fed: Vec<RequestId>,
    epoch: Epoch,
    over: bool,
}

impl Chaos {
    fn new(clock: ClockSource, words: bool) -> Self {
        let mut config = Config { clock, policy: "throughput".to_owned(), ..Config::default() };
        config.kinds.extend(words.then_some(TrackKind::Text));
        let film = Film { audio: &[64, 128], text: &[1], period: Some(20), sizes: true, ..FILM };
        let mut chaos = Self {
            session: Session::new(config).unwrap(),
            film,
            rules: Rules::default(),
            now: SessionTime::ZERO,
            running: vec![],
            fed: vec![],
            epoch: Epoch::default(),
            over: false,
        };
        chaos.input(Input::Start { url: "http://a.example/film.mpd".to_owned() });
        chaos
    }

    fn input(&mut self, input: Input) {
        self.rules.input(&input);
        self.session.handle(self.now, input);
        for _ in 0..MOST_OUTPUTS {
            let output = self.session.poll();
            self.rules.output(&output);
            match output {
                Output::Wait(deadline) => {
                    assert!(deadline.is_none_or(|at| at > self.now), "a deadline that has passed");
                    let _ = self.session.snapshot();
                    return;
                }
                Output::Fetch(request) => self.running.push(request),
                Output::Abort(id) => self.running.retain(|request| request.id != id),
                Output::Feed(feed) => self.fed.push(feed.request),
                Output::Flush { epoch, .. } => self.epoch = epoch,
                Output::Quit => self.over = true,
                _ => {}
            }
        }
        panic!("the session does not come to rest");
    }

    fn take(&mut self, n: usize) -> Option<Request> {
        (!self.running.is_empty()).then(|| self.running.remove(n % self.running.len()))
    }

    fn happen(&mut self, happening: &Happening) {
        match *happening {
            Happening::Answer(n) => self.answer(n),
            Happening::Nonsense(n) => {
                let Some(request) = self.take(n) else { return };
                let content = match request.subject {
                    Subject::Manifest => return self.running.push(request),
                    Subject::Media(_) | Subject::Init(_) => Content::Media,
                    _ => Content::Index { bytes: vec![0xff; n % 100] },
                };
                self.input(Input::Done { request: request.id, received: ByteSize::ZERO, cached: true, content });
            }
            Happening::Fail(n, kind) => self.fail(n, kind),
            Happening::Progress(n, bytes) => {
                let Some(request) = self.running.get(n % self.running.len().max(1)) else { return };
                let (request, received) = (request.id, ByteSize::from_bytes(bytes.into()));
                self.input(Input::Progress { request, received, expected: None });
            }
            Happening::Playback(millis, state, old) => {
                let states = [Rendering::Playing, Rendering::Paused, Rendering::Starved, Rendering::Finished];
                let epoch = if old { Epoch(self.epoch.0.wrapping_sub(1)) } else { self.epoch };
                let position = PresentationTime::from_millis(millis.into());
                self.input(Input::Playback { position, state: states[usize::from(state)], epoch });
            }
            Happening::Wish(wish, value) => self.wish(wish, value),
            Happening::Undecodable(n) => {
                let Some(&request) = self.fed.get(n % self.fed.len().max(1)) else { return };
                self.input(Input::Undecodable { request, problem: "nonsense".to_owned() });
            }
            Happening::Stranger(id) => {
                let request = RequestId(id | 1 << 40);
                self.input(Input::Progress { request, received: ByteSize::ZERO, expected: None });
            }
            Happening::Timer => self.input(Input::Timer),
        }
    }

    fn answer(&mut self, n: usize) {
        let Some(request) = self.take(n) else { return };
        if let Answer::Body { bits, content } = self.film.answer(self.now, &request) {
            let received = ByteSize::from_bits(bits as u64);
            self.input(Input::Done { request: request.id, received, cached: false, content });
        }
    }

    fn fail(&mut self, n: usize, kind: u8) {
        let Some(request) = self.take(n) else { return };
        let kinds = [
            (FailureKind::Connect, None),
            (FailureKind::Status, Some(503)),
            (FailureKind::Status, Some(404)),
            (FailureKind::Broken, None),
            (FailureKind::Timeout, None),
            (FailureKind::Refused, None),
        ];
        let (kind, status) = kinds[usize::from(kind)];
        let failure = Failure { kind, status, retry_after: None, message: "as ordered".to_owned() };
        self.input(Input::Failed { request: request.id, received: ByteSize::ZERO, failure });
    }

    fn wish(&mut self, wish: u8, value: u32) {
        let command = match wish {
            0 => Command::Play,
            1 => Command::Pause,
            2 => Command::Seek(PresentationTime::from_millis(i64::from(value % 80_000) - 5_000)),
            3 => Command::Rate(f64::from(value) / 1e9),
            4 => Command::Rung(Rank(value as usize)),
            5 => Command::Auto,
            6 => Command::Policy(["default", "throughput", "nonsense"][value as usize % 3].to_owned()),
            7 => Command::BufferTarget(Duration::from_millis(value.into())),
            _ => Command::Track { kind: TrackKind::Audio, number: TrackNumber(value as usize % 2) },
        };
        self.input(Input::User(command));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_rules_hold_whatever_happens(
        story in prop::collection::vec((happening(), 0u64..3_000), 1..250),
        virtual_clock in any::<bool>(),
        words in any::<bool>(),
    ) {
        let clock = if virtual_clock { ClockSource::Virtual } else { ClockSource::Reported };
        let mut chaos = Chaos::new(clock, words);
        chaos.answer(0);
        for (happening, millis) in &story {
            chaos.now = chaos.now + Duration::from_millis(*millis);
            if !chaos.over {
                chaos.happen(happening);
            }
        }
    }
}
