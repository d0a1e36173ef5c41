//! Servers that fail in every way that `packager serve` knows, over real sockets. With ten seconds buffered the viewer
//! notices nothing; what cannot be had at all is skipped with a message, and the film goes on.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests; clippy spares only the tests themselves")]

#[path = "support/process.rs"]
mod process;
#[path = "support/server.rs"]
mod server;
#[path = "support/wait.rs"]
mod wait;

use clap::Parser;
use process::{Run, play};
use server::Origin;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Duration;
use tempfile::TempDir;
use wait::pass;

const SECONDS: f64 = 24.0;

/// Twelve segments of two seconds in two rungs.
static FILM: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let (master, package) = (folder.path().join("master.mp4"), folder.path().join("package"));
    let (master, package) = (master.to_str().unwrap(), package.to_str().unwrap());
    packager(&["sample", master, "--seconds", "24", "--size", "320x180", "--rate", "25"]);
    let ladder = ["--ladder", "320x180@300,214x120@150", "--segment-seconds", "2", "--preset", "ultrafast"];
    std::fs::write(folder.path().join("wait.txt"), "0 pause\n4 play\n").unwrap();
    packager(&[&["package", master, "--output", package, "--progress", "none"][..], &ladder].concat());
    folder
});

fn packager(arguments: &[&str]) {
    let command = packager::cli::Cli::parse_from(std::iter::once(&"packager").chain(arguments));
    command.run().unwrap_or_else(|failure| panic!("packager {arguments:?}: {failure}"));
}

fn film() -> PathBuf {
    FILM.path().join("package")
}

/// The buffer is smaller than the film, so that there is something left to fetch while things go wrong.
fn watch(address: &str, arguments: &[&str]) -> Run {
    play(&format!("{address}/manifest.mpd"), &[&["--buffer-seconds", "10"], arguments].concat())
}

fn watch_through(faults: &[&str]) -> Run {
    let faults: Vec<&str> = faults.iter().flat_map(|fault| ["--fault", fault]).collect();
    let origin = Origin::start(&film(), &faults);
    watch_buffered(&origin.address)
}

/// Ten seconds are buffered before the playhead leaves the first picture, however busy the machine is.
fn watch_buffered(address: &str) -> Run {
    let script = FILM.path().join("wait.txt");
    watch(address, &["--script", script.to_str().unwrap()])
}

/// How often it stood still.
fn stalls(run: &Run) -> usize {
    run.summary["stalls"].as_array().map_or(0, Vec::len)
}

/// To the end, without a stop.
fn check_unnoticed(name: &str, run: &Run) {
    assert_eq!((run.code, run.flag("reached_end"), stalls(run)), (0, true, 0), "{name}: {}", run.said);
    assert!((run.number("played_seconds") - SECONDS).abs() < 0.2, "{name}: {}", run.number("played_seconds"));
}

/// Each runs in a thread of its own: they mostly wait.
fn all_at_once<T: Send>(work: impl IntoIterator<Item = Box<dyn FnOnce() -> T + Send>>) -> Vec<T> {
    std::thread::scope(|scope| {
        let running: Vec<_> = work.into_iter().map(|work| scope.spawn(work)).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

/// Stories that take as long as the film, told all at once.
fn tell(stories: &[fn()]) {
    std::thread::scope(|scope| {
        for story in stories {
            scope.spawn(story);
        }
    });
}

#[test]
fn what_passes_is_not_noticed() {
    tell(&[
        requests_that_fail_now_and_then_are_not_noticed,
        a_server_that_restarts_is_waited_for,
        after_a_long_outage_it_goes_on_by_itself,
        a_manifest_that_goes_away_after_the_start_is_not_missed,
    ]);
}

#[test]
fn what_stays_is_gone_around() {
    tell(&[
        a_rendition_that_is_gone_is_left_for_another,
        a_segment_that_no_rendition_has_is_skipped_with_a_message,
        a_wrong_init_segment_costs_its_rendition_only,
        what_cannot_be_opened_is_named_with_its_reason,
        of_two_locations_the_slow_one_is_left_and_the_dead_one_forgotten,
    ]);
}

fn requests_that_fail_now_and_then_are_not_noticed() {
    let faults = ["503@every=5", "500@every=5", "404@every=2", "404@every=5", "403@every=3", "reset@every=5"];
    let others = ["truncate@every=3", "wrong-length@every=5", "silence@every=5", "drip@every=5", "corrupt@every=2"];
    let work = faults.into_iter().chain(others).map(|fault| -> Box<dyn FnOnce() -> (&'static str, Run) + Send> {
        Box::new(move || (fault, watch_through(&[fault])))
    });
    for (fault, run) in all_at_once(work) {
        check_unnoticed(fault, &run);
    }
}

fn a_rendition_that_is_gone_is_left_for_another() {
    let rungs = representations();
    let run = watch_through(&[&format!("404@match=**/{}/*.m4s", rungs[0])]);
    check_unnoticed("404 for a rendition", &run);
    assert!(run.summary["time_by_representation"].get(&rungs[0]).is_none(), "{}", run.summary);
}

fn a_segment_that_no_rendition_has_is_skipped_with_a_message() {
    let work =
        ["404", "503", "reset", "silence", "drip"].map(|kind| -> Box<dyn FnOnce() -> (&'static str, Run) + Send> {
            Box::new(move || (kind, watch_through(&[&format!("{kind}@match=**/h264*/8.m4s")])))
        });
    for (kind, run) in all_at_once(work) {
        assert_eq!((run.code, run.flag("reached_end"), stalls(&run)), (0, true, 0), "{kind}: {}", run.said);
        assert!(run.said.contains("cannot be had") && run.said.contains("8.m4s"), "{kind}: {}", run.said);
        let played = run.number("played_seconds");
        assert!((played - (SECONDS - 2.0)).abs() < 0.3, "{kind}: {played}");
    }
}

fn a_wrong_init_segment_costs_its_rendition_only() {
    let rungs = representations();
    let run = watch_through(&[&format!("corrupt@match=**/{}/init.mp4", rungs[0])]);
    assert_eq!((run.code, run.flag("reached_end"), stalls(&run)), (0, true, 0), "{}", run.said);
}

/// Ten seconds are buffered when the server goes away, for so long.
fn watch_with_outage(away: Duration) -> Run {
    let logs = tempfile::tempdir().unwrap();
    let log = logs.path().join("access.log");
    let mut first = Origin::start(&film(), &["--access-log", log.to_str().unwrap()]);
    let address = first.address.clone();
    let listen = address.trim_start_matches("http://").to_owned();
    std::thread::scope(|scope| {
        let watching = scope.spawn(|| watch_buffered(&address));
        wait_for(|| origin_was_asked(&log, "/5.m4s"));
        first.stop();
        pass(away);
        let _second = Origin::at(&film(), &listen, &[]);
        watching.join().unwrap()
    })
}

fn a_server_that_restarts_is_waited_for() {
    check_unnoticed("restart", &watch_with_outage(Duration::from_secs(4)));
}

/// Longer than the buffer: the viewer has to wait, and to do nothing else.
fn after_a_long_outage_it_goes_on_by_itself() {
    let run = watch_with_outage(Duration::from_secs(15));
    assert_eq!((run.code, run.flag("reached_end")), (0, true), "{}", run.said);
    assert_eq!(stalls(&run), 1, "{}", run.summary);
    assert!((run.number("played_seconds") - SECONDS).abs() < 0.2, "{}", run.said);
}

fn a_manifest_that_goes_away_after_the_start_is_not_missed() {
    let copy = tempfile::tempdir().unwrap();
    copy_folder(&film(), copy.path());
    let log = copy.path().join("access.log");
    let origin = Origin::start(copy.path(), &["--access-log", log.to_str().unwrap()]);
    let watching = std::thread::scope(|scope| {
        let watching = scope.spawn(|| watch(&origin.address, &[]));
        wait_for(|| origin_was_asked(&log, ".m4s"));
        std::fs::remove_file(copy.path().join("manifest.mpd")).unwrap();
        watching.join().unwrap()
    });
    check_unnoticed("manifest gone", &watching);
}

fn what_cannot_be_opened_is_named_with_its_reason() {
    let film = film();
    let origin = Origin::start(&film, &["--fault", "503@match=busy.mpd"]);
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let cases = [
        (format!("{}/busy.mpd", origin.address), "503"),
        (format!("{}/nothing.mpd", origin.address), "404"),
        (format!("http://{closed}/manifest.mpd"), "is the server running"),
        ("http://no-such-host.invalid/manifest.mpd".to_owned(), "host is unknown"),
    ];
    let work = cases.map(|(url, words)| -> Box<dyn FnOnce() -> (String, &'static str, Run) + Send> {
        Box::new(move || {
            let run = play(&url, &[]);
            (url, words, run)
        })
    });
    for (url, words, run) in all_at_once(work) {
        assert!(
            run.code == 6 && run.said.contains(words) && run.said.contains(&url),
            "{url}: {} {}",
            run.code,
            run.said
        );
    }
}

/// Two servers under one manifest: the first is slow, then dies. The second takes over without a stop.
fn of_two_locations_the_slow_one_is_left_and_the_dead_one_forgotten() {
    let film = film();
    let mut slow = Origin::start(&film, &["--throttle", "500", "--delay", "150"]);
    let copy = tempfile::tempdir().unwrap();
    let log = copy.path().join("access.log");
    let fast = Origin::start(&film, &["--access-log", log.to_str().unwrap()]);
    let manifest = copy.path().join("manifest.mpd");
    let text = std::fs::read_to_string(film.join("manifest.mpd")).unwrap();
    let bases = format!("<BaseURL>{}/</BaseURL><BaseURL>{}/</BaseURL>", slow.address, fast.address);
    let at = text.find("<Period").unwrap();
    std::fs::write(&manifest, format!("{}{bases}{}", &text[..at], &text[at..])).unwrap();
    let report = copy.path().join("report.jsonl");
    let run = std::thread::scope(|scope| {
        let arguments = ["--buffer-seconds", "10", "--allow-private", "--report", report.to_str().unwrap()];
        let watching = scope.spawn(move || play(manifest.to_str().unwrap(), &arguments));
        wait_for(|| origin_was_asked(&log, "/7.m4s"));
        slow.stop();
        watching.join().unwrap()
    });
    check_unnoticed("slow, then dead", &run);
    let report = std::fs::read_to_string(report).unwrap();
    let asked = |address: &str| report.lines().filter(|l| l.contains(r#""request":"#) && l.contains(address)).count();
    assert!(asked(&fast.address) > asked(&slow.address), "{} of the slow one", asked(&slow.address));
}

/// Until the server's log speaks of it.
fn origin_was_asked(log: &Path, for_what: &str) -> bool {
    std::fs::read_to_string(log).is_ok_and(|text| text.contains(for_what))
}

fn wait_for(condition: impl Fn() -> bool) {
    while !condition() {
        pass(Duration::from_millis(20));
    }
}

fn representations() -> Vec<String> {
    let text = std::fs::read_to_string(film().join("manifest.mpd")).unwrap();
    let video = text.split("<AdaptationSet").find(|set| set.contains("\"video/mp4\"")).unwrap();
    let tags = video.split("<Representation ").skip(1);
    let id = |tag: &str| tag.split(" id=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap().to_owned();
    tags.map(id).collect()
}

fn copy_folder(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            std::fs::create_dir(&target).unwrap();
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
