//! Between eframe and the panels: takes the newest snapshot and picture, shows them, carries the wishes out. It
//! never waits and decides nothing.

use super::Options;
use super::export::{Export, Material};
use super::link::{Link, Opener, Waker};
use super::look::Look;
use super::memory::Memory;
use super::opening::{self, Arrival};
use super::panels::told::Told;
use super::reading;
use super::screen::{self, Scene};
use super::surface::{CpuSurface, GlSurface, Kept, SoftSurface, Surface};
use super::theme::{self, Palette};
use super::view::{Out, View};
use eframe::egui::{self, Theme, ViewportCommand};
use eframe::glow;
use player_core::io::{Command, LinkLimit};
use player_core::snapshot::Snapshot;
use shared_av::VideoFrame;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// More wishes than this wait for a session that does not listen: the oldest are forgotten.
const MOST_WAITING: usize = 64;

/// Asked to repaint after no time at all, egui paints twice: with every picture of a film that is twice the cost.
const AT_ONCE: Duration = Duration::from_micros(1);

/// The window.
pub(crate) struct App {
    opener: Opener,
    waker: Waker,
    session: Session,
    view: View,
    waiting: VecDeque<Command>,
    surface: Box<dyn Surface>,
    look: Look,
    full_screen: bool,
    export: Export,
}

/// What there is to look at.
enum Session {
    /// Nothing was opened.
    None,
    /// On its way.
    Arriving(Arrival),
    /// Running.
    Here(Link),
    /// It could not be opened, with the reason.
    Refused(String),
}

impl App {
    /// Opens what was asked for.
    pub(crate) fn new(context: &eframe::CreationContext<'_>, options: Options) -> Self {
        theme::install(&context.egui_ctx);
        let memory = Memory::load();
        memory
            .light
            .into_iter()
            .for_each(|light| context.egui_ctx.set_theme(if light { Theme::Light } else { Theme::Dark }));
        context.egui_ctx.set_zoom_factor(memory.zoom);
        if let Some(Ok(kept)) = context.gl.as_ref().map(Kept::new) {
            context.egui_ctx.add_plugin(kept);
        }
        let ctx = context.egui_ctx.clone();
        let address = options.address.clone().unwrap_or_default();
        let mut app = Self {
            opener: options.opener,
            waker: Arc::new(move |within| ctx.request_repaint_after(within.max(AT_ONCE))),
            session: Session::None,
            view: View::new(address, options.throttle, memory),
            waiting: VecDeque::new(),
            surface: surface(context.gl.as_ref()),
            look: Look::default(),
            full_screen: false,
            export: Export::default(),
        };
        options.address.into_iter().for_each(|address| app.open(address));
        app
    }

    fn open(&mut self, address: String) {
        self.learn();
        self.view.begin(&address);
        self.remember_aside();
        self.waiting.clear();
        let before = match std::mem::replace(&mut self.session, Session::None) {
            Session::Here(link) => Some(link),
            _ => None,
        };
        let opening = self.view.opening(address, self.waker.clone());
        self.session = match opening::start(&self.opener, opening, before) {
            Ok(arrival) => Session::Arriving(arrival),
            Err(refusal) => Session::Refused(refusal),
        };
    }

    /// What the session has learnt of the network is of use to the next one, unless the network was held back.
    fn learn(&mut self) {
        if let (Session::Here(link), LinkLimit::Off) = (&self.session, self.view.throttle.limit()) {
            let estimate = link.snapshots.borrow().estimate;
            self.view.memory.rate_kbps = estimate.map(|rate| rate.kbps() as u64).or(self.view.memory.rate_kbps);
        }
    }

    /// A window that is killed has no time to remember.
    fn remember_aside(&self) {
        let memory = self.view.memory.clone();
        // Without a thread it is remembered at the end.
        drop(std::thread::Builder::new().name("memory".into()).spawn(move || memory.save()));
    }

    /// A session that has arrived takes over.
    fn welcome(&mut self) {
        let Session::Arriving(arrival) = &self.session else { return };
        match arrival.poll() {
            None => {}
            Some(Ok(link)) => {
                self.session = Session::Here(link);
                self.look = Look::default();
                self.view.standing_wishes().for_each(|wish| self.waiting.push_front(wish));
            }
            Some(Err(refusal)) => self.session = Session::Refused(refusal),
        }
    }

    fn look(&mut self, ctx: &egui::Context) -> (Arc<Snapshot>, Option<VideoFrame>) {
        match &mut self.session {
            Session::Here(link) => (self.look.at(ctx, &mut link.snapshots), link.frames.latest()),
            Session::Arriving(_) => (Arc::new(reading::arriving(&self.view.opened)), None),
            Session::None | Session::Refused(_) => (Arc::new(reading::nothing()), None),
        }
    }

    fn carry_out(&mut self, out: Out) {
        self.waiting.extend(out.commands);
        if let Some(address) = out.open {
            self.open(address);
        }
        if let Session::Here(link) = &self.session {
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
        let Session::Here(link) = &self.session else { return };
        if wanted {
            self.export.begin(ctx, Material { snapshot: Arc::clone(snapshot), record: link.record.clone() });
        }
        if let Some(told) = self.export.look() {
            self.view.told = Some(Told::new(told));
        }
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
        let (snapshot, frame) = self.look(ui.ctx());
        let mut out = Out::default();
        let refusal = match &self.session {
            Session::Refused(refusal) => Some(refusal.as_str()),
            _ => None,
        };
        let scene = Scene { snapshot: &snapshot, frame: frame.as_ref(), refusal };
        screen::show(ui, &scene, self.surface.as_mut(), &mut self.view, &mut out);
        self.export(ui.ctx(), &snapshot, out.export);
        self.carry_out(out);
        self.sync_full_screen(ui.ctx());
        self.view.memory.zoom = ui.ctx().zoom_factor();
    }

    fn clear_color(&self, visuals: &egui::Visuals) -> [f32; 4] {
        Palette::clear_color(visuals)
    }

    fn on_exit(&mut self, _: Option<&glow::Context>) {
        self.learn();
        self.session = Session::None;
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
