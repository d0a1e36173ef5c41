//! Movies of ISO/IEC 14496-12 and QuickTime: which of their tracks are encrypted, which say their language in full or how much
//! of their pictures is to be seen, and which have their media in another file.

use super::{Named, Names};
use shared::bmff::BoxRef;
use shared::bmff::walk;
use shared_av::{Crop, bytes_at};
use std::collections::BTreeMap;
use std::io::{self, Read, Seek};

/// The tables of a film of a day stay below this; larger ones are not looked at.
const LARGEST: u64 = 256 << 20;
/// Outermost boxes looked at.
const BOXES: usize = 10_000;
/// Sample entries that are encrypted, with who does so: ISO/IEC 14496-12 8.12, and those of shops.
const ENCRYPTED: [(&[u8; 4], &str); 9] = [
    (b"encv", "Common Encryption"),
    (b"enca", "Common Encryption"),
    (b"enct", "Common Encryption"),
    (b"encs", "Common Encryption"),
    (b"encu", "Common Encryption"),
    (b"drms", "FairPlay"),
    (b"drmi", "FairPlay"),
    (b"drmt", "FairPlay"),
    (b"aavd", "Audible"),
];

/// What is of interest of a movie box.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Movie {
    tracks: Vec<Track>,
    is_reference: bool,
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Track {
    id: i32,
    /// By whom, and how.
    encrypted: Option<String>,
    is_elsewhere: bool,
    /// In full (BCP 47), where a code of three letters is not all.
    language: Option<String>,
    /// What of its pictures is to be seen.
    aperture: Option<Aperture>,
}

/// The clean aperture of pictures (ISO/IEC 14496-12 12.1.4.1): fractions of samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Aperture {
    width: (u32, u32),
    height: (u32, u32),
    /// By how much its middle lies right of that of the picture.
    right: (i32, u32),
    /// Below it.
    down: (i32, u32),
}

impl Aperture {
    fn of(clap: &BoxRef<'_>) -> Option<Self> {
        let cell = |place: usize| {
            let bytes = clap.body.get(place * 4..place * 4 + 4)?;
            Some(u32::from_be_bytes(bytes.try_into().ok()?))
        };
        let pair = |place: usize| Some((cell(place)?, cell(place + 1).filter(|part| *part > 0)?));
        let signed = |place: usize| pair(place).map(|(whole, part)| (whole.cast_signed(), part));
        Some(Self { width: pair(0)?, height: pair(2)?, right: signed(4)?, down: signed(6)? })
    }

    /// What it leaves out of pictures of this size; `None` where it leaves nothing or is not within them.
    pub(super) fn crop(self, width: u32, height: u32) -> Option<Crop> {
        let edges = |whole: u32, inner: (u32, u32), off: (i32, u32)| {
            let (whole, inner) = (f64::from(whole), f64::from(inner.0) / f64::from(inner.1));
            let before = (whole - inner) / 2.0 + f64::from(off.0) / f64::from(off.1);
            let behind = whole - inner - before;
            let is_within = before > -0.5 && behind > -0.5;
            is_within.then(|| (before.round().max(0.0) as u32, behind.round().max(0.0) as u32))
        };
        let (left, right) = edges(width, self.width, self.right)?;
        let (top, bottom) = edges(height, self.height, self.down)?;
        let crop = Crop { left, top, right, bottom };
        crop.left_of(width, height).map(|_| crop)
    }
}

/// What the movie box of a file says; `None` when it has none.
pub(super) fn read(file: &mut (impl Read + Seek), length: u64) -> io::Result<Option<Movie>> {
    let Some((_, bytes)) = find(file, length)? else { return Ok(None) };
    Ok(Some(walk::boxes(&bytes).next().and_then(Result::ok).map_or_else(Movie::default, |moov| movie(&moov))))
}

/// The tracks whose media are in other files.
pub(super) fn borrowed(file: &mut (impl Read + Seek), length: u64) -> io::Result<Vec<Borrowed>> {
    let Some((at, bytes)) = find(file, length)? else { return Ok(vec![]) };
    let Some(Ok(moov)) = walk::boxes(&bytes).next() else { return Ok(vec![]) };
    let tracks = moov.children().filter_map(Result::ok).filter(|child| child.kind == *b"trak");
    Ok(tracks.filter_map(|trak| Borrowed::of(&trak, at)).collect())
}

/// The movie box of a file and where it is.
fn find(file: &mut (impl Read + Seek), length: u64) -> io::Result<Option<(u64, Vec<u8>)>> {
    let mut at = 0;
    for _ in 0..BOXES {
        let head = bytes_at(file, at, 16)?;
        let [a, b, c, d, ..] = head[..] else { return Ok(None) };
        let size = match (u32::from_be_bytes([a, b, c, d]), head.get(8..16).and_then(|long| long.try_into().ok())) {
            (0, _) => length.saturating_sub(at),
            (1, Some(long)) => u64::from_be_bytes(long),
            (size, _) => u64::from(size),
        };
        let is_movie = head.get(4..8) == Some(b"moov");
        let is_box =
            head.get(4..8).is_some_and(|kind| kind.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' '));
        if size < 8 || !is_box {
            return Ok(None);
        }
        if is_movie {
            return bytes_at(file, at, size.min(LARGEST)).map(|bytes| Some((at, bytes)));
        }
        at = at.saturating_add(size);
    }
    Ok(None)
}

impl Movie {
    /// What it is, where it names other files.
    pub(super) fn names_files(&self) -> Option<Named> {
        let has_borrowed = self.tracks.iter().any(|track| track.is_elsewhere);
        let names = if has_borrowed { Names::Movie } else { Names::Other };
        (self.is_reference || has_borrowed).then_some(("a movie without its media", names))
    }

    /// The encrypted tracks by their numbers, with by whom and how.
    pub(super) fn encrypted(&self) -> BTreeMap<i32, String> {
        self.tracks.iter().filter_map(|track| Some((track.id, track.encrypted.clone()?))).collect()
    }

    /// The clean apertures of pictures, by the numbers of the tracks.
    pub(super) fn apertures(&self) -> BTreeMap<i32, Aperture> {
        self.tracks.iter().filter_map(|track| Some((track.id, track.aperture?))).collect()
    }

    /// The languages that are said in full, by the numbers of the tracks.
    pub(super) fn languages(&self) -> BTreeMap<i32, String> {
        self.tracks.iter().filter_map(|track| Some((track.id, track.language.clone()?))).collect()
    }
}

fn movie(moov: &BoxRef<'_>) -> Movie {
    let children = || moov.children().filter_map(Result::ok);
    Movie {
        tracks: children().filter(|child| child.kind == *b"trak").map(|trak| track(&trak)).collect(),
        is_reference: children().any(|child| child.kind == *b"rmra"),
    }
}

fn track(trak: &BoxRef<'_>) -> Track {
    let inside = |path: &[&[u8; 4]]| trak.descend(path).ok().flatten();
    // 14496-12 8.3.2: behind version and flags stand two times, of 4 bytes each or 8, and the number.
    let id = inside(&[b"tkhd"]).and_then(|tkhd| {
        let at = if tkhd.body.first() == Some(&1) { 20 } else { 12 };
        Some(i32::from_be_bytes(tkhd.body.get(at..at + 4)?.try_into().ok()?))
    });
    Track {
        id: id.unwrap_or(0),
        encrypted: inside(&[b"mdia", b"minf", b"stbl", b"stsd"]).and_then(|stsd| encrypted(&stsd)),
        is_elsewhere: inside(&[b"mdia", b"minf", b"dinf", b"dref"]).is_some_and(|dref| is_elsewhere(&dref)),
        language: inside(&[b"mdia", b"elng"]).and_then(|elng| language(&elng)),
        aperture: inside(&[b"mdia", b"minf", b"vmhd"])
            .and_then(|_| inside(&[b"mdia", b"minf", b"stbl", b"stsd"]))
            .and_then(|stsd| aperture(&stsd)),
    }
}

/// Bytes of a sample entry of pictures before its boxes (ISO/IEC 14496-12 12.1.3.2).
const VISUAL_ENTRY: usize = 78;

/// That of the first entry.
fn aperture(stsd: &BoxRef<'_>) -> Option<Aperture> {
    let entry = walk::boxes(stsd.body.get(8..)?).next()?.ok()?;
    let mut inside = walk::boxes(entry.body.get(VISUAL_ENTRY..)?).filter_map(Result::ok);
    inside.find(|one| one.kind == *b"clap").and_then(|clap| Aperture::of(&clap))
}

/// 14496-12 8.4.6: behind version and flags a text that a zero byte ends.
fn language(elng: &BoxRef<'_>) -> Option<String> {
    let text = elng.body.get(4..)?.split(|byte| *byte == 0).next()?;
    std::str::from_utf8(text).ok().filter(|text| !text.is_empty()).map(str::to_owned)
}

/// 14496-12 8.5.2: a count stands before the entries.
fn encrypted(stsd: &BoxRef<'_>) -> Option<String> {
    let entries = walk::boxes(stsd.body.get(8..)?).filter_map(Result::ok);
    entries
        .filter_map(|entry| {
            let (_, by) = ENCRYPTED.iter().find(|(kind, _)| entry.kind == **kind)?;
            Some(scheme(entry.body).map_or_else(|| (*by).to_owned(), |scheme| format!("{by}, {scheme}")))
        })
        .next()
}

/// 14496-12 8.12.5. Entries have fields of various lengths before their boxes, so the box is looked for.
fn scheme(entry: &[u8]) -> Option<String> {
    let at = entry.windows(4).position(|window| window == b"schm")?;
    let name = entry.get(at + 8..at + 12)?;
    name.iter().all(u8::is_ascii_alphanumeric).then(|| String::from_utf8_lossy(name).into_owned())
}

/// Whether the media of any entry are in another file.
fn is_elsewhere(dref: &BoxRef<'_>) -> bool {
    entries(dref).any(|entry| name_of(&entry).is_some())
}

fn entries<'a>(dref: &BoxRef<'a>) -> impl Iterator<Item = BoxRef<'a>> + use<'a> {
    walk::Boxes::new(dref.body.get(8..).unwrap_or_default(), dref.offset + dref.header + 8).filter_map(Result::ok)
}

/// The file that an entry of a `dref` names, where the first flag does not say that the media are in the same file (14496-12
/// 8.7.2).
///
/// Of a QuickTime alias the name alone is taken, which stands for a file beside the movie.
fn name_of(entry: &BoxRef<'_>) -> Option<Result<String, String>> {
    let is_own = entry.body.get(3).is_none_or(|flags| flags & 1 != 0);
    let content = entry.body.get(4..).filter(|_| !is_own)?;
    let utf8 =
        |bytes: &[u8]| String::from_utf8(bytes.to_vec()).map_err(|_| "it names a file in no known letters".to_owned());
    match &entry.kind.0 {
        b"url " => {
            let end = content.iter().position(|byte| *byte == 0).unwrap_or(content.len());
            (end > 0).then(|| utf8(&content[..end]))
        }
        b"alis" if entry.body.len() >= ALIAS => {
            let length = usize::from(entry.body[ALIAS_NAME]).min(63);
            Some(utf8(&entry.body[ALIAS_NAME + 1..ALIAS_NAME + 1 + length]))
        }
        b"urn " | b"rsrc" if content.len() > 1 => Some(Err("it names its media in a way that is not followed".into())),
        _ => None,
    }
}

/// Of an alias record (Inside Macintosh: Files, 4): its least length, and where the name of the file is.
const ALIAS: usize = 4 + 150;
const ALIAS_NAME: usize = 4 + 50;

/// A track whose media are in another file.
#[derive(Debug)]
pub(super) struct Borrowed {
    /// Of the file.
    pub(super) name: Result<String, String>,
    /// Where its tables are.
    pub(super) tables: Tables,
}

/// What points to the media of a track, by its place in the file.
#[derive(Debug)]
pub(super) struct Tables {
    /// The type of the entry that names the file.
    entry: u64,
    /// Behind the table's count.
    chunks: u64,
    offsets: Vec<u64>,
    is_wide: bool,
}

impl Borrowed {
    /// `moov` is where the movie box begins in the file.
    fn of(trak: &BoxRef<'_>, moov: u64) -> Option<Self> {
        let inside = |path: &[&[u8; 4]]| trak.descend(path).ok().flatten();
        let dref = inside(&[b"mdia", b"minf", b"dinf", b"dref"])?;
        let (entry, name) = entries(&dref).find_map(|entry| Some((entry, name_of(&entry)?)))?;
        let narrow = inside(&[b"mdia", b"minf", b"stbl", b"stco"]);
        let is_wide = narrow.is_none();
        let table = narrow.or_else(|| inside(&[b"mdia", b"minf", b"stbl", b"co64"]))?;
        let cells = table.body.get(8..)?.chunks_exact(if is_wide { 8 } else { 4 });
        let offsets = cells.map(|cell| cell.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte))).collect();
        let at = |place: usize| moov + place as u64;
        let tables = Tables { entry: at(entry.offset + 4), chunks: at(table.body_range().start + 8), offsets, is_wide };
        Some(Self { name, tables })
    }
}

impl Tables {
    /// Bytes that point to the same media when they begin at `begin` of the same file.
    ///
    /// # Errors
    /// When the tables have no room for it.
    pub(super) fn pointing_behind(&self, begin: u64) -> Result<[(u64, Vec<u8>); 2], String> {
        let mut table = vec![];
        for offset in &self.offsets {
            let place = offset.saturating_add(begin);
            match (self.is_wide, u32::try_from(place)) {
                (true, _) => table.extend(place.to_be_bytes()),
                (false, Ok(place)) => table.extend(place.to_be_bytes()),
                (false, Err(_)) => return Err("its media are larger than its tables can tell".into()),
            }
        }
        // The type, version 0 and the flag that says that the media are in the same file.
        Ok([(self.entry, b"url \0\0\0\x01".to_vec()), (self.chunks, table)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::bmff::write::boxed;
    use std::io::Cursor;

    fn track(id: u8, entry: &[u8; 4], inside: &[u8], reference: (&[u8; 4], u8, &[u8])) -> Vec<u8> {
        let mut out = vec![];
        boxed(&mut out, b"trak", |out| {
            boxed(out, b"tkhd", |out| out.extend([[0; 12], [0, 0, 0, id, 0, 0, 0, 0, 0, 0, 0, 0]].concat()));
            boxed(out, b"mdia", |out| {
                boxed(out, b"elng", |out| out.extend(b"\0\0\0\0pt-BR\0"));
                boxed(out, b"minf", |out| {
                    boxed(out, b"dinf", |out| {
                        boxed(out, b"dref", |out| {
                            out.extend([0, 0, 0, 0, 0, 0, 0, 1]);
                            boxed(out, reference.0, |out| out.extend([&[0, 0, 0, reference.1], reference.2].concat()));
                        });
                    });
                    boxed(out, b"stbl", |out| {
                        boxed(out, b"stsd", |out| {
                            out.extend([0, 0, 0, 0, 0, 0, 0, 1]);
                            boxed(out, entry, |out| out.extend([&[0; 28], inside].concat()));
                        });
                    });
                });
            });
        });
        out
    }

    fn of(tracks: &[Vec<u8>]) -> Movie {
        let mut file = b"\0\0\0\x10ftypisom\0\0\0\0\0\0\0\x01mdat\0\0\0\0\0\0\0\x12ab".to_vec();
        boxed(&mut file, b"moov", |out| out.extend(tracks.concat()));
        let length = file.len() as u64;
        read(&mut Cursor::new(file), length).unwrap().unwrap()
    }

    const HERE: (&[u8; 4], u8, &[u8]) = (b"url ", 1, b"");

    #[test]
    fn an_aperture_leaves_the_edges_out() {
        let crop = |cells: [i32; 8], width, height| {
            let mut out = vec![];
            boxed(&mut out, b"clap", |out| out.extend(cells.map(i32::to_be_bytes).concat()));
            let crop = Aperture::of(&walk::boxes(&out).next()?.ok()?)?.crop(width, height)?;
            Some([crop.left, crop.top, crop.right, crop.bottom])
        };
        assert_eq!(crop([702, 1, 576, 1, 0, 1, 0, 1], 720, 576), Some([9, 0, 9, 0]));
        assert_eq!(crop([280, 1, 140, 1, 0, 1, 0, 1], 320, 180), Some([20, 20, 20, 20]));
        assert_eq!(crop([280, 1, 140, 1, -10, 1, 40, 2], 320, 180), Some([10, 40, 30, 0]));
        assert_eq!(crop([1920, 1, 1080, 1, 0, 1, -4, 1], 1920, 1088), Some([0, 0, 0, 8]));
        assert_eq!(crop([63_360, 90, 480, 1, 0, 1, 0, 1], 720, 480), Some([8, 0, 8, 0]), "a fraction");
        for bad in [[280, 0, 140, 1, 0, 1, 0, 1], [400, 1, 140, 1, 0, 1, 0, 1], [280, 1, 140, 1, 30, 1, 0, 1], [0; 8]] {
            assert_eq!(crop(bad, 320, 180), None, "{bad:?}");
        }
    }

    #[test]
    fn encrypted_tracks_are_found_with_their_scheme() {
        let protection = b"\0\0\0\x1csinf\0\0\0\x14schm\0\0\0\0cbcs\0\x01\0\0";
        let movie =
            of(&[track(1, b"avc1", b"", HERE), track(2, b"enca", protection, HERE), track(3, b"drms", b"", HERE)]);
        let expected = [(2, "Common Encryption, cbcs".to_owned()), (3, "FairPlay".to_owned())];
        assert_eq!(movie.encrypted(), BTreeMap::from(expected));
        assert_eq!(movie.languages().get(&2).map(String::as_str), Some("pt-BR"));
        assert_eq!(movie.names_files(), None);
    }

    #[test]
    fn media_that_lie_elsewhere_are_found() {
        for reference in [(b"url ", 0, &b"media.mov\0"[..]), (b"alis", 0, &[7; 160])] {
            let movie = of(&[track(1, b"avc1", b"", HERE), track(2, b"mp4a", b"", reference)]);
            assert_eq!(movie.names_files(), Some(("a movie without its media", Names::Movie)));
        }
        let short = of(&[track(1, b"avc1", b"", (b"alis", 0, b"\0\0\0\x0can"))]);
        assert_eq!(short.names_files(), None);
        // Programs write an empty address without the flag.
        assert_eq!(of(&[track(1, b"avc1", b"", (b"url ", 0, b"\0"))]).names_files(), None);
    }

    #[test]
    fn what_is_damaged_or_no_movie_has_nothing() {
        for file in
            [&b""[..], b"\0\0\0\x07moov", b"\x1a\x45\xdf\xa3\x01\0\0\0\0\0\0\x23", &[0x47; 400], b"\0\0\0\x01moov"]
        {
            assert_eq!(read(&mut Cursor::new(file), file.len() as u64).unwrap(), None);
        }
        let cut = b"\0\0\x10\0moov\0\0\0\x20trak";
        assert_eq!(read(&mut Cursor::new(&cut[..]), 16).unwrap(), Some(Movie::default()));
    }
}
