//! From what a manifest holds to what can be played here: a filter with reasons, and ladders in order.

use super::{Audience, Naming, Period, Presentation, Rung, Track, joined, label, lock};
use crate::kinds::TrackKind;
use crate::session::Decodable;
use serde::{Deserialize, Serialize};
use shared::mpd::{self, AdaptationSet, PresentationKind, Representation};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;

/// Renditions that are kept of one Period; no service offers so many.
const MOST_RUNGS: usize = 4096;
/// Reasons that a sentence names.
const MOST_REASONS: usize = 8;

/// Why nothing of a manifest can be played.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unplayable {
    /// All renditions are encrypted, or need a decoder that is not there.
    #[error("nothing in the manifest can be played: {0}")]
    Nothing(String),
}

/// A presentation with what had to be left out.
#[derive(Debug, Clone, PartialEq)]
pub struct Selected {
    /// What can be played.
    pub presentation: Presentation,
    /// What cannot.
    pub left_out: Vec<LeftOut>,
}

/// Something of a manifest that is not played.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// A Representation, a set, or a stretch of time.
    pub what: String,
    /// The reason.
    pub why: String,
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.what, self.why)
    }
}

/// What is selected for: the kinds that are played, what can be decoded; and what came of it so far.
struct Selection<'a> {
    kinds: &'a [TrackKind],
    able: &'a Decodable,
    naming: Naming,
    left_out: Vec<LeftOut>,
    /// Sets of other kinds: they are no reason why nothing can be played.
    other_kinds: Vec<LeftOut>,
}

/// Reduces a manifest to the tracks of `kinds` that can be decoded.
///
/// # Errors
/// When no Period has anything to play.
pub fn select(source: &mpd::Presentation, kinds: &[TrackKind], able: &Decodable) -> Result<Selected, Unplayable> {
    let mut selection = Selection { kinds, able, naming: Naming::default(), left_out: vec![], other_kinds: vec![] };
    let live = match &source.kind {
        PresentationKind::Static => None,
        PresentationKind::Dynamic(_) => Some(source.kind.availability(Duration::ZERO)),
    };
    // A live presentation may end with a Period that is about to get its segments.
    let filled = source.periods.iter().rposition(|period| live.is_some() || !is_empty(period));
    let (filled, empty) = source.periods.split_at(filled.map_or(0, |last| last + 1));
    let mut periods: Vec<Period> = filled.iter().map(|period| selection.period(period)).collect();
    let Selection { naming, mut left_out, mut other_kinds, .. } = selection;
    left_out.dedup();
    other_kinds.dedup();
    let why = reasons(&left_out);
    left_out.extend(other_kinds);
    let mut duration = source.duration;
    if let (Some(last), Some(empty)) = (periods.last_mut(), empty.first()) {
        last.end = last.end.or(Some(empty.start));
        duration = Some(empty.start.since_start());
        left_out.push(LeftOut { what: format!("the end from {} on,", empty.start), why: "which is empty".to_owned() });
    }
    match trimmed(naming, periods, duration, &why) {
        Some(presentation) => Ok(Selected { presentation: Presentation { live, ..presentation }, left_out }),
        None => Err(Unplayable::Nothing(why)),
    }
}

/// Some of what was left out, in a sentence.
fn reasons(left_out: &[LeftOut]) -> String {
    let groups: Vec<&[LeftOut]> = left_out.chunk_by(|one, next| one.why == next.why).collect();
    let named: Vec<String> = groups.iter().take(MOST_REASONS).map(|group| of_group(group)).collect();
    match groups.len().saturating_sub(MOST_REASONS) {
        _ if named.is_empty() => "it has no video or audio".to_owned(),
        0 => named.join("; "),
        more => format!("{}; and {more} more", named.join("; ")),
    }
}

/// Several with the same reason are told together.
fn of_group(group: &[LeftOut]) -> String {
    match group {
        [first, _, ..] => format!("{} (and {} more) {}", first.what, group.len() - 1, first.why),
        _ => group.first().map(LeftOut::to_string).unwrap_or_default(),
    }
}

/// Whether it has a track that playback can go by.
fn plays(period: &Period) -> bool {
    period.tracks.iter().any(|track| track.kind.row().blocks_playback)
}

/// Without the Periods at both ends that cannot be played; `None` when that is all of them.
fn trimmed(naming: Naming, mut periods: Vec<Period>, duration: Option<Duration>, why: &str) -> Option<Presentation> {
    let first = periods.iter().position(plays)?;
    let last = periods.iter().rposition(plays)?;
    let rest = periods.split_off(last + 1);
    periods.drain(..first);
    let Some(rest) = rest.first() else { return Some(Presentation::new(naming, periods, duration)) };
    if let Some(period) = periods.last_mut() {
        period.end = period.end.or(Some(rest.start));
    }
    let cut_short = Some(format!("nothing from {} on can be played: {why}", rest.start));
    let presentation = Presentation::new(naming, periods, Some(rest.start.since_start()));
    Some(Presentation { cut_short, ..presentation })
}

/// Without a segment of anything that playback can go by: as good as not there.
fn is_empty(period: &mpd::Period) -> bool {
    let blocks = |content| TrackKind::of_content(content).is_some_and(|kind| kind.row().blocks_playback);
    let media = period.sets.iter().filter(|set| blocks(set.content));
    media.flat_map(|set| &set.representations).all(has_no_segments)
}

fn has_no_segments(representation: &Representation) -> bool {
    representation.index.is_empty() && representation.index.pending().is_none()
}

impl Selection<'_> {
    fn period(&mut self, source: &mpd::Period) -> Period {
        let id = self.naming.period();
        let mut room = MOST_RUNGS;
        let tracks = source.sets.iter().filter_map(|set| Some((set, self.track(set, &mut room)?))).collect();
        let tracks = joined::join(tracks);
        Period { id, key: source.id.clone(), start: source.start, end: source.end(), tracks }
    }

    fn leave_out(&mut self, what: String, why: impl Into<String>) {
        self.left_out.push(LeftOut { what, why: why.into() });
    }

    fn other_kind(&mut self, what: String, why: &str) {
        self.other_kinds.push(LeftOut { what, why: why.to_owned() });
    }

    /// A set as a track. `room`: how many renditions more are kept of its Period.
    fn track(&mut self, source: &AdaptationSet, room: &mut usize) -> Option<Track> {
        let Some(kind) = TrackKind::of_content(source.content) else {
            self.other_kind(described("a set", source), "is of a kind that is not known");
            return None;
        };
        if !self.kinds.contains(&kind) {
            self.other_kind(described(&format!("{kind} set"), source), "is of a kind that is not played");
            return None;
        }
        if let Some(scheme) = unknown_essential(&source.essential) {
            self.leave_out(format!("{kind} set"), format!("with the essential property {scheme}"));
            return None;
        }
        let mut rungs = vec![];
        for representation in &source.representations {
            match obstacle(representation, self.able) {
                None => {
                    self.note_muxed(representation, kind);
                    rungs.push(self.rung(representation));
                }
                Some(why) => self.leave_out(format!("{kind} `{}`", representation.id), why),
            }
        }
        if let Some(first) = rungs.get(*room) {
            let what = format!("{kind} `{}` and {} more", first.representation, rungs.len() - *room - 1);
            self.leave_out(what, format!("beyond the {MOST_RUNGS} renditions that are kept of a Period"));
        }
        rungs.truncate(*room);
        *room -= rungs.len();
        if rungs.is_empty() {
            return None;
        }
        rungs.sort_by_key(|rung| rung.bandwidth);
        label::distinguish(&mut rungs);
        Some(Track {
            id: self.naming.track(),
            key: source.id.clone(),
            kind,
            lang: source.lang.clone(),
            label: label::track(source, kind),
            main: source.roles.iter().any(|role| role == "main"),
            audience: Audience::of(source),
            priority: source.priority,
            rungs,
        })
    }

    /// What lies beside the stream that is played, in the same files, is not played and has to be named.
    fn note_muxed(&mut self, source: &Representation, kind: TrackKind) {
        let Some(codec) = muxed(source, kind) else { return };
        let other = mpd::codec_content(codec).and_then(TrackKind::of_content).map_or("stream", |of| of.row().name);
        let what = format!("the {other} ({codec}) of {kind} `{}`,", source.id);
        self.other_kinds
            .push(LeftOut { what, why: format!("which is muxed with the {kind}: only sets of their own are played") });
    }

    fn rung(&mut self, source: &Representation) -> Rung {
        Rung {
            id: self.naming.rung(),
            representation: source.id.clone(),
            label: label::rung(source),
            bandwidth: source.bandwidth,
            codecs: source.codecs.to_string(),
            size: source.width.zip(source.height),
            frame_rate: source.frame_rate.map(|rate| rate.fps()),
            locations: Arc::clone(&source.locations),
            init: source.init.clone(),
            index: source.index.clone(),
            size_index: source.size_index.clone(),
            lock: lock::of(source),
        }
    }
}

/// A set as people may find it in the manifest: by its language, else by its `@id`.
fn described(what: &str, source: &AdaptationSet) -> String {
    match (&source.lang, &source.id) {
        (Some(name), _) | (None, Some(name)) => format!("{what} `{name}`"),
        (None, None) => what.to_owned(),
    }
}

/// The scheme of a property that one has to know to play something (5.8.4.8), and that is not known here.
fn unknown_essential(properties: &[mpd::model::Descriptor]) -> Option<&str> {
    properties.iter().filter_map(|property| property.scheme_id_uri.as_deref()).find(|scheme| !harmless(scheme))
}

/// Essential properties that describe what the decoder finds in the media anyway (ISO/IEC 23091, colours).
fn harmless(scheme: &str) -> bool {
    scheme.starts_with("urn:mpeg:mpegB:cicp:")
}

/// Why a Representation cannot be played.
fn obstacle(representation: &Representation, able: &Decodable) -> Option<String> {
    if let Some(why) = lock::shut(representation, &able.key_ids) {
        return Some(why);
    }
    if let Some(scheme) = unknown_essential(&representation.essential) {
        return Some(format!("has the essential property {scheme}"));
    }
    if has_no_segments(representation) {
        return Some("has no segments".to_owned());
    }
    if let Some(container) = unread_container(&representation.mime) {
        return Some(format!("is {container}, which is not read: MP4 and WebM are"));
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

/// The name of a container that is known and not read. Unknown types get their chance: many manifests say nothing.
fn unread_container(mime: &str) -> Option<String> {
    let name = mime.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let (top, container) = name.split_once('/')?;
    match (top, container) {
        ("video" | "audio", "mp2t" | "mpeg-ts" | "vnd.dlna.mpeg-tts") => Some(format!("MPEG-TS ({name})")),
        ("video" | "audio", "mp4" | "webm" | "iso.segment" | "quicktime" | "x-matroska") => None,
        ("video" | "audio", _) => Some(name),
        _ => None,
    }
}

/// The codecs of another kind of media in the same files: only the stream of the set's own kind is played of them.
fn muxed(representation: &Representation, kind: TrackKind) -> Option<&str> {
    let codecs = representation.codecs.split(',').map(str::trim).filter(|codec| !codec.is_empty());
    codecs.into_iter().find(|codec| {
        let of = mpd::codec_content(codec).and_then(TrackKind::of_content);
        of.is_some_and(|of| of != kind && of.row().blocks_playback)
    })
}

/// The first codec that is not known; a Representation without `codecs` gets its chance.
fn undecodable<'a>(codecs: &'a str, able: &Decodable) -> Option<&'a str> {
    let entry = |codec: &str| codec.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let refused = |codec: &str| able.without.iter().any(|other| other.eq_ignore_ascii_case(codec));
    let known = |codec: &&str| !refused(codec) && (able.codecs.is_empty() || able.codecs.contains(&entry(codec)));
    codecs.split(',').map(str::trim).filter(|codec| !codec.is_empty()).find(|codec| !known(codec))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presentation::testing::{
        AUDIO, Segments, SetText, TEXT, Text, VIDEO, Video, film, live, on_demand, opened, period, selected,
    };

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
        select(&source, &[Video], &Decodable::default())
    }

    #[test]
    fn an_empty_end_is_no_reason_to_fail() {
        let without_segments = r#"<Period duration="PT4S"><AdaptationSet mimeType="video/mp4"><SegmentTemplate
            media="$Number$"><SegmentTimeline/></SegmentTemplate><Representation id="v" bandwidth="1"/></AdaptationSet>
            </Period>"#;
        for empty in [r#"<Period duration="PT4S"/>"#, without_segments] {
            let selected = periods_and(&[true, true], empty).unwrap();
            let played = selected.presentation;
            assert_eq!((played.end().unwrap().secs_f64(), played.cut_short()), (20.0, None));
            assert_eq!(selected.left_out[0].to_string(), "the end from 20.000 s on, which is empty");
            assert!(periods_and(&[true, false], empty).unwrap().presentation.cut_short().is_some());
        }
    }

    #[test]
    fn encrypted_ends_are_cut_off_and_named() {
        let played = periods(&[false, true, false, true, false]).unwrap();
        let span = (played.start().secs_f64(), played.end().unwrap().secs_f64());
        assert_eq!((span, played.periods().len()), ((10.0, 40.0), 3));
        let why = played.cut_short().unwrap();
        assert!(why.contains("40.000") && why.contains("encrypted (urn:x)"), "{why}");
        assert_eq!(periods(&[true, true]).unwrap().cut_short(), None);
        assert!(matches!(periods(&[false]), Err(Unplayable::Nothing(why)) if why.contains("encrypted")));
    }

    fn left_out(set: SetText, kinds: &[TrackKind]) -> Vec<String> {
        let text = on_demand("", &period(r#"duration="PT4S""#, &[VIDEO, set]));
        selected(&text, kinds).left_out.iter().map(LeftOut::to_string).collect()
    }

    #[test]
    fn what_is_not_played_is_named_with_its_reason() {
        let essential = r#"<EssentialProperty schemeIdUri="urn:odd"/>"#;
        let colours = r#"<EssentialProperty schemeIdUri="urn:mpeg:mpegB:cicp:TransferCharacteristics" value="16"/>"#;
        let dolby = r#"codecs="dvhe.05.06""#;
        let locked = r#"<ContentProtection schemeIdUri="urn:lock"/>"#;
        let cases = [
            (TEXT, "text set is of a kind that is not played"),
            (TEXT.attributes(r#"lang="de""#), "text set `de` is of a kind that is not played"),
            (TEXT.attributes(r#"id="7""#), "text set `7` is of a kind that is not played"),
            (SetText { kind: "haptics", ..TEXT }, "a set is of a kind that is not known"),
            (SetText { inside: essential, ..AUDIO }, "audio set with the essential property urn:odd"),
            (SetText { inside: colours, ..AUDIO }, ""),
            (AUDIO.kbps(&[64]).attributes(dolby), "audio `a64` needs a decoder for dvhe.05.06"),
            (SetText { inside: locked, ..AUDIO.kbps(&[64]) }, "audio `a64` is encrypted (urn:lock)"),
            (AUDIO.kbps(&[64]).segments(Segments::Listed(&[])), "audio `a64` has no segments"),
            (AUDIO.kbps(&[64]).attributes(r#"codecs="mp4a.40.42""#), "audio `a64` needs a decoder for mp4a.40.42"),
            (
                VIDEO.kbps(&[64]).attributes(r#"codecs="avc1.64001f, mp4a.40.2""#),
                "the audio (mp4a.40.2) of video `v64`, which is muxed with the video: only sets of their own are played",
            ),
            (VIDEO.kbps(&[64]).attributes(r#"codecs="avc1.64001f,avc1.42c00d""#), ""),
        ];
        for (set, expected) in cases {
            assert_eq!(left_out(set, &TrackKind::blocking()).join("; "), expected, "{set:?}");
        }
        assert!(left_out(TEXT, &[Video, Text]).is_empty(), "it is asked for");
    }

    #[test]
    fn a_container_that_is_not_read_is_named() {
        let text = period(r#"duration="PT4S""#, &[VIDEO.kbps(&[300])]).replace("video/mp4", "video/mp2t");
        let (source, _) = mpd::read(on_demand("", &text).as_bytes(), &"http://a.example/x".parse().unwrap()).unwrap();
        let Unplayable::Nothing(why) = select(&source, &[Video], &Decodable::default()).unwrap_err();
        assert_eq!(why, "video `v300` is MPEG-TS (video/mp2t), which is not read: MP4 and WebM are");
        let odd = ["video/x-flv", "audio/aacp"].map(unread_container);
        assert_eq!(odd, ["video/x-flv", "audio/aacp"].map(|name| Some(name.to_owned())));
        assert_eq!(["video/mp4; profiles='cmfc'", "", "application/mp4"].map(unread_container), [None, None, None]);
    }

    #[test]
    fn a_kind_that_nobody_waits_for_makes_no_film() {
        let text = on_demand("", &period(r#"duration="PT4S""#, &[TEXT]));
        let (source, _) = mpd::read(text.as_bytes(), &"http://a.example/x.mpd".parse().unwrap()).unwrap();
        let Unplayable::Nothing(why) = select(&source, &[Text], &Decodable::default()).unwrap_err();
        assert_eq!(why, "it has no video or audio");
        let locked = SetText { inside: r#"<ContentProtection schemeIdUri="urn:lock"/>"#, ..VIDEO.kbps(&[300]) };
        for (sets, expected) in [(&[TEXT][..], why.as_str()), (&[TEXT, locked], "video `v300` is encrypted (urn:lock)")]
        {
            let text = on_demand("", &period(r#"duration="PT4S""#, sets));
            let (source, _) = mpd::read(text.as_bytes(), &"http://a.example/x.mpd".parse().unwrap()).unwrap();
            let nothing = Unplayable::Nothing(expected.to_owned());
            assert_eq!(select(&source, &TrackKind::blocking(), &Decodable::default()), Err(nothing));
        }
    }

    #[test]
    fn a_ladder_is_in_the_order_of_its_rates_whatever_the_manifest_says() {
        let film = film(4, &[VIDEO.kbps(&[1000, 300, 2000])]);
        let rungs = &film.periods()[0].tracks[0].rungs;
        let names: Vec<&str> = rungs.iter().map(|rung| rung.representation.as_str()).collect();
        assert_eq!(names, ["v300", "v1000", "v2000"]);
        assert_eq!(film.rank(rungs[2].id), Some(crate::presentation::Rank(2)));
    }

    #[test]
    fn a_live_presentation_keeps_a_last_period_that_is_about_to_get_its_segments() {
        let first = period(r#"start="PT0S""#, &[VIDEO.segments(Segments::Window(0, 5))]);
        let coming = period(r#"start="PT10S""#, &[]);
        let film = opened(&live(&(first + &coming)));
        assert!(film.grows() && film.cut_short().is_some(), "nothing of it can be played yet");
    }
}
