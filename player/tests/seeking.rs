//! A hundred seeks to places drawn by lot: each shows exactly the picture of its target, read from its pixels; those
//! inside the buffer ask the server for nothing. A hand that drags asks for little.
#![expect(clippy::disallowed_methods, reason = "a session in real time begins at an instant")]
#![expect(clippy::unwrap_used, reason = "helpers of tests; clippy spares only the tests themselves")]

#[path = "support/origin.rs"]
mod origin;
#[path = "support/server.rs"]
mod server;
#[path = "support/wait.rs"]
mod wait;

use origin::{packager, serve};
use player::drive::{DriveConfig, Player, Show, start};
use player::fetch::FetchConfig;
use player::output::Timed;
use player::output::audio::SoundConfig;
use player::output::present::Screen;
use player_core::io::{Command, Event, Input, Output, Phase};
use player_core::session::Config;
use player_core::sim::Observer;
use shared::testcard::{LumaPlane, read_number};
use shared::time::{PresentationTime, SessionTime};
use shared_av::VideoFrame;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use wait::pass;

const SECONDS: usize = 8;
const RATE: usize = 25;
const SEGMENTS: usize = 4;
/// A picture that does not come within this is missing.
const PATIENCE: Duration = Duration::from_secs(20);

static FILM: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let (master, package) = (folder.path().join("master.mp4"), folder.path().join("package"));
    let (master, package) = (master.to_str().unwrap(), package.to_str().unwrap());
    packager(&["sample", master, "--seconds", "8", "--size", "320x180", "--rate", "25"]);
    let how = ["--ladder", "320x180@300", "--segment-seconds", "2", "--preset", "ultrafast", "--progress", "none"];
    packager(&[&["package", master, "--output", package][..], &how].concat());
    folder
});

/// Numbers of the pictures on the screen.
struct Eye(SyncSender<Option<u32>>);

impl Screen<VideoFrame> for Eye {
    fn show(&mut self, frame: &Timed<VideoFrame>, _now: Instant) {
        let plane = frame.picture.plane(0).unwrap();
        let (width, height) = (frame.picture.width() as usize, frame.picture.height() as usize);
        let luma = LumaPlane { data: plane.data, stride: plane.stride, width, height };
        let _ = self.0.try_send(read_number(luma)); // full when nobody looks any more
    }

    fn skip(&mut self, _frame: &Timed<VideoFrame>, _now: Instant) {}
}

/// Counts segments.
#[derive(Clone, Default)]
struct Ledger {
    asked: Arc<AtomicUsize>,
    received: Arc<AtomicUsize>,
}

impl Observer for Ledger {
    fn input(&mut self, _now: SessionTime, _input: &Input) {}

    fn output(&mut self, _now: SessionTime, output: &Output) {
        match output {
            Output::Fetch(request) if request.subject.media().is_some() => self.asked.fetch_add(1, SeqCst),
            Output::Event(Event::Received { bytes, .. }) if bytes.bytes() > 2000 => self.received.fetch_add(1, SeqCst),
            _ => 0,
        };
    }
}

/// A paused session, and what it shows.
struct Viewer {
    player: Player,
    seen: Receiver<Option<u32>>,
    ledger: Ledger,
}

impl Viewer {
    fn open(session: Config) -> Self {
        Self::open_at(&serve(FILM.path().join("package")), session)
    }

    fn open_at(address: &str, session: Config) -> Self {
        let url = format!("{address}/manifest.mpd");
        let (sender, seen) = sync_channel(1024);
        let ledger = Ledger::default();
        let config = DriveConfig {
            url: url.parse().unwrap(),
            started: Instant::now(),
            session,
            keys: vec![],
            fetch: FetchConfig::default(),
            sound: SoundConfig::null(),
            show: Show::Screen(Box::new(Eye(sender))),
            observer: Box::new(ledger.clone()),
            wake: Box::new(|| {}),
        };
        let player = start(config).unwrap();
        player.send(Command::Pause);
        let viewer = Self { player, seen, ledger };
        viewer.wait(|viewer| viewer.player.snapshots.borrow().phase == Phase::Paused);
        viewer
    }

    fn wait(&self, condition: impl Fn(&Self) -> bool) {
        let began = Instant::now();
        while !condition(self) {
            assert!(began.elapsed() < PATIENCE, "waited in vain");
            std::thread::park_timeout(Duration::from_millis(5));
        }
    }

    /// Goes to the middle of a picture and tells which one is shown then.
    fn seek(&self, picture: usize) -> Option<u32> {
        let target = PresentationTime::from_secs_f64((picture as f64 + 0.5) / RATE as f64);
        assert!(self.player.send(Command::Seek(target)));
        self.seen.recv_timeout(PATIENCE).unwrap_or(None)
    }
}

/// Places drawn by lot, the same in every run: xorshift64* (Vigna, ACM TOMS 2016).
fn places(count: usize) -> impl Iterator<Item = usize> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    std::iter::repeat_with(move || {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        (state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % (SECONDS * RATE)
    })
    .take(count)
}

#[test]
fn a_hundred_seeks_inside_the_buffer_show_their_pictures_without_a_request() {
    let viewer = Viewer::open(Config::default());
    viewer.wait(|viewer| viewer.ledger.received.load(SeqCst) >= 2 * SEGMENTS);
    viewer.seek(0);
    let asked = viewer.ledger.asked.load(SeqCst);
    let began = Instant::now();
    for place in places(100) {
        assert_eq!(viewer.seek(place), Some(place as u32));
    }
    eprintln!("{:.1} ms a seek", began.elapsed().as_secs_f64() * 10.0);
    assert_eq!(viewer.ledger.asked.load(SeqCst), asked, "segments that were there were asked for");
}

#[test]
fn seeks_out_of_the_buffer_show_their_pictures_too() {
    let (buffer_target, keep_behind) = (Duration::from_secs(2), Duration::ZERO);
    let viewer = Viewer::open(Config { buffer_target, keep_behind, ..Config::default() });
    viewer.seek(0);
    for place in places(40) {
        assert_eq!(viewer.seek(place), Some(place as u32));
    }
    assert!(viewer.ledger.asked.load(SeqCst) > 2 * SEGMENTS);
}

/// Three seconds of dragging over the whole film, with nothing buffered anywhere: what the server's log counts.
#[test]
fn a_hand_that_drags_asks_for_a_handful_and_sees_where_it_stops() {
    const STEPS: usize = 75;
    let log = FILM.path().join("drag.log");
    let origin = server::Origin::start(&FILM.path().join("package"), &["--access-log", log.to_str().unwrap()]);
    let (buffer_target, keep_behind) = (Duration::from_secs(2), Duration::ZERO);
    let viewer = Viewer::open_at(&origin.address, Config { buffer_target, keep_behind, ..Config::default() });
    let before = segments_in(&log);
    let began = Instant::now();
    // To the end of the film and back, at last to a place of its own.
    let there_and_back = (0..STEPS).map(|step| (step * 37) % (2 * SECONDS * RATE - 2));
    let places = there_and_back.map(|place| place.min(2 * SECONDS * RATE - 2 - place));
    for place in places.chain([123]) {
        let target = PresentationTime::from_secs_f64((place as f64 + 0.5) / RATE as f64);
        assert!(viewer.player.send(Command::Seek(target)));
        pass(Duration::from_millis(40));
    }
    let dragged = began.elapsed().as_secs_f64();
    let during = segments_in(&log) - before;
    while viewer.seen.recv_timeout(PATIENCE).unwrap() != Some(123) {}
    pass(Duration::from_millis(500));
    let after = segments_in(&log) - before - during;
    eprintln!("{during} segments in {dragged:.1} s of dragging, {after} after it");
    assert!((during as f64) < 3.0 * dragged, "{during} segments in {dragged:.1} s");
    assert!(after <= 6, "{after} segments after the hand had stopped");
}

/// Media segments that a server's log speaks of.
fn segments_in(log: &Path) -> usize {
    std::fs::read_to_string(log).unwrap().lines().filter(|line| line.contains(".m4s")).count()
}
