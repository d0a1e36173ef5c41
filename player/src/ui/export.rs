//! A session as files: the report, requests and curves as CSV, the figures, a picture of the charts. Written on a
//! thread of its own into a new folder below the one the player was started in. All of them end at the same instant,
//! and what headless writes too is what headless would have written by then.

use super::figure;
use super::kind;
use super::model::totals_rows;
use super::reading;
use super::task::Task;
use crate::headless;
use eframe::egui::{ColorImage, Context};
use player_core::kinds::TrackKind;
use player_core::presentation::Rank;
use player_core::report::csv::quoted;
use player_core::report::{ReportEntry, line};
use player_core::snapshot::{RequestView, Snapshot};
use serde::Deserialize;
use shared::time::SessionTime;
use shared::units::Bitrate;
use std::fs;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Folders that are tried for a free name.
const MOST_FOLDERS: u32 = 10_000;

/// An export on its way, if there is one.
#[derive(Debug, Default)]
pub(crate) struct Export(Option<Task<Result<String, String>>>);

/// What is to be written.
#[derive(Debug, Clone)]
pub(crate) struct Material {
    pub snapshot: Arc<Snapshot>,
    /// The report as far as it has been written.
    pub record: Option<PathBuf>,
}

impl Export {
    /// Begins, unless one is under way.
    pub(crate) fn begin(&mut self, ctx: &Context, material: Material) {
        if self.0.is_none() {
            self.0 = Task::start(ctx, "export", move || written(&material));
        }
    }

    /// When it is through, a sentence for people.
    pub(crate) fn look(&mut self) -> Option<String> {
        let result = self.0.as_ref()?.poll()?;
        self.0 = None;
        Some(result.unwrap_or_else(|problem| format!("Nothing was exported: {problem}.")))
    }
}

fn written(material: &Material) -> Result<String, String> {
    let here = std::env::current_dir().map_err(|error| format!("the folder of the player is gone: {error}"))?;
    let folder = new_folder(&here).map_err(|error| format!("cannot make a folder in {}: {error}", here.display()))?;
    write(&folder, material).map_err(|error| format!("cannot write to {}: {error}", folder.display()))?;
    Ok(format!("Exported to {}", folder.display()))
}

/// `session-1`, or the next number that is free.
fn new_folder(here: &Path) -> io::Result<PathBuf> {
    for number in 1..MOST_FOLDERS {
        let folder = here.join(format!("session-{number}"));
        match fs::create_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => return made.map(|()| folder),
        }
    }
    Err(io::Error::other("too many exports"))
}

/// Writes everything there is into `folder`.
pub(crate) fn write(folder: &Path, material: &Material) -> io::Result<()> {
    let snapshot = &material.snapshot;
    fs::write(folder.join("requests.csv"), requests_csv(snapshot))?;
    fs::write(folder.join("curves.csv"), curves_csv(snapshot))?;
    fs::write(folder.join("summary.json"), headless::summary_text(&snapshot.totals))?;
    fs::write(folder.join("figures.txt"), totals_rows::as_text(snapshot) + "\n")?;
    if let Some(record) = &material.record {
        fs::write(folder.join("report.jsonl"), report(&fs::read_to_string(record)?, snapshot))?;
    }
    png(&folder.join("charts.png"), &figure::charts(snapshot))
}

/// What was recorded until the snapshot was taken, and its figures, as if the session had ended there. The session
/// goes on while it is exported: a last line may be half written.
fn report(record: &str, snapshot: &Snapshot) -> String {
    #[derive(Deserialize)]
    struct Time {
        at_ns: SessionTime,
    }
    let until = |line: &&str| serde_json::from_str::<Time>(line).is_ok_and(|time| time.at_ns <= snapshot.at);
    let figures = line(snapshot.at, ReportEntry::Summary(Box::new(snapshot.totals.clone())));
    record.lines().filter(until).chain([figures.as_str()]).flat_map(|line| [line, "\n"]).collect()
}

fn png(path: &Path, image: &ColorImage) -> io::Result<()> {
    let [width, height] = image.size.map(|side| u32::try_from(side).unwrap_or(u32::MAX));
    let mut encoder = png::Encoder::new(BufWriter::new(fs::File::create(path)?), width, height);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    let bytes: Vec<u8> = image.pixels.iter().flat_map(|pixel| pixel.to_array()).collect();
    let mut writer = encoder.write_header()?;
    Ok(writer.write_image_data(&bytes)?)
}

/// One line a request, those under way last; times in ms of the session, sizes in bytes; empty where nothing is known.
fn requests_csv(snapshot: &Snapshot) -> String {
    let mut text = String::from(
        "id,kind,track,rung,rendition,segment,requested_ms,wait_ms,transfer_ms,kbps,bytes,state,attempt,location,url\n",
    );
    for request in snapshot.requests.iter().chain(&snapshot.running) {
        let cells = [
            request.id.0.to_string(),
            request.subject.name().to_owned(),
            request.subject.track().map(|track| track.to_string()).unwrap_or_default(),
            rank(snapshot, request).map(|rank| rank.to_string()).unwrap_or_default(),
            rendition(snapshot, request),
            request.subject.media().map(|segment| segment.number.to_string()).unwrap_or_default(),
            format!("{:.1}", request.requested.millis_f64()),
            millis(request.wait()),
            millis(request.transfer(snapshot.at)),
            rate(request.rate(snapshot.at)),
            request.received.bytes().to_string(),
            state(request),
            request.attempt.to_string(),
            quoted(&request.location),
            quoted(&request.url),
        ];
        text.push_str(&cells.join(","));
        text.push('\n');
    }
    text
}

/// Where the rung of a request stands in its ladder, 0 the lowest.
fn rank(snapshot: &Snapshot, request: &RequestView) -> Option<Rank> {
    snapshot.presentation.as_ref()?.rank(request.subject.rung()?)
}

/// By the name that the window has for it.
fn rendition(snapshot: &Snapshot, request: &RequestView) -> String {
    let rung = request.subject.rung();
    let of = rung.and_then(|rung| snapshot.presentation.as_ref()?.rung(rung));
    of.map(|rung| quoted(&rung.label)).unwrap_or_default()
}

/// In kbit/s.
fn rate(rate: Option<Bitrate>) -> String {
    rate.map(|rate| format!("{:.0}", rate.kbps())).unwrap_or_default()
}

fn state(request: &RequestView) -> String {
    quoted(&reading::status(request))
}

fn millis(time: Option<Duration>) -> String {
    time.map(|time| format!("{:.1}", time.as_secs_f64() * 1e3)).unwrap_or_default()
}

/// One line a point of the charts; rates in kbit/s, levels in seconds.
fn curves_csv(snapshot: &Snapshot) -> String {
    let levels: Vec<TrackKind> = kind::all().filter(|(_, style)| style.level.is_some()).map(|(kind, _)| kind).collect();
    let buffers: String = levels.iter().map(|kind| format!("{kind}_buffer_s,")).collect();
    let mut text =
        format!("at_s,position_s,{buffers}threshold_s,estimate_kbps,throttle_kbps,arriving_kbps,received_bytes\n");
    let level = |level: Option<Duration>| level.map(|level| format!("{:.3}", level.as_secs_f64())).unwrap_or_default();
    let points = &snapshot.history.points;
    for (point, (_, arriving)) in points.iter().zip(reading::arriving_rates(points)) {
        let mut cells = vec![format!("{:.3}", point.at.secs_f64()), format!("{:.3}", point.position.secs_f64())];
        cells.extend(levels.iter().map(|kind| level(point.ahead[*kind])));
        cells.extend([
            level(Some(point.target)),
            rate(point.estimate),
            rate(point.capacity),
            rate(arriving),
            point.delivered.bytes.bytes().to_string(),
        ]);
        text.push_str(&cells.join(","));
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::tests::fixtures;

    #[test]
    fn everything_is_in_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let record = folder.path().join("record");
        let (before, after) = ("{\"v\":1,\"at_ns\":5,\"x\":0}", "{\"v\":1,\"at_ns\":99000000000,\"x\":0}");
        fs::write(&record, format!("{before}\n{after}\n{{\"v\":1,\"at_ns\":6,\"hal")).unwrap();
        let snapshot = Arc::new(fixtures::meddled());
        let target = new_folder(folder.path()).unwrap();
        write(&target, &Material { snapshot: snapshot.clone(), record: Some(record) }).unwrap();
        let read = |name: &str| fs::read_to_string(target.join(name)).unwrap();
        let requests = snapshot.requests.len() + snapshot.running.len();
        assert_eq!(read("requests.csv").lines().count(), requests + 1);
        assert!(read("requests.csv").contains(",503,"));
        assert_eq!(read("curves.csv").lines().count(), snapshot.history.points.len() + 1);
        assert_eq!(
            serde_json::from_str::<player_core::report::Totals>(&read("summary.json")).unwrap(),
            snapshot.totals
        );
        assert!(read("figures.txt").contains("Mean rate: 2.1 Mbit/s"), "{}", read("figures.txt"));
        let report = read("report.jsonl");
        let [first, last] = report.lines().collect::<Vec<_>>()[..] else { panic!("{report}") };
        assert!(first == before && last.contains("\"summary\":"), "what came later or is cut off stays out: {report}");
        let reader = png::Decoder::new(io::BufReader::new(fs::File::open(target.join("charts.png")).unwrap()));
        assert_eq!(reader.read_info().unwrap().info().size(), (2000, 1120));
        assert!(new_folder(folder.path()).unwrap().ends_with("session-2"), "nothing is overwritten");
    }
}
