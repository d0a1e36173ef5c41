//! Half a minute of trouble: a changing link, faults of several kinds, seeks, speeds and changes of rung. Memory, threads
//! and descriptors stay where they are, and the report is complete and tells the same story again.

#![expect(clippy::unwrap_used, reason = "helpers of tests; clippy spares only the tests themselves")]

#[path = "support/server.rs"]
mod server;

use clap::Parser;
use server::Origin;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

const TRACE: &str = "duration_ms,kbps,latency_ms\n3000,3000,20\n2000,500,80\n1000,0,20\n4000,1500,40\n";
const FAULTS: [&str; 5] = ["503@every=7", "404@every=11", "reset@every=13", "corrupt@every=17", "silence@every=29"];
const SCRIPT: &str = "3 rung 0\n5 rate 2\n8 auto\n9 seek 4\n11 pause\n12 play\n13 rate 0.5\n15 rate 1\n16 seek 20\n\
                      18 policy bola-e\n20 seek 2\n22 rung 1\n26 quit\n";
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(500);
/// Decoders and buffers have their size by then.
const SETTLED: usize = 16;
/// What memory may still grow: a longer history, a fuller buffer.
const GROWTH_MB: u64 = 40;

/// A package of thirty seconds, a trace and a script.
fn material() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let (master, package) = (folder.path().join("master.mp4"), folder.path().join("package"));
    let (master, package) = (master.to_str().unwrap(), package.to_str().unwrap());
    packager(&["sample", master, "--seconds", "30", "--size", "320x180", "--rate", "25"]);
    let how = ["--ladder", "320x180@300,214x120@150", "--segment-seconds", "2", "--preset", "ultrafast"];
    packager(&[&["package", master, "--output", package, "--progress", "none"][..], &how].concat());
    std::fs::write(folder.path().join("trace.csv"), TRACE).unwrap();
    std::fs::write(folder.path().join("script.txt"), SCRIPT).unwrap();
    folder
}

fn packager(arguments: &[&str]) {
    packager::cli::Cli::parse_from(std::iter::once(&"packager").chain(arguments)).run().unwrap();
}

/// What a process holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Holdings {
    memory_mb: u64,
    threads: usize,
    descriptors: usize,
}

/// `None` when it has ended, or on systems that do not say.
fn holdings(process: u32) -> Option<Holdings> {
    let folder = Path::new("/proc").join(process.to_string());
    let status = std::fs::read_to_string(folder.join("status")).ok()?;
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kb: u64 = resident.trim().trim_end_matches(" kB").parse().ok()?;
    let count = |name| Some(std::fs::read_dir(folder.join(name)).ok()?.count());
    Some(Holdings { memory_mb: kb / 1024, threads: count("task")?, descriptors: count("fd")? })
}

fn watch(mut player: Child) -> (i32, Vec<Holdings>) {
    let mut seen = vec![];
    loop {
        if let Some(status) = player.try_wait().unwrap() {
            return (status.code().unwrap(), seen);
        }
        seen.extend(holdings(player.id()));
        std::thread::park_timeout(PAUSE);
    }
}

#[test]
fn half_a_minute_of_trouble_leaves_nothing_behind() {
    let folder = material();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let trace = path("trace.csv");
    let mut serving = vec!["--throttle", &trace];
    serving.extend(FAULTS.iter().flat_map(|fault| ["--fault", fault]));
    let origin = Origin::start(&folder.path().join("package"), &serving);
    let (report, script) = (path("report.jsonl"), path("script.txt"));
    let player = Command::new(env!("CARGO_BIN_EXE_player"))
        .args(["--headless", &format!("{}/manifest.mpd", origin.address), "--buffer-seconds", "10"])
        .args(["--script", &script, "--report", &report])
        .stderr(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let (code, seen) = watch(player);
    assert_eq!(code, 0);
    if let Some(settled) = seen.get(SETTLED) {
        let most = |of: fn(&Holdings) -> u64| seen[SETTLED..].iter().map(of).max().unwrap();
        assert!(most(|held| held.memory_mb) <= settled.memory_mb + GROWTH_MB, "{seen:?}");
        assert!(most(|held| held.threads as u64) <= settled.threads as u64 + 2, "{seen:?}");
        assert!(most(|held| held.descriptors as u64) <= settled.descriptors as u64 + 12, "{seen:?}");
    }
    let text = std::fs::read_to_string(&report).unwrap();
    assert!(text.lines().last().unwrap().contains(r#""summary""#), "the report has no end");
    let again = Command::new(env!("CARGO_BIN_EXE_player")).args(["replay", &report]).output().unwrap();
    assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stderr));
}
