//! The window: looks at snapshots, sends commands. It never waits, fetches, decodes or decides.
//!
//! `session` makes sessions for it, `app` holds one of them, `screen` has the layout, `panels` and `chart` draw a
//! snapshot, `surface` the picture (and keeps what stands still). `model` is what the window itself knows and what panels show,
//! `out` what they leave behind; `theme` names every colour and size, `keys` the keyboard.

mod app;
mod chart;
pub mod command;
pub mod compare;
mod desktop;
mod export;
pub(crate) mod figure;
mod film;
mod format;
mod icons;
mod keys;
mod kind;
mod ladder;
mod model;
mod out;
mod panels;
mod reading;
mod screen;
mod screenshot;
pub mod session;
mod surface;
mod task;
mod theme;
mod thumbnail;
mod widgets;
mod work_area;

#[cfg(test)]
mod tests;

pub use model::adaptation_preferences::AdaptationPreferences;
pub use session::{Frames, Opener, Opening, SessionLink, Waker};

pub(crate) use model::decision_rows::sentences as decision_sentences;
pub(crate) use model::totals_rows::as_text as totals_text;

use crate::cli::interrupt::when_asked_to_end;
use eframe::egui::{Context, Theme, ViewportBuilder, ViewportCommand};
use model::remembered::Remembered;
use model::window_place::WindowPlace;
use player_core::io::LinkLimit;
use std::path::PathBuf;
use thiserror::Error;

/// How the window begins.
pub struct Options {
    /// What to open at once, URL or file; without it there is a start screen.
    pub address: Option<String>,
    /// What is played after it, one after the other.
    pub next: Vec<String>,
    /// What is opened is a film that is to be packaged at once.
    pub package: Option<PackageWish>,
    /// The colours of the window, for this time; without a wish those that were chosen last, or the desktop's.
    pub theme: Option<Theme>,
    /// How the throttle is set at first.
    pub throttle: LinkLimit,
    /// Opens presentations.
    pub opener: Opener,
}

/// How a film is to be packaged.
#[derive(Debug, Clone, Default)]
pub struct PackageWish {
    /// Where the package is kept; the user's cache without it.
    pub output: Option<PathBuf>,
}

/// No window could be opened.
#[derive(Debug, Error)]
#[error("the window cannot be opened: {0}")]
pub struct NoWindow(String);

/// Shows the window until it is closed. Must be called on the main thread.
///
/// # Errors
/// When there is no display or no usable OpenGL.
pub fn run(options: Options) -> Result<(), NoWindow> {
    let memory = Remembered::load();
    show("DASH player", memory.window, |context| Box::new(app::App::new(context, options, memory)))
}

/// Shows a window with something in it.
fn show<'a>(
    title: &str,
    place: Option<WindowPlace>,
    content: impl FnOnce(&eframe::CreationContext<'_>) -> Box<dyn eframe::App + 'a> + 'a,
) -> Result<(), NoWindow> {
    if !has_display() {
        return Err(NoWindow("there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set)".into()));
    }
    let window = ViewportBuilder::default()
        .with_title(title)
        .with_app_id("dash-player")
        .with_inner_size([1280.0, 800.0])
        .with_min_inner_size([800.0, 480.0])
        .with_drag_and_drop(true);
    // There are no gradients: dithering would only cost, a noise for every pixel where the CPU is the graphics card.
    let window = match place {
        Some(place) => at_place(window, place),
        None => window,
    };
    let renderer = eframe::Renderer::Glow;
    let native = eframe::NativeOptions { viewport: window, renderer, dithering: false, ..Default::default() };
    eframe::run_native(
        title,
        native,
        Box::new(|context| {
            close_when_asked(&context.egui_ctx);
            Ok(content(context))
        }),
    )
    .map_err(|error| NoWindow(sentence(&error)))
}

/// As large as it was, and where it was.
fn at_place(window: ViewportBuilder, place: WindowPlace) -> ViewportBuilder {
    let window = window.with_inner_size(place.size).with_maximized(place.maximized);
    match place.corner {
        Some(corner) => window.with_position(corner),
        None => window,
    }
}

/// Whether there is a display to open a window on, as far as that is known beforehand.
fn has_display() -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || ["DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET"].into_iter().any(set)
}

/// Ctrl-C and `kill` close the window as its button does, so that report and summary are whole.
fn close_when_asked(ctx: &Context) {
    let ctx = ctx.clone();
    when_asked_to_end(move || {
        ctx.send_viewport_cmd(ViewportCommand::Close);
        ctx.request_repaint();
    });
}

/// The libraries' words without their places in the source.
fn sentence(error: &eframe::Error) -> String {
    let words = error.to_string();
    let end = words.rsplit(": ").next().unwrap_or(&words).trim_end_matches('.').to_owned();
    match error {
        eframe::Error::Winit(_) | eframe::Error::WinitEventLoop(_) => format!("the display cannot be used: {end}"),
        eframe::Error::Glutin(_) | eframe::Error::NoGlutinConfigs(..) | eframe::Error::OpenGL(_) => {
            format!("OpenGL cannot be used: {end}")
        }
        _ => words,
    }
}
