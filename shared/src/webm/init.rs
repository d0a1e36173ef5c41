//! Initialization segments: the head of a file, up to and including `Tracks`.

use super::ebml::{EbmlElement, id, walk};
use super::{WebmError, timescale};
use crate::bmff::entry::{Audio, MediaKind, Protection, Video};
use crate::bmff::init::SampleDefaults;
use crate::bmff::{FourCc, Track};
use crate::codec::{self, Codec};
use crate::time::{MediaTime, Timescale};

/// `TimestampScale` when it is not stated: milliseconds.
pub(super) const MILLISECONDS: u64 = 1_000_000;
const NANOS: u32 = 1_000_000_000;
const INSIDE: &[u32] = &[id::SEGMENT, id::INFO, id::TRACKS];

/// Reads the first track of `init` that holds picture or sound.
///
/// # Errors
/// When there is none, or the file counts time in odd units.
pub fn read(init: &[u8]) -> Result<Track, WebmError> {
    let mut scale = MILLISECONDS;
    let mut found = None;
    for element in walk(init, INSIDE) {
        match element.id {
            id::TIMESTAMP_SCALE => scale = element.uint().unwrap_or(MILLISECONDS),
            id::TRACK_ENTRY if found.is_none() => found = TrackEntry::read(&element),
            _ => {}
        }
    }
    let timescale = timescale(scale).ok_or_else(|| {
        WebmError::new(0, format!("counts time in units of {scale} ns, which are no whole part of a second"))
    })?;
    let entry = found.ok_or_else(|| WebmError::new(0, "has no track with picture or sound"))?;
    Ok(entry.track(timescale))
}

/// A `TrackEntry`.
struct TrackEntry {
    number: u64,
    language: String,
    kind: MediaKind,
    codec: Codec,
    config: Vec<u8>,
    encrypted: bool,
    delay_nanos: u64,
    duration_nanos: u64,
}

impl TrackEntry {
    fn read(entry: &EbmlElement<'_>) -> Option<Self> {
        const WITHIN: &[u32] =
            &[id::VIDEO, id::AUDIO, id::CONTENT_ENCODINGS, id::CONTENT_ENCODING, id::CONTENT_ENCRYPTION];
        let children = || walk(entry.data, WITHIN);
        let find = |wanted| children().find(|child| child.id == wanted);
        let uint = |wanted| find(wanted).and_then(|child| child.uint());
        let side = |wanted| u16::try_from(uint(wanted).unwrap_or(0)).unwrap_or(0);
        let kind = match uint(id::TRACK_TYPE)? {
            1 => MediaKind::Video(Video {
                width: side(id::PIXEL_WIDTH),
                height: side(id::PIXEL_HEIGHT),
                sar: None,
                colour: None,
                nal_length: None,
            }),
            2 => {
                let rate = find(id::SAMPLING_FREQUENCY).and_then(|child| child.float()).unwrap_or(8000.0);
                MediaKind::Audio(Audio { rate: rate as u32, channels: side(id::CHANNELS).max(1) })
            }
            _ => return None,
        };
        Some(Self {
            number: uint(id::TRACK_NUMBER)?,
            language: find(id::LANGUAGE).map_or_else(|| "eng".to_owned(), |child| child.text()),
            kind,
            codec: codec_of(&find(id::CODEC_ID)?.text()),
            config: find(id::CODEC_PRIVATE).map(|child| child.data.to_vec()).unwrap_or_default(),
            encrypted: find(id::CONTENT_ENCRYPTION).is_some(),
            delay_nanos: uint(id::CODEC_DELAY).unwrap_or(0),
            duration_nanos: uint(id::DEFAULT_DURATION).unwrap_or(0),
        })
    }

    fn track(self, timescale: Timescale) -> Track {
        let ticks = |nanos: u64| {
            let nanos = i64::try_from(nanos).unwrap_or(i64::MAX);
            Timescale::new(NANOS).map_or(0, |scale| MediaTime::new(nanos, scale).rescaled(timescale).ticks)
        };
        let protection = self.encrypted.then(|| Protection::new(FourCc(*b"WebM")));
        Track {
            id: u32::try_from(self.number).unwrap_or(u32::MAX),
            timescale,
            language: self.language,
            kind: self.kind,
            codec: self.codec,
            config: self.config,
            protection,
            // RFC 9559 5.1.4.1.25: to be subtracted from every timestamp.
            shift: -ticks(self.delay_nanos),
            defaults: SampleDefaults {
                duration: u32::try_from(ticks(self.duration_nanos)).unwrap_or(0),
                ..SampleDefaults::default()
            },
            more: vec![],
        }
    }
}

fn codec_of(name: &str) -> Codec {
    let known = match name {
        "V_VP8" => "vp8",
        "V_VP9" => "vp9",
        "V_AV1" => "av01",
        "V_MPEG4/ISO/AVC" => "avc1",
        "A_OPUS" => "opus",
        "A_VORBIS" => "vorbis",
        "A_AAC" => "mp4a.40.2",
        other => other,
    };
    codec::parse(known)
}
