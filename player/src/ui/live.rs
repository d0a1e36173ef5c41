//! Sessions for the window: the drive with a screen that keeps the latest picture and wakes the window. Everything
//! that happens is written down: for `--report`, and for an export afterwards.
#![expect(clippy::disallowed_methods, reason = "a session's time begins when it is opened")]

use super::link::{Frames, Link, Opener, Opening, Waker};
use super::reading;
use crate::cli::source;
use crate::drive::{self, DriveConfig, Observe, Player, Show};
use crate::fetch::{FetchConfig, Throttle};
use crate::headless::report::{Pictures, Report};
use crate::headless::write_summary;
use crate::output::Timed;
use crate::output::audio::SoundConfig;
use crate::output::present::Screen;
use player_core::session::Config;
use player_core::snapshot::Snapshot;
use shared_av::VideoFrame;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// What is to be left of a session. Each session that is opened begins them anew.
#[derive(Debug, Clone, Default)]
pub struct Files {
    /// Everything that happens, one JSON object a line.
    pub report: Option<PathBuf>,
    /// The figures at the end.
    pub summary: Option<PathBuf>,
}

/// Opens presentations with these settings. The link of `fetch` is replaced by what the window asks for.
pub fn opener(session: Config, fetch: FetchConfig, files: Files) -> Opener {
    Arc::new(move |opening| open(opening, session.clone(), fetch.clone(), &files))
}

fn open(opening: Opening, session: Config, fetch: FetchConfig, files: &Files) -> Result<Link, String> {
    let url = source::url(&opening.address).map_err(|failure| failure.to_string())?;
    let throttle = Throttle::new(drive::link(&opening.throttle)?);
    let session = Config { prior_estimate: opening.prior, ..opening.adaptation.over(session) };
    let slot = Arc::new(Slot { latest: Mutex::default(), waker: opening.waker.clone() });
    let news = News { heard: Arc::default(), last: Mutex::default(), waker: opening.waker };
    let heard = news.heard.clone();
    let started = Instant::now();
    let keeper = Keeper::begin(files, &session, started)?;
    let config = DriveConfig {
        url,
        started,
        session,
        fetch: FetchConfig { throttle, ..fetch },
        sound: SoundConfig::device(),
        show: Show::Screen(Box::new(Pen { slot: slot.clone(), pictures: keeper.pictures() })),
        observer: keeper.observer(),
        wake: Box::new(move || news.arrived()),
    };
    let player = drive::start(config).map_err(|error| error.to_string())?;
    let _ = heard.set(player.snapshots.clone()); // nobody else sets it
    Ok(Link {
        snapshots: player.snapshots.clone(),
        commands: player.commands(),
        frames: slot,
        record: keeper.report.as_ref().map(|_| keeper.path.clone()),
        session: Box::new(Running { player: Some(player), keeper }),
    })
}

/// Writes down what happens.
struct Keeper {
    report: Option<Report>,
    path: PathBuf,
    /// Nobody asked for it: it goes with the session.
    passing: bool,
    summary: Option<PathBuf>,
    started: Instant,
}

impl Keeper {
    /// A report that was asked for must be possible; one that is only for a later export may be missing.
    fn begin(files: &Files, config: &Config, started: Instant) -> Result<Self, String> {
        let path = files.report.clone().unwrap_or_else(passing_path);
        let report = Report::create(&path, config);
        let passing = files.report.is_none();
        let report = match report {
            Ok(report) => Some(report),
            Err(_) if passing => None,
            Err(error) => return Err(format!("cannot write {}: {error}", path.display())),
        };
        Ok(Self { report, path, passing, summary: files.summary.clone(), started })
    }

    fn pictures(&self) -> Option<Pictures> {
        self.report.clone().map(|report| Pictures { report, started: self.started })
    }

    fn observer(&self) -> Observe {
        match &self.report {
            Some(report) => Box::new(report.clone()),
            None => Box::new(()),
        }
    }

    /// The session is over.
    fn finish(&self, totals: &player_core::report::Totals) {
        let report = self.report.as_ref().map(|report| report.finish(self.started.elapsed().into(), totals));
        if let Some(Err(error)) = report.filter(|_| !self.passing) {
            eprintln!("player: cannot write {}: {error}", self.path.display());
        }
        if let Some(Err(failure)) = self.summary.as_ref().map(|path| write_summary(path, totals)) {
            eprintln!("player: {failure}");
        }
        if self.passing {
            let _ = std::fs::remove_file(&self.path); // never created, or the system's to clean up
        }
    }
}

/// In the system's folder for such things; different for every session.
fn passing_path() -> PathBuf {
    static SESSIONS: AtomicU64 = AtomicU64::new(0);
    let number = SESSIONS.fetch_add(1, Ordering::Relaxed);
    std::env::temp_dir().join(format!("dash-player-{}-{number}.jsonl", std::process::id()))
}

/// A session that is finished properly when it is dropped.
struct Running {
    player: Option<Player>,
    keeper: Keeper,
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(player) = self.player.take() {
            self.keeper.finish(&player.stop());
        }
    }
}

/// Wakes the window for snapshots that look different from the last one: figures may come a little later than
/// pictures, and while nothing moves only what is new is worth a look.
struct News {
    heard: Arc<OnceLock<watch::Receiver<Arc<Snapshot>>>>,
    last: Mutex<Option<Arc<Snapshot>>>,
    waker: Waker,
}

impl News {
    /// Figures change with the pictures if these come more often.
    const SOON: Duration = Duration::from_millis(100);

    fn arrived(&self) {
        let Some(snapshots) = self.heard.get() else { return (self.waker)(Self::SOON) };
        let new = snapshots.borrow().clone();
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let worth_a_look = last.as_ref().is_none_or(|last| reading::differs(last, &new));
        if worth_a_look {
            *last = Some(new);
            (self.waker)(Self::SOON);
        }
    }
}

/// The picture of the moment. The lock is held for the exchange of a pointer.
struct Slot {
    latest: Mutex<Option<VideoFrame>>,
    waker: Waker,
}

impl Frames for Slot {
    fn latest(&self) -> Option<VideoFrame> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The presenter's end of the slot.
struct Pen {
    slot: Arc<Slot>,
    pictures: Option<Pictures>,
}

impl Screen<VideoFrame> for Pen {
    fn show(&mut self, frame: &Timed<VideoFrame>, now: Instant) {
        let picture = frame.picture.clone();
        drop(self.slot.latest.lock().unwrap_or_else(PoisonError::into_inner).replace(picture));
        (self.slot.waker)(Duration::ZERO);
        if let Some(pictures) = &mut self.pictures {
            pictures.show(frame, now);
        }
    }

    fn skip(&mut self, frame: &Timed<VideoFrame>, now: Instant) {
        if let Some(pictures) = &mut self.pictures {
            pictures.skip(frame, now);
        }
    }
}
