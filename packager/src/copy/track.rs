//! What a movie says of a track: its time, language and title, its sample entry, its edit list, and where its sample tables are.

use super::edits::{self, Edits, Presented};
use super::file::{FileBox, InputFile};
use super::fragments;
use crate::error::PackagerError;
use shared::bmff::entry::{self, SampleEntry};
use shared::bmff::init::SampleDefaults;
use shared::bmff::write::{full, put_u32};
use shared::bmff::{BmffError, BoxRef, FourCc, walk};
use shared::time::Timescale;

/// Where AAC encoders of Apple say how much priming there is, where no edit list does.
const GAPLESS: &[u8] = b"iTunSMPB";

/// A track.
#[derive(Debug)]
pub struct MovieTrack {
    /// `track_ID`.
    pub id: u32,
    /// Ticks a second.
    pub timescale: Timescale,
    /// In full (BCP 47) or as a code of three letters; `None` where nothing is said.
    pub language: Option<String>,
    /// A title for people.
    pub title: Option<String>,
    /// The file prefers it to others.
    pub is_enabled: bool,
    /// Its first sample entry.
    pub entry: SampleEntry,
    /// How many there are.
    pub entries: usize,
    /// What of it is presented.
    pub edits: Edits,
    /// That is said by an edit list.
    pub has_edits: bool,
    /// What describes it, without samples: `tkhd`, `hdlr`, the header of its media and `stsd`.
    pub description: Description,
    /// What samples in fragments have unless those say otherwise.
    pub(super) defaults: SampleDefaults,
    pub(super) tables: Tables,
}

/// Boxes of a track as they stand in the file.
#[derive(Debug, Clone, Default)]
pub struct Description {
    /// `tkhd`.
    pub track_header: Vec<u8>,
    /// `hdlr`.
    pub handler: Vec<u8>,
    /// `vmhd` or `smhd`.
    pub media_header: Vec<u8>,
    /// `stsd`.
    pub entries: Vec<u8>,
}

impl Description {
    /// Of sound with this `stsd`.
    pub fn of_sound(entries: Vec<u8>) -> Self {
        let mut track_header = vec![];
        let mut handler = vec![];
        let mut media_header = vec![];
        full(&mut track_header, b"tkhd", 0, 7, |out| {
            out.extend_from_slice(&[0; 32]);
            put_u32(out, 0x0100_0000);
            for cell in [0x0001_0000, 0, 0, 0, 0x0001_0000, 0, 0, 0, 0x4000_0000, 0, 0] {
                put_u32(out, cell);
            }
        });
        full(&mut handler, b"hdlr", 0, 0, |out| out.extend_from_slice(b"\0\0\0\0soun\0\0\0\0\0\0\0\0\0\0\0\0\0"));
        full(&mut media_header, b"smhd", 0, 0, |out| put_u32(out, 0));
        Self { track_header, handler, media_header, entries }
    }
}

/// Where its sample tables lie.
#[derive(Debug, Default)]
pub(super) struct Tables(Vec<FileBox>);

impl Tables {
    pub(super) fn get(&self, kind: &[u8; 4]) -> Option<&FileBox> {
        self.0.iter().find(|one| one.kind == *kind)
    }
}

/// Number and handler of what is neither pictures nor sound.
pub(super) fn read(
    file: &InputFile,
    trak: &FileBox,
    movie: Timescale,
    extends: &[u8],
    gapless: Option<i64>,
) -> Result<Result<MovieTrack, (u32, FourCc)>, PackagerError> {
    let inside = |outer: &FileBox| file.boxes(outer.body.clone());
    let first = |boxes: &[FileBox], kind: &[u8; 4]| boxes.iter().find(|one| one.kind == *kind).cloned();
    let lacks = |kind: &str| file.refused(format!("a track of it has no `{kind}`"));
    let children = inside(trak)?;
    let mdia = inside(&first(&children, b"mdia").ok_or_else(|| lacks("mdia"))?)?;
    let track_header = file.read(&first(&children, b"tkhd").ok_or_else(|| lacks("tkhd"))?)?;
    let id = track_id(&track_header).unwrap_or(0);
    let handler = file.read(&first(&mdia, b"hdlr").ok_or_else(|| lacks("hdlr"))?)?;
    let kind = FourCc(handler.get(16..20).and_then(|kind| kind.try_into().ok()).unwrap_or_default());
    let minf = inside(&first(&mdia, b"minf").ok_or_else(|| lacks("minf"))?)?;
    let header = match &kind.0 {
        b"vide" => first(&minf, b"vmhd"),
        b"soun" => first(&minf, b"smhd"),
        _ => return Ok(Err((id, kind))),
    };
    let stbl = inside(&first(&minf, b"stbl").ok_or_else(|| lacks("stbl"))?)?;
    let entries = file.read(&first(&stbl, b"stsd").ok_or_else(|| lacks("stsd"))?)?;
    let mdhd = file.read(&first(&mdia, b"mdhd").ok_or_else(|| lacks("mdhd"))?)?;
    let broken = |e: BmffError| file.refused(format!("a track of it cannot be read: {e}"));
    let timescale = timescale(&mdhd, b"mdhd").ok_or_else(|| lacks("mdhd"))?;
    let (entry, more) = entry::all(&whole_box(&entries).map_err(broken)?, kind).map_err(broken)?;
    let elst = match first(&children, b"edts") {
        Some(edts) => first(&inside(&edts)?, b"elst").map(|elst| file.read(&elst)).transpose()?,
        None => None,
    };
    let edits = match &elst {
        Some(elst) => edits::read(&whole_box(elst).map_err(broken)?, movie, timescale).map_err(broken)?,
        None => {
            let own = first(&children, b"udta").and_then(|one| priming(&file.read(&one).ok()?));
            let samples = own.or(gapless).filter(|_| kind == b"soun").unwrap_or(0);
            Edits::One(Presented::behind(samples))
        }
    };
    let language = first(&mdia, b"elng").and_then(|one| full_language(&file.read(&one).ok()?));
    let title = first(&children, b"udta").and_then(|udta| first(&inside(&udta).ok()?, b"name"));
    Ok(Ok(MovieTrack {
        id,
        timescale,
        language: language.or_else(|| packed_language(&mdhd)),
        title: title.and_then(|one| name(&file.read(&one).ok()?)),
        is_enabled: track_header.get(11).is_none_or(|flags| flags & 1 != 0),
        entry,
        entries: 1 + more.len(),
        edits,
        has_edits: elst.is_some(),
        description: Description {
            track_header,
            handler,
            media_header: header.map(|header| file.read(&header)).transpose()?.unwrap_or_default(),
            entries,
        },
        defaults: fragments::defaults(extends, id).map_err(broken)?,
        tables: Tables(stbl),
    }))
}

/// The one box that these bytes are.
fn whole_box(bytes: &[u8]) -> Result<BoxRef<'_>, BmffError> {
    walk::boxes(bytes).next().unwrap_or_else(|| Err(BmffError::new(FourCc::default(), 0, "is empty")))
}

/// Of `mvhd` and `mdhd`: behind two times of 4 bytes each, or 8 from version 1 on.
pub(super) fn timescale(bytes: &[u8], kind: &[u8; 4]) -> Option<Timescale> {
    let found = whole_box(bytes).ok().filter(|found| found.kind == *kind)?;
    let at = if found.body.first() == Some(&0) { 12 } else { 20 };
    Timescale::new(u32::from_be_bytes(found.body.get(at..at + 4)?.try_into().ok()?))
}

fn track_id(tkhd: &[u8]) -> Option<u32> {
    let body = whole_box(tkhd).ok()?.body;
    let at = if body.first() == Some(&0) { 12 } else { 20 };
    Some(u32::from_be_bytes(body.get(at..at + 4)?.try_into().ok()?))
}

/// Three letters of five bits (ISO/IEC 14496-12 8.4.2).
fn packed_language(mdhd: &[u8]) -> Option<String> {
    let body = whole_box(mdhd).ok()?.body;
    let at = if body.first() == Some(&0) { 20 } else { 32 };
    let packed = u16::from_be_bytes(body.get(at..at + 2)?.try_into().ok()?);
    let letters: String = [10, 5, 0].map(|shift| char::from((packed >> shift & 31) as u8 + 0x60)).into_iter().collect();
    (letters != "und" && letters.bytes().all(|letter| letter.is_ascii_lowercase())).then_some(letters)
}

/// 8.4.6: behind version and flags a text that a zero byte ends.
fn full_language(elng: &[u8]) -> Option<String> {
    let text = whole_box(elng).ok()?.body.get(4..)?.split(|byte| *byte == 0).next()?;
    std::str::from_utf8(text).ok().filter(|text| !text.is_empty()).map(str::to_owned)
}

/// QuickTime's name of a track: text, in some files behind version and flags.
fn name(bytes: &[u8]) -> Option<String> {
    let body = whole_box(bytes).ok()?.body;
    let text = body.strip_prefix(&[0; 4]).unwrap_or(body);
    let text = std::str::from_utf8(text).ok()?.trim_end_matches('\0').trim();
    (!text.is_empty() && !text.contains(char::is_control)).then(|| text.to_owned())
}

/// Samples of priming by `iTunSMPB`: the second of its numbers, which are hexadecimal.
pub(super) fn priming(user_data: &[u8]) -> Option<i64> {
    let at = user_data.windows(GAPLESS.len()).position(|window| window == GAPLESS)?;
    let behind = user_data.get(at + GAPLESS.len()..user_data.len().min(at + 400))?;
    // The text stands behind a `data` box with its type and locale.
    let data = behind.windows(4).position(|window| window == b"data")?;
    let text = String::from_utf8_lossy(behind.get(data + 12..)?);
    let samples = i64::from_str_radix(text.split_whitespace().nth(1)?, 16).ok()?;
    (0..=48_000).contains(&samples).then_some(samples)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn priming_is_read_from_the_words_of_apples_encoders() {
        let words = b"----\0\0\0\x1cmean\0\0\0\0com.apple.iTunes\0\0\0\x14name\0\0\0\0iTunSMPB\0\0\0\x84data\0\0\0\x01\0\0\0\0 \
            00000000 00000840 000001CA 00000000003F31F6 00000000";
        assert_eq!(priming(words), Some(0x840));
        assert_eq!((priming(b"iTunSMPB"), priming(b"nothing")), (None, None));
    }
}
