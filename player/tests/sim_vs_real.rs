//! The simulator against the world: the same package, link and policy once in virtual time and once played in real
//! time, with sockets, decoders and clocks, from the packager's own server behind its throttle.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests; clippy spares only the tests themselves")]

use clap::Parser;
use player::cli::Args;
use player::headless::HeadlessSession;
use player::output::audio::SoundConfig;
use player::output::present::NoScreen;
use player_core::io::{Content, Event, Input, Output, Request, Subject};
use player_core::kinds::TrackKind;
use player_core::report::Totals;
use player_core::session::{Config, Session};
use player_core::sim::{Answer, Observer, Server, VirtualScreen, World};
use shared::addressing::SegmentNumber;
use shared::time::SessionTime;
use shared::trace::Trace;
use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Duration;
use tempfile::TempDir;

const BUFFER: Duration = Duration::from_secs(12);
/// From being told to play to the first picture: what a decoder takes.
const SCREEN_DELAY: Duration = Duration::from_millis(20);
/// How often the player's network side tells how far it is.
const PROGRESS: Duration = Duration::from_millis(50);

/// Links over which most rungs of the ladder are used, as rows of a file. Collapses under which downloads are given up are
/// left out: there a hundredth of a second decides what comes after.
const STEP: &str = "duration_ms,kbps,latency_ms\n16000,4000,40\n16000,1000,80\n600000,4000,40\n";
const SAWTOOTH: &str = "duration_ms,kbps,latency_ms\n8000,400,40\n8000,900,40\n8000,1900,40\n8000,3900,40\n";
const BUS: &str = "duration_ms,kbps,latency_ms\n6000,1500,60\n5000,2600,50\n7000,1100,80\n5000,1900,60\n\
    6000,700,100\n8000,2300,50\n6000,1300,70\n7000,3200,40\n";

/// A minute of film in four rungs, made once.
static FILM: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let (master, package) = (folder.path().join("master.mp4"), folder.path().join("package"));
    let (master, package) = (master.to_str().unwrap(), package.to_str().unwrap());
    packager(&["sample", master, "--seconds", "60", "--size", "640x360", "--rate", "24"]);
    let ladder = "640x360@1800,512x288@900,426x240@450,320x180@200";
    let cut = ["--segment-seconds", "2", "--preset", "ultrafast", "--progress", "none"];
    packager(&[&["package", master, "--output", package, "--ladder", ladder][..], &cut].concat());
    folder
});

fn packager(arguments: &[&str]) {
    let command = packager::cli::Cli::parse_from(std::iter::once(&"packager").chain(arguments));
    command.run().unwrap_or_else(|failure| panic!("packager {arguments:?}: {failure}"));
}

/// What is compared: the rung of each picture segment that was kept, and the figures.
#[derive(Debug)]
struct Outcome {
    rungs: BTreeMap<SegmentNumber, String>,
    totals: Totals,
}

/// Listens to requests for pictures: of several for one segment the last one counts.
#[derive(Debug, Default)]
struct Rungs(BTreeMap<SegmentNumber, String>);

impl Rungs {
    fn note(&mut self, request: &Request) {
        if let Some(segment) = request.subject.media().filter(|segment| segment.of.track == TrackKind::Video) {
            self.0.insert(segment.number, segment.of.representation.clone());
        }
    }
}

impl Observer for Rungs {
    fn output(&mut self, _now: SessionTime, output: &Output) {
        if let Output::Event(Event::Requested(request)) = output {
            self.note(request);
        }
    }
}

/// The package's files, at `http://package.example/`.
struct Files(PathBuf);

impl Server for Files {
    fn answer(&mut self, _now: SessionTime, request: &Request) -> Answer {
        let path = request.url.strip_prefix("http://package.example/").unwrap();
        let bytes = std::fs::read(self.0.join(path)).unwrap();
        let bits = bytes.len() as f64 * 8.0;
        let content = match request.subject {
            Subject::Manifest => {
                Content::Manifest { url: request.url.clone(), text: String::from_utf8(bytes).unwrap() }
            }
            Subject::Index(_) | Subject::Sizes(_) => Content::Index { bytes },
            _ => Content::Media,
        };
        Answer::Body { bits, content }
    }
}

fn simulated(package: &Path, link: &str, policy: &str) -> Outcome {
    let config = Config { policy: policy.to_owned(), buffer_target: BUFFER, ..Config::default() };
    let (mut origin, mut rungs) = (Files(package.to_owned()), Rungs::default());
    let trace = Trace::parse("link", link).unwrap();
    let mut world = World::new(Session::new(config).unwrap(), trace, &mut origin, &mut rungs);
    world = world.with_screen(VirtualScreen::new(SCREEN_DELAY)).with_progress_every(PROGRESS);
    world.input(Input::Start { url: "http://package.example/manifest.mpd".to_owned() });
    world.run(SessionTime::MAX).unwrap();
    let totals = world.session().totals();
    Outcome { rungs: rungs.0, totals }
}

fn played(package: &Path, link: &str, policy: &str) -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    let (trace, report) = (folder.path().join("link.csv"), folder.path().join("report.jsonl"));
    std::fs::write(&trace, link).unwrap();
    let url = format!("http://{}/manifest.mpd", serve(package, &trace));
    let (report_path, buffer) = (report.to_str().unwrap(), BUFFER.as_secs().to_string());
    let arguments = ["--headless", &url, "--policy", policy, "--buffer-seconds", &buffer, "--report", report_path];
    let args = Args::parse_from(std::iter::once(&"player").chain(&arguments));
    let session = HeadlessSession::begin(&args.play, SoundConfig::null(), Box::new(NoScreen)).unwrap();
    let totals = session.play_on(None).unwrap();
    let mut rungs = Rungs::default();
    for line in std::fs::read_to_string(report).unwrap().lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        if let Some(request) = line.get("request") {
            rungs.note(&serde_json::from_value(request.clone()).unwrap());
        }
    }
    Outcome { rungs: rungs.0, totals }
}

/// Serves on a free port until the test process ends.
fn serve(package: &Path, trace: &Path) -> SocketAddr {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (package, trace) = (package.display().to_string(), trace.display().to_string());
    let listen = address.to_string();
    let serve = move || packager(&["serve", &package, "--listen", &listen, "--throttle", &trace]);
    std::thread::Builder::new().spawn(serve).unwrap();
    while TcpStream::connect(address).is_err() {
        std::thread::yield_now();
    }
    address
}

/// Both ways over one link; how far they may be apart is what the product promises.
fn compare(name: &str, link: &str) {
    let package = FILM.path().join("package");
    let (simulated, played) = (simulated(&package, link, "default"), played(&package, link, "default"));
    let differing: Vec<_> = simulated.rungs.iter().filter(|(p, rung)| played.rungs.get(p) != Some(rung)).collect();
    println!("{name}: simulated {:?}\n  played {:?}", simulated.totals, played.totals);
    println!("  segments in another rung: {differing:?} of {}; played {:?}", simulated.rungs.len(), played.rungs);
    assert_eq!(simulated.rungs.len(), 30);
    assert!(played.totals.reached_end && simulated.totals.reached_end);
    assert!(differing.len() * 10 <= simulated.rungs.len(), "{name}: {differing:?}");
    // A segment in another rung explains a difference of its share of the film; beyond that 3 % may be left.
    let explained = differing.len() as f64 / simulated.rungs.len() as f64;
    let near = |what: &str, simulated: f64, played: f64| {
        let off = (played / simulated - 1.0).abs();
        assert!(off <= 0.03 + explained, "{name}: {what} {simulated} simulated, {played} played");
    };
    near("mean bitrate", simulated.totals.mean_bitrate_kbps, played.totals.mean_bitrate_kbps);
    near("fetched", simulated.totals.bytes_fetched as f64, played.totals.bytes_fetched as f64);
}

/// Recorded links of several families. Where outages and collapses are, a hundredth of a second decides what comes after:
/// so single segments may differ, and what is compared is the whole.
const RECORDED: [&str; 10] = [
    "norway3g/2010-09-21_0742CEST",
    "norway3g/2010-09-14_1038CEST",
    "fcc_sd/trace0002",
    "fcc_sd/trace0061",
    "ll_profiles/normal-intra-cascade",
    "lte_us/TMobile-UMTS-driving.up",
    "lte_us/ATT-LTE-driving-2016.up",
    "oboe/trace_190",
    "oboe/trace_219",
    "synthetic/sine-180s",
];

/// One row of the table: both ways over a recorded link. Tells the part of the segments that are in the same rung.
fn beside(name: &str, link: &str) -> f64 {
    let package = FILM.path().join("package");
    let (simulated, played) = (simulated(&package, link, "default"), played(&package, link, "default"));
    let same = simulated.rungs.iter().filter(|(number, rung)| played.rungs.get(number) == Some(rung)).count();
    let figures = |outcome: &Outcome| {
        let Totals { mean_bitrate_kbps, stall_count, stall_seconds, .. } = outcome.totals;
        format!("{mean_bitrate_kbps:5.0} kbit/s, {stall_count} stalls {stall_seconds:5.1} s")
    };
    let same = same as f64 / simulated.rungs.len() as f64;
    println!(
        "{name:34} simulated {} | played {} | {:3.0} % equal",
        figures(&simulated),
        figures(&played),
        same * 100.0
    );
    let stalls = simulated.totals.stall_seconds - played.totals.stall_seconds;
    assert!(stalls.abs() <= 1.0 + 0.1 * simulated.totals.stall_seconds, "{name}: {stalls} s of stalling apart");
    let rates = played.totals.mean_bitrate_kbps / simulated.totals.mean_bitrate_kbps;
    assert!((rates - 1.0).abs() <= 0.1, "{name}: {rates} times the rate");
    same
}

#[test]
#[ignore = "plays for some minutes; needs the material and a machine that has nothing else to do"]
fn recorded_links() {
    let folder = std::env::var_os("DASH_TEST_MATERIAL").map(PathBuf::from).unwrap();
    let link = |name: &&str| std::fs::read_to_string(folder.join(format!("traces/{name}.csv"))).unwrap();
    let same: Vec<f64> = RECORDED.iter().map(|name| beside(name, &link(name))).collect();
    let mean = same.iter().sum::<f64>() / same.len() as f64;
    assert!(mean >= 0.8, "{:.0} % of the segments in the same rung", mean * 100.0);
}

#[test]
fn a_step_down_and_up_again() {
    compare("step", STEP);
}

#[test]
fn a_sawtooth() {
    compare("sawtooth", SAWTOOTH);
}

#[test]
fn a_ride_on_the_bus() {
    compare("bus", BUS);
}
