//! What a session in real time is told beforehand.

use crate::fetch::{FetchConfig, FetchError};
use crate::output::audio::SoundConfig;
use crate::output::present::Screen;
use player_core::abr::UnknownPolicy;
use player_core::session::Config;
use player_core::sim::Observer;
use shared::protection::ContentKey;
use shared_av::VideoFrame;
use std::time::Instant;
use thiserror::Error;
use url::Url;

/// Listens to everything that goes into the session and comes out of it, in the session's thread.
pub type Observe = Box<dyn Observer + Send>;

/// Who shows the pictures.
pub enum Show {
    /// A thread of its own, on this screen.
    Screen(Box<dyn Screen<VideoFrame>>),
    /// Whoever holds the mailbox.
    Window,
}

/// What a session in real time needs.
pub struct DriveConfig {
    /// The manifest: http, https or file.
    pub url: Url,
    /// Session time 0.
    pub started: Instant,
    /// For the session.
    pub session: Config,
    /// Keys of encrypted media that the viewer gave; `session` has their names.
    pub keys: Vec<ContentKey>,
    /// For the sources.
    pub fetch: FetchConfig,
    /// For the sound.
    pub sound: SoundConfig,
    /// Who shows the pictures.
    pub show: Show,
    /// Sees all inputs and outputs.
    pub observer: Observe,
    /// Called when there is a new snapshot; must not block.
    pub wake: Box<dyn Fn() + Send>,
}

/// Why a session could not be started.
#[derive(Debug, Error)]
pub enum StartError {
    /// No such policy.
    #[error(transparent)]
    Policy(#[from] UnknownPolicy),
    /// The sources.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// Threads.
    #[error("cannot start a thread: {0}")]
    Thread(#[from] std::io::Error),
}
