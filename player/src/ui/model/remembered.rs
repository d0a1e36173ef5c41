//! What outlasts the window: what was opened last, how the room is divided, how loud it was. A small JSON file in the
//! user's state folder; without one, or with a damaged one, everything is as at first.

use super::known_films::KnownFilms;
use super::places::Places;
use super::window_place::WindowPlace;
use super::window_state::Tab;
use crate::base_folder;
use eframe::egui::Theme;
use serde::{Deserialize, Serialize};
use shared::units::Bitrate;
use std::path::PathBuf;
use url::{Position, Url};

/// How many addresses are kept: no list of more is looked through.
const MOST_RECENT: usize = 12;
/// A longer file was not written by this player.
const MOST_BYTES: u64 = 64 * 1024;

/// Shares of the room that side panel and charts have at first.
const SIDE: f32 = 0.28;
const CHARTS: f32 = 0.34;

/// A higher rate in the file is not believed.
const MOST_KBPS: u64 = 1_000_000;

/// What is remembered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Remembered {
    /// Addresses, latest first.
    pub recent: Vec<String>,
    /// What is known of them.
    pub films: KnownFilms,
    /// Part of the width that the side panel has.
    pub side: f32,
    /// Part of the height that the charts have.
    pub charts: f32,
    /// 0 to 1.
    pub volume: f64,
    /// The sound device, by name; absent: that of the system.
    pub sound_device: Option<String>,
    /// How much later than it is played sound is heard, in milliseconds.
    pub sound_delay: i32,
    /// The light theme, against the desktop's wish or with it; absent: as the desktop.
    pub light: Option<bool>,
    /// How much larger than usual everything is (Ctrl with + and -).
    pub zoom: f32,
    /// The lower half of the side panel.
    pub tab: Tab,
    /// Sections of the side panel that are folded.
    pub folded: Vec<String>,
    /// Charts and controls beside the picture, instead of the picture alone.
    pub lab: bool,
    /// Where films were left, latest first.
    pub places: Places,
    /// Size and place of the window.
    pub window: Option<WindowPlace>,
    /// What sessions ended with, by server, latest first.
    pub rates: Vec<KnownRate>,
}

/// What the network carried from a server when it was last played from; nothing that was throttled on purpose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KnownRate {
    /// With its port.
    host: String,
    kbps: u64,
}

impl Default for Remembered {
    fn default() -> Self {
        Self {
            recent: vec![],
            films: KnownFilms::default(),
            side: SIDE,
            charts: CHARTS,
            volume: 1.0,
            sound_device: None,
            sound_delay: 0,
            light: None,
            zoom: 1.0,
            tab: Tab::default(),
            folded: vec![],
            lab: false,
            places: Places::default(),
            window: None,
            rates: vec![],
        }
    }
}

impl Remembered {
    /// The theme that was chosen last.
    pub(crate) fn theme(&self) -> Option<Theme> {
        self.light.map(|light| if light { Theme::Light } else { Theme::Dark })
    }

    /// What was remembered last.
    pub(crate) fn load() -> Self {
        let path = path().filter(|path| std::fs::metadata(path).is_ok_and(|meta| meta.len() <= MOST_BYTES));
        let text = path.and_then(|path| std::fs::read_to_string(path).ok());
        text.and_then(|text| serde_json::from_str::<Self>(&text).ok()).unwrap_or_default().sane()
    }

    /// Remembers it. What cannot be written is forgotten: nothing is lost by it.
    pub(crate) fn save(&self) {
        let Some(path) = path() else { return };
        let written = path.parent().map(std::fs::create_dir_all).transpose();
        let text = serde_json::to_string_pretty(self).unwrap_or_default();
        let aside = path.with_extension("new");
        let done = written.and_then(|_| std::fs::write(&aside, text)).and_then(|()| std::fs::rename(&aside, &path));
        drop(done);
    }

    /// What a session may begin with: half of what the last one from the same server had, because networks change.
    pub(crate) fn prior(&self, address: &str) -> Option<Bitrate> {
        let host = host(address)?;
        let known = self.rates.iter().find(|known| known.host == host)?;
        Some(Bitrate::from_kbps(known.kbps / 2))
    }

    /// A session from `address` has measured the network.
    pub(crate) fn measured(&mut self, address: &str, rate: Bitrate) {
        let Some(host) = host(address) else { return };
        self.rates.retain(|known| known.host != host);
        self.rates.insert(0, KnownRate { host, kbps: rate.kbps() as u64 });
        self.rates.truncate(MOST_RECENT);
    }

    /// Something was opened: it is the latest.
    pub(crate) fn opened(&mut self, address: &str) {
        self.recent.retain(|recent| recent != address);
        self.recent.insert(0, address.to_owned());
        self.recent.truncate(MOST_RECENT);
    }

    /// Nothing is known of it any more.
    pub(crate) fn forget(&mut self, address: &str) {
        self.recent.retain(|recent| recent != address);
        self.films.forget(address);
    }

    /// Whether a section is folded.
    pub(crate) fn is_folded(&self, section: &str) -> bool {
        self.folded.iter().any(|folded| folded == section)
    }

    /// Folds or unfolds a section.
    pub(crate) fn fold(&mut self, section: &str) {
        if self.is_folded(section) {
            self.folded.retain(|folded| folded != section);
        } else {
            self.folded.push(section.to_owned());
        }
    }

    /// Brings values into their ranges: a file may hold anything.
    fn sane(mut self) -> Self {
        let share = |value: f32, default| if value.is_finite() { value.clamp(0.15, 0.7) } else { default };
        self.side = share(self.side, SIDE);
        self.charts = share(self.charts, CHARTS);
        self.volume = if self.volume.is_finite() { self.volume.clamp(0.0, 1.0) } else { 1.0 };
        self.zoom = if self.zoom.is_finite() { self.zoom.clamp(0.5, 4.0) } else { 1.0 };
        self.sound_delay = self.sound_delay.clamp(-500, 500);
        self.recent.truncate(MOST_RECENT);
        self.films.tidy();
        self.folded.truncate(MOST_RECENT);
        self.places.tidy();
        self.window = self.window.filter(WindowPlace::is_sane);
        self.rates.retain(|known| (1..=MOST_KBPS).contains(&known.kbps));
        self.rates.truncate(MOST_RECENT);
        self
    }
}

/// Host and port of a URL; a local file has none.
fn host(address: &str) -> Option<String> {
    let url = Url::parse(address).ok().filter(Url::has_host)?;
    Some(url[Position::BeforeHost..Position::AfterPort].to_owned())
}

/// XDG Base Directory Specification: state that should persist but is not portable.
fn path() -> Option<PathBuf> {
    Some(base_folder::named_or("XDG_STATE_HOME", ".local/state")?.join("dash-player/window.json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_comes_first_and_only_once() {
        let mut memory = Remembered::default();
        for address in ["a", "b", "a"] {
            memory.opened(address);
        }
        assert_eq!(memory.recent, ["a", "b"]);
        for number in 0..40 {
            memory.opened(&number.to_string());
        }
        assert_eq!((memory.recent.len(), memory.recent[0].as_str()), (MOST_RECENT, "39"));
    }

    #[test]
    fn a_rate_is_that_of_one_server() {
        let mut memory = Remembered::default();
        for (address, kbps) in
            [("https://user@a.example/1.mpd", 800), ("/films/a.mpd", 9), ("https://a.example/2.mpd", 4000)]
        {
            memory.measured(address, Bitrate::from_kbps(kbps));
        }
        let prior = |address: &str| memory.prior(address).map(|rate| rate.kbps());
        assert_eq!(prior("https://a.example/films/manifest.mpd"), Some(2000.0));
        assert_eq!((prior("https://b.example/manifest.mpd"), prior("/films/a.mpd")), (None, None));
        assert_eq!(memory.rates.len(), 1);
    }

    #[test]
    fn odd_files_do_no_harm() {
        let read = |text: &str| serde_json::from_str::<Remembered>(text).unwrap_or_default().sane();
        assert_eq!(read("nonsense"), Remembered::default());
        assert_eq!(read(r#"{"later": 1}"#), Remembered::default());
        let odd = read(r#"{"side": 99.0, "charts": -3, "volume": 7.0, "zoom": 0.0, "recent": ["x"]}"#);
        let rates = |kbps: u64| format!(r#"{{"rates": [{{"host": "a.example:8080", "kbps": {kbps}}}]}}"#);
        assert_eq!(read(&rates(0)).prior("http://a.example:8080/x.mpd"), None);
        assert_eq!(read(&rates(6000)).prior("http://a.example:8080/x.mpd"), Some(Bitrate::from_kbps(3000)));
        assert_eq!((odd.side, odd.charts, odd.volume, odd.zoom, odd.recent.len()), (0.7, 0.15, 1.0, 0.5, 1));
    }
}
