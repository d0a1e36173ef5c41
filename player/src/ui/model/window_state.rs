//! What belongs to the window alone: nothing in here is known to the session.

use super::adaptation_preferences::AdaptationPreferences;
use super::card_pictures::CardPictures;
use super::chart_view::ChartView;

use super::completion::Completion;
use super::controls::Controls;
use super::film_segments::FilmSegments;
use super::folder_listing::FolderListing;
use super::guide::OpenGuide;
use super::known_films::KnownFilm;
use super::osd::Osd;
use super::policy_trials::PolicyTrials;
use super::remembered::Remembered;
use super::request_filter::RequestFilter;
use super::sound_devices::SoundDevices;
use super::throttle_setting::ThrottleSetting;
use super::title;
use super::window_message::WindowMessage;
use super::wishes::Wishes;
use crate::ui::session::{Opening, Waker, WindowSettings};
use player_core::abr::Settings;
use player_core::io::{Cause, Command, LinkLimit, RequestId};
use player_core::snapshot::Snapshot;
use serde::{Deserialize, Serialize};
use shared::time::{PresentationTime, SessionTime};
use std::path::Path;

/// The state of the window.
#[derive(Debug)]
pub(crate) struct WindowState {
    /// Content of the URL field.
    pub address: String,
    /// What was opened last.
    pub opened: String,
    /// 0 to 1.
    pub volume: f64,
    /// Silent, with the volume kept for later.
    pub muted: bool,
    /// The picture alone.
    pub full_screen: bool,
    /// Figures on the picture.
    pub overlay: bool,
    /// The list of keys.
    pub keys: bool,
    /// The user guide, while it is open.
    pub guide: Option<OpenGuide>,
    /// The lower half of the side panel.
    pub tab: Tab,
    /// What outlasts the window.
    pub memory: Remembered,
    /// The bars over the film.
    pub strip: FilmSegments,
    /// What is being explained.
    pub selected: Option<Explained>,
    /// Which requests are in the table.
    pub request_filter: RequestFilter,
    /// Words that decisions must hold to be in the list.
    pub decision_filter: String,
    /// What the policy is told beside its name, while it is typed.
    pub policy_parameter: String,
    /// The numbers of the policy of this name, while one of them is being dragged.
    pub settings: Option<(String, Settings)>,
    /// Play again from the start whenever the end is reached.
    pub repeat: bool,
    /// The folder that is being looked through.
    pub browser: Option<FolderListing>,
    /// Places that begin as the URL field does.
    pub completion: Completion,
    /// A sentence of the window's own.
    pub told: Option<WindowMessage>,
    /// Pictures of the films of before.
    pub cards: CardPictures,
    /// What is open has been played, and is among the films of before.
    pub kept: bool,
    /// The session under other policies.
    pub what_if: PolicyTrials,
    /// What was chosen of policy and buffer.
    pub adaptation: AdaptationPreferences,
    /// How the network is held back.
    pub throttle: ThrottleSetting,
    /// What the charts show.
    pub chart: ChartView,
    /// The sound devices of this machine, while they are being looked for and afterwards.
    pub devices: SoundDevices,
    /// Where the seek bar is held, in seconds, while it is being dragged.
    pub scrub: Option<f64>,
    /// The buffer threshold while it is being dragged, in seconds.
    pub threshold: Option<f64>,
    /// Since when the picture stands still against the viewer's will.
    pub waiting_since: Option<SessionTime>,
    /// The window's clock at this frame, in seconds since it was opened.
    pub now: f64,
    /// What was wished and is not taken up yet.
    pub wishes: Wishes,
    /// Words on the picture for a moment.
    pub osd: Option<Osd>,
    /// The controls on the picture.
    pub controls: Controls,
    /// The click before began the film again: the second of a double click leaves it so.
    pub began_again: bool,
    /// Notches of the wheel that are not whole yet.
    pub wheel: f32,
    /// The film is walked through frame by frame: the clock shows them.
    pub stepping: bool,
}

impl WindowState {
    /// The window at the start.
    pub(crate) fn new(address: String, limit: LinkLimit, memory: Remembered) -> Self {
        Self {
            opened: address.clone(),
            address,
            volume: memory.volume,
            muted: false,
            full_screen: false,
            overlay: false,
            keys: false,
            guide: None,
            tab: memory.tab,
            adaptation: AdaptationPreferences::default(),
            throttle: ThrottleSetting::new(limit),
            chart: ChartView::default(),
            strip: FilmSegments::default(),
            selected: None,
            request_filter: RequestFilter::All,
            decision_filter: String::new(),
            policy_parameter: String::new(),
            settings: None,
            repeat: false,
            browser: None,
            completion: Completion::default(),
            told: None,
            cards: CardPictures::default(),
            kept: false,
            what_if: PolicyTrials::default(),
            memory,
            devices: SoundDevices::default(),
            scrub: None,
            threshold: None,
            waiting_since: None,
            now: 0.0,
            wishes: Wishes::default(),
            osd: None,
            controls: Controls::default(),
            began_again: false,
            wheel: 0.0,
            stepping: false,
        }
    }

    /// Forgets what belonged to the presentation before.
    pub(crate) fn begin(&mut self, address: &str) {
        self.address = address.to_owned();
        self.opened = address.to_owned();
        self.chart = ChartView { span: self.chart.span, ..ChartView::default() };
        self.scrub = None;
        self.threshold = None;
        self.waiting_since = None;
        self.selected = None;
        self.strip = FilmSegments::default();
        self.what_if = PolicyTrials::default();
        self.settings = None;
        self.browser = None;
        self.wishes = Wishes::default();
        self.osd = None;
        self.stepping = false;
        self.throttle.begin();
        self.kept = false;
    }

    /// Keeps what is open among the films of before, once its first picture has been seen: what failed is not kept. The
    /// demo has no address.
    pub(crate) fn keep_film(&mut self, snapshot: &Snapshot) {
        if self.kept || self.opened.is_empty() || snapshot.totals.startup_seconds.is_none() {
            return;
        }
        self.kept = true;
        let address = self.opened.clone();
        self.memory.opened(&address);
    }

    /// What is known of the film that is left.
    pub(crate) fn learn_film(&mut self, snapshot: &Snapshot) {
        if self.kept {
            let film = KnownFilm {
                address: self.opened.clone(),
                title: film_title(snapshot, &self.opened),
                length: snapshot.duration.map(|length| length.as_secs_f64()),
                position: snapshot.position.secs_f64(),
            };
            self.memory.films.watched(film);
            self.cards.forget(&self.opened);
        }
    }

    /// How a session is to begin: the network is held back and media are chosen as they were before.
    pub(crate) fn opening(&self, address: String, waker: Waker) -> Opening {
        let throttle = self.throttle.limit();
        let prior = self.memory.prior(&address).filter(|_| throttle == LinkLimit::Off);
        // As it is remembered: without what was typed with it to sign in.
        let place = self.memory.places.of(&self.opened);
        Opening { address, throttle, place, prior, adaptation: self.adaptation.clone(), waker }
    }

    /// Puts what outlasts the window where it is found again.
    pub(crate) fn remember(&mut self) {
        self.memory.volume = self.volume;
        self.memory.tab = self.tab;
        self.memory.save();
    }

    /// Keeps account of how long the picture has been standing, and of what was taken up of the wishes.
    pub(crate) fn observe(&mut self, snapshot: &Snapshot, now: f64) {
        self.now = now;
        self.wishes.settle(snapshot, now);
        let waiting = crate::ui::reading::is_waiting(snapshot.phase);
        self.waiting_since = waiting.then(|| self.waiting_since.unwrap_or(snapshot.at));
    }

    /// What a new session is to be told: it knows nothing of the one before.
    pub(crate) fn standing_wishes(&self) -> impl Iterator<Item = Command> {
        let faults = self.throttle.faults.map(|faults| Command::Faults(Some(faults)));
        let device = self.memory.sound_device.clone().map(|name| Command::SoundDevice(Some(name)));
        let delay = (self.memory.sound_delay != 0).then_some(Command::SoundDelay(self.memory.sound_delay));
        let repeat = self.repeat.then_some(Command::Repeat(true));
        [Some(self.loudness()), repeat, faults, device, delay].into_iter().flatten()
    }

    /// The session is, or is about to be, left.
    pub(crate) fn leave(&mut self, snapshot: &Snapshot) {
        // Before the film is loaded it is not known where it would have gone on.
        if !snapshot.tracks.is_empty() && !matches!(snapshot.ended, Some(Cause::Failed { .. })) {
            self.memory.places.left(&self.opened, snapshot.position, snapshot.duration);
        }
    }

    /// The loudness that the output is to have.
    pub(crate) fn loudness(&self) -> Command {
        Command::Volume(self.settings_shown().volume)
    }

    /// What of the window the report tells.
    pub(crate) fn settings_shown(&self) -> WindowSettings {
        WindowSettings { volume: if self.muted { 0.0 } else { self.volume }, full_screen: self.full_screen }
    }
}

/// A film that was packaged here has the name of its file.
fn film_title(snapshot: &Snapshot, address: &str) -> String {
    let path = Path::new(address);
    let packaged = !address.contains("://") && path.extension().is_some_and(|end| !end.eq_ignore_ascii_case("mpd"));
    let stem = path.file_stem().filter(|_| packaged).map(|stem| stem.to_string_lossy().into_owned());
    stem.or_else(|| title::of(snapshot)).unwrap_or_else(|| address.to_owned())
}

/// The lower half of the side panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Tab {
    /// What was decided, and why.
    #[default]
    Decisions,
    /// What was asked of the servers.
    Requests,
    /// The figures of the session.
    Totals,
    /// The manifest.
    Manifest,
    /// The same under other policies.
    WhatIf,
    /// What went wrong.
    Messages,
}

/// What is being explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Explained {
    /// The video segment that begins here.
    Segment(PresentationTime),
    /// One request.
    Request(RequestId),
}
