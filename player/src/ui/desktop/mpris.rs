//! The player on the session bus as desktops expect one: MPRIS 2.2, `org.mpris.MediaPlayer2` and its `Player`.
//! Media keys, panels and `playerctl` speak it.

use super::WishSender;
use super::media::{MediaState, MediaWish};
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use zbus::names::InterfaceName;
use zbus::object_server::SignalEmitter;
use zbus::zvariant::{ObjectPath, Value};
use zbus::{Connection, connection, fdo, interface};

const NAME: &str = "org.mpris.MediaPlayer2.dash_player";
const PATH: &str = "/org/mpris/MediaPlayer2";
const ROOT: InterfaceName<'static> = InterfaceName::from_static_str_unchecked("org.mpris.MediaPlayer2");
const PLAYER: InterfaceName<'static> = InterfaceName::from_static_str_unchecked("org.mpris.MediaPlayer2.Player");
const TRACK: &str = "/org/mpris/MediaPlayer2/dash_player/film";
/// A bus that does not answer for so long is as good as none.
const OPENING: Duration = Duration::from_secs(5);

/// What both interfaces show.
type Shown = Arc<Mutex<MediaState>>;

/// The player on the bus.
pub(super) struct Mpris {
    connection: Connection,
    shown: Shown,
}

impl Mpris {
    /// Goes on the bus, if there is one.
    pub(super) async fn open(wishes: &WishSender) -> Option<Self> {
        let shown = Shown::default();
        let opening = connect(&shown, wishes);
        let connection = tokio::time::timeout(OPENING, opening).await.ok()?.ok()?;
        Some(Self { connection, shown })
    }

    /// For others who want something of the bus.
    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Shows `state`, and tells whoever listens what of it is new.
    pub(super) async fn show(&self, state: MediaState) {
        let before = std::mem::replace(&mut *lock(&self.shown), state.clone());
        let Ok(emitter) = SignalEmitter::new(&self.connection, PATH) else { return };
        for (interface, properties) in [(ROOT, root_properties as Properties), (PLAYER, player_properties)] {
            let (old, new) = (properties(&before), properties(&state));
            let changed: HashMap<&str, Value<'_>> = new.into_iter().filter(|entry| !old.contains(entry)).collect();
            if !changed.is_empty() {
                // Whoever does not listen misses nothing: properties can be asked for.
                let _ = fdo::Properties::properties_changed(&emitter, interface, changed, Cow::Borrowed(&[])).await;
            }
        }
        if let Some(position) = state.sought(&before) {
            let _ = Player::seeked(&emitter, position).await;
        }
    }
}

/// A second player has its number behind the name.
async fn connect(shown: &Shown, wishes: &WishSender) -> zbus::Result<Connection> {
    let root = Root { shown: Arc::clone(shown), wishes: wishes.clone() };
    let player = Player { shown: Arc::clone(shown), wishes: wishes.clone() };
    let connection = connection::Builder::session()?.serve_at(PATH, root)?.serve_at(PATH, player)?.build().await?;
    if connection.request_name(NAME).await.is_err() {
        connection.request_name(format!("{NAME}.instance{}", std::process::id())).await?;
    }
    Ok(connection)
}

fn lock(shown: &Shown) -> MutexGuard<'_, MediaState> {
    shown.lock().unwrap_or_else(PoisonError::into_inner)
}

type Properties = fn(&MediaState) -> Vec<(&'static str, Value<'static>)>;

fn root_properties(state: &MediaState) -> Vec<(&'static str, Value<'static>)> {
    vec![("Fullscreen", Value::from(state.full_screen))]
}

fn player_properties(state: &MediaState) -> Vec<(&'static str, Value<'static>)> {
    vec![
        ("PlaybackStatus", Value::from(state.status)),
        ("LoopStatus", Value::from(loop_status(state))),
        ("Rate", Value::from(state.rate)),
        ("Metadata", Value::from(metadata(state))),
        ("Volume", Value::from(state.volume)),
        ("CanGoNext", Value::from(state.has_next)),
        ("CanGoPrevious", Value::from(state.has_previous)),
        ("CanSeek", Value::from(state.can_seek)),
    ]
}

fn loop_status(state: &MediaState) -> &'static str {
    if state.repeat { "Track" } else { "None" }
}

fn metadata(state: &MediaState) -> HashMap<String, Value<'static>> {
    let track = ObjectPath::from_static_str_unchecked(TRACK);
    let mut all = HashMap::from([("mpris:trackid".to_owned(), Value::from(track))]);
    all.extend(state.length.map(|length| ("mpris:length".to_owned(), Value::from(length))));
    let texts = [("xesam:title", &state.title), ("xesam:url", &state.url)];
    let texts = texts.into_iter().filter(|(_, text)| !text.is_empty());
    all.extend(texts.map(|(name, text)| (name.to_owned(), Value::from(text.clone()))));
    all
}

/// The program.
struct Root {
    shown: Shown,
    wishes: WishSender,
}

#[interface(name = "org.mpris.MediaPlayer2")]
impl Root {
    fn raise(&self) {
        self.wishes.send(MediaWish::Raise);
    }

    fn quit(&self) {
        self.wishes.send(MediaWish::Quit);
    }

    #[zbus(property)]
    fn can_quit(&self) -> bool {
        true
    }

    #[zbus(property)]
    fn can_raise(&self) -> bool {
        true
    }

    #[zbus(property)]
    fn has_track_list(&self) -> bool {
        false
    }

    #[zbus(property)]
    fn can_set_fullscreen(&self) -> bool {
        true
    }

    #[zbus(property)]
    fn fullscreen(&self) -> bool {
        lock(&self.shown).full_screen
    }

    #[zbus(property)]
    fn set_fullscreen(&self, full_screen: bool) {
        self.wishes.send(MediaWish::FullScreen(full_screen));
    }

    #[zbus(property)]
    fn identity(&self) -> &str {
        "DASH player"
    }

    #[zbus(property)]
    fn desktop_entry(&self) -> &str {
        "dash-player"
    }

    #[zbus(property)]
    fn supported_uri_schemes(&self) -> Vec<&str> {
        vec!["http", "https", "file"]
    }

    #[zbus(property)]
    fn supported_mime_types(&self) -> Vec<&str> {
        vec!["application/dash+xml"]
    }
}

/// What it plays.
struct Player {
    shown: Shown,
    wishes: WishSender,
}

#[interface(name = "org.mpris.MediaPlayer2.Player")]
impl Player {
    fn next(&self) {
        self.wishes.send(MediaWish::Next);
    }

    fn previous(&self) {
        self.wishes.send(MediaWish::Previous);
    }

    fn pause(&self) {
        self.wishes.send(MediaWish::Pause);
    }

    fn play_pause(&self) {
        self.wishes.send(MediaWish::PlayPause);
    }

    fn stop(&self) {
        self.wishes.send(MediaWish::Stop);
    }

    fn play(&self) {
        self.wishes.send(MediaWish::Play);
    }

    fn seek(&self, offset: i64) {
        self.wishes.send(MediaWish::SeekBy(offset as f64 / 1e6));
    }

    /// A place of another film, or outside of this one, is to be ignored.
    fn set_position(&self, track_id: ObjectPath<'_>, position: i64) {
        let within = lock(&self.shown).length.is_some_and(|length| (0..=length).contains(&position));
        if track_id.as_str() == TRACK && within {
            self.wishes.send(MediaWish::SeekTo(position as f64 / 1e6));
        }
    }

    fn open_uri(&self, uri: String) {
        self.wishes.send(MediaWish::Open(uri));
    }

    #[zbus(signal)]
    async fn seeked(emitter: &SignalEmitter<'_>, position: i64) -> zbus::Result<()>;

    #[zbus(property)]
    fn playback_status(&self) -> String {
        lock(&self.shown).status.to_owned()
    }

    #[zbus(property)]
    fn loop_status(&self) -> String {
        loop_status(&lock(&self.shown)).to_owned()
    }

    #[zbus(property)]
    fn set_loop_status(&self, status: String) {
        self.wishes.send(MediaWish::Repeat(status != "None"));
    }

    #[zbus(property)]
    fn rate(&self) -> f64 {
        lock(&self.shown).rate
    }

    /// Zero is to be taken for a pause.
    #[zbus(property)]
    fn set_rate(&self, rate: f64) {
        self.wishes.send(if rate == 0.0 { MediaWish::Pause } else { MediaWish::Rate(rate) });
    }

    #[zbus(property)]
    fn metadata(&self) -> HashMap<String, Value<'static>> {
        metadata(&lock(&self.shown))
    }

    #[zbus(property)]
    fn volume(&self) -> f64 {
        lock(&self.shown).volume
    }

    #[zbus(property)]
    fn set_volume(&self, volume: f64) {
        self.wishes.send(MediaWish::Volume(volume));
    }

    #[zbus(property(emits_changed_signal = "false"))]
    fn position(&self) -> i64 {
        lock(&self.shown).position
    }

    #[zbus(property)]
    fn minimum_rate(&self) -> f64 {
        0.25
    }

    #[zbus(property)]
    fn maximum_rate(&self) -> f64 {
        4.0
    }

    #[zbus(property)]
    fn can_go_next(&self) -> bool {
        lock(&self.shown).has_next
    }

    #[zbus(property)]
    fn can_go_previous(&self) -> bool {
        lock(&self.shown).has_previous
    }

    #[zbus(property)]
    fn can_play(&self) -> bool {
        true
    }

    #[zbus(property)]
    fn can_pause(&self) -> bool {
        true
    }

    #[zbus(property)]
    fn can_seek(&self) -> bool {
        lock(&self.shown).can_seek
    }

    #[zbus(property)]
    fn can_control(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_of_the_film_is_in_the_metadata() {
        let state = MediaState { title: "Spring".into(), length: Some(180_000_000), ..MediaState::default() };
        let all = metadata(&state);
        assert_eq!(all["mpris:length"], Value::from(180_000_000_i64));
        assert_eq!(all["xesam:title"], Value::from("Spring"));
        assert!(all.contains_key("mpris:trackid") && !all.contains_key("xesam:url"));
    }

    #[test]
    fn only_what_is_new_is_told() {
        let before = MediaState { status: "Paused", rate: 1.0, ..MediaState::default() };
        let after = MediaState { status: "Playing", position: 7, ..before.clone() };
        let old = player_properties(&before);
        let new: Vec<_> = player_properties(&after).into_iter().filter(|entry| !old.contains(entry)).collect();
        assert_eq!(new, [("PlaybackStatus", Value::from("Playing"))]);
    }
}
