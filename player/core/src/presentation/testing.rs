//! Manifests for tests, here and in the session's rooms; compiled under `#[cfg(test)]` alone.

use super::{Presentation, Selected, select};
use crate::kinds::{KINDS, TrackKind};
use crate::session::Decodable;
use shared::mpd;
use shared::time::DateTime;
use std::fmt::Write;
use std::time::Duration;

pub(crate) use TrackKind::{Audio, Text, Video};

/// An AdaptationSet in segments of two seconds. Its Representations are called by kind and kbit/s: `v300`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SetText {
    pub(crate) kind: &'static str,
    pub(crate) kbps: &'static [u32],
    /// Further attributes.
    pub(crate) attributes: &'static str,
    /// What is in it beside the Representations.
    pub(crate) inside: &'static str,
    /// What is in each Representation.
    pub(crate) each: &'static str,
    pub(crate) segments: Segments,
}

/// How the segments of a set are described.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Segments {
    /// By number, as many as fit into the Period: `v300/1`, with an init segment `v300/init`.
    Uniform,
    /// By number, listed: starts and lengths in seconds.
    Listed(&'static [(u64, u64)]),
    /// By start, the numbers from and to (excluded): `v300/4` begins at second 4.
    Window(u64, u64),
    /// In `inside`, or nowhere.
    Elsewhere,
}

pub(crate) const VIDEO: SetText =
    SetText { kind: "video", kbps: &[300, 1000], attributes: "", inside: "", each: "", segments: Segments::Uniform };
pub(crate) const AUDIO: SetText = SetText { kind: "audio", kbps: &[64, 128], ..VIDEO };
pub(crate) const TEXT: SetText = SetText { kind: "text", kbps: &[2, 1], ..VIDEO };

/// Base URLs of two servers that are equals.
pub(crate) const TWO_LOCATIONS: &str = r#"<BaseURL serviceLocation="a">http://a.example/</BaseURL>
    <BaseURL serviceLocation="b">http://b.example/</BaseURL>"#;

impl SetText {
    pub(crate) const fn kbps(self, kbps: &'static [u32]) -> Self {
        Self { kbps, ..self }
    }

    pub(crate) const fn segments(self, segments: Segments) -> Self {
        Self { segments, ..self }
    }

    pub(crate) const fn attributes(self, attributes: &'static str) -> Self {
        Self { attributes, ..self }
    }

    fn write(&self, text: &mut String) {
        let Self { kind, kbps, attributes, inside, each, segments } = self;
        write!(text, r#"<AdaptationSet contentType="{kind}" mimeType="{kind}/mp4" {attributes}>{inside}"#).unwrap();
        let media = if matches!(segments, Segments::Window(..)) { "$Time$" } else { "$Number$" };
        let template =
            format!(r#"<SegmentTemplate media="$RepresentationID$/{media}" initialization="$RepresentationID$/init""#);
        match segments {
            Segments::Uniform => write!(text, r#"{template} duration="2"/>"#).unwrap(),
            Segments::Listed(list) => {
                write!(text, "{template}><SegmentTimeline>").unwrap();
                for (start, length) in *list {
                    write!(text, r#"<S t="{start}" d="{length}"/>"#).unwrap();
                }
                text.push_str("</SegmentTimeline></SegmentTemplate>");
            }
            Segments::Window(from, to) => {
                let (start, repeat) = (from * 2, to - from - 1);
                write!(text, r#"{template}><SegmentTimeline><S t="{start}" d="2" r="{repeat}"/>"#).unwrap();
                text.push_str("</SegmentTimeline></SegmentTemplate>");
            }
            Segments::Elsewhere => {}
        }
        for kbps in *kbps {
            let id = format!("{}{kbps}", &kind[..1]);
            write!(text, r#"<Representation id="{id}" bandwidth="{}">{each}</Representation>"#, kbps * 1000).unwrap();
        }
        text.push_str("</AdaptationSet>");
    }
}

/// A Period with these attributes.
pub(crate) fn period(attributes: &str, sets: &[SetText]) -> String {
    let mut text = format!("<Period {attributes}>");
    for set in sets {
        set.write(&mut text);
    }
    text + "</Period>"
}

/// A film of one Period.
pub(crate) fn film(seconds: u32, sets: &[SetText]) -> Presentation {
    films(&[(seconds, sets)])
}

/// A film of Periods of so many seconds.
pub(crate) fn films(periods: &[(u32, &[SetText])]) -> Presentation {
    let text = |(seconds, sets): &(u32, &[SetText])| period(&format!(r#"duration="PT{seconds}S""#), sets);
    opened(&on_demand("", &periods.iter().map(text).collect::<String>()))
}

/// An MPD of which everything is there.
pub(crate) fn on_demand(attributes: &str, periods: &str) -> String {
    format!(
        r#"<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" minBufferTime="PT2S" {attributes}>{periods}</MPD>"#
    )
}

/// An MPD that grows, of which the last twenty seconds are kept.
pub(crate) fn live(periods: &str) -> String {
    format!(
        r#"<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="dynamic" minBufferTime="PT2S" minimumUpdatePeriod="PT4S"
        availabilityStartTime="2026-03-01T12:00:00Z" timeShiftBufferDepth="PT20S">{periods}</MPD>"#
    )
}

/// What the wall clock shows so many seconds after a [`live`] presentation began.
pub(crate) fn wall(secs: u64) -> DateTime {
    "2026-03-01T12:00:00Z".parse::<DateTime>().unwrap() + Duration::from_secs(secs)
}

/// What is selected of an MPD.
pub(crate) fn selected(text: &str, kinds: &[TrackKind]) -> Selected {
    let url = "http://a.example/film.mpd".parse().unwrap();
    let (source, _) = mpd::read(text.as_bytes(), &url).unwrap();
    select(&source, kinds, &Decodable::default()).unwrap()
}

/// All of an MPD that can be played.
pub(crate) fn opened(text: &str) -> Presentation {
    selected(text, &KINDS.map(|row| row.kind)).presentation
}
