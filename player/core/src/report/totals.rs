//! The figures of a whole session: the `--summary` file, the window's totals and the tests all show these.

use crate::io::Percentiles;
use crate::presentation::LeftOut;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The figures of a session, named as in the summary file. Times in seconds, rates in kbit/s, sizes in bytes.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Totals {
    /// From starting to load the MPD to the first frame out; absent when nothing was shown.
    pub startup_seconds: Option<f64>,
    /// Stand-stills for want of media, start-up and seeks apart.
    pub stalls: Vec<Stall>,
    /// How many there were.
    #[serde(default)]
    pub stall_count: u64,
    /// How long they lasted together.
    #[serde(default)]
    pub stall_seconds: f64,
    /// How much of that the lowest rung would have avoided on the same link, simulated; absent when it was not looked at.
    #[serde(default)]
    pub avoidable_stall_seconds: Option<f64>,
    /// Seconds in which the picture was late by more than 100 ms, or playback stood, because this machine is too slow: to
    /// decode it, or to paint it. No part of the stalls.
    #[serde(default)]
    pub late_decoding: f64,
    /// Media time shown.
    pub played_seconds: f64,
    /// Declared video bandwidth by media time shown.
    pub mean_bitrate_kbps: f64,
    /// Changes of the video rung on the screen.
    pub switches: u64,
    /// Seconds of media shown by Representation@id.
    pub time_by_representation: BTreeMap<String, f64>,
    /// Mean Mbit/s of the segments shown, less rebuffering and switching (Yin et al., SIGCOMM 2015, with the top of
    /// the ladder as the price of a second of waiting).
    pub qoe_lin: f64,
    /// What it was worth to the viewer, in per cent of the best picture throughout ([`crate::view`]).
    #[serde(default)]
    pub view: f64,
    /// The policy in charge at the end.
    pub policy: String,
    /// Body bytes received, wasted ones included.
    pub bytes_fetched: u64,
    /// Body bytes of segments that were aborted, failed, replaced or never shown.
    pub bytes_wasted: u64,
    /// Downloads that the policy gave up.
    pub segments_abandoned: u64,
    /// Buffered segments that better ones took the place of.
    pub segments_replaced: u64,
    /// Frames shown.
    pub frames_shown: u64,
    /// Frames that came too late to be shown.
    pub frames_dropped: u64,
    /// Distance of picture and sound at the outputs; absent without sound.
    pub av_offset_ms: Option<Percentiles>,
    /// Whether the playhead got to the end.
    pub reached_end: bool,
    /// How it ended: `end`, `seconds`, `quit` or `failed: …`; absent while it goes on.
    #[serde(default)]
    pub ended: Option<String>,
    /// What of the manifest is not played, and why.
    #[serde(default)]
    pub left_out: Vec<LeftOut>,
    /// What was damaged or missing, and what took its place; bounded.
    #[serde(default)]
    pub mended: Vec<Mended>,
    /// The locations that were asked, by name.
    #[serde(default)]
    pub locations: Vec<LocationTotals>,
    /// Messages of severity error and fatal.
    pub errors: Vec<String>,
    /// CPU time used by the process.
    pub cpu_seconds: f64,
}

impl Totals {
    /// Adds a stand-still.
    pub fn add_stall(&mut self, stall: Stall) {
        self.stall_count += 1;
        self.stall_seconds += stall.seconds;
        self.stalls.push(stall);
    }
}

/// A stand-still.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Stall {
    /// Place in the presentation, in seconds.
    pub at: f64,
    /// How long it lasted.
    pub seconds: f64,
}

/// What came from a location.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct LocationTotals {
    /// Its serviceLocation, or its host.
    pub name: String,
    /// How often it was asked.
    pub requests: u64,
    /// Body bytes received, wasted ones included.
    pub bytes: u64,
    /// From a request to its first byte, averaged over the last segments; absent when none was measured.
    pub first_byte_ms: Option<f64>,
    /// Requests that failed or were not answered in time.
    pub failures: u64,
    /// How long it was the one to ask.
    pub chosen_seconds: f64,
}

/// Something damaged or missing, and what took its place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mended {
    /// Place in the presentation, in seconds.
    pub at: f64,
    /// What was wrong, with what.
    pub what: String,
    /// What took its place.
    pub how: String,
}
