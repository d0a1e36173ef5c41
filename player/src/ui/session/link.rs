//! What the window holds of a running session. The window only looks and sends; whoever opens a session makes a
//! `SessionLink` and does the work on threads of its own.

use crate::output::Timed;
use crate::ui::model::adaptation_preferences::AdaptationPreferences;
use player_core::io::{Command, LinkLimit};
use player_core::snapshot::Snapshot;
use shared::time::PresentationTime;
use shared::units::Bitrate;
use shared_av::VideoFrame;
use std::any::Any;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};

/// The window's ends of the channels to one session.
pub struct SessionLink {
    /// The newest snapshot; older ones are overwritten.
    pub snapshots: watch::Receiver<Arc<Snapshot>>,
    /// The viewer's wishes. Bounded: when it is full the window keeps them and tries again.
    pub commands: mpsc::Sender<Command>,
    /// The picture to be shown now.
    pub frames: Arc<dyn Frames>,
    /// What the window does that the session does not know, for its report.
    pub settings: watch::Sender<WindowSettings>,
    /// What has happened so far, as a file that grows.
    pub record: Option<PathBuf>,
    /// Whatever must be kept for the session to go on, and dropped to end it. Dropping may take a while: the window
    /// lets a thread do it.
    pub session: Box<dyn Any + Send>,
}

/// What belongs to the window alone and is told in the report.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WindowSettings {
    /// Loudness, 0 to 1; 0 when muted.
    pub volume: f64,
    /// The picture fills the screen.
    pub full_screen: bool,
}

impl Default for WindowSettings {
    fn default() -> Self {
        Self { volume: 1.0, full_screen: false }
    }
}

/// Where the output leaves the picture of the moment. Must not wait.
pub trait Frames: Send + Sync {
    /// The picture to be on the screen now; the same one again as long as there is no newer.
    fn latest(&self) -> Option<Timed<VideoFrame>>;
}

/// Asks the window, from any thread, to look again within this time: there is a new picture or snapshot. Several
/// calls lead to one frame.
pub type Waker = Arc<dyn Fn(Duration) + Send + Sync>;

/// What is to be opened.
#[derive(Clone)]
pub struct Opening {
    /// As typed: URL or file.
    pub address: String,
    /// How the network is held back from the first byte on.
    pub throttle: LinkLimit,
    /// Where in the film to begin; `None` for its start.
    pub place: Option<PresentationTime>,
    /// What may be expected of the network.
    pub prior: Option<Bitrate>,
    /// What the viewer chose before.
    pub adaptation: AdaptationPreferences,
    /// Wakes the window.
    pub waker: Waker,
}

/// Opens a presentation; called on a thread of its own. What goes wrong later shows in the session's snapshots; the
/// error is a sentence for people.
pub type Opener = Arc<dyn Fn(Opening) -> Result<SessionLink, String> + Send + Sync>;
