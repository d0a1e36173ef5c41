//! A package again and again, as an endless live service: a pure function of wall time, without a state of its own.
//!
//! ```text
//! package ─► film (read once) ─► track: numbers, times, laps ─┐
//!                       wall time ─► schedule: what there is ─┴─► manifest, playlists
//!                                                             └─► segment: the film's bytes at a later time
//! ```
//!
//! * [`args`]: the command line; `faults`: what goes wrong on purpose.
//! * `film`, `track`: what repeats; `schedule`: what there is at an instant; `pauses`: what is missing of it.
//! * `manifest`, `playlists`, `segment`: what is sent. This file: paths to answers.
//!
//! Only this file reads files and is told the time. Initialization segments and indexes are files of the package as ever.

pub mod args;
mod faults;
mod film;
mod manifest;
mod pauses;
mod playlists;
mod schedule;
mod segment;
mod track;

pub use args::LiveArgs;
pub use faults::LiveFault;

use super::addresses;
use super::error::ServeError;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, ETAG, HOST, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use film::Film;
use playlists::Playlists;
use schedule::Schedule;
use sha2::{Digest, Sha256};
use shared::mpd;
use shared::time::DateTime;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where the time is told.
const TIME: &str = "time";
/// The largest segment that is sent.
const LARGEST_SEGMENT: u64 = 512 << 20;
/// The numbers of a manifest have 32 bits (`@startNumber`); for so long they must suffice.
const YEARS_AHEAD: Duration = Duration::from_secs(20 * 365 * 86_400);

/// How long an answer may be kept, where that is not what its file name says.
#[derive(Debug, Clone)]
pub(super) struct Caching(pub(super) HeaderValue);

/// The packages of a folder as services.
pub(super) struct LiveService {
    root: PathBuf,
    scheme: &'static str,
    films: Vec<(Film, Playlists, Schedule)>,
}

impl LiveService {
    /// Reads all packages below a folder.
    pub(super) fn open(
        root: &Path,
        scheme: &'static str,
        args: &LiveArgs,
        faults: &[LiveFault],
        now: DateTime,
    ) -> Result<Self, ServeError> {
        let manifests = addresses::manifests(root);
        if manifests.is_empty() {
            let why = "there is no manifest below this folder".to_owned();
            return Err(ServeError::Live { manifest: root.display().to_string(), why });
        }
        let films = manifests.iter().map(|manifest| {
            let film = Film::read(root, manifest)?;
            let playlists = Playlists::read(root, &film);
            let schedule = args.schedule(&film, faults, now);
            if !schedule.faults.pause.is_zero() && !film.is_cut_alike() {
                let why =
                    "its tracks have different numbers of segments; encoder-pause takes the same of all".to_owned();
                return Err(ServeError::Live { manifest: manifest.clone(), why });
            }
            let last = film.leader().first + film.leader().ended_by(schedule.media(now + YEARS_AHEAD));
            if u32::try_from(last).is_err() {
                let why =
                    "its segments are too short to be counted since 1970; give --start-at with a day nearer to now";
                return Err(ServeError::Live { manifest: manifest.clone(), why: why.to_owned() });
            }
            Ok((film, playlists, schedule))
        });
        Ok(Self { root: root.to_owned(), scheme, films: films.collect::<Result<_, _>>()? })
    }

    /// The answer for a path, from the served folder on; none for what is a file like others.
    pub(super) async fn answer(&self, path: &str, asked: &HeaderMap, now: DateTime) -> Option<Response> {
        if path == TIME {
            // In milliseconds: not every reader takes more digits.
            let told = DateTime::from_nanos(now.nanos() / 1_000_000 * 1_000_000);
            return Some(kept(text(told.to_string()), "no-store"));
        }
        for (film, playlists, schedule) in &self.films {
            let media = schedule.media(now);
            let edition = schedule.edition(film, media);
            if path == film.manifest {
                let document = manifest::document(film, schedule, &edition, &self.time_address(asked));
                return Some(document_answer(mpd::write(&document), asked, schedule));
            }
            if let Some(playlist) = playlists.text(path, film, schedule, &edition) {
                return Some(document_answer(playlist, asked, schedule));
            }
            if let Some((track, files, key)) = film.segment(path) {
                let index = schedule.index(film, track, key);
                let there = index.filter(|index| schedule.offers(film, track, *index, media));
                let Some(index) = there else { return Some(missing()) };
                let (number, time) = track.in_film(index);
                let file = files.path(number, time)?;
                let sequence = (track.first + index) as u32;
                return Some(self.segment(&file, sequence, track.lap_start(index)).await);
            }
        }
        None
    }

    /// Where a client that reached this server so finds the time.
    fn time_address(&self, asked: &HeaderMap) -> String {
        match asked.get(HOST).and_then(|host| host.to_str().ok()) {
            Some(host) => format!("{}://{host}/{TIME}", self.scheme),
            None => format!("/{TIME}"),
        }
    }

    /// A file of the film at a later time.
    async fn segment(&self, file: &str, sequence: u32, later: u64) -> Response {
        let path = self.root.join(file);
        let small =
            tokio::fs::metadata(&path).await.is_ok_and(|facts| facts.is_file() && facts.len() <= LARGEST_SEGMENT);
        let inside = tokio::fs::canonicalize(&path).await.is_ok_and(|real| real.starts_with(&self.root));
        if !small || !inside {
            return missing();
        }
        let Ok(bytes) = tokio::fs::read(&path).await else { return missing() };
        match segment::moved(&bytes, sequence, later) {
            Ok(bytes) => sized(bytes),
            Err(problem) => {
                let why = format!("{file} of the package: {problem}\n");
                (StatusCode::INTERNAL_SERVER_ERROR, why).into_response()
            }
        }
    }
}

/// A manifest or a playlist, or that it is the one that the client has.
fn document_answer(document: String, asked: &HeaderMap, schedule: &Schedule) -> Response {
    let tag = format!("\"{}\"", hex(&Sha256::digest(&document)[..12]));
    let held = asked.get(IF_NONE_MATCH).and_then(|held| held.to_str().ok());
    let same = held.is_some_and(|held| held.split(',').any(|one| one.trim().trim_start_matches("W/") == tag));
    let mut response = if same { StatusCode::NOT_MODIFIED.into_response() } else { text(document) };
    if let Ok(tag) = HeaderValue::try_from(tag) {
        response.headers_mut().insert(ETAG, tag);
    }
    // Never longer than it holds, and no longer than a second: what is at the edge must be seen at once.
    let age = schedule.update.as_secs().min(1);
    kept(response, &format!("public, max-age={age}"))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn text(text: String) -> Response {
    let mut response = sized(text.into_bytes());
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, plain);
    response
}

/// With its length: what is said of a body that goes wrong on purpose counts from it.
fn sized(bytes: Vec<u8>) -> Response {
    let length = HeaderValue::from(bytes.len());
    let mut response = bytes.into_response();
    response.headers_mut().insert(CONTENT_LENGTH, length);
    response
}

/// What is not there yet, or no longer: it may be there in a moment.
fn missing() -> Response {
    kept((StatusCode::NOT_FOUND, "not in the window of this service\n").into_response(), "public, max-age=1")
}

fn kept(mut response: Response, policy: &str) -> Response {
    if let Ok(policy) = HeaderValue::try_from(policy) {
        response.extensions_mut().insert(Caching(policy));
    }
    response
}
