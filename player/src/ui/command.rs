//! The command `player [URL|FILE]`: from the flags to the window.

use super::session::{self, SessionFiles};
use super::{NoWindow, Options, PackageWish};
use crate::cli::args::{Play, WindowTheme};
use crate::cli::target::{self, Target};
use crate::cli::{Code, CommandFailure, keys, source};
use crate::headless;
use eframe::egui::Theme;
use player_core::io::LinkLimit;
use shared::userinfo;

/// Shows the window until it is closed.
///
/// # Errors
/// When a flag is of no use here, something named cannot be read, or there is no display.
pub fn run(play: &Play) -> Result<(), CommandFailure> {
    refuse_what_needs_headless(play)?;
    let keys = keys::read(&play.keys)?;
    let config = headless::session_config(play, &keys);
    let fetch = source::fetching(&play.headers, play.allow_private, play.limit().as_ref())?;
    for named in play.source.iter().chain(&play.more) {
        refuse_what_cannot_be_shown(target::of(named)?, play)?;
    }
    let options = Options {
        address: play.source.clone(),
        next: play.more.clone(),
        package: play.package.then(|| PackageWish { output: play.output.clone() }),
        theme: play.theme.map(|theme| match theme {
            WindowTheme::Dark => Theme::Dark,
            WindowTheme::Light => Theme::Light,
        }),
        throttle: play.limit().unwrap_or(LinkLimit::Off),
        opener: session::opener(
            config,
            keys,
            fetch,
            SessionFiles { report: play.report.clone(), summary: play.summary.clone() },
        ),
    };
    super::run(options).map_err(|NoWindow(problem)| no_window(&problem, play))
}

/// A film needs a window in which it is offered to be packaged; nothing else is packaged.
fn refuse_what_cannot_be_shown(target: Target, play: &Play) -> Result<(), CommandFailure> {
    match target {
        Target::Film(film) if !super::has_display() => Err(target::film_is_no_manifest(&film)),
        Target::Manifest(_) | Target::Report(_) if play.package => {
            Err(CommandFailure::new(Code::Usage, target::NOT_A_FILM))
        }
        _ => Ok(()),
    }
}

fn refuse_what_needs_headless(play: &Play) -> Result<(), CommandFailure> {
    let flags = [("--seconds", play.seconds.is_some()), ("--script", play.script.is_some())];
    match flags.iter().find(|(_, given)| *given) {
        Some((flag, _)) => Err(CommandFailure::new(Code::Usage, format!("{flag} goes with --headless"))),
        None => Ok(()),
    }
}

/// The message says what else can be done: play headless, or let the CPU draw.
fn no_window(problem: &str, play: &Play) -> CommandFailure {
    let source = userinfo::hidden(play.source.as_deref().unwrap_or("URL|FILE"));
    let message = format!(
        "cannot open the window: {problem}\n  Without a display: player --headless {source}\n  \
         With a display but without working OpenGL: set LIBGL_ALWAYS_SOFTWARE=1"
    );
    CommandFailure::new(Code::Io, message)
}
