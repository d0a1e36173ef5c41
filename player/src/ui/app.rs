//! Between eframe and the panels: takes the newest snapshot and picture, shows them, carries the wishes out. It
//! never waits and decides nothing.

use super::Options;
use super::link::{Link, Opener, Waker};
use super::reading;
use super::screen::{self, Scene};
use super::surface::{CpuSurface, GlSurface, Surface};
use super::theme;
use super::view::{Out, View};
use eframe::egui::{self, ViewportCommand};
use eframe::glow;
use player_core::io::Command;
use player_core::snapshot::Snapshot;
use shared_av::VideoFrame;
use std::collections::VecDeque;
use std::sync::Arc;

/// More wishes than this wait for a session that does not listen: the oldest are forgotten.
const MOST_WAITING: usize = 64;

/// The window.
pub(crate) struct App {
    opener: Opener,
    waker: Waker,
    link: Option<Link>,
    refusal: Option<String>,
    nothing: Arc<Snapshot>,
    view: View,
    waiting: VecDeque<Command>,
    surface: Box<dyn Surface>,
    full_screen: bool,
}

impl App {
    /// Opens what was asked for.
    pub(crate) fn new(context: &eframe::CreationContext<'_>, options: Options) -> Self {
        theme::install(&context.egui_ctx);
        let ctx = context.egui_ctx.clone();
        let address = options.url.clone().unwrap_or_default();
        let mut app = Self {
            opener: options.opener,
            waker: Arc::new(move || ctx.request_repaint()),
            link: None,
            refusal: None,
            nothing: Arc::new(reading::nothing()),
            view: View::new(address, options.throttle),
            waiting: VecDeque::new(),
            surface: surface(context.gl.as_ref()),
            full_screen: false,
        };
        options.url.into_iter().for_each(|url| app.open(&url));
        app
    }

    /// Leaves the session before, if any: its threads end when the link is dropped.
    fn open(&mut self, url: &str) {
        self.view.begin(url);
        self.link = None;
        self.waiting.clear();
        match (self.opener)(url, self.waker.clone()) {
            Ok(link) => {
                (self.link, self.refusal) = (Some(link), None);
                self.waiting.extend([self.view.loudness(), self.view.throttle.command()]);
            }
            Err(refusal) => self.refusal = Some(refusal),
        }
    }

    fn snapshot(&mut self) -> Arc<Snapshot> {
        match &mut self.link {
            Some(link) => link.snapshots.borrow_and_update().clone(),
            None => self.nothing.clone(),
        }
    }

    fn carry_out(&mut self, out: Out) {
        self.waiting.extend(out.commands);
        if let Some(url) = out.open {
            self.open(&url);
        }
        let Some(link) = &self.link else { return self.waiting.clear() };
        while let Some(command) = self.waiting.pop_front() {
            if let Err(error) = link.commands.try_send(command) {
                self.waiting.push_front(error.into_inner());
                break;
            }
        }
        let surplus = self.waiting.len().saturating_sub(MOST_WAITING);
        self.waiting.drain(..surplus);
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
        let snapshot = self.snapshot();
        let frame: Option<VideoFrame> = self.link.as_ref().and_then(|link| link.frames.latest());
        let mut out = Out::default();
        let scene = Scene { snapshot: &snapshot, frame: frame.as_ref(), refusal: self.refusal.as_deref() };
        screen::show(ui, &scene, self.surface.as_mut(), &mut self.view, &mut out);
        self.carry_out(out);
        self.sync_full_screen(ui.ctx());
    }

    fn on_exit(&mut self, _: Option<&glow::Context>) {
        self.link = None;
        self.surface.release();
    }
}

/// The graphics card if it can, else the CPU: slower, but there is a picture.
fn surface(gl: Option<&Arc<glow::Context>>) -> Box<dyn Surface> {
    match gl.map(GlSurface::new) {
        Some(Ok(surface)) => Box::new(surface),
        _ => Box::new(CpuSurface::default()),
    }
}
