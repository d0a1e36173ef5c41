//! What is learned of a stream from its packets, and the track that it becomes.

use super::conversion::{Conversion, audio_specific_config, is_parameter_set};
use super::file::{instant, refused};
use super::picture::{Seen, UnitForm, units};
use super::starts::{Start, Starts};
use super::streams::StreamTrack;
use super::table::SampleTable;
use super::timing::{self, Ticks};
use super::track::Description;
use super::{dolby, header};
use crate::error::PackagerError;
use shared::bmff::{Track, init};
use shared::codec::CodecKind;
use shared::time::{PresentationTime, Timescale};
use shared_av::{MediaSource, Packet, Rational, StreamInfo, StreamKind};
use std::hash::{DefaultHasher, Hash, Hasher};

/// Ticks of transport streams (ISO/IEC 13818-1 2.4.3.7).
const CLOCK: u32 = 90_000;
/// Rates of pictures that containers round.
const RATES: [(u32, u32); 11] = [
    (24_000, 1001),
    (24, 1),
    (25, 1),
    (30_000, 1001),
    (30, 1),
    (48, 1),
    (50, 1),
    (60_000, 1001),
    (60, 1),
    (120_000, 1001),
    (120, 1),
];
/// Samples of sound in a packet.
const PACKET_SAMPLES: [u32; 12] = [1024, 960, 2048, 1920, 1536, 1152, 576, 512, 480, 2880, 4096, 4608];

/// Of FFmpeg's name of a codec that is copied. Dolby's later formats need what only their own streams tell.
pub(super) fn codec_kind(name: &str) -> Option<CodecKind> {
    Some(match name {
        "h264" => CodecKind::Avc,
        "hevc" => CodecKind::Hevc,
        "av1" => CodecKind::Av1,
        "vp9" => CodecKind::Vp9,
        "aac" => CodecKind::Aac,
        "opus" => CodecKind::Opus,
        "mp3" => CodecKind::Mp3,
        "ac3" => CodecKind::Ac3,
        "flac" => CodecKind::Flac,
        _ => return None,
    })
}

/// What is learned of a stream.
pub(super) struct Collector {
    pub(super) stream: usize,
    codec: CodecKind,
    info: StreamInfo,
    configuration: Vec<u8>,
    conversion: Option<Conversion>,
    /// What decoders are told, where the container does not say it.
    told: Option<Vec<u8>>,
    /// Of formats that libavformat does not describe from what the container says.
    description: Option<Description>,
    /// In nanoseconds; the last one counts on where a packet has none.
    composed: Vec<i64>,
    decoded: Vec<i64>,
    last_duration: i64,
    sizes: Vec<u32>,
    /// By how much a packet is smaller without its parameter sets.
    smaller: Vec<(usize, u32)>,
    brings_more: bool,
    has_parameter_sets: bool,
    keys: Vec<u32>,
    seen: Vec<Option<Seen>>,
    hasher: DefaultHasher,
}

impl Collector {
    /// Before its first packet.
    pub(super) fn new(source: &MediaSource, stream: &StreamInfo, codec: CodecKind) -> Self {
        Self {
            stream: stream.index,
            codec,
            info: stream.clone(),
            configuration: source.configuration(stream.index).to_vec(),
            conversion: None,
            told: None,
            description: None,
            composed: vec![],
            decoded: vec![],
            last_duration: 0,
            sizes: vec![],
            smaller: vec![],
            brings_more: false,
            has_parameter_sets: false,
            keys: vec![],
            seen: vec![],
            hasher: DefaultHasher::new(),
        }
    }

    /// It has no packet.
    pub(super) fn is_empty(&self) -> bool {
        self.sizes.is_empty()
    }

    fn is_pictures(&self) -> bool {
        matches!(self.info.kind, StreamKind::Video(_))
    }

    fn form(&self) -> UnitForm {
        let own = match self.codec {
            CodecKind::Avc => self.configuration.get(4),
            CodecKind::Hevc => self.configuration.get(21),
            _ => None,
        };
        let has_lengths = self.configuration.first() == Some(&1);
        UnitForm {
            codec: self.codec,
            nal_length: own.filter(|_| has_lengths).map_or(4, |byte| usize::from(byte & 3) + 1),
        }
    }

    /// Takes the next packet.
    pub(super) fn packet(&mut self, source: &MediaSource, packet: &Packet) {
        let data = packet.data();
        if data.is_empty() {
            return;
        }
        if self.sizes.is_empty() {
            self.configuration = source.configuration(self.stream).to_vec();
            self.description = dolby::description(data).filter(|_| self.codec == CodecKind::Ac3);
            self.told = match self.codec {
                CodecKind::Aac if self.configuration.is_empty() => audio_specific_config(data),
                _ => None,
            };
        }
        let conversion = self.conversion.get_or_insert_with(|| Conversion::of(self.codec, &self.configuration, data));
        let whole = conversion.clone().keeping_all().in_file(data);
        let smaller = whole.len() - conversion.in_file(data).len();
        let size = u32::try_from(whole.len()).unwrap_or(u32::MAX);
        if smaller > 0 {
            self.smaller.push((self.sizes.len(), u32::try_from(smaller).unwrap_or(u32::MAX)));
        }
        self.brings_more |= conversion.brings_more(data);
        self.look(&whole, packet.is_key());
        if self.sizes.len() < 20 {
            whole.hash(&mut self.hasher);
        }
        (size, packet.duration.as_nanos()).hash(&mut self.hasher);
        self.sizes.push(size);
        self.time(packet);
    }

    fn look(&mut self, whole: &[u8], is_key: bool) {
        if !self.is_pictures() {
            return;
        }
        let form = self.form();
        if is_key {
            self.keys.push(u32::try_from(self.sizes.len()).unwrap_or(u32::MAX));
            self.has_parameter_sets |= units(whole, form.nal_length).any(|unit| is_parameter_set(self.codec, unit));
        }
        let asks = is_key || form.has_leading_types();
        self.seen.push(asks.then(|| form.look(whole, is_key)).flatten());
    }

    fn time(&mut self, packet: &Packet) {
        let goes_on = || self.composed.last().map_or(0, |last| last.saturating_add(self.last_duration));
        let composed = packet.pts.or(packet.dts).map_or_else(goes_on, PresentationTime::nanos);
        self.composed.push(composed);
        self.decoded.push(packet.dts.map_or(composed, PresentationTime::nanos));
        self.last_duration = i64::try_from(packet.duration.as_nanos()).unwrap_or(0);
    }

    /// All packets have come.
    ///
    /// # Errors
    /// 4 when MP4 cannot hold it, or its clock goes back.
    pub(super) fn finish(
        self,
        name: &str,
        source: &MediaSource,
        is_broadcast: bool,
    ) -> Result<StreamTrack, PackagerError> {
        let Ticks { timescale, times, usual } = self.ticks(is_broadcast);
        let scale = f64::from(timescale.get());
        let at = |ticks: i64| PresentationTime::from_secs_f64(ticks as f64 / scale);
        let told = is_broadcast && self.is_pictures();
        let decoded = told.then(|| timing::as_told(&self.decoded, timescale).times);
        let decoded = timing::decoding(&times, decoded.as_deref(), timescale);
        let decoded = decoded.map_err(|back| {
            let at = at(times.get(back).copied().unwrap_or(0));
            refused(name, format!("its clock goes back at {}; package it without --copy", instant(at)))
        })?;
        let (conversion, entry) = self.entry();
        let keeps_all = !matches!(&conversion, Conversion::StartCodes(_, known) if !known.is_empty());
        let header = match &self.description {
            Some(description) => header::movie_box(timescale, description),
            None => {
                let header = source.mp4_header(self.stream, timescale, self.told.as_deref(), entry);
                header.map_err(|e| refused(name, format!("of stream {}, {e}", self.stream)))?
            }
        };
        let track = init::read(&header);
        let track = track.map_err(|e| refused(name, format!("stream {} cannot be described: {e}", self.stream)))?;
        let starts = self.starts(&times);
        let sizes = self.sizes_in_file(keeps_all);
        let keys = self.is_pictures().then_some(self.keys);
        let table = table(&times, &decoded, &sizes, usual).with_keys(keys);
        Ok(StreamTrack {
            stream: self.stream,
            table,
            header,
            conversion,
            track: Track { timescale, ..track },
            info: self.info,
            starts,
            identity: self.hasher.finish(),
        })
    }

    /// Parameter sets leave the packets where the sample entry has all of them; else they stay, and its name says so.
    fn entry(&self) -> (Conversion, Option<[u8; 4]>) {
        let conversion = self.conversion.clone().unwrap_or(Conversion::None);
        let is_converted = matches!(conversion, Conversion::StartCodes(..));
        let stay =
            if is_converted { self.brings_more } else { self.has_parameter_sets && self.codec == CodecKind::Hevc };
        let entry = match (self.codec, stay) {
            (CodecKind::Avc, false) => Some(*b"avc1"),
            (CodecKind::Avc, true) => Some(*b"avc3"),
            (CodecKind::Hevc, false) => Some(*b"hvc1"),
            (CodecKind::Hevc, true) => Some(*b"hev1"),
            _ => None,
        };
        (if stay { conversion.keeping_all() } else { conversion }, entry)
    }

    fn sizes_in_file(&self, keeps_all: bool) -> Vec<u32> {
        let mut sizes = self.sizes.clone();
        for (packet, smaller) in self.smaller.iter().filter(|_| !keeps_all) {
            sizes[*packet] -= smaller;
        }
        sizes
    }

    fn starts(&self, times: &[i64]) -> Vec<Start> {
        let mut starts = Starts::of(self.form());
        for (number, (seen, time)) in (0..).zip(self.seen.iter().zip(times)) {
            starts.sample(number, *time, *seen);
        }
        starts.finish()
    }

    fn ticks(&self, is_broadcast: bool) -> Ticks {
        match &self.info.kind {
            StreamKind::Audio(audio) => self.sound(Timescale::new(audio.sample_rate).unwrap_or(Timescale::ONE)),
            StreamKind::Video(_) if is_broadcast => {
                timing::as_told(&self.composed, Timescale::new(CLOCK).unwrap_or(Timescale::ONE))
            }
            StreamKind::Video(video) => {
                let known = [video.average_rate, video.base_rate].into_iter().flatten();
                let usual = RATES.iter().filter_map(|(num, den)| Rational::new(*num, *den));
                let snapped = known.chain(usual).find_map(|rate| timing::snapped(&self.composed, rate, None));
                snapped
                    .unwrap_or_else(|| timing::as_told(&self.composed, Timescale::new(1000).unwrap_or(Timescale::ONE)))
            }
            StreamKind::Subtitle | StreamKind::Data => timing::as_told(&self.composed, Timescale::ONE),
        }
    }

    /// Packets of sound follow one another without a gap.
    fn sound(&self, scale: Timescale) -> Ticks {
        let whole =
            self.composed.last().zip(self.composed.first()).map_or(0, |(last, first)| last.saturating_sub(*first));
        let packets = self.composed.len().saturating_sub(1).max(1) as f64;
        let samples = whole as f64 / 1e9 * f64::from(scale.get()) / packets;
        let mean = samples.round() as u32;
        let nearby =
            PACKET_SAMPLES.iter().copied().filter(|usual| (f64::from(*usual) - samples).abs() < samples * 0.01 + 1.0);
        let lengths = nearby.chain([mean]).filter(|length| *length > 0);
        let mut rates = lengths.filter_map(|length| Rational::new(scale.get(), length));
        let snapped = rates.find_map(|rate| timing::snapped(&self.composed, rate, Some(scale)));
        snapped.unwrap_or_else(|| timing::as_told(&self.composed, scale))
    }
}

fn table(composed: &[i64], decoded: &[i64], sizes: &[u32], usual: u32) -> SampleTable {
    let mut table = SampleTable::starting_at(decoded.first().copied().unwrap_or(0));
    for (place, at) in decoded.iter().enumerate() {
        let next = decoded.get(place + 1).map(|next| next.saturating_sub(*at));
        table.push_durations(1, next.and_then(|ticks| u32::try_from(ticks).ok()).unwrap_or(usual));
        table.push_offsets(1, i32::try_from(composed[place].saturating_sub(*at)).unwrap_or(0));
        table.push_size(sizes[place]);
    }
    table
}
