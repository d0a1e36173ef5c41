//! What a session can be told before it starts. Every figure has its unit and its reason.

use super::recovery::START_WINDOW;
use crate::abr;
use crate::kinds::TrackKind;
use serde::{Deserialize, Serialize};
use shared::protection::KeyId;
use shared::units::Bitrate;
use std::time::Duration;

/// How a session behaves. `Config::default()` suits a viewer in front of a screen; [`Config::simulated`] is the
/// published session model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// The policy in charge at the start, by name.
    pub policy: String,
    /// The most media ahead of the playhead; two segments at least are always allowed.
    pub buffer_target: Duration,
    /// Media ahead of the playhead with which playback goes on after a stall. The first picture does not wait for
    /// it. A little more than nothing, so that one late segment does not make two stalls.
    pub resume_with: Duration,
    /// How far ahead of the playhead segments are handed to the decoders. What was handed over cannot be replaced.
    pub feed_ahead: Duration,
    /// Media kept behind the playhead for seeking back without a request.
    pub keep_behind: Duration,
    /// Who moves the playhead.
    pub clock: ClockSource,
    /// What an earlier session measured.
    pub prior_estimate: Option<Bitrate>,
    /// Whether buffered segments may be fetched again in better quality.
    pub replace: bool,
    /// Whether the very first segment may be given up for a smaller one.
    pub abandon_first: bool,
    /// Makes the jitter of the back-off the same in every run.
    pub seed: u64,
    /// A request that brings nothing for this long is given up.
    pub patience: Duration,
    /// An outage that lasts longer ends the session once nothing is left to play; without a bound it ends by itself.
    #[serde(default = "unbounded")]
    pub outage_patience: Duration,
    /// Before the first picture it is looked after so much time whether anything comes.
    #[serde(default = "unbounded")]
    pub start_window: Duration,
    /// Which tracks to play.
    pub kinds: Vec<TrackKind>,
    /// Language of the sound, if there is a choice (RFC 5646).
    pub audio_lang: Option<String>,
    /// What the shell can decode.
    pub decodable: Decodable,
}

/// Who moves the playhead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockSource {
    /// The session itself: playback begins with `Output::Play` and stops with `Output::Pause`, at once.
    Virtual,
    /// The output: it begins and stops with what `Input::Playback` says; in between it is extrapolated.
    Reported,
}

/// Which Representations can be decoded, as data: the first part of an RFC 6381 codecs entry, `avc1` say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decodable {
    /// Accepted sample entry types; everything is accepted when it is empty.
    pub codecs: Vec<String>,
    /// Whole codecs entries without a decoder although their sample entry type has one for others, `mp4a.40.42` say.
    #[serde(default)]
    pub without: Vec<String>,
    /// The largest picture, in pixels; 0 is no limit.
    pub most_pixels: u64,
    /// The keys that the viewer gave, by their names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub key_ids: Vec<KeyId>,
}

impl Config {
    /// The session model of simulations: playback starts with the first segment and goes on with the next one, the
    /// playhead moves by itself, nothing is replaced.
    pub fn simulated(buffer_target: Duration, policy: &str) -> Self {
        Self {
            policy: policy.to_owned(),
            buffer_target,
            resume_with: Duration::ZERO,
            clock: ClockSource::Virtual,
            replace: false,
            abandon_first: false,
            feed_ahead: Duration::MAX,
            keep_behind: Duration::ZERO,
            patience: Duration::MAX,
            start_window: Duration::MAX,
            decodable: Decodable { codecs: vec![], without: vec![], most_pixels: 0, key_ids: vec![] },
            ..Self::default()
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            policy: abr::DEFAULT.to_owned(),
            buffer_target: Duration::from_secs(25),
            resume_with: Duration::from_millis(1500),
            feed_ahead: Duration::from_secs(3),
            // A minute, and what a seek may reach beyond it: the viewer sees a place that is a moment old, and aims at
            // the middle of a segment.
            keep_behind: Duration::from_secs(70),
            clock: ClockSource::Reported,
            prior_estimate: None,
            replace: true,
            abandon_first: true,
            seed: 0,
            patience: Duration::from_secs(8),
            outage_patience: Duration::MAX,
            start_window: START_WINDOW,
            kinds: TrackKind::blocking(),
            audio_lang: None,
            decodable: Decodable::default(),
        }
    }
}

/// Sessions that were recorded before there was a bound.
fn unbounded() -> Duration {
    Duration::MAX
}

impl Default for Decodable {
    fn default() -> Self {
        let pictures = ["avc1", "avc3", "hvc1", "hev1", "av01", "vp08", "vp8", "vp09", "vp9"];
        let sound = ["mp4a", "opus", "vorbis", "ac-3", "ec-3", "flac"];
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let codecs = owned(&[&pictures[..], &sound].concat());
        Self { codecs, without: without_decoder(), most_pixels: 0, key_ids: vec![] }
    }
}

/// MPEG-4 audio object types (ISO/IEC 14496-3 table 1.17) other than those that the AAC and MP3 decoders know: among them
/// xHE-AAC (42), which no FFmpeg before 7.1 decodes.
fn without_decoder() -> Vec<String> {
    const KNOWN: [u8; 12] = [1, 2, 4, 5, 17, 19, 22, 23, 29, 32, 33, 34];
    let unknown = (1..=95).filter(|of| !KNOWN.contains(of) && *of != 39);
    let others = ["mp4a.A9", "mp4a.AC", "mp4a.AD", "mp4a.AE", "mp4a.E1"].map(str::to_owned);
    unknown.map(|of| format!("mp4a.40.{of}")).chain(others).collect()
}
