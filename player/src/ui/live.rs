//! Sessions for the window: the drive with a screen that keeps the latest picture and wakes the window.
#![expect(clippy::disallowed_methods, reason = "a session's time begins when it is opened")]

use super::link::{Frames, Link, Opener, Opening, Waker};
use crate::cli::source;
use crate::drive::{self, DriveConfig, Show};
use crate::fetch::{FetchConfig, Throttle};
use crate::output::Timed;
use crate::output::audio::SoundConfig;
use crate::output::present::Screen;
use player_core::session::Config;
use shared_av::VideoFrame;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// Opens presentations with these settings. The link of `fetch` is replaced by what the window asks for.
pub fn opener(session: Config, fetch: FetchConfig) -> Opener {
    Arc::new(move |opening| open(opening, session.clone(), fetch.clone()))
}

fn open(opening: Opening, session: Config, fetch: FetchConfig) -> Result<Link, String> {
    let url = source::url(&opening.address).map_err(|failure| failure.to_string())?;
    let throttle = Throttle::new(drive::link(&opening.throttle)?);
    let slot = Arc::new(Slot { latest: Mutex::default(), waker: opening.waker.clone() });
    let wake = opening.waker;
    let config = DriveConfig {
        url,
        started: Instant::now(),
        session,
        fetch: FetchConfig { throttle, ..fetch },
        sound: SoundConfig::device(),
        show: Show::Screen(Box::new(Pen(slot.clone()))),
        observer: Box::new(()),
        wake: Box::new(move || wake()),
    };
    let player = drive::start(config).map_err(|error| error.to_string())?;
    Ok(Link {
        snapshots: player.snapshots.clone(),
        commands: player.commands(),
        frames: slot,
        session: Box::new(player),
    })
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
        (self.0.waker)();
    }

    fn skip(&mut self, _: &Timed<VideoFrame>, _: Instant) {}
}
