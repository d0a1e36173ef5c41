//! A ladder as it is typed: a list on the command line, and the values of a file.

use super::Wish;
use serde::Deserialize;
use serde::de::{Deserializer, Error};
use shared::units::Bitrate;
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::Path;

/// What a list looks like.
const EXAMPLE: &str = "write WIDTHxHEIGHT@RATE, as in 1280x720@2500,640x360@0.8M, or name a TOML file";
/// A ladder file has a few lines; more is another file.
const LARGEST: u64 = 1 << 20;

/// `WxH@RATE,WxH@RATE`.
///
/// # Errors
/// What is wrong with the first rung that is none.
pub(super) fn list(text: &str) -> Result<Vec<Wish>, String> {
    text.split(',').map(|rung| wish(rung.trim())).collect()
}

fn wish(rung: &str) -> Result<Wish, String> {
    let malformed = || format!("`{rung}` is no rung; {EXAMPLE}");
    let (size, rate) = rung.split_once('@').ok_or_else(malformed)?;
    let size = size_of(size).ok_or_else(malformed)?;
    if rate.trim().is_empty() {
        return Err(malformed());
    }
    let kbps = rate.parse::<Bitrate>().map_err(|problem| format!("{problem}. For a ladder, {EXAMPLE}"))?;
    Ok(Wish {
        size,
        kbps,
        max_kbps: None,
        buffer_seconds: None,
        preset: None,
        codec: None,
        profile: None,
        tune: None,
        params: BTreeMap::new(),
    })
}

fn size_of(text: &str) -> Option<(u32, u32)> {
    let (width, height) = text.split_once(['x', 'X'])?;
    Some((width.trim().parse().ok()?, height.trim().parse().ok()?))
}

/// What is no list is meant as a file when there is one, or when it is written like a path.
pub(super) fn is_file(text: &str) -> bool {
    let path = Path::new(text);
    !text.contains('@') && (path.extension().is_some_and(|end| end == "toml") || text.contains('/')) || path.exists()
}

/// A file's text, as much as a ladder may have. Opening a pipe would wait for somebody who writes to it.
pub(super) fn read(path: &Path) -> io::Result<String> {
    let facts = path.metadata()?;
    if facts.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if !facts.is_file() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "a ladder is read from a file, not from a pipe or a device",
        ));
    }
    let mut text = String::new();
    std::fs::File::open(path)?.take(LARGEST).read_to_string(&mut text)?;
    Ok(text)
}

/// A number of kbit/s, or a text with a unit.
#[derive(Deserialize)]
#[serde(untagged)]
enum Rate {
    Whole(u64),
    Number(f64),
    Text(String),
}

impl Rate {
    fn value<E: Error>(self) -> Result<Bitrate, E> {
        match self {
            Self::Whole(kbps) => Ok(Bitrate::from_kbps(kbps)),
            Self::Number(kbps) => Ok(Bitrate::from_bps_f64(kbps * 1e3)),
            Self::Text(text) => text.parse().map_err(E::custom),
        }
    }
}

pub(super) fn rate<'de, D: Deserializer<'de>>(from: D) -> Result<Bitrate, D::Error> {
    Rate::deserialize(from)?.value()
}

pub(super) fn some_rate<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Bitrate>, D::Error> {
    rate(from).map(Some)
}

/// A list of rates, in kbit/s.
pub(super) fn kbps<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u64>, D::Error> {
    let rates = Vec::<Rate>::deserialize(from)?;
    rates.into_iter().map(|rate| rate.value().map(|rate: Bitrate| rate.bps() / 1000)).collect()
}

pub(super) fn size<'de, D: Deserializer<'de>>(from: D) -> Result<(u32, u32), D::Error> {
    let text = String::deserialize(from)?;
    size_of(&text).ok_or_else(|| D::Error::custom("size must be written as \"1280x720\""))
}
