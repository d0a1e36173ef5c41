//! Between eframe and the panels: takes the newest snapshot and picture, shows them, carries the wishes out. It
//! never waits and decides nothing.

use super::Options;
use super::desktop::{self, Desktop, Told};
use super::export::{Export, Material};
use super::film::FilmInWork;
use super::format;
use super::model::osd::Osd;
use super::model::playlist::Playlist;
use super::model::remembered::Remembered;
use super::model::title;
use super::model::window_message::WindowMessage;
use super::model::window_place::{self, WindowPlace};
use super::model::window_state::WindowState;
use super::out::Out;
use super::reading;
use super::screen::{self, ScreenContent};
use super::screenshot::{Screenshot, Shot};
use super::session::{Arrival, Arrived, LastSnapshot, Opener, SessionLink, Waker};
use super::surface::{CpuSurface, GlSurface, Kept, SoftSurface, Surface};
use super::theme::{self, Palette};
use super::thumbnail;
use super::work_area::WorkArea;
use eframe::egui::{self, ViewportCommand};
use eframe::glow;
use player_core::io::{Cause, Command, LinkLimit, Phase};
use player_core::snapshot::Snapshot;
use shared::userinfo;
use shared_av::VideoFrame;
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Commands that wait while the session's channel is full; beyond this number the oldest are dropped.
const MOST_WAITING: usize = 64;

/// What the window is called where it does not say what is on.
const NAME: &str = "DASH player";

/// The shortest delay of a repaint. With a delay of zero egui paints two frames, which would double the cost of every
/// picture of a film.
const AT_ONCE: Duration = Duration::from_micros(1);

/// The window.
pub(crate) struct App {
    opener: Opener,
    waker: Waker,
    session: CurrentSession,
    view: WindowState,
    waiting: VecDeque<Command>,
    surface: Box<dyn Surface>,
    look: LastSnapshot,
    full_screen: bool,
    export: Export,
    screenshot: Screenshot,
    desktop: Desktop,
    playlist: Playlist,
    /// The film was played to its end, and that was acted upon.
    ended: bool,
    /// Title of the window.
    title: String,
    /// The part of the screen that is free for windows, until the window was fitted into it.
    fit: Option<WorkArea>,
    /// When what is remembered was saved last, by the window's clock.
    saved: f64,
    film: FilmInWork,
}

/// What there is to look at.
enum CurrentSession {
    /// Nothing was opened.
    Nothing,
    /// It is being opened.
    Arriving(Arrival),
    /// It is open.
    Here(SessionLink),
    /// A session that is over, as its report tells it.
    Report(Arc<Snapshot>, PathBuf),
    /// It is a film, see [`FilmInWork`].
    Film,
    /// It could not be opened, with the reason.
    Refused(String),
}

impl App {
    /// Opens what was asked for.
    pub(crate) fn new(context: &eframe::CreationContext<'_>, options: Options, memory: Remembered) -> Self {
        theme::install(&context.egui_ctx);
        if let Some(theme) = options.theme.or_else(|| memory.theme()) {
            context.egui_ctx.set_theme(theme);
        }
        context.egui_ctx.set_zoom_factor(memory.zoom);
        if let Some(Ok(kept)) = context.gl.as_ref().map(Kept::new) {
            context.egui_ctx.add_plugin(kept);
        }
        let ctx = context.egui_ctx.clone();
        let address = userinfo::hidden(options.address.as_deref().unwrap_or_default()).into_owned();
        let mut app = Self {
            opener: options.opener,
            waker: Arc::new(move |within| ctx.request_repaint_after(within.max(AT_ONCE))),
            session: CurrentSession::Nothing,
            view: WindowState::new(address, options.throttle, memory),
            waiting: VecDeque::new(),
            surface: surface(context.gl.as_ref()),
            look: LastSnapshot::default(),
            full_screen: false,
            export: Export::default(),
            screenshot: Screenshot::default(),
            desktop: Desktop::start(&context.egui_ctx),
            playlist: Playlist::new(options.address.iter().cloned().chain(options.next).collect()),
            ended: false,
            title: String::new(),
            fit: Some(WorkArea::find()),
            saved: 0.0,
            film: FilmInWork::new(options.package),
        };
        if let Some(address) = options.address {
            app.open(address);
        }
        app
    }

    fn open(&mut self, address: String) {
        self.learn();
        self.view.begin(&userinfo::hidden(&address));
        self.remember_aside();
        self.film.leave();
        self.arrive(address);
    }

    /// The demo comes over a link that collapses; nothing of it is remembered.
    fn play_demo(&mut self) {
        const LINK: &str = "collapse";
        self.learn();
        self.waiting.clear();
        self.view.begin("");
        self.view.throttle.follow(LINK);
        self.film.play_demo(&self.waker);
        self.session = CurrentSession::Film;
    }

    /// Goes to an address, whatever the window calls it.
    fn arrive(&mut self, address: String) {
        self.waiting.clear();
        let before = match std::mem::replace(&mut self.session, CurrentSession::Nothing) {
            CurrentSession::Here(link) => Some(link),
            _ => None,
        };
        let opening = self.view.opening(address, self.waker.clone());
        self.session = match Arrival::start(&self.opener, opening, before) {
            Ok(arrival) => CurrentSession::Arriving(arrival),
            Err(refusal) => CurrentSession::Refused(refusal),
        };
    }

    /// Remembers where the film is left, and the estimate for the next session, unless the throttle was on: then it says
    /// nothing of the network.
    fn learn(&mut self) {
        if let CurrentSession::Here(link) = &self.session {
            let seen = Arc::clone(&link.snapshots.borrow());
            self.view.leave(&seen);
            self.view.learn_film(&seen);
            if let Some(frame) = link.frames.latest().filter(|_| self.view.kept) {
                thumbnail::keep(&self.view.opened, frame.picture);
            }
        }
        if let (CurrentSession::Here(link), LinkLimit::Off) = (&self.session, self.view.throttle.limit()) {
            let seen = link.snapshots.borrow();
            if let Some(rate) = seen.estimate {
                self.view.memory.measured(&seen.url, rate);
            }
        }
    }

    /// Saves what is remembered on a thread of its own, because a window that is killed cannot do it at its end.
    fn remember_aside(&self) {
        let memory = self.view.memory.clone();
        // If no thread can be started, it is still saved when the window is closed.
        drop(std::thread::Builder::new().name("memory".into()).spawn(move || memory.save()));
    }

    /// Takes over the session that was being opened, once it is open.
    fn welcome(&mut self) {
        let CurrentSession::Arriving(arrival) = &self.session else { return };
        match arrival.poll() {
            None => {}
            Some(Ok(Arrived::Report(snapshot, path))) => self.session = CurrentSession::Report(snapshot, path),
            Some(Ok(Arrived::Film(film))) => {
                self.session = CurrentSession::Film;
                self.film.arrived(film, &self.waker);
            }
            Some(Ok(Arrived::Session(link))) => {
                self.session = CurrentSession::Here(link);
                self.look = LastSnapshot::default();
                if let Some(place) = self.view.memory.places.of(&self.view.opened) {
                    let words = format!("Goes on at {}; Home begins anew", format::place(place));
                    self.view.osd = Some(Osd::lasting(words, self.view.now));
                }
                for wish in self.view.standing_wishes() {
                    self.waiting.push_front(wish);
                }
            }
            Some(Err(refusal)) => self.session = CurrentSession::Refused(refusal),
        }
    }

    /// Carries on with a film that is being packaged: it is opened as soon as there is something to see.
    fn advance_film(&mut self) {
        let unseen = matches!(self.session, CurrentSession::Film);
        match self.film.advance(&self.waker) {
            Some(Ok(manifest)) => self.arrive(manifest),
            Some(Err(problem)) if unseen => self.session = CurrentSession::Refused(problem),
            Some(Err(problem)) => {
                self.view.told = Some(WindowMessage::new(format!("The film is not packaged any further: {problem}")));
            }
            None => {}
        }
    }

    fn look(&mut self, ctx: &egui::Context) -> (Arc<Snapshot>, Option<VideoFrame>) {
        match &mut self.session {
            CurrentSession::Here(link) => {
                let snapshot = self.look.at(ctx, &mut link.snapshots);
                let frame = link.frames.latest().filter(|frame| reading::is_of_here(&snapshot, frame.epoch));
                (snapshot, frame.map(|frame| frame.picture))
            }
            CurrentSession::Arriving(_) => (Arc::new(reading::arriving(&self.view.opened)), None),
            CurrentSession::Report(snapshot, _) => (Arc::clone(snapshot), None),
            CurrentSession::Film => (Arc::new(reading::arriving(&self.view.opened)), None),
            CurrentSession::Nothing | CurrentSession::Refused(_) => (Arc::new(reading::nothing()), None),
        }
    }

    fn carry_out(&mut self, out: Out) {
        self.waiting.extend(out.commands);
        let turned = out.turn.and_then(|by| self.playlist.go(by));
        if let Some(address) = out.open.or(turned) {
            self.open(address);
        }
        if out.demo {
            self.play_demo();
        }
        if let Some(film) = out.package {
            self.film.package(film, &self.waker);
            self.session = CurrentSession::Film;
        }
        if let CurrentSession::Here(link) = &self.session {
            while let Some(command) = self.waiting.pop_front() {
                if let Err(error) = link.commands.try_send(command) {
                    self.waiting.push_front(error.into_inner());
                    break;
                }
            }
        }
        let surplus = self.waiting.len().saturating_sub(MOST_WAITING);
        self.waiting.drain(..surplus);
    }

    fn export(&mut self, ctx: &egui::Context, snapshot: &Arc<Snapshot>, wanted: bool) {
        let record = match &self.session {
            CurrentSession::Here(link) => link.record.clone(),
            CurrentSession::Report(_, path) => Some(path.clone()),
            _ => return,
        };
        if wanted {
            self.export.begin(ctx, Material { snapshot: Arc::clone(snapshot), record });
        }
        if let Some(told) = self.export.look() {
            self.view.told = Some(WindowMessage::new(told));
        }
    }

    fn screenshot(&mut self, ctx: &egui::Context, snapshot: &Snapshot, frame: Option<&VideoFrame>, wanted: bool) {
        if let Some(frame) = frame.filter(|_| wanted) {
            let title = title::of(snapshot).unwrap_or_default();
            let at = frame.pts().unwrap_or(snapshot.position);
            self.screenshot.begin(ctx, Shot { frame: frame.clone(), title, at });
        }
        if let Some(told) = self.screenshot.look() {
            self.view.told = Some(WindowMessage::new(told));
        }
    }

    /// What media keys and panels want, and what they are to show.
    fn attend_desktop(&mut self, ctx: &egui::Context, snapshot: &Snapshot, out: &mut Out) {
        for wish in self.desktop.wishes() {
            desktop::obey(wish, ctx, snapshot, &mut self.view, out);
        }
        let snapshots = match &self.session {
            CurrentSession::Here(link) => Some(link.snapshots.clone()),
            _ => None,
        };
        self.desktop.tell(Told {
            snapshots,
            volume: if self.view.muted { 0.0 } else { self.view.volume },
            full_screen: self.view.full_screen,
            repeat: self.view.repeat,
            has_next: self.playlist.at(1).is_some(),
            has_previous: self.playlist.at(-1).is_some(),
        });
    }

    /// At the end of a film the next one of the list begins.
    fn go_on(&mut self, snapshot: &Snapshot, out: &mut Out) {
        let ended = snapshot.phase == Phase::Ended && snapshot.ended == Some(Cause::End) && !self.view.repeat;
        if ended && !self.ended && out.commands.is_empty() {
            out.turn = out.turn.or(Some(1));
        }
        self.ended = ended;
    }

    /// The title names the film.
    fn sync_title(&mut self, ctx: &egui::Context, snapshot: &Snapshot) {
        let named = match &self.session {
            CurrentSession::Report(_, path) => Some(format::file_name(&path.display().to_string())),
            _ => title::of(snapshot),
        };
        let title = named.map_or(NAME.to_owned(), |film| format!("{film} – {NAME}"));
        if self.title != title {
            self.title = title;
            ctx.send_viewport_cmd(ViewportCommand::Title(self.title.clone()));
        }
    }

    /// Once the system tells where the window is, it is fitted into what is free of the screen; from then on its place is
    /// remembered.
    fn sync_place(&mut self, ctx: &egui::Context) {
        let zoom = ctx.zoom_factor();
        let (viewport, size) = ctx.input(|input| (input.viewport().clone(), input.content_rect().size()));
        match (self.fit.take(), viewport.outer_rect.zip(viewport.inner_rect)) {
            (Some(area), Some((outer, inner))) => {
                let area = area.in_points(ctx.pixels_per_point(), viewport.monitor_size);
                if let Some((size, corner)) = area.and_then(|area| window_place::fitted(outer, inner, area)) {
                    ctx.send_viewport_cmd(ViewportCommand::InnerSize(size));
                    ctx.send_viewport_cmd(ViewportCommand::OuterPosition(corner));
                }
            }
            // Wayland never tells; until then X11 may not have answered yet.
            (Some(area), None) if self.view.now < 2.0 => self.fit = Some(area),
            _ => {
                if let Some(place) = WindowPlace::of(&viewport, size, zoom, self.view.memory.window) {
                    self.view.memory.window = Some(place);
                }
            }
        }
    }

    /// A window that is killed loses the last seconds alone.
    fn remember_now_and_then(&mut self) {
        const EVERY: f64 = 10.0;
        if self.view.now - self.saved >= EVERY {
            self.saved = self.view.now;
            self.learn();
            self.remember_aside();
        }
    }

    fn tell_settings(&self) {
        let CurrentSession::Here(link) = &self.session else { return };
        let now = self.view.settings_shown();
        link.settings.send_if_modified(|told| std::mem::replace(told, now) != now);
    }

    fn sync_full_screen(&mut self, ctx: &egui::Context) {
        if self.full_screen != self.view.full_screen {
            self.full_screen = self.view.full_screen;
            ctx.send_viewport_cmd(ViewportCommand::Fullscreen(self.full_screen));
        }
    }
}

impl eframe::App for App {
    fn ui(&mut self, ui: &mut egui::Ui, _: &mut eframe::Frame) {
        self.welcome();
        self.advance_film();
        let (snapshot, frame) = self.look(ui.ctx());
        self.view.keep_film(&snapshot);
        let mut out = Out::default();
        self.attend_desktop(ui.ctx(), &snapshot, &mut out);
        let refusal = match &self.session {
            CurrentSession::Refused(refusal) => Some(refusal.as_str()),
            _ => None,
        };
        let over = matches!(self.session, CurrentSession::Report(..));
        let film = self.film.scene(matches!(self.session, CurrentSession::Film));
        let scene = ScreenContent { snapshot: &snapshot, frame: frame.as_ref(), refusal, film: film.as_ref(), over };
        screen::show(ui, &scene, self.surface.as_mut(), &mut self.view, &mut out);
        self.go_on(&snapshot, &mut out);
        self.export(ui.ctx(), &snapshot, out.export);
        self.screenshot(ui.ctx(), &snapshot, frame.as_ref(), out.screenshot);
        self.carry_out(out);
        self.sync_full_screen(ui.ctx());
        self.sync_title(ui.ctx(), &snapshot);
        self.sync_place(ui.ctx());
        self.remember_now_and_then();
        self.tell_settings();
        self.view.memory.zoom = ui.ctx().zoom_factor();
    }

    fn clear_color(&self, visuals: &egui::Visuals) -> [f32; 4] {
        Palette::clear_color(visuals)
    }

    fn on_exit(&mut self, _: Option<&glow::Context>) {
        self.learn();
        self.session = CurrentSession::Nothing;
        self.film.leave();
        self.surface.release();
        self.view.remember();
    }
}

/// The graphics card if it can, else the CPU: slower, but there is a picture.
fn surface(gl: Option<&Arc<glow::Context>>) -> Box<dyn Surface> {
    let Some(gl) = gl else { return Box::new(CpuSurface::default()) };
    let soft = SoftSurface::new(gl).map(|surface| Box::new(surface) as Box<dyn Surface>);
    let hard = || GlSurface::new(gl).map(|surface| Box::new(surface) as Box<dyn Surface>);
    soft.or_else(|_| hard()).unwrap_or_else(|_| Box::new(CpuSurface::default()))
}
