//! The lab kit through the program: sessions in virtual time written down, exported, compared, replayed and put on a page,
//! and the ready experiment. No display, no network, no film.

#![expect(clippy::unwrap_used, reason = "helpers of tests; clippy spares only the tests themselves")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn player(arguments: &[&str]) -> Output {
    // A display would not be used.
    let mut command = Command::new(env!("CARGO_BIN_EXE_player"));
    command.args(arguments).env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY").output().unwrap()
}

fn good(arguments: &[&str]) -> String {
    let output = player(arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

fn lab() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples/labs/policies")
}

fn film() -> String {
    lab().join("film.json").to_str().unwrap().to_owned()
}

/// Rows by their heading; quoted cells may hold commas.
fn table(text: &str) -> Vec<BTreeMap<String, String>> {
    let cells = |line: &str| {
        let mut cells = vec![String::new()];
        let mut quoted = false;
        for c in line.chars() {
            match c {
                '"' => quoted = !quoted,
                ',' if !quoted => cells.push(String::new()),
                c => cells.last_mut().unwrap().push(c),
            }
        }
        cells
    };
    let mut lines = text.lines().map(cells);
    let names = lines.next().unwrap();
    lines.map(|cells| names.iter().cloned().zip(cells).collect()).collect()
}

fn number(row: &BTreeMap<String, String>, name: &str) -> f64 {
    row[name].parse().unwrap()
}

#[test]
fn every_policy_over_a_built_in_trace_leaves_reports_that_replay_compare_and_export() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (reports, html) = (path("reports"), path("page.html"));
    let wanted = ["--trace", "collapse", "--policy", "all", "--format", "json", "--buffer-seconds", "12"];
    let files = ["--reports", &reports, "--html", &html];
    let printed = good(&[&["simulate", "--movie", &film()][..], &wanted, &files].concat());
    let rows: Vec<serde_json::Value> = serde_json::from_str(&printed).unwrap();
    let policies: Vec<&str> =
        rows.iter().filter(|row| row["family"] == "collapse").map(|row| row["policy"].as_str().unwrap()).collect();
    assert!(policies.len() >= 7 && policies.contains(&"default") && policies.contains(&"bba"), "{policies:?}");
    for policy in &policies {
        let report = format!("{reports}/{policy}.jsonl");
        assert!(good(&["replay", &report]).contains("all the same"));
        let target = path(policy);
        good(&["export", &report, "--output", &target]);
        let read = |name: &str| std::fs::read_to_string(format!("{target}/{name}")).unwrap();
        let summary: serde_json::Value = serde_json::from_str(&read("summary.json")).unwrap();
        let row = rows.iter().find(|row| row["policy"] == *policy).unwrap();
        let close = |ours: &str, theirs: &str| {
            let (ours, theirs) = (summary[ours].as_f64().unwrap(), row[theirs].as_f64().unwrap());
            assert!((ours - theirs).abs() < 1e-6, "{policy}: {ours} and {theirs}");
        };
        close("mean_bitrate_kbps", "mean_kbps");
        close("view", "view");
        close("avoidable_stall_seconds", "avoidable_stall_seconds");
        let curves = table(&read("curves.csv"));
        let gaps = curves.windows(2).map(|pair| number(&pair[1], "time_s") - number(&pair[0], "time_s"));
        assert!(gaps.into_iter().all(|gap| gap > 0.0 && gap <= 0.5));
        assert!(curves.iter().all(|row| row["shown"].is_empty() == row["shown_kbps"].is_empty()), "{policy}");
        let requests = table(&read("requests.csv"));
        let least = |name: &str| {
            requests.iter().filter(|row| !row[name].is_empty()).map(|row| number(row, name)).reduce(f64::min)
        };
        assert_eq!((least("number"), least("segment"), least("attempt")), (Some(1.0), Some(1.0), Some(1.0)));
        let decisions = table(&read("decisions.csv"));
        assert!(decisions.iter().enumerate().all(|(at, row)| row["number"] == (at + 1).to_string()));
        assert!(
            decisions
                .iter()
                .any(|row| row["action"] == "fetch" && row["from"] != row["to"] && !row["reason"].is_empty())
        );
    }
    let page = std::fs::read_to_string(&html).unwrap();
    assert!(policies.iter().all(|policy| page.contains(&format!("<h2>{policy}</h2>"))));
    assert!(
        page.matches("<svg ").count() == policies.len()
            && page.contains("SIGCOMM 2014")
            && page.contains("<dt>view</dt>")
    );
    assert!(!page.contains("<script") && !page.contains("src="), "nothing from elsewhere");
    let compared = path("compared");
    let some: Vec<String> =
        ["default", "bba", "soda", "throughput"].map(|policy| format!("{reports}/{policy}.jsonl")).into();
    let some: Vec<&str> = some.iter().map(String::as_str).collect();
    good(&[&["compare"][..], &some, &["--output", &compared]].concat());
    let rows = table(&std::fs::read_to_string(format!("{compared}/compare.csv")).unwrap());
    assert_eq!(
        rows.iter().map(|row| row["report"].as_str()).collect::<Vec<_>>(),
        ["default", "bba", "soda", "throughput"]
    );
    assert!(["compare.png", "compare.svg"].iter().all(|name| Path::new(&compared).join(name).exists()));
}

#[test]
fn what_cannot_be_compared_or_simulated_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("no.jsonl");
    let name = file.to_str().unwrap();
    std::fs::write(&file, "{}").unwrap();
    let check = |arguments: &[&str], code: i32, named: &str| {
        let output = player(arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(said.contains(named) && !said.contains("panicked"), "{arguments:?}: {said}");
    };
    check(&["compare", name], 2, "2 values required");
    check(&["compare", name, name, name, name, name], 2, "no more were expected");
    check(&["export", name, "--output", name], 4, "not a report");
    check(&["export", "/nowhere/r.jsonl", "--output", "x"], 3, "/nowhere/r.jsonl");
    check(&["simulate", "--movie", &film(), "--trace", "colapse"], 3, "collapse");
    check(&["simulate", "--movie", &film(), "--trace", "train", "--policy", "bba,nonsense"], 2, "nonsense");
    check(&["simulate", "--movie", &film(), "--trace", "train", "--policy", "all", "--log", name], 2, "--reports");
}

#[test]
fn one_policy_among_others_that_does_not_come_to_its_end_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("dead.csv");
    std::fs::write(&trace, "duration_ms,kbps,latency_ms\n20000,4000,40\n1000000000,0,40\n").unwrap();
    let output = player(&["simulate", "--movie", &film(), "--trace", trace.to_str().unwrap(), "--policy", "bba,soda"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(6), "{said}");
    assert!(said.contains("bba:") && said.contains("soda:") && said.contains("2 of 2 sessions"), "{said}");
}

#[test]
fn the_helps_explain_policies_and_words() {
    for command in [&["--help"][..], &["simulate", "--help"]] {
        let help = good(command);
        assert!(help.contains("SIGCOMM 2015") && help.contains("avoidable stall"), "{help}");
    }
}

#[cfg(unix)]
#[test]
fn the_ready_experiment_runs_and_its_figures_are_as_expected() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new("bash");
    command.arg(lab().join("run.sh")).args(["--output", folder.path().to_str().unwrap()]);
    let output = command.env("PLAYER", env!("CARGO_BIN_EXE_player")).output().unwrap();
    let (said, wrong) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}\n{wrong}");
    let figures = table(&std::fs::read_to_string(folder.path().join("figures.csv")).unwrap());
    assert_eq!(figures.len(), 3 * 7 * 4, "three traces, seven policies, four figures");
    for name in ["train.html", "collapse/compare.svg", "sawtooth/bba/curves.csv", "train/soda.jsonl"] {
        assert!(folder.path().join(name).exists(), "{name}");
    }
}
