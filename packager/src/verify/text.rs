//! Cues: in the samples of a `wvtt` track (ISO/IEC 14496-30 clause 7), and in the files of WebVTT that HLS has.

use shared::bmff::entry::MediaKind;
use shared::bmff::{Sample, Track};
use shared::text::{webvtt, wvtt};

/// Text in MP4 has this handler (ISO/IEC 14496-30 7.5).
const HANDLER: &[u8; 4] = b"text";

/// Whether text with this `@codecs` is read here.
pub(super) fn is_read(codecs: &str) -> bool {
    codecs == wvtt::CODEC
}

/// Whether a track is text that is read here.
pub(super) fn is_text(track: &Track) -> bool {
    matches!(track.kind, MediaKind::Other(_)) && is_read(&track.codec.to_string())
}

/// What is wrong with the description of a track that is no pictures and no sound.
pub(super) fn description(track: &Track) -> Vec<String> {
    let MediaKind::Other(handler) = track.kind else { return vec![] };
    if !is_text(track) || handler != HANDLER {
        return vec![format!("the track's handler is `{handler}`")];
    }
    let has_signature = track.config.starts_with(webvtt::SIGNATURE.as_bytes());
    let problem = || "the sample entry has no `vttC` that begins with WEBVTT".to_owned();
    if has_signature { vec![] } else { vec![problem()] }
}

/// What is wrong with the samples of a segment, in words.
pub(super) fn samples(track: &Track, bytes: &[u8], samples: &[Sample]) -> Option<String> {
    if !is_text(track) || track.protection.is_some() {
        return None;
    }
    samples.iter().zip(1..).find_map(|(sample, number)| {
        let (cues, problems) = wvtt::read_sample(bytes.get(sample.range.clone())?);
        let silent =
            cues.iter().any(|cue| cue.payload.is_empty()).then(|| "has a cue without text (`payl`)".to_owned());
        let problem = problems.into_iter().next().or(silent)?;
        Some(format!("sample {number} {problem}"))
    })
}

/// What is wrong with a file of WebVTT that is shown for so many microseconds.
pub(super) fn file(bytes: &[u8], micros: u64) -> Vec<String> {
    let Ok(text) = std::str::from_utf8(bytes) else { return vec!["is not UTF-8".to_owned()] };
    let (track, warnings) = webvtt::read(text);
    let end = i64::try_from(micros).unwrap_or(i64::MAX).saturating_mul(1000).saturating_add(1_000_000);
    let late = track.cues.iter().find(|cue| cue.end.nanos() > end);
    let late = late.map(|cue| format!("has a cue that ends at {}, behind its segment", cue.end));
    warnings.iter().map(ToString::to_string).chain(late).collect()
}
