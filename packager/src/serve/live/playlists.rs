//! The playlists of the service (RFC 8216 6.2.2): the master playlist without what cannot be repeated, and sliding media
//! playlists, made of the playlists of the package. Pure.

use super::film::{Film, SegmentFiles, path_of};
use super::schedule::{Edition, Schedule};
use super::track::Track;
use crate::layout;
use crate::playlist::{Attributes, LineKind, lines};
use std::collections::HashMap;
use std::fmt::Write;
use url::Url;

/// Tags of the master playlist whose playlists list parts of the film: pictures for scrubbing, and text as files.
const LEFT_OUT: [&str; 3] = ["EXT-X-I-FRAME-STREAM-INF", "EXT-X-IMAGE-STREAM-INF", "EXT-X-MEDIA"];

/// All playlists of a package.
#[derive(Debug, Default)]
pub(super) struct Playlists {
    /// Path and text of the master playlist.
    master: Option<(String, String)>,
    media: HashMap<String, MediaPlaylist>,
}

/// What a media playlist of the package says that stays true.
#[derive(Debug, Clone, Default)]
struct MediaPlaylist {
    /// Lines before the first segment, without those that a service says otherwise.
    head: Vec<String>,
    target: u64,
    /// The `EXT-X-KEY` in force at each segment of the film.
    keys: Vec<Option<String>>,
    /// Index of the set and of the Representation in it.
    place: (usize, usize),
}

impl Playlists {
    /// Those of a film that can be read; a package without a master playlist has none.
    pub(super) fn read(root: &std::path::Path, film: &Film) -> Self {
        let folder = film.manifest.rsplit_once('/').map(|(folder, _)| format!("{folder}/")).unwrap_or_default();
        let path = format!("{folder}{}", layout::MASTER_PLAYLIST);
        let text = Film::texts(root, std::iter::once(path.clone())).remove(&path);
        let Some(master) = text else { return Self::default() };
        let named: Vec<String> = named(&master).filter_map(|name| below(&path, name)).collect();
        let texts = Film::texts(root, named.into_iter());
        let media = texts.iter().filter_map(|(path, text)| Some((path.clone(), MediaPlaylist::of(film, path, text)?)));
        Self { media: media.collect(), master: Some((path, repeated(&master))) }
    }

    /// The playlist at a path, as it is for an edition.
    pub(super) fn text(&self, path: &str, film: &Film, schedule: &Schedule, edition: &Edition) -> Option<String> {
        match &self.master {
            Some((master, text)) if master == path => Some(text.clone()),
            _ => Some(self.media.get(path)?.text(path, film, schedule, edition)),
        }
    }
}

impl MediaPlaylist {
    /// Of a playlist whose first segment is one of the film's.
    fn of(film: &Film, path: &str, text: &str) -> Option<Self> {
        let mut found = Self::default();
        let mut key = None;
        let mut place = None;
        for line in lines(text) {
            match line.kind {
                LineKind::Uri(uri) => {
                    place = place.or_else(|| film.place(&below(path, uri)?));
                    found.keys.push(key.clone());
                }
                LineKind::Tag("EXT-X-KEY", value) => key = Some(format!("#EXT-X-KEY:{value}")),
                LineKind::Tag("EXT-X-TARGETDURATION", value) => found.target = value.parse().ok()?,
                LineKind::Tag("EXT-X-VERSION" | "EXT-X-MAP" | "EXT-X-INDEPENDENT-SEGMENTS", _)
                    if found.keys.is_empty() =>
                {
                    found.head.push(text.lines().nth(line.number - 1)?.trim().to_owned());
                }
                LineKind::Tag(..) => {}
            }
        }
        found.place = place?;
        Some(found)
    }

    fn text(&self, path: &str, film: &Film, schedule: &Schedule, edition: &Edition) -> String {
        let (track, files) = film.at(self.place);
        let listed = edition.listed(track);
        let mut out = String::from("#EXTM3U\n");
        for line in &self.head {
            out += &format!("{line}\n");
        }
        // Writing to a string does not fail.
        let _ = writeln!(
            out,
            "#EXT-X-TARGETDURATION:{}\n#EXT-X-MEDIA-SEQUENCE:{}",
            self.target,
            track.first + listed.start
        );
        let _ = writeln!(out, "#EXT-X-PROGRAM-DATE-TIME:{}", schedule.wall(track.time(listed.start).start));
        let mut key = None;
        for index in listed {
            let now = self.keys.get((index % track.count()) as usize).and_then(Option::as_ref);
            if now != key {
                let _ = writeln!(out, "{}", now.map_or("#EXT-X-KEY:METHOD=NONE", String::as_str));
                key = now;
            }
            let time = track.time(index);
            if schedule.misses(film, index) {
                out += "#EXT-X-GAP\n";
            }
            let lasts = time.end.since(time.start).as_secs_f64();
            let _ =
                writeln!(out, "#EXTINF:{lasts:.6},\n{}", beside(path, &address(film, schedule, files, track, index)));
        }
        out
    }
}

/// Where a segment of the service is, from the served folder on.
fn address(film: &Film, schedule: &Schedule, files: &SegmentFiles, track: &Track, index: u64) -> String {
    let number = schedule.number(film, track, index);
    files.path(number, track.start(index) + track.offset).unwrap_or_default()
}

/// The playlists that a master playlist names and that are kept.
fn named(master: &str) -> impl Iterator<Item = &str> {
    lines(master).filter_map(|line| match line.kind {
        LineKind::Uri(uri) => Some(uri),
        LineKind::Tag("EXT-X-MEDIA", value) => Attributes::read(value).get("URI"),
        LineKind::Tag(..) => None,
    })
}

/// The master playlist without what is left out.
fn repeated(master: &str) -> String {
    let mut out = String::new();
    for line in master.lines() {
        let (tag, value) = line.trim().trim_start_matches('#').split_once(':').unwrap_or((line.trim(), ""));
        let attributes = Attributes::read(value);
        let sound = tag == "EXT-X-MEDIA" && attributes.get("TYPE") == Some("AUDIO");
        if LEFT_OUT.contains(&tag) && !sound {
            continue;
        }
        let subtitles = attributes.get("SUBTITLES").filter(|_| tag == "EXT-X-STREAM-INF");
        let line = subtitles.map_or(line.to_owned(), |group| line.replace(&format!(",SUBTITLES=\"{group}\""), ""));
        out += &format!("{line}\n");
    }
    out
}

/// Where a reference of the playlist at `path` leads, from the served folder on.
fn below(path: &str, reference: &str) -> Option<String> {
    path_of(reference, &Url::parse(super::film::ROOT).ok()?.join(path).ok()?)
}

/// A path as a reference of the playlist at `path`.
fn beside(path: &str, target: &str) -> String {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let relative = target.strip_prefix(folder).map(|rest| rest.trim_start_matches('/'));
    crate::serve::addresses::encoded(relative.unwrap_or(target))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_master_playlist_keeps_pictures_and_sound() {
        let master = "#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",URI=\"g/a.m3u8\"\n\
                      #EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"s\",URI=\"g/s.m3u8\"\n\
                      #EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO=\"a\",SUBTITLES=\"s\",CLOSED-CAPTIONS=NONE\ng/v.m3u8\n\
                      #EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,URI=\"g/v.iframes.m3u8\"\n";
        let kept = "#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",URI=\"g/a.m3u8\"\n\
                    #EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO=\"a\",CLOSED-CAPTIONS=NONE\ng/v.m3u8\n";
        assert_eq!(repeated(master), kept);
        let named: Vec<&str> = named(kept).collect();
        assert_eq!(named, ["g/a.m3u8", "g/v.m3u8"]);
    }

    #[test]
    fn references_are_relative_to_their_playlist() {
        assert_eq!(below("film/g/v.m3u8", "v/1.m4s").as_deref(), Some("film/g/v/1.m4s"));
        assert_eq!(beside("film/g/v.m3u8", "film/g/v/900.m4s"), "v/900.m4s");
        assert_eq!(below("g/v.m3u8", "https://a.example/1.m4s"), None);
    }
}
