//! A window without a display: a snapshot goes in, a picture and commands come out.

use crate::ui::model::film_scene::FilmScene;
use crate::ui::model::remembered::Remembered;
use crate::ui::model::trace_preview::TracePreview;
use crate::ui::model::window_state::WindowState;
use crate::ui::out::Out;
use crate::ui::screen::{self, ScreenContent};
use crate::ui::surface::CpuSurface;
use crate::ui::theme::{self, Palette};
use eframe::egui::{self, Theme, vec2};
use egui_kittest::Harness;
use player_core::io::{Command, LinkLimit};
use player_core::snapshot::Snapshot;
use shared::time::PresentationTime;
use shared::trace::Trace;
use shared_av::{ColourDescription, PixelFormat, Rational, VideoFrame, VideoFrameMut};
use std::path::PathBuf;

/// Good, bad, good again.
const COLLAPSE: &str = include_str!("../../../../samples/traces/collapse.csv");

/// What the window is made of in a test.
pub(crate) struct Stage {
    pub snapshot: Snapshot,
    pub view: WindowState,
    pub frame: Option<VideoFrame>,
    pub refusal: Option<String>,
    pub film: Option<FilmScene>,
    pub surface: CpuSurface,
    pub commands: Vec<Command>,
    pub opened: Vec<String>,
    pub packaged: Vec<PathBuf>,
    pub exports: usize,
    pub screenshots: usize,
}

/// The commands that `act` causes.
pub(super) fn caused(
    mut harness: Harness<'static, Stage>,
    act: impl FnOnce(&mut Harness<'static, Stage>),
) -> Vec<Command> {
    act(&mut harness);
    harness.run_steps(2);
    std::mem::take(&mut harness.state_mut().commands)
}

/// A seek to so many seconds.
pub(super) fn seek(seconds: f64) -> Command {
    Command::Seek(PresentationTime::from_secs_f64(seconds))
}

impl Stage {
    /// The picture alone, as the window begins.
    pub(crate) fn watching(snapshot: Snapshot) -> Self {
        let mut stage = Self::new(snapshot);
        stage.view.memory.lab = false;
        stage
    }

    /// The lab view of `snapshot` while the network is held back.
    pub(crate) fn new(snapshot: Snapshot) -> Self {
        let name = "samples/traces/collapse.csv";
        let throttled = LinkLimit::Trace(name.into());
        let trace = Trace::parse(name, COLLAPSE).unwrap();
        let mut view =
            WindowState::new(snapshot.url.clone(), throttled, Remembered { lab: true, ..Remembered::default() });
        view.throttle.preview = TracePreview::known(name, trace);
        let frame = snapshot.tracks.first().and_then(|video| video.shown).map(|_| picture());
        let surface = CpuSurface::default();
        Self {
            snapshot,
            view,
            frame,
            refusal: None,
            film: None,
            surface,
            commands: vec![],
            opened: vec![],
            packaged: vec![],
            exports: 0,
            screenshots: 0,
        }
    }

    /// One frame.
    pub(crate) fn ui(&mut self, ui: &mut egui::Ui) {
        let mut out = Out::default();
        let scene = ScreenContent {
            snapshot: &self.snapshot,
            frame: self.frame.as_ref(),
            refusal: self.refusal.as_deref(),
            film: self.film.as_ref(),
            over: false,
        };
        ui.painter().rect_filled(ui.ctx().content_rect(), 0.0, Palette::of(ui).surface);
        screen::show(ui, &scene, &mut self.surface, &mut self.view, &mut out);
        self.commands.extend(out.commands);
        self.opened.extend(out.open);
        self.packaged.extend(out.package);
        self.exports += usize::from(out.export);
        self.screenshots += usize::from(out.screenshot);
    }

    /// Puts it into a window.
    pub(crate) fn open(self, theme: Theme, width: f32, height: f32) -> Harness<'static, Self> {
        let harness = Harness::builder().with_size(vec2(width, height)).with_theme(theme).with_max_steps(8);
        let harness = harness.with_context_setup(theme::install).with_render_cursor(false);
        harness.build_ui_state(|ui, stage: &mut Self| stage.ui(ui), self)
    }
}

/// Colour bars in BT.709, a gradient below: wrong matrices and wrong strides show.
pub(crate) fn picture() -> VideoFrame {
    const BARS: [[u8; 3]; 7] = [
        [180, 128, 128],
        [168, 44, 136],
        [145, 147, 44],
        [133, 63, 52],
        [63, 193, 204],
        [51, 109, 212],
        [28, 212, 120],
    ];
    let mut canvas = VideoFrameMut::new(PixelFormat::Yuv420p, 320, 180).unwrap();
    for index in 0..3 {
        let plane = canvas.plane_mut(index).unwrap();
        for row in 0..plane.height {
            for column in 0..plane.width {
                let bar = BARS.map(|bar| bar[index])[column * 7 / plane.width];
                let ramp = if index == 0 { (16 + column * 219 / plane.width) as u8 } else { 128 };
                plane.data[row * plane.stride + column] = if row * 4 < plane.height * 3 { bar } else { ramp };
            }
        }
    }
    canvas.finish(Some(PresentationTime::ZERO), ColourDescription::BT709, Rational::ONE)
}
