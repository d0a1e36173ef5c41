//! Movies of ISO/IEC 14496-12 and QuickTime: which of their tracks are encrypted, and which have their media in another file.

use super::bytes_at;
use shared::bmff::BoxRef;
use shared::bmff::walk;
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
}

/// The movie box of a file; `None` when it has none.
pub(super) fn read(file: &mut (impl Read + Seek), length: u64) -> io::Result<Option<Movie>> {
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
            let whole = bytes_at(file, at, size.min(LARGEST))?;
            return Ok(Some(
                walk::boxes(&whole).next().and_then(Result::ok).map_or_else(Movie::default, |moov| movie(&moov)),
            ));
        }
        at = at.saturating_add(size);
    }
    Ok(None)
}

impl Movie {
    /// What it is, where it names other files.
    pub(super) fn names_files(&self) -> Option<&'static str> {
        (self.is_reference || self.tracks.iter().any(|track| track.is_elsewhere)).then_some("a movie without its media")
    }

    /// The encrypted tracks by their numbers, with by whom and how.
    pub(super) fn encrypted(&self) -> BTreeMap<i32, String> {
        self.tracks.iter().filter_map(|track| Some((track.id, track.encrypted.clone()?))).collect()
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
    }
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

/// 14496-12 8.7.2: the first flag says that the media are in the same file; a QuickTime `alis` or `rsrc` has it, too.
fn is_elsewhere(dref: &BoxRef<'_>) -> bool {
    let entries = walk::boxes(dref.body.get(8..).unwrap_or_default()).filter_map(Result::ok);
    entries.filter(|entry| [*b"url ", *b"urn ", *b"alis", *b"rsrc"].iter().any(|kind| entry.kind == *kind)).any(
        |entry| {
            let flags = entry.body.get(3).copied().unwrap_or(1);
            flags & 1 == 0 && entry.body.len() > 5
        },
    )
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
    fn encrypted_tracks_are_found_with_their_scheme() {
        let protection = b"\0\0\0\x1csinf\0\0\0\x14schm\0\0\0\0cbcs\0\x01\0\0";
        let movie =
            of(&[track(1, b"avc1", b"", HERE), track(2, b"enca", protection, HERE), track(3, b"drms", b"", HERE)]);
        let expected = [(2, "Common Encryption, cbcs".to_owned()), (3, "FairPlay".to_owned())];
        assert_eq!(movie.encrypted(), BTreeMap::from(expected));
        assert_eq!(movie.names_files(), None);
    }

    #[test]
    fn media_that_lie_elsewhere_are_found() {
        for reference in [(b"url ", 0, &b"media.mov\0"[..]), (b"alis", 0, b"\0\0\0\0\0\0an alias")] {
            let movie = of(&[track(1, b"avc1", b"", HERE), track(2, b"mp4a", b"", reference)]);
            assert_eq!(movie.names_files(), Some("a movie without its media"));
        }
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
