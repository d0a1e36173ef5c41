//! The figures of the session so far, in two columns: the same as in the summary file. Rows without a value are
//! left out.

use crate::ui::export;
use crate::ui::theme::{self, Palette};
use crate::ui::view::Out;
use eframe::egui::{Align, Layout, RichText, ScrollArea, Ui};
use player_core::report::Totals;
use player_core::snapshot::Snapshot;
use shared::units::{Bitrate, ByteSize};

const ROW: f32 = 22.0;

/// The height that all figures take.
pub(crate) fn height(ui: &Ui, snapshot: &Snapshot) -> f32 {
    let lines = rows(snapshot).len().div_ceil(2) + 1;
    lines as f32 * (ROW + ui.spacing().item_spacing.y)
}

/// Shows the figures, and the ways to take them along.
pub(crate) fn show(ui: &mut Ui, snapshot: &Snapshot, out: &mut Out) {
    take_along(ui, snapshot, out);
    let rows = rows(snapshot);
    let half = rows.len().div_ceil(2);
    ScrollArea::vertical().id_salt("totals").auto_shrink([false, true]).show(ui, |ui| {
        ui.spacing_mut().item_spacing.x = 2.0 * theme::GAP;
        ui.columns(2, |columns| {
            for (column, rows) in columns.iter_mut().zip([&rows[..half], &rows[half..]]) {
                rows.iter().for_each(|(caption, value)| row(column, caption, value));
            }
        });
    });
}

fn take_along(ui: &mut Ui, snapshot: &Snapshot, out: &mut Out) {
    ui.horizontal(|ui| {
        let copy = ui.button(RichText::new("Copy stats").small()).on_hover_text("These figures as text");
        if copy.clicked() {
            ui.ctx().copy_text(export::stats(snapshot));
        }
        let help = "Report, CSV, figures and a picture of the charts, in a new folder (E)";
        out.export |= ui.button(RichText::new("Export").small()).on_hover_text(help).clicked();
    });
}

fn row(ui: &mut Ui, caption: &str, value: &str) {
    ui.horizontal(|ui| {
        ui.label(RichText::new(caption).small().color(Palette::of(ui).weak));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.label(value);
        });
    });
}

/// Captions and values, in the order of their interest.
pub(crate) fn rows(snapshot: &Snapshot) -> Vec<(String, String)> {
    let totals = &snapshot.totals;
    let stalled: f64 = totals.stalls.iter().map(|stall| stall.seconds).sum();
    let some = |caption: &str, value: String| Some((caption.to_owned(), value));
    let nonzero = |caption: &str, number: u64| (number > 0).then(|| (caption.to_owned(), number.to_string()));
    let fixed = [
        totals.startup_seconds.and_then(|seconds| some("Start-up", format!("{seconds:.2} s"))),
        some("Stalls", totals.stalls.len().to_string()),
        (stalled > 0.0).then(|| ("Stalled".to_owned(), format!("{stalled:.1} s"))),
        played(totals, "Played", format!("{:.1} s", totals.played_seconds)),
        played(totals, "Mean rate", Bitrate::from_bps_f64(totals.mean_bitrate_kbps * 1e3).to_string()),
        some("Switches", totals.switches.to_string()),
        played(totals, "QoE (linear)", format!("{:.2}", totals.qoe_lin)),
        some("Fetched", ByteSize::from_bytes(totals.bytes_fetched).to_string()),
        (totals.bytes_wasted > 0).then(|| ("Wasted".to_owned(), ByteSize::from_bytes(totals.bytes_wasted).to_string())),
        nonzero("Abandoned", totals.segments_abandoned),
        nonzero("Replaced", totals.segments_replaced),
        nonzero("Frames shown", totals.frames_shown),
        (totals.frames_shown > 0).then(|| ("Frames dropped".to_owned(), totals.frames_dropped.to_string())),
        totals.av_offset_ms.map(|offset| ("A/V offset, p95".to_owned(), format!("{:.0} ms", offset.p95))),
        (totals.cpu_seconds > 0.0).then(|| ("CPU".to_owned(), format!("{:.1} s", totals.cpu_seconds))),
    ];
    fixed.into_iter().flatten().chain(time_by_rendition(snapshot)).collect()
}

fn played(totals: &Totals, caption: &str, value: String) -> Option<(String, String)> {
    (totals.played_seconds > 0.0).then(|| (caption.to_owned(), value))
}

/// Highest rung first.
fn time_by_rendition(snapshot: &Snapshot) -> Vec<(String, String)> {
    let rungs = snapshot.tracks.iter().flat_map(|track| track.rungs.iter().rev());
    rungs
        .filter_map(|rung| {
            let seconds = snapshot.totals.time_by_representation.get(&rung.id)?;
            Some((format!("at {}", rung.label), format!("{seconds:.1} s")))
        })
        .collect()
}
