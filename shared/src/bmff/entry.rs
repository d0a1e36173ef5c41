//! Sample entries (ISO/IEC 14496-12 8.5.2): which codec, its facts, and its configuration as avcodec takes it.

use super::{BmffError, BoxRef, Fields, FourCc};
use crate::codec::aac::{self, AudioSpecificConfig};
use crate::codec::{Aac, Av1, Avc, Codec, Hevc, Vp9, ac3, av1, flac, opus};
use crate::protection::{Encryption, KeyId};

/// The most sample entries of a track that are read: one for each rung of a ladder.
const MOST_ENTRIES: usize = 64;

/// What the track holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MediaKind {
    /// Pictures.
    Video(Video),
    /// Sound.
    Audio(Audio),
    /// Anything else, by its handler.
    Other(FourCc),
}

/// Facts of a video sample entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Video {
    /// Of the coded picture as it is shown, in pixels.
    pub width: u16,
    /// In lines.
    pub height: u16,
    /// Width to height of a pixel, from `pasp`.
    pub sar: Option<(u32, u32)>,
    /// From `colr`.
    pub colour: Option<Cicp>,
    /// Bytes of a NAL unit's length, for H.264 and H.265.
    pub nal_length: Option<u8>,
}

/// Coding-independent code points (ISO/IEC 23091-2) of `colr` type `nclx`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cicp {
    /// `colour_primaries`: 1 BT.709, 9 BT.2020.
    pub primaries: u16,
    /// `transfer_characteristics`: 1 BT.709, 16 PQ, 18 HLG.
    pub transfer: u16,
    /// `matrix_coefficients`: 1 BT.709, 6 BT.601, 9 BT.2020.
    pub matrix: u16,
    /// Full range samples.
    pub full_range: bool,
}

/// Facts of an audio sample entry, the configuration's own ones where they differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Audio {
    /// Samples a second.
    pub rate: u32,
    /// Number of channels.
    pub channels: u16,
}

/// Common encryption (ISO/IEC 23001-7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Protection {
    /// `cenc`, `cbcs`, …
    pub scheme: FourCc,
    /// What holds for samples that are in no group; none where there is no `tenc` that can be read.
    pub defaults: Option<Encryption>,
    /// What the groups of samples that the initialization segment describes have in its place.
    pub groups: Vec<Encryption>,
}

impl Protection {
    /// By a scheme of which nothing more is known.
    pub fn new(scheme: FourCc) -> Self {
        Self { scheme, defaults: None, groups: vec![] }
    }

    /// `default_KID`.
    pub fn key_id(&self) -> Option<KeyId> {
        self.defaults.map(|defaults| defaults.key_id)
    }
}

/// A sample entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleEntry {
    /// Its type, the original one when the track is encrypted.
    pub name: FourCc,
    /// What it holds.
    pub kind: MediaKind,
    /// The codec, with profile and level.
    pub codec: Codec,
    /// Extradata for avcodec: the body of `avcC`, `hvcC`, `av1C`; an AudioSpecificConfig; `OpusHead`; STREAMINFO; of
    /// WebVTT what stands before the cues of a file.
    /// Empty where decoders want none.
    pub config: Vec<u8>,
    /// Set when samples are encrypted.
    pub protection: Option<Protection>,
}

/// Reads the sample entry `found` of a track with `handler`; `stsd_version` tells QuickTime's layouts apart.
pub fn read(found: &BoxRef<'_>, handler: FourCc, stsd_version: u8) -> Result<SampleEntry, BmffError> {
    let mut fields = found.fields();
    fields.skip(8)?;
    let kind = match &handler.0 {
        b"vide" => MediaKind::Video(video(&mut fields)?),
        b"soun" => MediaKind::Audio(audio(&mut fields, stsd_version)?),
        _ => MediaKind::Other(handler),
    };
    let name = FourCc(found.kind.0);
    let codec = Codec::Other(name.to_string());
    let mut entry = SampleEntry { name, kind, codec, config: vec![], protection: None };
    if !matches!(entry.kind, MediaKind::Other(_)) || entry.is(b"wvtt") {
        for child in fields.boxes() {
            entry.take(&child?)?;
        }
    }
    entry.finish();
    Ok(entry)
}

fn video(fields: &mut Fields<'_>) -> Result<Video, BmffError> {
    fields.skip(16)?;
    let width = fields.u16()?;
    let height = fields.u16()?;
    fields.skip(50)?;
    Ok(Video { width, height, sar: None, colour: None, nal_length: None })
}

/// The fixed part of an audio sample entry. In QuickTime files (`stsd` version 0) the versions 1 and 2 of the sound
/// description are 16 and 36 bytes longer; in ISO files (`stsd` version 1) the same field does not change the length.
fn audio(fields: &mut Fields<'_>, stsd_version: u8) -> Result<Audio, BmffError> {
    let version = fields.u16()?;
    fields.skip(6)?;
    let channels = fields.u16()?;
    fields.skip(6)?;
    let rate = fields.u32()? >> 16;
    match (stsd_version, version) {
        (0, 1) => fields.skip(16)?,
        (0, 2) => fields.skip(36)?,
        _ => {}
    }
    Ok(Audio { rate, channels })
}

impl SampleEntry {
    fn take(&mut self, child: &BoxRef<'_>) -> Result<(), BmffError> {
        let body = child.body;
        match &child.kind.0 {
            b"avcC" => self.nal_units(child, Avc::from_config(body, self.is(b"avc3")).map(Codec::Avc), body.get(4))?,
            b"hvcC" => {
                self.nal_units(child, Hevc::from_config(body, self.is(b"hev1")).map(Codec::Hevc), body.get(21))?
            }
            b"av1C" => self.configure(child, Av1::from_config(body).map(Codec::Av1), body)?,
            b"vpcC" => self.vpx(child)?,
            b"esds" => self.esds(child)?,
            b"dOps" => self.opus(child)?,
            b"dac3" => self.dolby(child, Codec::Ac3, ac3::read_dac3(body))?,
            b"dec3" => self.dolby(child, Codec::Eac3, ac3::read_dec3(body))?,
            b"dfLa" => self.flac(child)?,
            b"vttC" => self.config = body.to_vec(),
            b"pasp" => self.pixel_aspect(child)?,
            b"colr" => self.colour(child)?,
            b"sinf" => self.protected(child)?,
            _ => {}
        }
        Ok(())
    }

    fn is(&self, name: &[u8; 4]) -> bool {
        self.name == *name
    }

    fn configure(&mut self, at: &BoxRef<'_>, codec: Option<Codec>, config: &[u8]) -> Result<(), BmffError> {
        self.codec = codec.ok_or_else(|| at.error("is not a configuration that we can read"))?;
        self.config = config.to_vec();
        Ok(())
    }

    fn nal_units(&mut self, at: &BoxRef<'_>, codec: Option<Codec>, length: Option<&u8>) -> Result<(), BmffError> {
        if let MediaKind::Video(video) = &mut self.kind {
            video.nal_length = length.map(|byte| (byte & 3) + 1);
        }
        self.configure(at, codec, at.body)
    }

    fn vpx(&mut self, at: &BoxRef<'_>) -> Result<(), BmffError> {
        let vp8 = self.is(b"vp08").then_some(Codec::Vp8);
        self.configure(at, vp8.or_else(|| Vp9::from_config(at.body).map(Codec::Vp9)), &[])
    }

    fn esds(&mut self, at: &BoxRef<'_>) -> Result<(), BmffError> {
        let (indication, config) = decoder_config(at)?;
        let specific = AudioSpecificConfig::read(config);
        if let (MediaKind::Audio(audio), Some(specific)) = (&mut self.kind, &specific) {
            audio.rate = specific.rate;
            audio.channels = specific.channels.unwrap_or(audio.channels);
        }
        let codec = aac::from_object_type_indication(indication, specific.as_ref());
        let codec = codec.unwrap_or_else(|| Codec::Other(format!("mp4a.{indication:02X}")));
        self.configure(at, Some(codec), config)
    }

    fn opus(&mut self, at: &BoxRef<'_>) -> Result<(), BmffError> {
        let head = opus::head(at.body);
        self.sound(Some(48_000), opus::channels(at.body));
        self.configure(at, head.is_some().then_some(Codec::Opus), &head.unwrap_or_default())
    }

    fn dolby(&mut self, at: &BoxRef<'_>, codec: Codec, facts: Option<(u32, u16)>) -> Result<(), BmffError> {
        self.sound(facts.map(|f| f.0), facts.map(|f| f.1));
        self.configure(at, Some(codec), &[])
    }

    fn flac(&mut self, at: &BoxRef<'_>) -> Result<(), BmffError> {
        let info = flac::stream_info(at.body);
        let facts = info.and_then(flac::rate_and_channels);
        self.sound(facts.map(|f| f.0), facts.map(|f| f.1));
        self.configure(at, info.is_some().then_some(Codec::Flac), info.unwrap_or_default())
    }

    fn sound(&mut self, rate: Option<u32>, channels: Option<u16>) {
        if let MediaKind::Audio(audio) = &mut self.kind {
            audio.rate = rate.unwrap_or(audio.rate);
            audio.channels = channels.unwrap_or(audio.channels);
        }
    }

    fn pixel_aspect(&mut self, at: &BoxRef<'_>) -> Result<(), BmffError> {
        let mut fields = at.fields();
        let sar = (fields.u32()?, fields.u32()?);
        if let MediaKind::Video(video) = &mut self.kind {
            video.sar = (sar.0 > 0 && sar.1 > 0).then_some(sar);
        }
        Ok(())
    }

    fn colour(&mut self, at: &BoxRef<'_>) -> Result<(), BmffError> {
        let mut fields = at.fields();
        let kind = fields.four_cc()?;
        if !(kind == b"nclx" || kind == b"nclc") {
            return Ok(());
        }
        let primaries = fields.u16()?;
        let transfer = fields.u16()?;
        let matrix = fields.u16()?;
        let full_range = fields.rest().first().is_some_and(|byte| byte >> 7 == 1);
        if let MediaKind::Video(video) = &mut self.kind {
            video.colour = Some(Cicp { primaries, transfer, matrix, full_range });
        }
        Ok(())
    }

    /// ISO/IEC 14496-12 8.12: `sinf` holds the original format, the scheme and the default key.
    fn protected(&mut self, at: &BoxRef<'_>) -> Result<(), BmffError> {
        if let Some(original) = at.child(b"frma")? {
            self.name = original.fields().four_cc()?;
        }
        let scheme = match at.child(b"schm")? {
            Some(scheme) => {
                let mut fields = scheme.fields();
                fields.full()?;
                fields.four_cc()?
            }
            None => FourCc(*b"????"),
        };
        let tenc = at.descend(&[b"schi", b"tenc"])?;
        let defaults = tenc.and_then(|tenc| Encryption::from_tenc(&tenc).ok());
        self.protection = Some(Protection { defaults, ..Protection::new(scheme) });
        Ok(())
    }

    /// Fills in what follows from the name of the sample entry alone: the codec where there is no configuration box, and
    /// whether parameter sets come within the samples.
    fn finish(&mut self) {
        match (&mut self.codec, &self.name.0) {
            (Codec::Other(_), b"mp4a") => self.codec = Codec::Aac(Aac { mpeg2: None, object_type: None }),
            (Codec::Other(_), b".mp3") => self.codec = Codec::Mp3,
            (Codec::Other(_), b"ac-3") => self.codec = Codec::Ac3,
            (Codec::Other(_), b"ec-3") => self.codec = Codec::Eac3,
            (Codec::Avc(avc), name) => avc.in_band = name == b"avc3",
            (Codec::Hevc(hevc), name) => hevc.in_band = name == b"hev1",
            (Codec::Other(text), name) if text.as_bytes() != name => *text = self.name.to_string(),
            _ => {}
        }
        self.describe_colour();
    }

    /// Adds the colour of `colr` to the AV1 codec string, which states it when it is not BT.709; `av1C` does not have it.
    fn describe_colour(&mut self) {
        let (Codec::Av1(av1), MediaKind::Video(Video { colour: Some(colour), .. })) = (&self.codec, &self.kind) else {
            return;
        };
        let code = |point: u16| u8::try_from(point).unwrap_or(2);
        let flags = self.config.get(2).copied().unwrap_or_default();
        let bit = |at: u8| u16::from(flags >> at & 1);
        self.codec = Codec::Av1(av1.with_colour(av1::Av1Colour {
            monochrome: bit(4) == 1,
            subsampling: 100 * bit(3) + 10 * bit(2),
            primaries: code(colour.primaries),
            transfer: code(colour.transfer),
            matrix: code(colour.matrix),
            full_range: colour.full_range,
        }));
    }
}

/// The object type and the decoder specific info of an `esds` (ISO/IEC 14496-1 7.2.6).
fn decoder_config<'a>(at: &BoxRef<'a>) -> Result<(u8, &'a [u8]), BmffError> {
    let mut fields = at.fields();
    fields.full()?;
    let mut stream = descriptor(at, &mut fields, 3)?;
    stream.skip(2)?;
    let flags = stream.u8()?;
    if flags & 0x80 != 0 {
        stream.skip(2)?;
    }
    if flags & 0x40 != 0 {
        let url = stream.u8()?;
        stream.skip(usize::from(url))?;
    }
    if flags & 0x20 != 0 {
        stream.skip(2)?;
    }
    let mut decoder = descriptor(at, &mut stream, 4)?;
    let indication = decoder.u8()?;
    decoder.skip(12)?;
    let config = descriptor(at, &mut decoder, 5).map(|info| info.rest()).unwrap_or_default();
    Ok((indication, config))
}

/// The next descriptor, which must have `tag`; its length comes seven bits a byte.
fn descriptor<'a>(at: &BoxRef<'a>, fields: &mut Fields<'a>, tag: u8) -> Result<Fields<'a>, BmffError> {
    if fields.u8()? != tag {
        return Err(fields.error(format!("has no descriptor {tag}")));
    }
    let mut length = 0;
    for _ in 0..4 {
        let byte = fields.u8()?;
        length = length << 7 | usize::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            break;
        }
    }
    Ok(Fields::new(at.kind, at.offset, fields.bytes(length)?))
}

/// The sample entries of an `stsd` box: the first one, and those behind it up to the first that cannot be read.
pub fn all(stsd: &BoxRef<'_>, handler: FourCc) -> Result<(SampleEntry, Vec<SampleEntry>), BmffError> {
    let mut fields = stsd.fields();
    let (version, _) = fields.full()?;
    fields.skip(4)?;
    let mut entries = fields.boxes().map(|found| read(&found?, handler, version));
    let first = entries.next().unwrap_or_else(|| Err(stsd.error("has no sample entry")))?;
    let more = entries.map_while(Result::ok).take(MOST_ENTRIES - 1).collect();
    Ok((first, more))
}
