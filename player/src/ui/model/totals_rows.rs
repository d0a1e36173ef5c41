//! The figures of a session as rows for people: the same as in the summary file, in the order of their interest.
//! Figures without a value have no row.

use player_core::report::Totals;
use player_core::snapshot::Snapshot;
use shared::units::{Bitrate, ByteSize};
use std::fmt::{self, Write as _};

/// What a figure is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Caption {
    StartUp,
    Stalls,
    Stalled,
    Played,
    MeanRate,
    Switches,
    LinearQoe,
    Fetched,
    Wasted,
    Abandoned,
    Replaced,
    FramesShown,
    FramesDropped,
    Avoidable,
    LateDecoding,
    SoundOffset,
    CpuTime,
    /// The time in the rendition with this label.
    InRendition(String),
}

/// One figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TotalsRow {
    /// What it is about.
    pub caption: Caption,
    /// With its unit.
    pub value: String,
}

impl Caption {
    /// The figures that matter most, for under a title.
    const HEADLINE: [Self; 6] =
        [Self::StartUp, Self::Stalls, Self::Stalled, Self::MeanRate, Self::Switches, Self::LinearQoe];

    /// As it is written in the middle of a line.
    fn in_a_line(&self) -> String {
        match self {
            Self::LinearQoe => self.to_string(),
            _ => self.to_string().to_lowercase(),
        }
    }

    fn with(self, value: impl Into<String>) -> TotalsRow {
        TotalsRow { caption: self, value: value.into() }
    }
}

impl fmt::Display for Caption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::StartUp => "Start-up",
            Self::Stalls => "Stalls",
            Self::Stalled => "Stalled",
            Self::Played => "Played",
            Self::MeanRate => "Mean rate",
            Self::Switches => "Switches",
            Self::LinearQoe => "QoE (linear)",
            Self::Fetched => "Fetched",
            Self::Wasted => "Wasted",
            Self::Abandoned => "Abandoned",
            Self::Replaced => "Replaced",
            Self::FramesShown => "Frames shown",
            Self::FramesDropped => "Frames dropped",
            Self::Avoidable => "Avoidable at the lowest",
            Self::LateDecoding => "Late by this computer",
            Self::SoundOffset => "A/V offset, p95",
            Self::CpuTime => "CPU",
            Self::InRendition(label) => return write!(f, "at {label}"),
        })
    }
}

/// All rows.
pub(crate) fn rows(snapshot: &Snapshot) -> Vec<TotalsRow> {
    let totals = &snapshot.totals;
    let stalled: f64 = totals.stalls.iter().map(|stall| stall.seconds).sum();
    let played = totals.played_seconds > 0.0;
    let avoidable = stalled > 0.0 && totals.avoidable_stall_seconds.is_some();
    let mean_rate = Bitrate::from_bps_f64(totals.mean_bitrate_kbps * 1e3);
    let fixed = [
        totals.startup_seconds.map(|seconds| Caption::StartUp.with(format!("{seconds:.2} s"))),
        Some(Caption::Stalls.with(totals.stalls.len().to_string())),
        (stalled > 0.0).then(|| Caption::Stalled.with(format!("{stalled:.1} s"))),
        avoidable
            .then(|| Caption::Avoidable.with(format!("{:.1} s", totals.avoidable_stall_seconds.unwrap_or_default()))),
        played.then(|| Caption::Played.with(format!("{:.1} s", totals.played_seconds))),
        played.then(|| Caption::MeanRate.with(mean_rate.to_string())),
        Some(Caption::Switches.with(totals.switches.to_string())),
        played.then(|| Caption::LinearQoe.with(format!("{:.2}", totals.qoe_lin))),
        Some(Caption::Fetched.with(ByteSize::from_bytes(totals.bytes_fetched).to_string())),
        (totals.bytes_wasted > 0).then(|| Caption::Wasted.with(ByteSize::from_bytes(totals.bytes_wasted).to_string())),
        (totals.segments_abandoned > 0).then(|| Caption::Abandoned.with(totals.segments_abandoned.to_string())),
        (totals.segments_replaced > 0).then(|| Caption::Replaced.with(totals.segments_replaced.to_string())),
        frames(totals).then(|| Caption::FramesShown.with(totals.frames_shown.to_string())),
        frames(totals).then(|| Caption::FramesDropped.with(totals.frames_dropped.to_string())),
        (totals.late_decoding > 0.0).then(|| Caption::LateDecoding.with(format!("{:.1} s", totals.late_decoding))),
        totals.av_offset_ms.map(|offset| Caption::SoundOffset.with(format!("{:.0} ms", offset.p95))),
        (totals.cpu_seconds > 0.0).then(|| Caption::CpuTime.with(format!("{:.1} s", totals.cpu_seconds))),
    ];
    fixed.into_iter().flatten().chain(time_by_rendition(snapshot)).collect()
}

fn frames(totals: &Totals) -> bool {
    totals.frames_shown > 0
}

/// Highest rung first.
fn time_by_rendition(snapshot: &Snapshot) -> Vec<TotalsRow> {
    let rungs = snapshot.tracks.iter().flat_map(|track| track.rungs.iter().rev());
    rungs
        .filter_map(|rung| {
            let seconds = snapshot.totals.time_by_representation.get(&rung.representation)?;
            Some(Caption::InRendition(rung.label.clone()).with(format!("{seconds:.1} s")))
        })
        .collect()
}

/// The rows as lines, for a clipboard or a bug report.
pub(crate) fn as_text(snapshot: &Snapshot) -> String {
    let mut text = format!("{}\nPolicy: {}", snapshot.url, snapshot.policy);
    for TotalsRow { caption, value } in rows(snapshot) {
        let _ = write!(text, "\n{caption}: {value}"); // writing to a String cannot fail
    }
    text
}

/// The figures that matter most in one line, for under a title.
pub(crate) fn in_a_line(snapshot: &Snapshot) -> String {
    let rows = rows(snapshot).into_iter().filter(|row| Caption::HEADLINE.contains(&row.caption));
    let figures = rows.map(|row| format!("{} {}", row.caption.in_a_line(), row.value));
    std::iter::once(format!("policy {}", snapshot.policy)).chain(figures).collect::<Vec<_>>().join(" · ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::reading;
    use crate::ui::tests::fixtures;
    use player_core::report::Stall;

    #[test]
    fn the_headline_of_a_session_has_all_its_figures() {
        let mut snapshot = fixtures::playing();
        snapshot.totals.stalls = vec![Stall { at: 30.0, seconds: 1.5 }];
        let line = in_a_line(&snapshot);
        let words: Vec<&str> = line.split(" · ").collect();
        let begins =
            ["policy default", "start-up ", "stalls 1", "stalled 1.5 s", "mean rate 2.1", "switches ", "QoE (linear) "];
        assert_eq!(words.len(), begins.len(), "{line}");
        assert!(words.iter().zip(begins).all(|(word, begin)| word.starts_with(begin)), "{line}");
    }

    #[test]
    fn figures_without_a_value_have_no_row() {
        let captions: Vec<Caption> = rows(&reading::nothing()).into_iter().map(|row| row.caption).collect();
        assert_eq!(captions, [Caption::Stalls, Caption::Switches, Caption::Fetched]);
    }

    #[test]
    fn renditions_come_last_the_highest_first() {
        let captions: Vec<String> = rows(&fixtures::playing()).iter().map(|row| row.caption.to_string()).collect();
        assert_eq!(captions[captions.len() - 4..], ["at 1080p", "at 720p", "at 270p", "at 180p"]);
    }
}
