//! Initialization segments: what one must know of a track before its fragments can be read.

use super::entry::{self, MediaKind, Protection, SampleEntry};
use super::{BmffError, BoxRef, FourCc, walk};
use crate::codec::Codec;
use crate::protection::groups::groups;
use crate::time::{MediaTime, Timescale};
use std::borrow::Cow;

/// The one track of an initialization segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Track {
    /// `track_ID`.
    pub id: u32,
    /// Ticks of its media.
    pub timescale: Timescale,
    /// ISO 639-2 code, `und` included.
    pub language: String,
    /// Picture or sound, with its facts.
    pub kind: MediaKind,
    /// Codec with profile and level; its `Display` is the RFC 6381 string.
    pub codec: Codec,
    /// Extradata as avcodec takes it; see [`SampleEntry::config`].
    pub config: Vec<u8>,
    /// Set when samples are encrypted.
    pub protection: Option<Protection>,
    /// What the edit list adds to a composition time to make it a presentation time, in ticks. Negative for the
    /// priming of an audio encoder: that many ticks are decoded and not presented.
    pub shift: i64,
    /// Of `trex`.
    pub defaults: SampleDefaults,
    /// The sample entries behind the first one, whose facts stand above: see [`Track::described`].
    pub more: Vec<SampleEntry>,
}

/// What samples have when their fragment does not say otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SampleDefaults {
    /// In ticks.
    pub duration: u32,
    /// In bytes.
    pub size: u32,
    /// ISO/IEC 14496-12 8.8.3.1.
    pub flags: u32,
    /// `default_sample_description_index`: the sample entry, counted from 1.
    pub entry: u32,
}

impl Track {
    /// The composition time `ticks` on the presentation axis, in ticks still.
    pub fn presented(&self, ticks: i64) -> MediaTime {
        MediaTime::new(ticks.saturating_add(self.shift), self.timescale)
    }

    /// The track as its sample entry with this number (`sample_description_index`, from 1) describes it. A number that the
    /// header does not have stands for the first entry: some writers put 0.
    pub fn described(&self, entry: u32) -> Cow<'_, Track> {
        let beyond_first = usize::try_from(entry).unwrap_or(usize::MAX).checked_sub(2);
        let Some(other) = beyond_first.and_then(|at| self.more.get(at)) else { return Cow::Borrowed(self) };
        let SampleEntry { kind, codec, config, protection, .. } = other.clone();
        let more = vec![];
        let language = self.language.clone();
        Cow::Owned(Self {
            kind,
            codec,
            config,
            protection,
            more,
            language,
            shift: self.shift,
            id: self.id,
            timescale: self.timescale,
            defaults: self.defaults,
        })
    }

    /// Whether samples of any of its entries are encrypted.
    pub fn is_protected(&self) -> bool {
        self.protection.is_some() || self.more.iter().any(|entry| entry.protection.is_some())
    }

    /// Ticks at the start that are decoded and not presented.
    pub fn priming(&self) -> i64 {
        self.shift.saturating_neg().max(0)
    }
}

/// What the tracks of `init` hold, in order: [`read`] takes one of them.
pub fn kinds(init: &[u8]) -> Result<Vec<MediaKind>, BmffError> {
    let Some(moov) = walk::first(walk::boxes(init), b"moov")? else { return Ok(vec![]) };
    Ok(tracks(&moov)?.into_iter().map(|track| track.kind).collect())
}

/// Reads the first track of `init` that holds picture or sound, or else the first one.
pub fn read(init: &[u8]) -> Result<Track, BmffError> {
    let moov = walk::first(walk::boxes(init), b"moov")?
        .ok_or_else(|| BmffError::new(FourCc(*b"moov"), 0, "this is no initialization segment: it has no `moov`"))?;
    let mut tracks = tracks(&moov)?;
    let chosen = tracks.iter().position(|track| !matches!(track.kind, MediaKind::Other(_))).unwrap_or(0);
    if tracks.is_empty() {
        return Err(moov.error("has no track"));
    }
    let track = tracks.swap_remove(chosen);
    // Looked up for one track alone: the list is as long as a stranger likes.
    Ok(Track { defaults: defaults(&moov, track.id)?, ..track })
}

fn tracks(moov: &BoxRef<'_>) -> Result<Vec<Track>, BmffError> {
    let mut tracks = vec![];
    for found in moov.children() {
        let found = found?;
        if found.kind == b"trak" {
            tracks.push(track(&found, moov)?);
        }
    }
    Ok(tracks)
}

fn track(trak: &BoxRef<'_>, moov: &BoxRef<'_>) -> Result<Track, BmffError> {
    let id = track_id(&trak.require(&[b"tkhd"])?)?;
    let (timescale, language) = media_header(&trak.require(&[b"mdia", b"mdhd"])?)?;
    let handler = handler(&trak.require(&[b"mdia", b"hdlr"])?)?;
    let stbl = trak.require(&[b"mdia", b"minf", b"stbl"])?;
    let (SampleEntry { kind, codec, config, mut protection, .. }, mut more) =
        entry::all(&stbl.require(&[b"stsd"])?, handler)?;
    for protection in protection.iter_mut().chain(more.iter_mut().filter_map(|entry| entry.protection.as_mut())) {
        protection.groups = groups(&stbl)?;
    }
    let shift = match trak.descend(&[b"edts", b"elst"])? {
        Some(elst) => edit_shift(&elst, movie_timescale(moov)?, timescale)?,
        None => 0,
    };
    let defaults = SampleDefaults::default();
    Ok(Track { id, timescale, language, kind, codec, config, protection, shift, defaults, more })
}

fn track_id(tkhd: &BoxRef<'_>) -> Result<u32, BmffError> {
    let mut fields = tkhd.fields();
    let (version, _) = fields.full()?;
    fields.skip(if version == 0 { 8 } else { 16 })?;
    fields.u32()
}

fn media_header(mdhd: &BoxRef<'_>) -> Result<(Timescale, String), BmffError> {
    let mut fields = mdhd.fields();
    let (version, _) = fields.full()?;
    fields.skip(if version == 0 { 8 } else { 16 })?;
    let timescale = Timescale::new(fields.u32()?).ok_or_else(|| mdhd.error("has timescale 0"))?;
    fields.sized(version)?;
    let packed = fields.u16()?;
    let letters = [10, 5, 0].map(|at| char::from((packed >> at & 31) as u8 + 0x60));
    Ok((timescale, letters.into_iter().collect()))
}

fn movie_timescale(moov: &BoxRef<'_>) -> Result<Timescale, BmffError> {
    let mvhd = moov.require(&[b"mvhd"])?;
    let mut fields = mvhd.fields();
    let (version, _) = fields.full()?;
    fields.skip(if version == 0 { 8 } else { 16 })?;
    Timescale::new(fields.u32()?).ok_or_else(|| mvhd.error("has timescale 0"))
}

fn handler(hdlr: &BoxRef<'_>) -> Result<FourCc, BmffError> {
    let mut fields = hdlr.fields();
    fields.skip(8)?;
    fields.four_cc()
}

/// Empty edits at the start delay the track; the first other edit says which media time comes first
/// (ISO/IEC 14496-12 8.6.6). Further edits cannot be kept in fragments and are not looked at.
fn edit_shift(elst: &BoxRef<'_>, movie: Timescale, media: Timescale) -> Result<i64, BmffError> {
    let mut fields = elst.fields();
    let (version, _) = fields.full()?;
    let mut shift = 0i64;
    for _ in 0..fields.u32()? {
        let length = i64::try_from(fields.sized(version)?).unwrap_or(i64::MAX);
        let start = if version == 0 { i64::from(fields.i32()?) } else { fields.i64()? };
        fields.skip(4)?;
        if start >= 0 {
            return Ok(shift.saturating_sub(start));
        }
        shift = shift.saturating_add(MediaTime::new(length, movie).rescaled(media).ticks);
    }
    Ok(shift)
}

fn defaults(moov: &BoxRef<'_>, id: u32) -> Result<SampleDefaults, BmffError> {
    let Some(mvex) = moov.child(b"mvex")? else { return Ok(SampleDefaults::default()) };
    for found in mvex.children() {
        let found = found?;
        let mut fields = found.fields();
        if found.kind == b"trex" {
            fields.full()?;
            if fields.u32()? == id {
                let entry = fields.u32()?;
                let (duration, size) = (fields.u32()?, fields.u32()?);
                return Ok(SampleDefaults { duration, size, flags: fields.u32()?, entry });
            }
        }
    }
    Ok(SampleDefaults::default())
}
