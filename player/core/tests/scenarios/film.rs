//! An imagined film on imagined servers: its MPD, its sizes, and what goes wrong.

use player_core::io::{Content, Failure, FailureKind, Request, Subject};
use player_core::kinds::TrackKind;
use player_core::sim::{Answer, Server};
use shared::bmff::{Reference, Sidx};
use shared::time::{PresentationTime, SessionTime, Timescale};
use std::fmt::Write;
use std::ops::Range;
use std::time::Duration;

const INIT_BYTES: usize = 800;

/// What is on the servers.
#[derive(Debug, Clone)]
pub(crate) struct Film {
    pub(crate) seconds: u32,
    pub(crate) segment: u32,
    /// Video rungs in kbit/s.
    pub(crate) video: &'static [u32],
    /// Audio rungs in kbit/s.
    pub(crate) audio: &'static [u32],
    /// Text rungs in kbit/s.
    pub(crate) text: &'static [u32],
    /// Base URLs.
    pub(crate) locations: &'static [&'static str],
    /// Whether there are files with true sizes.
    pub(crate) sizes: bool,
    /// One file a rendition, with an index box in front (SegmentBase).
    pub(crate) single_file: bool,
    /// Cut into Periods of so many seconds.
    pub(crate) period: Option<u32>,
    /// The Period, from 0, that is encrypted.
    pub(crate) locked: Option<u32>,
    pub(crate) faults: &'static [Fault],
    /// When its samples are presented: from the kind of a track and a number; where nothing is said, as announced.
    pub(crate) clock: Option<fn(TrackKind, u64) -> Range<f64>>,
    /// From some second on every so many requests fail.
    pub(crate) every: Option<Every>,
    /// Requests since then.
    pub(crate) requests: u64,
    /// Servers that are far away; the last one that matches counts.
    pub(crate) delays: &'static [Delay],
}

/// A server's own delay from some second on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Delay {
    /// Part of the URL.
    pub(crate) matching: &'static str,
    /// In seconds of session time.
    pub(crate) from: f64,
    pub(crate) millis: u64,
}

/// Every `nth` request fails.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Every {
    pub(crate) nth: u64,
    pub(crate) from: f64,
    pub(crate) kind: Kind,
}

pub(crate) const FILM: Film = Film {
    seconds: 60,
    segment: 4,
    video: &[300, 600, 1000, 2000, 3500],
    audio: &[],
    text: &[],
    locations: &["http://a.example/"],
    sizes: false,
    single_file: false,
    period: None,
    locked: None,
    faults: &[],
    clock: None,
    every: None,
    requests: 0,
    delays: &[],
};

/// Something that goes wrong.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fault {
    /// Part of the URL.
    pub(crate) matching: &'static str,
    /// In seconds of session time.
    pub(crate) from: f64,
    pub(crate) until: f64,
    pub(crate) kind: Kind,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    Status(u16),
    Silence,
    /// Breaks off after this part of the body.
    Broken(f64),
    /// Complete, but nonsense: shells notice it with media, the session with everything else.
    Garbage,
    /// Nobody accepts connections, or the name is unknown.
    Refused,
    /// Another page in its place: somebody wants people to log in.
    Page,
    /// The machine of the viewer opens no more files.
    Exhausted,
    /// Not now, but in so many seconds.
    Busy(u64),
}

impl Film {
    pub(crate) fn mpd(&self) -> String {
        let mut text = format!(
            r#"<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" profiles="urn:mpeg:dash:profile:isoff-live:2011" minBufferTime="PT2S" mediaPresentationDuration="PT{}S">"#,
            self.seconds
        );
        self.locations.iter().for_each(|base| write!(text, "<BaseURL>{base}</BaseURL>").unwrap());
        let length = self.period.unwrap_or(self.seconds);
        for period in 0..self.seconds.div_ceil(length) {
            write!(text, r#"<Period start="PT{}S">"#, period * length).unwrap();
            let lock = if self.locked == Some(period) { r#"<ContentProtection schemeIdUri="urn:lock"/>"# } else { "" };
            self.set(&mut text, "video", self.video, period * length, lock);
            self.set(&mut text, "audio", self.audio, period * length, lock);
            self.set(&mut text, "text", self.text, period * length, lock);
            text.push_str("</Period>");
        }
        text + "</MPD>"
    }

    fn set(&self, text: &mut String, kind: &str, rungs: &[u32], start: u32, lock: &str) {
        if rungs.is_empty() {
            return;
        }
        let codecs = match kind {
            "video" => "avc1.64001f",
            "audio" => "mp4a.40.2",
            _ => "",
        };
        write!(text, r#"<AdaptationSet contentType="{kind}" mimeType="{kind}/mp4" codecs="{codecs}">{lock}"#).unwrap();
        let first = start / self.segment + 1;
        let template = format!(
            r#"<SegmentTemplate media="$RepresentationID$/$Number$.m4s" initialization="$RepresentationID$/init.mp4" timescale="1" duration="{}" startNumber="{first}" presentationTimeOffset="{start}"/>"#,
            self.segment
        );
        text.push_str(if self.single_file { "" } else { &template });
        for kbps in rungs {
            let id = format!("{}{kbps}", &kind[..1]);
            let index =
                r#"<SupplementalProperty schemeIdUri="tag:dash-packager,2026:segment-index" value="ID/sizes"/>"#;
            let index = if self.sizes { index.replace("ID", &id) } else { String::new() };
            let base = if self.single_file { self.segment_base(&id, *kbps, start) } else { String::new() };
            write!(text, r#"<Representation id="{id}" bandwidth="{}">{index}{base}</Representation>"#, kbps * 1000)
                .unwrap();
        }
        text.push_str("</AdaptationSet>");
    }

    fn segment_base(&self, id: &str, kbps: u32, start: u32) -> String {
        let last = INIT_BYTES + self.size_index(kbps).len() - 1;
        format!(
            r#"<BaseURL>{id}.mp4</BaseURL><SegmentBase indexRange="{INIT_BYTES}-{last}" timescale="1" presentationTimeOffset="{start}"><Initialization range="0-{}"/></SegmentBase>"#,
            INIT_BYTES - 1
        )
    }

    /// Bits of a segment: quiet and busy scenes take turns.
    pub(crate) fn bits(&self, kbps: u32, position: u64) -> f64 {
        let busy = [0.6, 1.1, 0.8, 1.3, 0.9, 1.2, 0.7, 1.0][(position % 8) as usize];
        f64::from(kbps) * 1000.0 * f64::from(self.segment) * busy
    }

    fn size_index(&self, kbps: u32) -> Vec<u8> {
        let size = |position| (self.bits(kbps, position) / 8.0) as u32;
        let count = u64::from(self.seconds.div_ceil(self.segment));
        let references = (0..count).map(|p| Reference::closed(size(p), self.segment)).collect();
        let timescale = Timescale::ONE;
        let mut bytes = vec![];
        Sidx { track: 1, timescale, earliest: 0, first_offset: 0, references }.write(&mut bytes);
        bytes
    }

    fn body(&self, request: &Request) -> Answer {
        // The name of a rendition is its kind and its rate: `v300`.
        let name = request.subject.rung_ref().and_then(|of| of.representation.get(1..)?.parse().ok());
        let kbps = name.unwrap_or_default();
        match &request.subject {
            Subject::Manifest => {
                let content = Content::Manifest { url: request.url.clone(), text: self.mpd() };
                Answer::Body { bits: 16_000.0, content }
            }
            Subject::Init(_) => Answer::Body { bits: INIT_BYTES as f64 * 8.0, content: Content::Media },
            Subject::Index(_) | Subject::Sizes(_) => {
                let bytes = self.size_index(kbps);
                Answer::Body { bits: bytes.len() as f64 * 8.0, content: Content::Index { bytes } }
            }
            Subject::Media(segment) => {
                let position = segment.time.start.secs_f64() as u64 / u64::from(self.segment);
                Answer::Body { bits: self.bits(kbps, position), content: Content::Media }
            }
            _ => Answer::Silence,
        }
    }
}

impl Film {
    fn fault(&mut self, now: SessionTime, request: &Request) -> Option<Kind> {
        let secs = now.secs_f64();
        let due = self.every.filter(|every| secs >= every.from);
        self.requests += u64::from(due.is_some());
        let turn = due.filter(|every| self.requests.is_multiple_of(every.nth)).map(|every| every.kind);
        let applies = |f: &&Fault| request.url.contains(f.matching) && (f.from..f.until).contains(&secs);
        turn.or_else(|| self.faults.iter().find(applies).map(|fault| fault.kind))
    }
}

impl Server for Film {
    fn delay(&self, now: SessionTime, request: &Request) -> Duration {
        let applies = |delay: &&Delay| request.url.contains(delay.matching) && now.secs_f64() >= delay.from;
        let delay = self.delays.iter().rfind(applies);
        Duration::from_millis(delay.map_or(0, |delay| delay.millis))
    }

    fn media_time(&self, request: &Request) -> Option<Range<PresentationTime>> {
        let segment = request.subject.media()?;
        let time = self.clock?(segment.of.track, segment.number.0);
        Some(PresentationTime::from_secs_f64(time.start)..PresentationTime::from_secs_f64(time.end))
    }

    fn answer(&mut self, now: SessionTime, request: &Request) -> Answer {
        let body = self.body(request);
        let Some(fault) = self.fault(now, request) else { return body };
        let failure =
            |kind, status, message: &str| Failure { kind, status, retry_after: None, message: message.into() };
        match (fault, body) {
            (Kind::Status(status), _) => {
                let failure = failure(FailureKind::Status, Some(status), &format!("status {status}"));
                Answer::Failure { bits: 0.0, failure }
            }
            (Kind::Broken(part), Answer::Body { bits, .. }) => {
                Answer::Failure { bits: bits * part, failure: failure(FailureKind::Broken, None, "connection reset") }
            }
            (Kind::Garbage, Answer::Body { bits, content }) => match content {
                Content::Media => {
                    Answer::Failure { bits, failure: failure(FailureKind::Broken, None, "the segment is damaged") }
                }
                Content::Index { .. } => Answer::Body { bits, content: Content::Index { bytes: vec![0; 40] } },
                Content::Manifest { url, text } => {
                    let text = text[..text.len() / 2].to_owned();
                    Answer::Body { bits, content: Content::Manifest { url, text } }
                }
                _ => Answer::Silence,
            },
            (Kind::Refused, _) => {
                Answer::Failure { bits: 0.0, failure: failure(FailureKind::Connect, None, "nobody is there") }
            }
            (Kind::Exhausted, _) => {
                Answer::Failure { bits: 0.0, failure: failure(FailureKind::Exhausted, None, "too many open files") }
            }
            (Kind::Page, _) => {
                let failure = failure(FailureKind::Intercepted, None, "a web page came instead of media");
                Answer::Failure { bits: 40_000.0, failure }
            }
            (Kind::Busy(secs), _) => {
                let busy = failure(FailureKind::Status, Some(503), "status 503");
                let failure = Failure { retry_after: Some(Duration::from_secs(secs)), ..busy };
                Answer::Failure { bits: 0.0, failure }
            }
            _ => Answer::Silence,
        }
    }
}
