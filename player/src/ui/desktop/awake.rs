//! A screen that does not blank while a film plays: asked of the desktop on its bus, and of the X server, which some
//! desktops leave to blank by itself.

use std::time::Duration;
use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{ConnectionExt as _, ScreenSaver};
use x11rb::rust_connection::RustConnection;
use zbus::Connection;

/// Between two words to the X server: shorter than the shortest time after which a screen is blanked.
pub(super) const AGAIN: Duration = Duration::from_secs(20);

const SERVICE: &str = "org.freedesktop.ScreenSaver";
const PATH: &str = "/org/freedesktop/ScreenSaver";

/// Keeps the screen on, or not.
pub(super) struct Awake {
    bus: Option<Connection>,
    /// What the desktop gave for the promise, to take it back with.
    cookie: Option<u32>,
    asked: bool,
    x11: Option<RustConnection>,
}

impl Awake {
    /// Asks for nothing yet.
    pub(super) fn new(bus: Option<&Connection>) -> Self {
        let x11 = std::env::var_os("DISPLAY").and_then(|_| Some(x11rb::connect(None).ok()?.0));
        Self { bus: bus.cloned(), cookie: None, asked: false, x11 }
    }

    /// To be called again at least every [`AGAIN`] while a film plays.
    pub(super) async fn keep(&mut self, playing: bool) {
        if playing {
            self.stir();
        }
        if playing != self.asked {
            self.asked = playing;
            match (playing, self.cookie.take()) {
                (true, _) => self.cookie = self.inhibit().await,
                (false, Some(cookie)) => self.allow(cookie).await,
                (false, None) => {}
            }
        }
    }

    /// As if a key had been pressed.
    fn stir(&mut self) {
        if let Some(x11) = &self.x11 {
            let stirred = x11.force_screen_saver(ScreenSaver::RESET).is_ok() && x11.flush().is_ok();
            if !stirred {
                self.x11 = None;
            }
        }
    }

    async fn inhibit(&self) -> Option<u32> {
        let words = ("DASH player", "a film plays");
        let answer = self.bus.as_ref()?.call_method(Some(SERVICE), PATH, Some(SERVICE), "Inhibit", &words).await;
        answer.ok()?.body().deserialize().ok()
    }

    async fn allow(&self, cookie: u32) {
        if let Some(bus) = &self.bus {
            // A desktop that has forgotten it has nothing to allow.
            let _ = bus.call_method(Some(SERVICE), PATH, Some(SERVICE), "UnInhibit", &cookie).await;
        }
    }
}
