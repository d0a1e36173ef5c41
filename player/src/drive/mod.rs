//! The session in real time: the one place that owns its clock.
//!
//! ```text
//! commands ─► ┌──────────── thread "session" (tokio, one thread) ───────────┐ ─► snapshots (watch)
//!             │  engine: input ─► Session ─► outputs ─► downloads, decoders │
//! fetch news ►│          ▲ playback reports ◄─ playout ◄─ clock, mailbox    │ ─► observer (report)
//!             └──────────────────────────────────────────────────────────────┘
//! ```
//!
//! * [`config`]: what it is told beforehand; [`start`] and the handle [`Player`].
//! * `engine`: the loop: whatever happens becomes an input with its time, whatever comes out is done.
//! * `downloads`: requests under way; keeps the bytes until they are discarded. `follow` is one request in a task of its
//!   own, `body` what has come of it, `intercepted` what came in place of media.
//! * `feeding`: segments to decoders, whole or while they arrive.
//! * `playout`: starts and holds the clock, notices starvation, lateness and the end; `lateness` adds up.
//! * [`usage`]: what the process has cost.
//!
//! No decision is taken here. The window and the headless player look at snapshots and send commands.

mod body;
pub mod config;
mod downloads;
mod engine;
mod feeding;
mod follow;
mod intercepted;
mod lateness;
mod link;
mod playout;
pub mod usage;

pub use config::{DriveConfig, Observe, Show, StartError};
pub use link::link;

use crate::decode::{Decoders, KeyRing};
use crate::output::audio::Sound;
use crate::output::present::Presenter;
use crate::output::sync::SyncLog;
use crate::output::{Mailbox, OutputClock};
use engine::{Engine, Parts};
use player_core::io::Command;
use player_core::report::Totals;
use player_core::session::Session;
use player_core::snapshot::Snapshot;
use shared_av::VideoFrame;
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use tokio::sync::{mpsc, watch};

/// Pictures decoded ahead: a third of a second at 24 a second, and at most 100 MB of 4K.
const PICTURES: usize = 8;
/// Commands of the viewer that wait; further ones are dropped.
const COMMANDS: usize = 64;
/// Segments that could not be decoded and that the session has not been told of; of more it learns nothing.
const PROBLEMS: usize = 64;

/// A running session. Dropping it ends the session and waits for its threads.
pub struct Player {
    /// What to show: the newest state.
    pub snapshots: watch::Receiver<Arc<Snapshot>>,
    /// Pictures, for a window.
    pub mailbox: Arc<Mailbox<VideoFrame>>,
    /// Where the viewer is.
    pub clock: OutputClock,
    /// Pictures shown and their distance from the sound; whoever shows writes it.
    pub sync: Arc<Mutex<SyncLog>>,
    commands: mpsc::Sender<Command>,
    session: Option<JoinHandle<Totals>>,
    presenter: Option<JoinHandle<()>>,
}

impl Player {
    /// Sends a wish; `false` when the session is over or does not keep up.
    pub fn send(&self, command: Command) -> bool {
        self.commands.try_send(command).is_ok()
    }

    /// Another end for commands.
    pub fn commands(&self) -> mpsc::Sender<Command> {
        self.commands.clone()
    }

    /// Ends the session and gives its figures.
    pub fn stop(mut self) -> Totals {
        self.end().unwrap_or_default()
    }

    fn end(&mut self) -> Option<Totals> {
        let _ = self.commands.try_send(Command::Quit); // over already, or the closed mailbox says it
        self.mailbox.close();
        if let Some(presenter) = self.presenter.take() {
            let _ = presenter.join();
        }
        self.session.take()?.join().ok()
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        self.end();
    }
}

/// Starts a session and everything that it needs.
///
/// # Errors
/// [`StartError`] when a policy, a header or the machine does not permit it. What is wrong with the manifest is told
/// by the session.
pub fn start(config: DriveConfig) -> Result<Player, StartError> {
    let session = Session::new(config.session.clone())?;
    let (sound, writer, meter, silent) = Sound::open(config.sound, config.started)?;
    let clock = OutputClock::new(meter);
    let mailbox = Arc::new(Mailbox::new(PICTURES));
    let sync = Arc::new(Mutex::new(SyncLog::default()));
    let (problems, undecodable) = mpsc::channel(PROBLEMS);
    let keys = KeyRing::new(&config.keys);
    let decoders = Decoders::start(Arc::clone(&mailbox), writer, &keys, &problems)?;
    let (commands, wishes) = mpsc::channel(COMMANDS);
    let (publish, snapshots) = watch::channel(Arc::new(session.snapshot()));
    let presenter = match config.show {
        Show::Screen(screen) => {
            Some(Presenter::new(Arc::clone(&mailbox), clock.clone(), Arc::clone(&sync), screen).start()?)
        }
        Show::Window => None,
    };
    let parts = Parts {
        session,
        url: config.url,
        started: config.started,
        observer: config.observer,
        wake: config.wake,
        sound,
        silent,
        clock: clock.clone(),
        mailbox: Arc::clone(&mailbox),
        sync: Arc::clone(&sync),
        decoders,
        keys,
        undecodable,
        wishes,
        publish,
    };
    let thread = spawn(parts, config.fetch)?;
    Ok(Player { snapshots, mailbox, clock, sync, commands, session: Some(thread), presenter })
}

/// The session's thread; waits until fetching is set up, because that can fail.
fn spawn(parts: Parts, fetch: crate::fetch::FetchConfig) -> Result<JoinHandle<Totals>, StartError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (ready, is_ready) = sync_channel(1);
    let run = move || {
        runtime.block_on(async move {
            match Engine::new(parts, fetch).await {
                Ok(engine) => {
                    let _ = ready.send(None); // waited for below
                    engine.run().await
                }
                Err(error) => {
                    let _ = ready.send(Some(error));
                    Totals::default()
                }
            }
        })
    };
    let thread = std::thread::Builder::new().name("session".into()).spawn(run)?;
    match is_ready.recv() {
        Ok(Some(error)) => Err(error.into()),
        Ok(None) | Err(_) => Ok(thread),
    }
}
