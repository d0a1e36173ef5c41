//! `--allow-references`: the films that a file names instead of holding them, opened here and nowhere else. Decoders and
//! demuxers get bytes and never a name.

use super::assembled::{Assembled, Piece};
use super::below::Below;
use super::hls::{self, Part, Playlist};
use super::lists::{self, Listed};
use super::movie;
use super::{Contents, Names};
use shared::units::ByteSize;
use shared_av::SourcePart;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// A list is not longer than this.
const LARGEST: u64 = 8 << 20;
/// Films and segments at most.
const MOST: usize = 50_000;

/// The films of a list, in order.
#[derive(Debug, Clone)]
pub struct Followed {
    films: Vec<Film>,
}

#[derive(Debug, Clone)]
struct Film {
    name: String,
    bytes: Arc<Assembled>,
    lasts: Option<Duration>,
}

impl Followed {
    /// Those that the file at `path` names, which is one that names files.
    ///
    /// # Errors
    /// Why not, in words.
    pub(super) fn of(path: &Path, names: Names) -> Result<Self, String> {
        let below = Below::of(path).map_err(|e| e.to_string())?;
        let films = match names {
            Names::Hls => vec![segments(&below, Path::new(""), &text(path)?, true)?],
            Names::Plain => films(&below, lists::plain(&text(path)?))?,
            Names::Pls => films(&below, lists::pls(&text(path)?))?,
            Names::Concat => films(&below, lists::concat(&text(path)?)?)?,
            Names::Movie => vec![movie_with_media(&below, path)?],
            Names::Other => return Err("nothing here can open what it names; package the film itself".into()),
        };
        if films.is_empty() || films.iter().any(|film| film.bytes.pieces.is_empty()) {
            return Err("it names nothing".into());
        }
        Ok(Self { films })
    }

    /// As parts of a source.
    pub fn parts(&self) -> Vec<SourcePart> {
        let part = |film: &Film| {
            let bytes = Arc::clone(&film.bytes);
            SourcePart { name: film.name.clone(), lasts: film.lasts, open: Arc::new(move || bytes.open()) }
        };
        self.films.iter().map(part).collect()
    }

    /// How many bytes they have.
    pub fn size(&self) -> ByteSize {
        ByteSize::from_bytes(self.films.iter().map(|film| film.bytes.length()).sum())
    }

    /// When one of them was last changed.
    pub fn modified(&self) -> Option<SystemTime> {
        let pieces = self.films.iter().flat_map(|film| &film.bytes.pieces);
        pieces.filter_map(|piece| piece.path.metadata().ok()?.modified().ok()).max()
    }

    /// What the user should know of the file at `path` that names them.
    pub fn note(&self, name: &str, path: &Path) -> String {
        let mut files: Vec<&PathBuf> = self.films.iter().flat_map(|film| &film.bytes.pieces).map(|p| &p.path).collect();
        files.sort_unstable();
        files.dedup();
        files.retain(|file| *file != path);
        let what = if files.len() == 1 { "a file".to_owned() } else { format!("{} files", files.len()) };
        format!("{name} names {what} in its folder, which are read in its place")
    }
}

/// The text of a list.
fn text(path: &Path) -> Result<String, String> {
    let mut bytes = vec![];
    let file = File::open(path).map_err(|e| e.to_string())?;
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(|e| e.to_string())?;
    if bytes.len() as u64 > LARGEST {
        return Err("it is longer than any list".into());
    }
    super::text::decoded(&bytes).ok_or_else(|| "it is no text".to_owned())
}

/// Whole files in a row. One that names others itself is not followed.
fn films(below: &Below, listed: Vec<Listed>) -> Result<Vec<Film>, String> {
    if listed.len() > MOST {
        return Err(format!("it names more than {MOST} files"));
    }
    let film = |listed: Listed| {
        let path = below.file(Path::new(""), &listed.name)?;
        refuse_lists(&path, &listed.name)?;
        let piece = Piece::whole(path).map_err(|e| format!("it names `{}`: {e}", listed.name))?;
        let bytes = Arc::new(Assembled { pieces: vec![piece], patches: vec![] });
        Ok(Film { name: listed.name, bytes, lasts: listed.lasts })
    };
    listed.into_iter().map(film).collect()
}

/// What is named is to be a film, and one that can be decoded.
fn refuse_lists(path: &Path, name: &str) -> Result<(), String> {
    let contents = Contents::of(path);
    match contents.names {
        Some((what, _)) => Err(format!("it names `{name}`, which is {what} itself")),
        None if contents.locks.is_any() => Err(format!("it names `{name}`, which is encrypted or scrambled")),
        None => Ok(()),
    }
}

/// The segments of an HLS playlist that lies in the folder `from`; of a multivariant one, those of its best rendition.
fn segments(below: &Below, from: &Path, text: &str, may_name_lists: bool) -> Result<Film, String> {
    let parts = match hls::read(text)? {
        Playlist::Media(parts) => parts,
        Playlist::Best(uri) if may_name_lists => {
            let path = below.file(from, &uri)?;
            let folder = Path::new(&uri).parent().unwrap_or(Path::new("")).to_owned();
            return segments(below, &from.join(folder), &self::text(&path)?, false);
        }
        Playlist::Best(uri) => return Err(format!("it names `{uri}`, which names lists again")),
    };
    if parts.len() > MOST {
        return Err(format!("it names more than {MOST} segments"));
    }
    if let Some(first) = parts.first() {
        refuse_lists(&below.file(from, &first.uri)?, &first.uri)?;
    }
    let pieces = parts.iter().map(|part| segment(below, from, part)).collect::<Result<Vec<_>, _>>()?;
    let name = parts.first().map(|part| part.uri.clone()).unwrap_or_default();
    Ok(Film { name, bytes: Arc::new(Assembled { pieces, patches: vec![] }), lasts: None })
}

fn segment(below: &Below, from: &Path, part: &Part) -> Result<Piece, String> {
    let whole = Piece::whole(below.file(from, &part.uri)?).map_err(|e| format!("it names `{}`: {e}", part.uri))?;
    let Some((first, length)) = part.range else { return Ok(whole) };
    if first.checked_add(length).is_none_or(|end| end > whole.length) {
        return Err(format!("it names bytes of `{}` that are not there", part.uri));
    }
    Ok(Piece { from: first, length, ..whole })
}

/// A movie with the files behind it in which its media are, and with its tables pointing there.
fn movie_with_media(below: &Below, path: &Path) -> Result<Film, String> {
    let broken = |e: std::io::Error| e.to_string();
    let own = Piece::whole(path.to_owned()).map_err(broken)?;
    let mut file = File::open(path).map_err(broken)?;
    let borrowed = movie::borrowed(&mut file, own.length).map_err(broken)?;
    let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let mut assembled = Assembled { pieces: vec![own], patches: vec![] };
    for track in borrowed {
        let media = Piece::whole(below.file(Path::new(""), &track.name?)?).map_err(broken)?;
        let begin = assembled.length();
        assembled.pieces.push(media);
        assembled.patches.extend(track.tables.pointing_behind(begin)?);
    }
    assembled.patches.sort();
    Ok(Film { name, bytes: Arc::new(assembled), lasts: None })
}
