//! A session as tables: comma-separated values (RFC 4180) for spreadsheets and scripts. What is counted is counted from 1,
//! times are in seconds of the session, places in seconds of the presentation, rates in kbit/s as the manifest declares them;
//! a cell is empty where nothing is known.

use super::Totals;
use super::csv::quoted;
use super::recording::Recording;
use crate::history::{Sample, arriving_rates};
use crate::io::{Action, Decision, RequestId};
use crate::presentation::{Rung, RungId};
use crate::snapshot::RequestView;
use shared::units::Bitrate;
use std::time::Duration;

const REQUESTS: &str =
    "number,time_s,kind,track,rendition,segment,attempt,wait_ms,transfer_ms,kbps,bytes,state,location,url";
const DECISIONS: &str = "number,time_s,track,action,from,to,buffer_s,estimate_kbps,reason";
const CURVES: &str = "time_s,position_s,shown,shown_kbps,fetched,fetched_kbps,buffer_s,estimate_kbps,stalled,\
    target_s,throttle_kbps,arriving_kbps,received_bytes";

impl Recording {
    /// One line a request in the order of their ends, those under way last. A segment is counted within its Period.
    pub fn requests_csv(&self) -> String {
        table(REQUESTS, self.requests.iter().map(|request| self.request_cells(request)))
    }

    /// One line a decision; `from` and `to` are renditions.
    pub fn decisions_csv(&self) -> String {
        let rows = self.decisions.iter().enumerate();
        table(DECISIONS, rows.map(|(index, decision)| self.decision_cells(index + 1, decision)))
    }

    /// One line every quarter of a second: what was on the screen, what was fetched, how much was buffered.
    pub fn curves_csv(&self) -> String {
        let points: Vec<_> = self.samples.iter().map(|sample| sample.point).collect();
        let rows = self.samples.iter().zip(arriving_rates(&points));
        table(CURVES, rows.map(|(sample, (_, arriving))| self.curve_cells(sample, arriving)))
    }

    fn request_cells(&self, request: &RequestView) -> Vec<String> {
        let segment = request.subject.segment().zip(self.snapshot.presentation.as_ref());
        vec![
            request.id.0.to_string(),
            format!("{:.3}", request.requested.secs_f64()),
            request.subject.name().to_owned(),
            request.subject.track().map(|track| track.to_string()).unwrap_or_default(),
            self.label(request.subject.rung()),
            segment.map(|(segment, film)| (film.ordinal(segment) + 1).to_string()).unwrap_or_default(),
            (request.attempt + 1).to_string(),
            millis(request.wait()),
            millis(request.transfer(self.snapshot.at)),
            kbps(request.rate(self.snapshot.at)),
            request.received.bytes().to_string(),
            request.outcome().unwrap_or("on its way".to_owned()),
            quoted(&request.location),
            quoted(&request.url),
        ]
    }

    fn decision_cells(&self, number: usize, decision: &Decision) -> Vec<String> {
        let (action, from, to) = match &decision.action {
            Action::Fetch { segment } => ("fetch", decision.basis.last_rung, Some(segment.rung)),
            Action::Wait { .. } => ("wait", decision.basis.last_rung, None),
            Action::Abandon { request, segment } => ("abandon", self.rung_of(*request), Some(segment.rung)),
            Action::Replace { from, segment } => ("replace", Some(*from), Some(segment.rung)),
        };
        vec![
            number.to_string(),
            format!("{:.3}", decision.at.secs_f64()),
            decision.track.to_string(),
            action.to_owned(),
            self.label(from),
            self.label(to),
            seconds(decision.basis.buffer),
            kbps(decision.basis.estimate),
            quoted(&decision.reason),
        ]
    }

    fn curve_cells(&self, sample: &Sample, arriving: Option<Bitrate>) -> Vec<String> {
        let point = &sample.point;
        let declared = |rung: Option<RungId>| kbps(self.rung(rung).map(|rung| rung.bandwidth));
        vec![
            format!("{:.3}", point.at.secs_f64()),
            format!("{:.3}", point.position.secs_f64()),
            self.label(sample.shown),
            declared(sample.shown),
            self.label(sample.fetched),
            declared(sample.fetched),
            sample.track.and_then(|track| point.ahead[track]).map(seconds).unwrap_or_default(),
            kbps(point.estimate),
            u8::from(sample.stalled).to_string(),
            seconds(point.target),
            kbps(point.capacity),
            kbps(arriving),
            point.delivered.bytes.bytes().to_string(),
        ]
    }

    fn rung(&self, rung: Option<RungId>) -> Option<&Rung> {
        self.snapshot.presentation.as_ref()?.rung(rung?)
    }

    /// What people call it.
    fn label(&self, rung: Option<RungId>) -> String {
        self.rung(rung).map(|rung| quoted(&rung.label)).unwrap_or_default()
    }

    fn rung_of(&self, request: RequestId) -> Option<RungId> {
        self.requests.iter().rfind(|view| view.id == request)?.subject.rung()
    }
}

/// A figure of a session in a comparison.
type Figure = (&'static str, fn(&Totals) -> Option<f64>);

/// By the names that they have in the summary.
const FIGURES: [Figure; 15] = [
    ("startup_seconds", |totals| totals.startup_seconds),
    ("stall_count", |totals| Some(totals.stall_count as f64)),
    ("stall_seconds", |totals| Some(totals.stall_seconds)),
    ("avoidable_stall_seconds", |totals| totals.avoidable_stall_seconds),
    ("played_seconds", |totals| Some(totals.played_seconds)),
    ("mean_bitrate_kbps", |totals| Some(totals.mean_bitrate_kbps)),
    ("switches", |totals| Some(totals.switches as f64)),
    ("view", |totals| Some(totals.view)),
    ("qoe_lin", |totals| Some(totals.qoe_lin)),
    ("bytes_fetched", |totals| Some(totals.bytes_fetched as f64)),
    ("bytes_wasted", |totals| Some(totals.bytes_wasted as f64)),
    ("segments_abandoned", |totals| Some(totals.segments_abandoned as f64)),
    ("segments_replaced", |totals| Some(totals.segments_replaced as f64)),
    ("frames_shown", |totals| Some(totals.frames_shown as f64)),
    ("frames_dropped", |totals| Some(totals.frames_dropped as f64)),
];

/// One line a session, by name: the figures of its summary.
pub fn comparison_csv(sessions: &[(&str, &Totals)]) -> String {
    let names = FIGURES.map(|(name, _)| name).join(",");
    let cells = |(name, totals): &(&str, &Totals)| {
        let values = FIGURES.iter().map(|(_, of)| of(totals).map(|value| value.to_string()).unwrap_or_default());
        [quoted(name), quoted(&totals.policy)].into_iter().chain(values).collect()
    };
    table(&format!("report,policy,{names}"), sessions.iter().map(cells))
}

fn table(head: &str, rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut text = format!("{head}\n");
    for cells in rows {
        text.push_str(&cells.join(","));
        text.push('\n');
    }
    text
}

fn kbps(rate: Option<Bitrate>) -> String {
    rate.map(|rate| format!("{:.3}", rate.kbps())).unwrap_or_default()
}

fn seconds(time: Duration) -> String {
    format!("{:.3}", time.as_secs_f64())
}

fn millis(time: Option<Duration>) -> String {
    time.map(|time| format!("{:.1}", time.as_secs_f64() * 1e3)).unwrap_or_default()
}
