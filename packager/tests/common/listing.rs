//! A package as text: of every file its size, its hash and its boxes.
//!
//! ```text
//! # x264 - core 164 r3095 baee400, Lavc59.37.100, x86_64 with AVX2
//! GENERATION/h264-320x180-150k/1.m4s 38012 ad38…
//!     styp 24, moof (mfhd 16, traf (tfhd 28, tfdt 20, trun 420)), mdat
//! ```

use crate::common::Place;
use sha2::{Digest, Sha256};
use shared::bmff::{BmffError, BoxRef, walk};
use std::fmt;

/// The name of the folder is a hash of the plan, which may change when the plan is written down in another way.
const GENERATION: &str = "GENERATION";
const INDENT: &str = "    ";

pub(crate) struct Listing {
    /// What wrote the bytes.
    pub(crate) encoders: String,
    files: Vec<File>,
}

struct File {
    path: String,
    size_and_hash: String,
    /// Boxes without what depends on coded bytes.
    boxes: String,
}

impl Listing {
    pub(crate) fn of(place: &Place, folder: &str) -> Self {
        let names = place.list(folder);
        let generation = names.iter().find_map(|name| name.split_once('/')).unwrap().0;
        let contents: Vec<Vec<u8>> =
            names.iter().map(|name| std::fs::read(place.path(folder).join(name)).unwrap()).collect();
        let named = |name: &String| name.replacen(generation, GENERATION, 1);
        let files = names.iter().zip(&contents).map(|(name, bytes)| File::of(named(name), bytes, generation)).collect();
        Self { encoders: encoders(&contents), files }
    }

    pub(crate) fn parse(text: &str) -> Self {
        let mut lines = text.lines();
        let encoders = lines.next().unwrap().trim_start_matches("# ").to_owned();
        let mut files = Vec::new();
        while let Some(line) = lines.next() {
            let (path, size_and_hash) = line.split_once(' ').unwrap();
            let boxes = lines.next().unwrap().trim_start().to_owned();
            files.push(File { path: path.to_owned(), size_and_hash: size_and_hash.to_owned(), boxes });
        }
        Self { encoders, files }
    }

    /// What holds for every version of the encoders.
    pub(crate) fn structure(&self) -> String {
        self.files.iter().map(|file| format!("{}\n{INDENT}{}\n", file.path, file.boxes)).collect()
    }
}

impl fmt::Display for Listing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "# {}", self.encoders)?;
        for file in &self.files {
            writeln!(f, "{} {}\n{INDENT}{}", file.path, file.size_and_hash, file.boxes)?;
        }
        Ok(())
    }
}

impl File {
    fn of(path: String, bytes: &[u8], generation: &str) -> Self {
        if path.ends_with(".jpg") {
            return Self { path, size_and_hash: size_and_hash(bytes), boxes: "no boxes".into() };
        }
        if ![".mpd", ".m3u8"].iter().any(|manifest| path.ends_with(manifest)) {
            return Self { path, size_and_hash: size_and_hash(bytes), boxes: siblings(walk::boxes(bytes)) };
        }
        let text = String::from_utf8(bytes.to_vec()).unwrap().replace(generation, GENERATION);
        let boxes = format!("without what is measured: {}", size_and_hash(without_measured(&text).as_bytes()));
        Self { path, size_and_hash: size_and_hash(text.as_bytes()), boxes }
    }
}

fn size_and_hash(bytes: &[u8]) -> String {
    let hash: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{} {hash}", bytes.len())
}

/// A manifest or a playlist without values that depend on coded bytes.
fn without_measured(text: &str) -> String {
    let text: String = text.split_inclusive('\n').filter(|line| !line.starts_with("#EXT-X-BITRATE")).collect();
    ["bandwidth=\"", "indexRange=\"", "range=\"", "BANDWIDTH=", "BYTERANGE:", "BYTERANGE=\""].iter().fold(
        text,
        |text, name| {
            let mut parts = text.split(name);
            let first = parts.next().unwrap_or_default().to_owned();
            parts.fold(first, |kept, part| {
                kept + name + part.trim_start_matches(|c: char| !['"', ',', '\n'].contains(&c))
            })
        },
    )
}

fn siblings<'a>(boxes: impl Iterator<Item = Result<BoxRef<'a>, BmffError>>) -> String {
    boxes.map(|found| one(&found.unwrap())).collect::<Vec<_>>().join(", ")
}

/// Sample entries hold the encoders' configuration; what they and media data weigh differs between versions.
fn one(found: &BoxRef<'_>) -> String {
    match &found.kind.0 {
        b"moov" | b"trak" | b"mdia" | b"minf" | b"stbl" | b"dinf" | b"mvex" | b"edts" | b"moof" | b"traf" => {
            format!("{} ({})", found.kind, siblings(found.children()))
        }
        b"stsd" | b"mdat" => found.kind.to_string(),
        _ => format!("{} {}", found.kind, found.range().len()),
    }
}

/// What decides about coded bytes: the libraries' names of themselves, as they write them into the bitstream, and the
/// processor, by which swscale and x264 choose among algorithms whose results differ.
fn encoders(contents: &[Vec<u8>]) -> String {
    let texts: Vec<String> = contents.iter().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).collect();
    let named = [("x264 - ", " - H.264"), ("x265 (", " - H.265"), ("cpuid=", " "), ("Lavc", "\u{fffd}")];
    let found = named.into_iter().filter_map(|(start, end)| texts.iter().find_map(|text| between(text, start, end)));
    found.chain([processor()]).collect::<Vec<_>>().join(", ")
}

fn between(text: &str, start: &str, end: &str) -> Option<String> {
    let (from, _) = text.match_indices(start).next()?;
    let name: String = text[from..].split(end).next()?.chars().take_while(|c| !c.is_control()).take(80).collect();
    Some(name)
}

fn processor() -> String {
    let arch = std::env::consts::ARCH;
    if has_avx2() { format!("{arch} with AVX2") } else { arch.to_owned() }
}

#[cfg(target_arch = "x86_64")]
fn has_avx2() -> bool {
    std::arch::is_x86_feature_detected!("avx2")
}

#[cfg(not(target_arch = "x86_64"))]
fn has_avx2() -> bool {
    false
}
