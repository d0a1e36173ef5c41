//! Opens sessions in real time: the drive with a screen that keeps the latest picture, a recorder, and the wires to
//! the window.
#![expect(clippy::disallowed_methods, reason = "a session's time begins when it is opened")]

use super::frame_slot::FrameSlot;
use super::link::{Opener, Opening, SessionLink, WindowSettings};
use super::recorder::{SessionFiles, SessionRecorder};
use super::screen_log::{ScreenLog, Watched};
use super::snapshot_waker::SnapshotWaker;
use crate::cli::source;
use crate::drive::{self, DriveConfig, Player, Show};
use crate::fetch::{Credentials, FetchConfig, HttpConfig, Throttle};
use crate::output::audio::SoundConfig;
use player_core::io::Command;
use player_core::session::Config;
use player_core::sim::what_if::avoidable_stall_seconds;
use shared::protection::ContentKey;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use tokio::sync::watch;
use url::{Origin, Url};

/// Opens presentations with these settings. The link of `fetch` is replaced by what the window asks for.
pub fn opener(session: Config, keys: Vec<ContentKey>, fetch: FetchConfig, files: SessionFiles) -> Opener {
    let known = KnownCredentials::default();
    Arc::new(move |opening| open(opening, session.clone(), keys.clone(), fetch.clone(), &files, &known))
}

/// What was typed with an address. The window keeps the address without it, and may open that again.
#[derive(Default)]
struct KnownCredentials(Mutex<HashMap<Origin, Credentials>>);

impl KnownCredentials {
    /// Takes them out of `url`, or remembers those that were typed for the same server before.
    fn sign_in(&self, http: &mut HttpConfig, url: &mut Url) {
        http.sign_in(url);
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &http.credentials {
            Some(typed) => drop(known.insert(url.origin(), typed.clone())),
            None => http.credentials = known.get(&url.origin()).cloned(),
        }
    }
}

fn open(
    opening: Opening,
    session: Config,
    keys: Vec<ContentKey>,
    mut fetch: FetchConfig,
    files: &SessionFiles,
    known: &KnownCredentials,
) -> Result<SessionLink, String> {
    let mut url = source::url(&opening.address).map_err(|failure| failure.to_string())?;
    known.sign_in(&mut fetch.http, &mut url);
    let throttle = Throttle::new(drive::link(&opening.throttle)?);
    let session = Config { prior_estimate: opening.prior, ..opening.adaptation.over(session) };
    let slot = Arc::new(FrameSlot::new(opening.waker.clone()));
    let waker = SnapshotWaker::new(opening.waker);
    let watched = waker.watched();
    let started = Instant::now();
    let recorder = SessionRecorder::begin(files, &session)?;
    let config = DriveConfig {
        url,
        started,
        session,
        keys,
        fetch: FetchConfig { throttle, ..fetch },
        sound: SoundConfig::device(),
        show: Show::Screen(Box::new(slot.clone().screen(recorder.pictures(started)))),
        observer: recorder.observer(),
        wake: Box::new(move || waker.snapshot_arrived()),
    };
    let player = drive::start(config).map_err(|error| error.to_string())?;
    let _ = watched.set(player.snapshots.clone()); // nobody else sets it
    if let Some(place) = opening.place {
        // Long before the manifest is there: nothing is fetched from the start of the film.
        player.send(Command::Seek(place));
    }
    let (settings, seen) = watch::channel(WindowSettings::default());
    let log = recorder.report().map(|report| {
        let (clock, snapshots) = (player.clock.clone(), player.snapshots.clone());
        ScreenLog::start(Watched { report, started, clock, snapshots, settings: seen })
    });
    Ok(SessionLink {
        snapshots: player.snapshots.clone(),
        commands: player.commands(),
        frames: slot,
        settings,
        record: recorder.record(),
        session: Box::new(RunningSession { player: Some(player), log, recorder, started }),
    })
}

/// A session that is finished properly when it is dropped.
struct RunningSession {
    player: Option<Player>,
    log: Option<ScreenLog>,
    recorder: SessionRecorder,
    started: Instant,
}

impl Drop for RunningSession {
    fn drop(&mut self) {
        self.log = None; // the figures are the last line
        if let Some(player) = self.player.take() {
            let snapshots = player.snapshots.clone();
            let mut totals = player.stop();
            totals.avoidable_stall_seconds = avoidable_stall_seconds(&snapshots.borrow(), &totals);
            self.recorder.finish(self.started.elapsed().into(), &totals);
        }
    }
}
