//! The film that the window packages, from the offer to the last segment. One at a time: what is opened next ends it, and
//! what is finished of it is kept.

use super::PackageWish;
use super::model::film_scene::{FilmScene, FilmState};
use super::session::Waker;
use crate::packaging::serving::Serving;
use crate::packaging::{Packaging, place, program};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// The film of the demo: long enough for two collapses of the link.
const DEMO: [&str; 4] = ["--seconds", "120", "--size", "1280x720"];

/// A film and the children that make something to watch of it.
#[derive(Default)]
pub(crate) struct FilmInWork {
    /// What the command line said of the first film that arrives.
    wish: Option<PackageWish>,
    film: Option<PathBuf>,
    /// Whether there is a packager.
    packager: bool,
    /// It is watched through a network of its own.
    demo: bool,
    work: Work,
    server: Option<Serving>,
}

#[derive(Default)]
enum Work {
    /// Nobody has asked for it.
    #[default]
    None,
    /// The film itself is being made.
    Making(Packaging),
    /// It is being packaged.
    Packaging(Packaging),
    /// It is being packaged and watched.
    Watched(Packaging),
    /// It could not begin.
    Refused(String),
}

impl FilmInWork {
    /// Without a film; the first one is packaged at once if that was wished for.
    pub(crate) fn new(wish: Option<PackageWish>) -> Self {
        Self { wish, ..Self::default() }
    }

    /// A film was opened. One that has a package already, or a part of one, is not asked about again.
    pub(crate) fn arrived(&mut self, film: PathBuf, waker: &Waker) {
        let known = || place::of(&film).is_ok_and(|folder| folder.is_dir());
        self.packager = program::packager().is_some();
        if self.wish.is_some() || known() {
            return self.package(film, waker);
        }
        self.film = Some(film);
    }

    /// Begins to package it.
    pub(crate) fn package(&mut self, film: PathBuf, waker: &Waker) {
        let output = self.wish.take().and_then(|wish| wish.output);
        self.work = started(package(&film, output, waker), Work::Packaging);
        self.film = Some(film);
    }

    /// Begins with the film of the demo, which is made and packaged once.
    pub(crate) fn play_demo(&mut self, waker: &Waker) {
        self.leave();
        self.demo = true;
        let Some(film) = place::cache().map(|cache| cache.join("demo.mp4")) else {
            self.work = Work::Refused("there is no folder for the demo: HOME is not set".to_owned());
            return;
        };
        match film.is_file() {
            true => self.package(film, waker),
            false => {
                self.work = started(make(&film, waker), Work::Making);
                self.film = Some(film);
            }
        }
    }

    /// Something else is opened.
    pub(crate) fn leave(&mut self) {
        self.film = None;
        self.demo = false;
        self.work = Work::None;
        self.server = None;
    }

    /// Looks at the children. What to open, once there is something to see; or why it goes no further.
    pub(crate) fn advance(&mut self, waker: &Waker) -> Option<Result<String, String>> {
        match std::mem::take(&mut self.work) {
            Work::None => None,
            Work::Refused(problem) => Some(Err(problem)),
            Work::Making(job) => self.advance_making(job, waker),
            Work::Packaging(job) => self.advance_packaging(job, waker),
            Work::Watched(job) => match job.progress().ended {
                Some(ended) => ended.err().map(Err),
                None => {
                    self.work = Work::Watched(job);
                    None
                }
            },
        }
    }

    fn advance_making(&mut self, job: Packaging, waker: &Waker) -> Option<Result<String, String>> {
        match (job.progress().ended, self.film.take()) {
            (Some(Err(problem)), _) => return Some(Err(problem)),
            (Some(Ok(())), Some(film)) => self.package(film, waker),
            (_, film) => {
                self.work = Work::Making(job);
                self.film = film;
            }
        }
        None
    }

    fn advance_packaging(&mut self, job: Packaging, waker: &Waker) -> Option<Result<String, String>> {
        let progress = job.progress();
        if let Some(Err(problem)) = progress.ended {
            return Some(Err(problem));
        }
        let seen = progress.playable || progress.ended.is_some();
        let place = seen.then(|| self.manifest(&job.folder, waker)).flatten();
        self.work = if matches!(place, Some(Ok(_))) { Work::Watched(job) } else { Work::Packaging(job) };
        if matches!(place, Some(Err(_))) {
            self.work = Work::None;
        }
        place
    }

    /// Where to watch it: in its folder, or for the demo at a server, once that has begun.
    fn manifest(&mut self, folder: &Path, waker: &Waker) -> Option<Result<String, String>> {
        if !self.demo {
            return Some(Ok(folder.display().to_string()));
        }
        if self.server.is_none() {
            match serve(folder, waker) {
                Ok(server) => self.server = Some(server),
                Err(problem) => return Some(Err(problem)),
            }
        }
        self.server.as_ref().and_then(Serving::url)
    }

    /// What the window shows of it. `unseen`: there is nothing to watch yet.
    pub(crate) fn scene(&self, unseen: bool) -> Option<FilmScene> {
        let film = self.film.clone()?;
        let state = match &self.work {
            Work::Making(_) => FilmState::Made,
            Work::Packaging(job) | Work::Watched(job) if unseen => FilmState::Coming(job.progress()),
            Work::Packaging(job) | Work::Watched(job) => FilmState::Watched(job.progress()),
            Work::None | Work::Refused(_) if unseen => FilmState::Offered { packager: self.packager },
            Work::None | Work::Refused(_) => return None,
        };
        Some(FilmScene { film, state })
    }
}

fn started(job: Result<Packaging, String>, work: impl FnOnce(Packaging) -> Work) -> Work {
    match job {
        Ok(job) => work(job),
        Err(problem) => Work::Refused(problem),
    }
}

fn packager() -> Result<PathBuf, String> {
    program::packager().ok_or_else(|| program::MISSING.to_owned())
}

/// Wakes the window whenever a child has news.
fn wake(waker: &Waker) -> impl Fn() + Send + Sync + 'static {
    let waker = waker.clone();
    move || waker(Duration::ZERO)
}

fn package(film: &Path, output: Option<PathBuf>, waker: &Waker) -> Result<Packaging, String> {
    let folder = output.map_or_else(|| place::of(film), Ok)?;
    Packaging::start(&packager()?, film, &folder, wake(waker))
}

fn make(film: &Path, waker: &Waker) -> Result<Packaging, String> {
    let folder = film.parent().unwrap_or(film);
    std::fs::create_dir_all(folder).map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
    let mut command = Command::new(packager()?);
    command.arg("sample").arg(film).args(DEMO);
    Packaging::follow(command, folder, wake(waker))
}

fn serve(folder: &Path, waker: &Waker) -> Result<Serving, String> {
    Serving::start(&packager()?, folder, wake(waker))
}
