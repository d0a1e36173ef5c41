//! HLS playlists and what they name, by the rules of RFC 8216, its successor (draft-pantos-hls-rfc8216bis) and Apple's
//! authoring specification. Segments are read by the same eyes as those of an MPD: a playlist becomes a Representation.
//!
//! In the order of the data: `multivariant` and `segments` read the two kinds of playlist and complain of their text,
//! `keys` says what is encrypted, `media` reads what a playlist names, `i_frames` the key frames, `rates` are measured, `offer` compares what a
//! player is offered with what there is.

mod i_frames;
mod keys;
mod media;
mod multivariant;
mod offer;
mod rates;
mod segments;
#[cfg(test)]
mod tests;

use super::{Check, Depth, Finding, Look, Report, encryption, rules};
use crate::playlist;
use media::Medium;
use multivariant::Multivariant;
use segments::SegmentList;
use url::Url;

/// Bound on the playlists that are read.
const MOST_PLAYLISTS: usize = 1000;

/// The findings about one playlist.
struct Complaints<'a> {
    findings: &'a mut Vec<Finding>,
    /// The playlist.
    file: &'a str,
}

impl Complaints<'_> {
    fn at_line(&mut self, check: Check, line: usize, problem: impl Into<String>) {
        self.findings.push(Finding::new(check, self.file, format!("line {line}"), problem));
    }
}

/// Checks the playlist `text` at `url`, and all that it leads to.
pub(super) fn verify(url: &Url, text: &str, look: Look<'_>) -> Report {
    let mut report = Report { checked: checks(look.depth), ..Report::default() };
    if is_multivariant(text) {
        multivariant(url, text, look, &mut report)
    } else {
        alone(url, text, look, &mut report)
    }
    report
}

/// What is looked for. A playlist does not say when media begin, and has no index.
fn checks(depth: Depth) -> Vec<Check> {
    let of_manifests = depth.checks().into_iter().filter(|check| ![Check::Start, Check::Index].contains(check));
    of_manifests.chain([Check::IFrame]).collect()
}

fn is_multivariant(text: &str) -> bool {
    let names = ["EXT-X-STREAM-INF", "EXT-X-MEDIA", "EXT-X-I-FRAME-STREAM-INF"];
    playlist::lines(text).any(|line| matches!(line.kind, playlist::LineKind::Tag(name, _) if names.contains(&name)))
}

fn multivariant(url: &Url, text: &str, look: Look<'_>, report: &mut Report) {
    let mut complaints = Complaints { findings: &mut report.findings, file: url.as_str() };
    let offered = multivariant::read(text, &mut complaints);
    let media = media_of(url, &offered, look, &mut report.findings);
    let mut read = media::read_all(&media, look, report);
    for one in &mut read {
        let said = offered.extents.iter().find(|(uri, _)| *uri == one.medium.uri);
        one.loaded.extent = said.map(|(_, extent)| extent.clone());
    }
    offer::check(url, &offered, &read, &mut report.findings);
    let of_pictures = |pictures: bool| read.iter().filter(move |one| one.is_segments() && one.is_video() == pictures);
    for pictures in [true, false] {
        let alike: Vec<_> = of_pictures(pictures).map(|one| &one.loaded).collect();
        rules::aligned(&alike, &mut report.findings);
    }
    let all: Vec<_> = read.iter().filter(|one| one.is_segments()).map(|one| &one.loaded).collect();
    rules::together(&all, &mut report.findings);
    encryption::reused(&all, &mut report.findings);
    keys::session_keys(url, &offered, &media, &mut report.findings);
}

/// A playlist of segments without one that names it.
fn alone(url: &Url, text: &str, look: Look<'_>, report: &mut Report) {
    let name = url.path_segments().and_then(|mut parts| parts.next_back()).unwrap_or_default().to_owned();
    let mut complaints = Complaints { findings: &mut report.findings, file: url.as_str() };
    let list = segments::read(text, &mut complaints);
    media::read_all(&[Medium::new(name, url.clone(), list)], look, report);
}

/// The playlists that are named, each once.
fn media_of(url: &Url, offered: &Multivariant<'_>, look: Look<'_>, findings: &mut Vec<Finding>) -> Vec<Medium> {
    let mut media: Vec<Medium> = vec![];
    for entry in offered.entries() {
        let Some(uri) = entry.uri.filter(|uri| media.len() < MOST_PLAYLISTS && media.iter().all(|one| one.uri != *uri))
        else {
            continue;
        };
        match list(url, uri, look, findings) {
            Ok((place, mut list)) => {
                list.is_independent |= offered.is_independent;
                media.push(Medium::new(uri.to_owned(), place, list));
            }
            Err((check, problem)) => findings.push(Finding::new(check, uri, format!("line {}", entry.line), problem)),
        }
    }
    media
}

fn list(
    url: &Url,
    uri: &str,
    look: Look<'_>,
    findings: &mut Vec<Finding>,
) -> Result<(Url, SegmentList), (Check, String)> {
    let place = url.join(uri).map_err(|error| (Check::Manifest, error.to_string()))?;
    let bytes = look.files.read(&place, None).map_err(|error| (Check::Missing, error.to_string()))?;
    let text = String::from_utf8_lossy(&bytes);
    if !playlist::is_playlist(&text) {
        return Err((Check::Structure, format!("does not begin with {}", playlist::FIRST)));
    }
    if is_multivariant(&text) {
        return Err((Check::Structure, "names other playlists in place of segments".into()));
    }
    let list = segments::read(&text, &mut Complaints { findings, file: place.as_str() });
    Ok((place, list))
}
