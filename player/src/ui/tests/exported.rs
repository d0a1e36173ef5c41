//! The numbers of an export are those of headless: the same session, written by both.

use crate::headless::report::Report;
use crate::headless::write_summary;
use crate::ui::export::{self, Material};
use crate::ui::model::totals_rows;
use player_core::io::{Content, Event, Failure, FailureKind, Figures, Input, Percentiles, Request, Subject};
use player_core::replay::rebuild;
use player_core::report::{ReportEntry, ReportLine, Totals};
use player_core::session::{Config, Session};
use player_core::sim::{Answer, Server, World};
use player_core::snapshot::Snapshot;
use shared::time::SessionTime;
use shared::trace::Trace;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

/// Good, far too bad, good again: switches, a download that is given up, a stall.
const COLLAPSE: &str = "duration_ms,kbps,latency_ms\n20000,4000,40\n18000,120,80\n40000,4000,40\n";
const KBPS: [u32; 4] = [300, 900, 2000, 4500];

/// A film of 80 s whose twelfth request is refused.
struct Servers(u32);

impl Server for Servers {
    fn answer(&mut self, _now: SessionTime, request: &Request) -> Answer {
        self.0 += 1;
        let (status, retry_after) = (Some(503), None);
        let busy = Failure { kind: FailureKind::Status, status, retry_after, message: "busy".into() };
        match &request.subject {
            _ if self.0 == 12 => Answer::Failure { bits: 0.0, failure: busy },
            Subject::Manifest => {
                Answer::Body { bits: 8e3, content: Content::Manifest { url: request.url.clone(), text: mpd() } }
            }
            Subject::Media(segment) => {
                let kbps = KBPS[rank(&segment.of.representation)];
                Answer::Body { bits: f64::from(kbps) * 2e3, content: Content::Media }
            }
            _ => Answer::Body { bits: 6400.0, content: Content::Media },
        }
    }
}

/// Where a rendition stands in the ladder.
fn rank(representation: &str) -> usize {
    KBPS.iter().position(|kbps| format!("v{kbps}") == representation).unwrap()
}

fn mpd() -> String {
    let rungs = KBPS.map(|kbps| format!(r#"<Representation id="v{kbps}" bandwidth="{kbps}000"/>"#)).concat();
    format!(
        r#"<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" profiles="urn:mpeg:dash:profile:isoff-live:2011" minBufferTime="PT2S" mediaPresentationDuration="PT80S"><Period><AdaptationSet contentType="video" mimeType="video/mp4" codecs="avc1.64001f"><SegmentTemplate media="$RepresentationID$/$Number$.m4s" initialization="$RepresentationID$/init.mp4" timescale="1" duration="2"/>{rungs}</AdaptationSet></Period></MPD>"#
    )
}

/// A session under way, recorded as the shells record it.
fn played(record: &Path, seconds: u64, look: impl FnOnce(&mut World<'_>, &Report)) {
    let config = Config { seed: 1, ..Config::simulated(Duration::from_secs(12), "default") };
    let mut report = Report::create(record, &config).unwrap();
    let writer = report.clone();
    let mut servers = Servers(0);
    let session = Session::new(config).unwrap();
    let mut world = World::new(session, Trace::parse("t", COLLAPSE).unwrap(), &mut servers, &mut report)
        .with_progress_every(Duration::from_millis(50));
    world.input(Input::Start { url: "http://a.example/film.mpd".into() });
    world.run(SessionTime::from(Duration::from_secs(seconds))).unwrap();
    let av_offset_ms = Some(Percentiles { p50: 3.0, p95: 12.0, max: 20.0 });
    let (frames_shown, frames_dropped, cpu_seconds) = (700, 2, 4.5);
    world.input(Input::Figures(Figures { capacity: None, frames_shown, frames_dropped, av_offset_ms, cpu_seconds }));
    look(&mut world, &writer);
}

/// What both made of the first 45 s.
struct Written {
    folder: TempDir,
    snapshot: Arc<Snapshot>,
}

impl Written {
    fn both() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::create_dir(path("window")).unwrap();
        played(&path("headless.jsonl"), 45, |world, report| {
            let snapshot = world.session().snapshot();
            let totals = export::looked_into(&snapshot).totals;
            report.finish(snapshot.at, &totals).unwrap();
            write_summary(&path("headless.json"), &totals).unwrap();
        });
        let mut taken = None;
        played(&path("record"), 45, |world, _| {
            let snapshot = Arc::new(world.session().snapshot());
            world.run(SessionTime::from(Duration::from_secs(60))).unwrap(); // it goes on meanwhile
            let material = Material { snapshot: Arc::clone(&snapshot), record: Some(path("record")) };
            export::write(&path("window"), &material).unwrap();
            taken = Some(snapshot);
        });
        Self { snapshot: taken.unwrap(), folder }
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name)).unwrap()
    }

    fn lines(&self) -> Vec<ReportLine> {
        self.read("headless.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// Rows of a table by its heading; none of the cells looked at here is quoted.
fn table(text: &str) -> Vec<BTreeMap<String, String>> {
    let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
    let names = lines.next().unwrap();
    lines.map(|cells| names.iter().cloned().zip(cells).collect()).collect()
}

fn number(text: &str) -> f64 {
    text.parse().unwrap_or_else(|_| panic!("{text}"))
}

fn close(ours: &str, theirs: f64, within: f64) {
    assert!((number(ours) - theirs).abs() <= within, "{ours} is not {theirs}");
}

#[test]
fn report_and_summary_are_those_of_headless_to_the_byte() {
    let written = Written::both();
    assert_eq!(written.read("window/summary.json"), written.read("headless.json"));
    assert_eq!(written.read("window/report.jsonl"), written.read("headless.jsonl"));
    let again = rebuild(written.read("window/report.jsonl").lines()).unwrap();
    assert_eq!(again, *written.snapshot, "and the report alone tells everything that the window knew");
}

#[test]
fn each_request_of_the_report_is_in_the_table_with_its_figures() {
    let written = Written::both();
    let rows: BTreeMap<u64, _> = table(&written.read("window/requests.csv"))
        .into_iter()
        .map(|row| (row["number"].parse().unwrap(), row))
        .collect();
    let (mut made, mut received, mut failed, mut aborted) = (0, 0, 0, 0);
    for line in written.lines() {
        match line.entry {
            ReportEntry::Request(request) => {
                let row = &rows[&request.id.0];
                close(&row["time_s"], line.at_ns.secs_f64(), 0.0005);
                assert_eq!((&row["url"], &row["attempt"]), (&request.url, &(request.attempt + 1).to_string()));
                let of = request.subject.rung_ref();
                assert_eq!(row["rendition"], of.map(|of| of.representation.replace('v', "") + "k").unwrap_or_default());
                let number = request.subject.media().map(|segment| segment.number.to_string());
                assert_eq!(row["segment"], number.unwrap_or_default());
                made += 1;
            }
            ReportEntry::Event(Event::Received { request, bytes, wait, transfer, .. }) => {
                let row = &rows[&request.0];
                assert_eq!((row["bytes"].as_str(), row["state"].as_str()), (bytes.bytes().to_string().as_str(), "ok"));
                close(&row["wait_ms"], wait.as_secs_f64() * 1e3, 0.05);
                close(&row["transfer_ms"], transfer.as_secs_f64() * 1e3, 0.05);
                if let Some(rate) = bytes.per(transfer) {
                    close(&row["kbps"], rate.kbps(), 0.01);
                }
                received += 1;
            }
            ReportEntry::Event(Event::Failed { request, .. }) => {
                assert_eq!(rows[&request.0]["state"], "503");
                failed += 1;
            }
            ReportEntry::Event(Event::Aborted { request, bytes }) => {
                let row = &rows[&request.0];
                assert_eq!((&row["state"], &row["bytes"]), (&"given up".to_owned(), &bytes.bytes().to_string()));
                aborted += 1;
            }
            _ => {}
        }
    }
    assert_eq!(made, rows.len());
    assert!(received > 15 && failed == 1 && aborted > 0, "{received} {failed} {aborted}");
}

#[test]
fn the_bytes_of_the_table_and_of_the_curves_are_those_of_the_summary() {
    let written = Written::both();
    let summary: Totals = serde_json::from_str(&written.read("headless.json")).unwrap();
    let (running, over): (Vec<_>, Vec<_>) =
        table(&written.read("window/requests.csv")).into_iter().partition(|row| row["state"] == "on its way");
    let sum = |rows: &[BTreeMap<String, String>]| rows.iter().map(|row| number(&row["bytes"])).sum::<f64>();
    assert_eq!(sum(&over), summary.bytes_fetched as f64, "what is on its way counts when it is over");
    let sum = sum(&over) + sum(&running);
    let curves = table(&written.read("window/curves.csv"));
    let last = curves.last().unwrap();
    // A point every quarter of a second: the last one may lack what came since.
    assert!(number(&last["received_bytes"]) <= sum && number(&last["received_bytes"]) > 0.9 * sum, "{last:?} of {sum}");
    close(&last["position_s"], summary.played_seconds, 0.3);
}

#[test]
fn copied_stats_are_the_summary_in_words() {
    let written = Written::both();
    let summary: Totals = serde_json::from_str(&written.read("headless.json")).unwrap();
    let text = totals_rows::as_text(&export::looked_into(&written.snapshot));
    assert_eq!(text.clone() + "\n", written.read("window/figures.txt"));
    let figures: BTreeMap<&str, &str> = text.lines().filter_map(|line| line.split_once(": ")).collect();
    let first = |caption: &str| figures[caption].split(' ').next().unwrap();
    close(first("Start-up"), summary.startup_seconds.unwrap(), 0.005);
    close(first("Stalls"), summary.stalls.len() as f64, 0.0);
    close(first("Stalled"), summary.stalls.iter().map(|stall| stall.seconds).sum(), 0.05);
    close(first("Played"), summary.played_seconds, 0.05);
    close(first("Mean rate"), summary.mean_bitrate_kbps / 1e3, 0.05);
    close(first("Switches"), summary.switches as f64, 0.0);
    close(first("QoE (linear)"), summary.qoe_lin, 0.005);
    close(first("Fetched"), summary.bytes_fetched as f64 / 1e6, 0.05);
    close(first("Abandoned"), summary.segments_abandoned as f64, 0.0);
    close(first("Frames shown"), summary.frames_shown as f64, 0.0);
    close(first("Frames dropped"), summary.frames_dropped as f64, 0.0);
    close(first("A/V offset, p95"), summary.av_offset_ms.unwrap().p95, 0.5);
    close(first("CPU"), summary.cpu_seconds, 0.05);
    assert_eq!(figures["Policy"], summary.policy);
    let at = |id: &str| figures.iter().find(|(caption, _)| caption.starts_with("at ") && label(id, caption));
    for (id, seconds) in &summary.time_by_representation {
        close(at(id).unwrap().1.split(' ').next().unwrap(), *seconds, 0.05);
    }
}

/// `at 900k` is what the window calls `v900`.
fn label(id: &str, caption: &str) -> bool {
    let digits = |text: &str| text.chars().filter(|c| c.is_ascii_digit() || *c == '.').collect::<String>();
    let kbps = number(&digits(id));
    let shown = number(&digits(caption));
    shown == kbps || shown * 1e3 == kbps
}
