//! From what a manifest holds to what can be played here: a filter with reasons, and ladders in order.

use super::{Period, Presentation, Rung, Set, label};
use crate::io::TrackKind;
use crate::session::Decodable;
use shared::mpd::{self, AdaptationSet, ContentType, PresentationKind, Representation};
use std::time::Duration;
use thiserror::Error;

/// Why nothing of a manifest can be played.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unplayable {
    /// A live presentation.
    #[error("the presentation is live (type=\"dynamic\"), which is not supported yet")]
    Live,
    /// All renditions are encrypted, or need a decoder that is not there.
    #[error("nothing in the manifest can be played: {0}")]
    Nothing(String),
}

/// A presentation with what had to be left out.
#[derive(Debug, Clone, PartialEq)]
pub struct Selected {
    /// What can be played.
    pub presentation: Presentation,
    /// For people: which renditions were left out, and why.
    pub left_out: Vec<String>,
}

/// Reduces a manifest to the tracks of `kinds` that can be decoded.
///
/// # Errors
/// When no Period has anything to play.
pub fn select(source: &mpd::Presentation, kinds: &[TrackKind], able: &Decodable) -> Result<Selected, Unplayable> {
    if matches!(source.kind, PresentationKind::Dynamic(_)) {
        return Err(Unplayable::Live);
    }
    let mut left_out = vec![];
    let filled = source.periods.iter().rposition(|period| !is_empty(period)).map_or(0, |last| last + 1);
    let (filled, empty) = source.periods.split_at(filled);
    let mut periods: Vec<Period> = filled.iter().map(|p| period(p, kinds, able, &mut left_out)).collect();
    left_out.dedup();
    let why = if left_out.is_empty() { "it has no video or audio".to_owned() } else { left_out.join("; ") };
    let mut duration = source.duration;
    if let (Some(last), Some(empty)) = (periods.last_mut(), empty.first()) {
        last.end = last.end.or(Some(empty.start));
        duration = Some(empty.start.since_start());
        left_out.push(format!("the end from {} on, which is empty", empty.start));
    }
    match trimmed(periods, duration, &why) {
        Some(presentation) => Ok(Selected { presentation, left_out }),
        None => Err(Unplayable::Nothing(why)),
    }
}

/// Without the Periods at both ends that cannot be played; `None` when that is all of them.
fn trimmed(mut periods: Vec<Period>, duration: Option<Duration>, why: &str) -> Option<Presentation> {
    let first = periods.iter().position(|period| !period.sets.is_empty())?;
    let last = periods.iter().rposition(|period| !period.sets.is_empty())?;
    let rest = periods.split_off(last + 1);
    periods.drain(..first);
    let Some(rest) = rest.first() else { return Some(Presentation { periods, duration, cut_short: None }) };
    if let Some(period) = periods.last_mut() {
        period.end = period.end.or(Some(rest.start));
    }
    let cut_short = Some(format!("nothing from {} on can be played: {why}", rest.start));
    Some(Presentation { periods, duration: Some(rest.start.since_start()), cut_short })
}

/// Without a segment of pictures or sound: as good as not there.
fn is_empty(period: &mpd::Period) -> bool {
    let media = period.sets.iter().filter(|set| kind_of(set.content).is_some());
    media.flat_map(|set| &set.representations).all(has_no_segments)
}

fn has_no_segments(representation: &Representation) -> bool {
    representation.index.is_empty() && representation.index.pending().is_none()
}

fn period(source: &mpd::Period, kinds: &[TrackKind], able: &Decodable, left_out: &mut Vec<String>) -> Period {
    let sets = source.sets.iter().filter_map(|s| set(s, kinds, able, left_out)).collect();
    Period { start: source.start, end: source.end(), sets }
}

fn set(source: &AdaptationSet, kinds: &[TrackKind], able: &Decodable, left_out: &mut Vec<String>) -> Option<Set> {
    let kind = kind_of(source.content).filter(|kind| kinds.contains(kind))?;
    if let Some(scheme) = source.essential.iter().filter_map(|p| p.scheme_id_uri.as_deref()).find(|s| !harmless(s)) {
        left_out.push(format!("{kind} set with the essential property {scheme}"));
        return None;
    }
    let mut rungs = vec![];
    for representation in &source.representations {
        match obstacle(representation, able) {
            None => rungs.push(rung(representation)),
            Some(why) => left_out.push(format!("{kind} `{}` {why}", representation.id)),
        }
    }
    rungs.sort_by_key(|rung| rung.bandwidth);
    label::distinguish(&mut rungs);
    let main = source.roles.iter().any(|role| role == "main");
    let (lang, label) = (source.lang.clone(), label::set(source, kind));
    (!rungs.is_empty()).then_some(Set { kind, lang, label, main, rungs })
}

/// Essential properties that describe what the decoder finds in the media anyway (ISO/IEC 23091, colours).
fn harmless(scheme: &str) -> bool {
    scheme.starts_with("urn:mpeg:mpegB:cicp:")
}

fn kind_of(content: ContentType) -> Option<TrackKind> {
    match content {
        ContentType::Video => Some(TrackKind::Video),
        ContentType::Audio => Some(TrackKind::Audio),
        ContentType::Text | ContentType::Image | ContentType::Other => None,
    }
}

/// Why a Representation cannot be played.
fn obstacle(representation: &Representation, able: &Decodable) -> Option<String> {
    if let Some(scheme) = representation.protection.first() {
        return Some(format!("is encrypted ({scheme})"));
    }
    if has_no_segments(representation) {
        return Some("has no segments".to_owned());
    }
    if !representation.dependencies.is_empty() {
        return Some("depends on other Representations".to_owned());
    }
    if let Some(codec) = undecodable(&representation.codecs, able) {
        return Some(format!("needs a decoder for {codec}"));
    }
    let pixels = u64::from(representation.width.unwrap_or(0)) * u64::from(representation.height.unwrap_or(0));
    (able.most_pixels != 0 && pixels > able.most_pixels).then(|| "has a larger picture than allowed".to_owned())
}

/// The first codec that is not known; a Representation without `codecs` gets its chance.
fn undecodable<'a>(codecs: &'a str, able: &Decodable) -> Option<&'a str> {
    let entry = |codec: &str| codec.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let known = |codec: &&str| able.codecs.is_empty() || able.codecs.contains(&entry(codec));
    codecs.split(',').map(str::trim).filter(|codec| !codec.is_empty()).find(|codec| !known(codec))
}

fn rung(source: &Representation) -> Rung {
    Rung {
        id: source.id.clone(),
        label: label::rung(source),
        bandwidth: source.bandwidth,
        codecs: source.codecs.clone(),
        size: source.width.zip(source.height),
        frame_rate: source.frame_rate.map(|rate| rate.fps()),
        locations: source.locations.clone(),
        init: source.init.clone(),
        index: source.index.clone(),
        size_index: source.size_index.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `clear` says of each Period of ten seconds whether it can be played.
    fn periods(clear: &[bool]) -> Result<Presentation, Unplayable> {
        periods_and(clear, "").map(|selected| selected.presentation)
    }

    fn periods_and(clear: &[bool], more: &str) -> Result<Selected, Unplayable> {
        let period = |clear: &bool| {
            let lock = if *clear { "" } else { r#"<ContentProtection schemeIdUri="urn:x"/>"# };
            format!(
                r#"<Period duration="PT10S"><AdaptationSet mimeType="video/mp4">{lock}<SegmentTemplate
                media="$Number$" duration="2"/><Representation id="v" bandwidth="1"/></AdaptationSet></Period>"#
            )
        };
        let text: String = clear.iter().map(period).collect();
        let text = format!(
            r#"<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" minBufferTime="PT2S">{text}{more}</MPD>"#
        );
        let (source, _) = mpd::read(text.as_bytes(), &"http://a.example/x.mpd".parse().unwrap()).unwrap();
        select(&source, &[TrackKind::Video], &Decodable::default())
    }

    #[test]
    fn an_empty_end_is_no_reason_to_fail() {
        let without_segments = r#"<Period duration="PT4S"><AdaptationSet mimeType="video/mp4"><SegmentTemplate
            media="$Number$"><SegmentTimeline/></SegmentTemplate><Representation id="v" bandwidth="1"/></AdaptationSet>
            </Period>"#;
        for empty in [r#"<Period duration="PT4S"/>"#, without_segments] {
            let selected = periods_and(&[true, true], empty).unwrap();
            let played = selected.presentation;
            assert_eq!((played.end().unwrap().secs_f64(), played.cut_short), (20.0, None));
            assert_eq!(selected.left_out, ["the end from 20.000 s on, which is empty"]);
            assert!(periods_and(&[true, false], empty).unwrap().presentation.cut_short.is_some());
        }
    }

    #[test]
    fn encrypted_ends_are_cut_off_and_named() {
        let played = periods(&[false, true, false, true, false]).unwrap();
        let span = (played.start().secs_f64(), played.end().unwrap().secs_f64());
        assert_eq!((span, played.periods.len()), ((10.0, 40.0), 3));
        let why = played.cut_short.unwrap();
        assert!(why.contains("40.000") && why.contains("encrypted (urn:x)"), "{why}");
        assert_eq!(periods(&[true, true]).unwrap().cut_short, None);
        assert!(matches!(periods(&[false]), Err(Unplayable::Nothing(why)) if why.contains("encrypted")));
    }
}
