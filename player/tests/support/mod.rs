//! A package of a short film with marks, a server for it, and outputs that write down what they get and when.

#![expect(clippy::unwrap_used, reason = "helpers of tests; clippy spares only the tests themselves")]

#[path = "origin.rs"]
mod origin;

use clap::Parser;
use player::cli::Args;
use player::headless::HeadlessSession;
use player::output::Timed;
use player::output::audio::null::NullConfig;
use player::output::audio::{Format, SoundConfig};
use player::output::present::Screen;
use player_core::report::Totals;
use shared::testcard::{LumaPlane, beep_onsets, read_flash, read_number};
use shared_av::VideoFrame;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, Instant};
use tempfile::TempDir;

use origin::packager;
pub(crate) use origin::serve;

/// Length of the film in seconds, its rate, and the length of a segment in seconds.
pub(crate) const SECONDS: usize = 8;
pub(crate) const RATE: usize = 30;
pub(crate) const HEIGHTS: [usize; 2] = [240, 360];

/// The package, made once for all tests of a file.
static FILM: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let master = folder.path().join("master.mp4");
    let package = folder.path().join("package");
    let (master, package) = (master.to_str().unwrap(), package.to_str().unwrap());
    packager(&["sample", master, "--seconds", "8", "--size", "640x360", "--rate", "30"]);
    packager(&[
        "package",
        master,
        "--output",
        package,
        "--ladder",
        "640x360@700,426x240@300",
        "--segment-seconds",
        "1",
        "--preset",
        "ultrafast",
        "--progress",
        "none",
    ]);
    folder
});

/// The folder of the package.
pub(crate) fn package() -> PathBuf {
    FILM.path().join("package")
}

/// One picture at the screen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Seen {
    pub(crate) at: Instant,
    pub(crate) number: Option<u32>,
    pub(crate) lit: bool,
    pub(crate) height: usize,
    pub(crate) skipped: bool,
}

/// Writes down what it gets.
#[derive(Debug, Clone, Default)]
struct Eye(Arc<Mutex<Vec<Seen>>>);

impl Eye {
    fn look(&self, frame: &Timed<VideoFrame>, at: Instant, skipped: bool) {
        let plane = frame.picture.plane(0).unwrap();
        let (width, height) = (frame.picture.width() as usize, frame.picture.height() as usize);
        let luma = LumaPlane { data: plane.data, stride: plane.stride, width, height };
        let (number, lit) = (read_number(luma), read_flash(luma) == Some(true));
        self.0.lock().unwrap().push(Seen { at, number, lit, height, skipped });
    }
}

impl Screen<VideoFrame> for Eye {
    fn show(&mut self, frame: &Timed<VideoFrame>, now: Instant) {
        self.look(frame, now, false);
    }

    fn skip(&mut self, frame: &Timed<VideoFrame>, now: Instant) {
        self.look(frame, now, true);
    }
}

/// Blocks of sound with the time at which they are heard, and the samples of the first channel.
#[derive(Debug, Default)]
struct Ear {
    blocks: Vec<(Instant, usize)>,
    samples: Vec<f32>,
}

/// What a session has put out.
pub(crate) struct Recording {
    pub(crate) seen: Vec<Seen>,
    pub(crate) beeps: Vec<Instant>,
    pub(crate) totals: Totals,
}

impl Recording {
    /// When the flash went on, each time.
    pub(crate) fn flashes(&self) -> Vec<Instant> {
        let onset = |pair: &[Seen]| (!pair[0].lit && pair[1].lit).then_some(pair[1].at);
        self.seen.windows(2).filter_map(onset).collect()
    }

    /// How much later than its flash each beep was, in ms. Flash and beep of one second are those nearest.
    pub(crate) fn sound_behind_picture_ms(&self) -> Vec<f64> {
        let distance = |flash: &Instant, beep: &Instant| signed_ms(*beep, *flash);
        let nearest = |flash: &Instant| {
            let all = self.beeps.iter().map(|beep| distance(flash, beep));
            all.min_by(|a, b| a.abs().total_cmp(&b.abs())).unwrap()
        };
        self.flashes().iter().map(nearest).collect()
    }
}

fn signed_ms(later: Instant, earlier: Instant) -> f64 {
    let ahead = later.saturating_duration_since(earlier).as_secs_f64();
    let behind = earlier.saturating_duration_since(later).as_secs_f64();
    (ahead - behind) * 1e3
}

/// The middle one.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    assert!(!values.is_empty(), "nothing was measured");
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Plays headless as the command line says, with a sink that plays `delay` later than it declares.
pub(crate) fn play(arguments: &[&str], delay: Duration) -> Recording {
    let args = Args::parse_from(["player", "--headless"].iter().chain(arguments));
    let (eye, ear) = (Eye::default(), Arc::new(Mutex::new(Ear::default())));
    let listener = {
        let ear = Arc::clone(&ear);
        Box::new(move |samples: &[f32], at: Instant| {
            let mut ear = ear.lock().unwrap();
            let start = ear.samples.len();
            ear.blocks.push((at, start));
            ear.samples.extend(samples.iter().step_by(usize::from(Format::DEFAULT.channels)));
        })
    };
    let null = NullConfig { undeclared_delay: delay, listener: Some(listener) };
    let sound = SoundConfig { null, ..SoundConfig::null() };
    let session = HeadlessSession::begin(&args.play, sound, Box::new(eye.clone())).unwrap();
    let totals = session.play_on(args.play.seconds).unwrap();
    let ear = ear.lock().unwrap();
    let heard = |sample: usize| {
        let (at, start) = ear.blocks[ear.blocks.partition_point(|(_, start)| *start <= sample) - 1];
        at + Format::DEFAULT.time((sample - start) as u64)
    };
    let onsets = beep_onsets(ear.samples.iter().copied(), Format::DEFAULT.rate);
    let beeps = onsets.into_iter().map(heard).collect();
    let seen = eye.0.lock().unwrap().clone();
    Recording { seen, beeps, totals }
}
