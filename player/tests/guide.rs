//! The user guide: every command in it runs, and every link in it leads somewhere.
//!
//! A page is run as one script. In front of the programs stand small scripts of the same names that make them fit for a
//! test: films are short and small, what would open a window plays without one for a moment, and a server goes to the
//! background on a free port.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "helpers of tests; clippy spares only the tests themselves")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

const PACKAGER: &str = r#"#!/usr/bin/env bash
set -eu
case ${1-} in
  sample) exec REAL "$@" --seconds 3 --size 320x180 ;;
  package) case " $* " in *" --preset "*) exec REAL "$@" ;; *) exec REAL "$@" --preset ultrafast ;; esac ;;
  serve)
    [ ! -f .server ] || kill "$(cat .server)"
    rm -f .address
    REAL "$@" --listen 127.0.0.1:0 >.address 2>/dev/null &
    echo $! >.server
    until [ -s .address ]; do kill -0 "$(cat .server)"; sleep 0.05; done ;;
  *) exec REAL "$@" ;;
esac
"#;

const PLAYER: &str = r#"#!/usr/bin/env bash
set -eu
[ ! -f .address ] || base=$(sed -n '1s,\(http://[^/]*\)/.*,\1,p' .address)
words=()
for word in "$@"; do words+=("${word/http:\/\/127.0.0.1:8080/${base-}}"); done
case " $* " in
  " inspect "* | " simulate "* | " replay "* | " export "* | " compare "* | " completions "* | " manual "* | *" --headless "*) exec REAL "${words[@]}" ;;
  *) exec REAL --headless --seconds 1 "${words[@]}" ;;
esac
"#;

/// What ends with a page.
const HEAD: &str = "set -eu\ntrap '[ ! -f .server ] || kill \"$(cat .server)\"' EXIT\n";

fn pages() -> Vec<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = [own.join("docs"), own.join("../packager/docs")];
    let entries = folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap());
    let mut pages: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    pages.retain(|page| page.extension().is_some_and(|end| end == "md"));
    pages.sort();
    pages
}

/// The blocks of a page that are commands.
fn commands(text: &str) -> String {
    let mut inside = false;
    let mut commands = String::new();
    for line in text.lines() {
        match line {
            "```sh" => inside = true,
            "```" => inside = false,
            line if inside => commands += &format!("{line}\n"),
            _ => {}
        }
    }
    commands
}

fn put_script(folder: &Path, name: &str, text: &str, program: &Path) {
    let path = folder.join(name);
    fs::write(&path, text.replace("REAL", program.to_str().unwrap())).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Runs a page in a folder of its own; what went wrong, if anything did.
fn run(page: &Path) -> Option<String> {
    let commands = commands(&fs::read_to_string(page).unwrap());
    let place = tempfile::tempdir().unwrap();
    let programs = tempfile::tempdir().unwrap();
    let player = Path::new(env!("CARGO_BIN_EXE_player"));
    put_script(programs.path(), "player", PLAYER, player);
    put_script(programs.path(), "packager", PACKAGER, &player.with_file_name("packager"));
    let path = format!("{}:{}", programs.path().display(), std::env::var("PATH").unwrap());
    let mut shell = Command::new("bash");
    shell.arg("-c").arg(format!("{HEAD}set -x\n{commands}")).current_dir(place.path()).env("PATH", path);
    let output = shell.env("HOME", place.path()).env_remove("XDG_STATE_HOME").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (!output.status.success()).then(|| format!("{}: {said}", page.display()))
}

#[test]
fn every_command_runs() {
    let pages = pages();
    assert!(pages.len() >= 10, "{pages:?}");
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let running: Vec<_> = pages.iter().map(|page| scope.spawn(|| run(page))).collect();
        running.into_iter().filter_map(|page| page.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_link_leads_somewhere() {
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = link.split('#').next().unwrap();
            let target = page.parent().unwrap().join(file);
            assert!(file.is_empty() || file.starts_with("https://") || target.exists(), "{}: {link}", page.display());
        }
    }
}
