//! The text tracks of the master: one pass over their packets, which skips all others.

use super::{FilmText, TextInfo, TextRole, left_out};
use crate::error::PackagerError;
use crate::probe::programme;
use shared::text::{Cue, CueSettings, TextTrack, TextWarning, TrackBuilder, ass, encoding, srt, ttml, tx3g};
use shared::time::PresentationTime;
use shared_av::{MediaSource, Packet, SourceInfo, StreamInfo, StreamKind, StreamPurpose};
use std::time::Duration;

/// The largest packet that is looked at, in bytes: of TTML a packet may be a whole document.
const LARGEST_PACKET: usize = 4 << 20;
/// How long a cue lasts at most that does not say it.
const USUAL_SECONDS: u64 = 5;

/// Subtitles that are pictures, by FFmpeg's names.
const PICTURES: [&str; 4] = ["hdmv_pgs_subtitle", "dvd_subtitle", "dvb_subtitle", "xsub"];

/// How the packets of a track are read.
enum Format {
    /// Text with the tags of SubRip.
    Srt,
    Ass(ass::Script),
    WebVtt,
    Tx3g(tx3g::Entry),
    Ttml,
}

impl Format {
    /// By FFmpeg's name of it.
    fn of(codec: &str, extradata: &[u8]) -> Option<Self> {
        Some(match codec {
            "subrip" | "srt" | "text" => Self::Srt,
            "ass" | "ssa" => Self::Ass(ass::Script::read(&encoding::decode(extradata))),
            "webvtt" => Self::WebVtt,
            "mov_text" => Self::Tx3g(tx3g::Entry::read(extradata)),
            "ttml" => Self::Ttml,
            _ => return None,
        })
    }

    fn is_known(codec: &str) -> bool {
        Self::of(codec, &[]).is_some()
    }
}

/// A track that is being read.
struct Reading {
    stream: usize,
    format: Format,
    builder: TrackBuilder,
    packets: usize,
    /// Cues that end when the next one begins.
    open: Option<Cue>,
}

/// The tracks with times of the source; what is left out is noted. The source is opened when there is one.
pub(super) fn read(
    (name, info): (&str, &SourceInfo),
    open: impl FnOnce() -> Result<MediaSource, PackagerError>,
    notes: &mut Vec<String>,
) -> Result<Vec<FilmText>, PackagerError> {
    let foreign = programme::foreign(info);
    let texts = info.streams.iter().filter(|stream| is_text(stream) && !foreign.contains(&stream.index));
    let (known, unknown): (Vec<_>, Vec<_>) =
        texts.partition(|stream| Format::is_known(&stream.codec) && stream.fault_of_text().is_none());
    notes.extend(unknown.into_iter().map(|stream| left_out(name, in_words(stream), why(stream))));
    if known.is_empty() {
        return Ok(vec![]);
    }
    let mut source = open()?;
    let streams: Vec<usize> = known.iter().map(|stream| stream.index).collect();
    source.keep_only(&streams);
    let mut readings: Vec<Reading> =
        known.iter().filter_map(|stream| Reading::new(stream.index, &stream.codec, &source)).collect();
    while let Some(packet) = source.read()? {
        if let Some(reading) = readings.iter_mut().find(|reading| reading.stream == packet.stream()) {
            reading.packet(&packet);
        }
    }
    let mut found = vec![];
    for (stream, reading) in known.into_iter().zip(readings) {
        let is_forced = reading.is_forced();
        let (track, warnings) = reading.finish();
        notes.extend(warnings.iter().map(|warning| about_cue(name, stream, warning)));
        found.push(FilmText { info: self::info(stream, is_forced), track });
    }
    Ok(found)
}

fn about_cue(name: &str, stream: &StreamInfo, warning: &TextWarning) -> String {
    format!("{name}: cue {} of {}: {}", warning.line, in_words(stream), warning.problem)
}

/// What a container says of what is locked, which is the one fault that keeps text from being read: that FFmpeg has no
/// decoder is of no consequence.
trait TextFault {
    fn fault_of_text(&self) -> Option<&str>;
}

impl TextFault for StreamInfo {
    fn fault_of_text(&self) -> Option<&str> {
        self.fault.as_deref().filter(|fault| fault.starts_with("it is "))
    }
}

fn is_text(stream: &StreamInfo) -> bool {
    matches!(stream.kind, StreamKind::Subtitle)
}

/// `subtitles (stream 2, subrip, eng)`.
fn in_words(stream: &StreamInfo) -> String {
    let language = stream.language.as_deref().map(|language| format!(", {language}")).unwrap_or_default();
    format!("subtitles (stream {}, {}{language})", stream.index, stream.codec)
}

fn why(stream: &StreamInfo) -> String {
    let known = stream.fault_of_text().map(str::to_owned);
    let pictures = PICTURES.contains(&stream.codec.as_str()).then(|| "they are pictures, not text".to_owned());
    known.or(pictures).unwrap_or_else(|| "they are in a format that nothing here reads".to_owned())
}

fn info(stream: &StreamInfo, is_forced: bool) -> TextInfo {
    let role = match stream.purpose {
        _ if stream.forced || is_forced => TextRole::ForcedSubtitle,
        StreamPurpose::Intelligibility => TextRole::Caption,
        StreamPurpose::Description => TextRole::Description,
        StreamPurpose::Programme | StreamPurpose::Dub | StreamPurpose::Commentary => TextRole::Subtitle,
    };
    let (language, title) = (stream.language.clone(), stream.title.clone());
    TextInfo { from: stream.index, language, role, title, digest: String::new() }
}

impl Reading {
    fn new(stream: usize, codec: &str, source: &MediaSource) -> Option<Self> {
        let format = Format::of(codec, &source.extradata(stream))?;
        Some(Self { stream, format, builder: TrackBuilder::default(), packets: 0, open: None })
    }

    fn is_forced(&self) -> bool {
        matches!(self.format, Format::Tx3g(entry) if entry.is_forced)
    }

    fn packet(&mut self, packet: &Packet) {
        self.packets += 1;
        let (Some(start), data) = (packet.pts, packet.data()) else { return };
        if let Some(open) = self.open.take() {
            let usual = open.start + Duration::from_secs(USUAL_SECONDS);
            self.builder.push(self.packets - 1, Cue { end: start.min(usual), ..open });
        }
        if data.len() > LARGEST_PACKET {
            return self.builder.warn(self.packets, format!("has {} bytes; left out", data.len()));
        }
        if matches!(self.format, Format::Ttml) {
            return self.document(start, start + packet.duration, data);
        }
        let (payload, settings, id) = self.cue_text(packet, data);
        let cue = Cue { start, end: start + packet.duration, id, settings, payload };
        if packet.duration.is_zero() {
            self.open = Some(cue);
        } else {
            self.builder.push(self.packets, cue);
        }
    }

    fn cue_text(&self, packet: &Packet, data: &[u8]) -> (String, CueSettings, String) {
        let text = || encoding::decode(data).replace("\r\n", "\n").replace('\0', "");
        let (payload, settings) = match &self.format {
            Format::Ass(script) => script.packet(&text()),
            Format::Tx3g(entry) => tx3g::cue_text(entry, data),
            Format::WebVtt => {
                let (id, settings) = packet.webvtt();
                return (text(), CueSettings::read(&settings), id);
            }
            Format::Srt | Format::Ttml => srt::cue_text(&text()),
        };
        (payload, settings, String::new())
    }

    /// A document of TTML holds for the time of its sample alone (ISO/IEC 14496-30 6.3). What goes on in the next one is
    /// one cue.
    fn document(&mut self, start: PresentationTime, end: PresentationTime, data: &[u8]) {
        let (track, warnings) = ttml::read(&encoding::decode(data));
        for warning in warnings {
            self.builder.warn(self.packets, warning.problem);
        }
        for cue in track.cues {
            self.builder.push_or_go_on(self.packets, Cue { start: cue.start.max(start), end: cue.end.min(end), ..cue });
        }
    }

    fn finish(mut self) -> (TextTrack, Vec<TextWarning>) {
        if let Some(open) = self.open.take() {
            let end = open.start + Duration::from_secs(USUAL_SECONDS);
            self.builder.push(self.packets, Cue { end, ..open });
        }
        self.builder.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Exit;
    use crate::probe::tests::{source, stream};

    #[test]
    fn what_is_no_text_is_left_out_by_its_name() {
        let of = |codec: &str, fault: Option<&str>| {
            let subtitles = StreamInfo {
                codec: codec.into(),
                language: Some("eng".into()),
                fault: fault.map(Into::into),
                ..stream(0, StreamKind::Subtitle)
            };
            let mut notes = vec![];
            let never = || Err(PackagerError::new(Exit::Codec, "opened"));
            let read = read(("film.mkv", &source(vec![subtitles])), never, &mut notes);
            (read.is_err(), notes.pop().unwrap_or_default())
        };
        let pictures = of("hdmv_pgs_subtitle", Some("no decoder here knows its format"));
        let expected = "film.mkv: subtitles (stream 0, hdmv_pgs_subtitle, eng) left out: they are pictures, not text";
        assert_eq!(pictures, (false, expected.to_owned()));
        assert!(of("dvb_teletext", None).1.ends_with("left out: they are in a format that nothing here reads"));
        assert!(of("subrip", Some("it is encrypted (cenc)")).1.ends_with("left out: it is encrypted (cenc)"));
        assert_eq!(of("ttml", Some("no decoder here knows its format")), (true, String::new()), "it is read");
    }

    #[test]
    fn the_role_follows_from_the_flags() {
        let role =
            |purpose, forced| info(&StreamInfo { purpose, forced, ..stream(0, StreamKind::Subtitle) }, false).role;
        let purposes = [StreamPurpose::Programme, StreamPurpose::Intelligibility, StreamPurpose::Description];
        let expected = [TextRole::Subtitle, TextRole::Caption, TextRole::Description];
        assert_eq!(purposes.map(|purpose| role(purpose, false)), expected);
        assert_eq!(role(StreamPurpose::Programme, true), TextRole::ForcedSubtitle);
    }
}
