//! Sessions for the window: the drive with a screen that keeps the latest picture and wakes the window.
#![expect(clippy::disallowed_methods, reason = "a session's time begins when it is opened")]

use super::link::{Frames, Link, Opener, Opening, Waker};
use super::reading;
use crate::cli::source;
use crate::drive::{self, DriveConfig, Show};
use crate::fetch::{FetchConfig, Throttle};
use crate::output::Timed;
use crate::output::audio::SoundConfig;
use crate::output::present::Screen;
use player_core::session::Config;
use player_core::snapshot::Snapshot;
use shared_av::VideoFrame;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// Opens presentations with these settings. The link of `fetch` is replaced by what the window asks for.
pub fn opener(session: Config, fetch: FetchConfig) -> Opener {
    Arc::new(move |opening| open(opening, session.clone(), fetch.clone()))
}

fn open(opening: Opening, session: Config, fetch: FetchConfig) -> Result<Link, String> {
    let url = source::url(&opening.address).map_err(|failure| failure.to_string())?;
    let throttle = Throttle::new(drive::link(&opening.throttle)?);
    let slot = Arc::new(Slot { latest: Mutex::default(), waker: opening.waker.clone() });
    let news = News { heard: Arc::default(), last: Mutex::default(), waker: opening.waker };
    let heard = news.heard.clone();
    let config = DriveConfig {
        url,
        started: Instant::now(),
        session,
        fetch: FetchConfig { throttle, ..fetch },
        sound: SoundConfig::device(),
        show: Show::Screen(Box::new(Pen(slot.clone()))),
        observer: Box::new(()),
        wake: Box::new(move || news.arrived()),
    };
    let player = drive::start(config).map_err(|error| error.to_string())?;
    let _ = heard.set(player.snapshots.clone()); // nobody else sets it
    Ok(Link {
        snapshots: player.snapshots.clone(),
        commands: player.commands(),
        frames: slot,
        session: Box::new(player),
    })
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
struct Pen(Arc<Slot>);

impl Screen<VideoFrame> for Pen {
    fn show(&mut self, frame: &Timed<VideoFrame>, _: Instant) {
        let picture = frame.picture.clone();
        drop(self.0.latest.lock().unwrap_or_else(PoisonError::into_inner).replace(picture));
        (self.0.waker)(Duration::ZERO);
    }

    fn skip(&mut self, _: &Timed<VideoFrame>, _: Instant) {}
}
