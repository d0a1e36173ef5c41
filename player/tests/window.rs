//! The real program in a real window on a display of its own: pictures move, charts fill, a click holds a rung, a key
//! holds the network back. Judged by the report that the window writes and by the colours on the screen. Without the
//! X programs it is skipped, and says so.

#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "helpers of tests that wait for another process")]

#[path = "support/origin.rs"]
mod origin;

use origin::{packager, serve};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const WIDTH: usize = 1280;
const HEIGHT: usize = 800;
/// Whatever is waited for must come within this time; busy machines are slow.
const DEADLINE: Duration = Duration::from_secs(60);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(200);

/// Colours of the lowest and the highest rung in the dark theme: used for nothing else.
const LOWEST: [u8; 3] = [0xff, 0x9a, 0x2e];
const HIGHEST: [u8; 3] = [0xc0, 0x9c, 0xff];

/// Ends what it holds when the test ends, however it does.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Whether all these programs are there; says which one is missing.
fn are_there(programs: &[&str]) -> bool {
    let has = |program: &&&str| Command::new("which").arg(program).output().is_ok_and(|out| out.status.success());
    let missing = programs.iter().find(|program| !has(program));
    if let Some(missing) = missing {
        eprintln!("skipped: there is no {missing}");
    }
    missing.is_none()
}

/// A display that nobody else has.
struct Display {
    name: String,
    _server: Running,
}

impl Display {
    /// `None` when a program is missing.
    fn open() -> Option<Self> {
        if !are_there(&["Xvfb", "xdotool", "import"]) {
            return None;
        }
        let screen = format!("{WIDTH}x{HEIGHT}x24");
        let mut server = Command::new("Xvfb");
        // The server chooses a free number and prints it when it is ready.
        server.args(["-displayfd", "1", "-screen", "0", &screen, "+extension", "GLX", "-nolisten", "tcp"]);
        let mut child = server.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(child.stdout.take().unwrap()), &mut line).unwrap();
        Some(Self { name: format!(":{}", line.trim()), _server: Running(child) })
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env("DISPLAY", &self.name);
        command
    }

    fn xdotool(&self, words: &[&str]) {
        let status = self.command("xdotool").args(words).stdout(Stdio::null()).status().unwrap();
        assert!(status.success(), "xdotool {words:?}");
    }

    fn click(&self, (x, y): (usize, usize)) {
        self.xdotool(&["mousemove", &x.to_string(), &y.to_string(), "click", "1"]);
    }

    /// What is on the screen.
    fn picture(&self) -> Picture {
        let out = self.command("import").args(["-window", "root", "-depth", "8", "rgb:-"]).output().unwrap();
        assert_eq!(out.stdout.len(), WIDTH * HEIGHT * 3, "{}", String::from_utf8_lossy(&out.stderr));
        Picture(out.stdout)
    }
}

/// RGB, row by row.
#[derive(PartialEq)]
struct Picture(Vec<u8>);

/// A part of the window, in pixels.
struct Part {
    x: std::ops::Range<usize>,
    y: std::ops::Range<usize>,
}

/// The film, the charts, and the buttons of the ladder in a window of 1280x800.
const FILM: Part = Part { x: 100..800, y: 60..400 };
const CHARTS: Part = Part { x: 60..860, y: 560..800 };
const LADDER: Part = Part { x: 900..1280, y: 60..140 };

impl Picture {
    fn at(&self, x: usize, y: usize) -> &[u8] {
        let start = (y * WIDTH + x) * 3;
        &self.0[start..start + 3]
    }

    fn places<'a>(&'a self, part: &'a Part) -> impl Iterator<Item = (usize, usize)> + 'a {
        part.y.clone().flat_map(|y| part.x.clone().map(move |x| (x, y)))
    }

    fn count(&self, part: &Part, color: [u8; 3]) -> usize {
        self.places(part).filter(|(x, y)| self.at(*x, *y) == color).count()
    }

    /// Inside of the first frame of this colour.
    fn button(&self, part: &Part, color: [u8; 3]) -> Option<(usize, usize)> {
        let (x, y) = self.places(part).find(|(x, y)| self.at(*x, *y) == color)?;
        Some((x + 12, y + 8))
    }

    fn differs(&self, other: &Self, part: &Part) -> bool {
        self.places(part).any(|(x, y)| self.at(x, y) != other.at(x, y))
    }
}

/// Looks until something is there.
fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(began.elapsed() < DEADLINE, "waited in vain for {what}");
        std::thread::sleep(LOOK);
    }
}

fn wait_for_line(report: &Path, needle: &str) {
    let has = || std::fs::read_to_string(report).is_ok_and(|text| text.contains(needle));
    wait_for(&format!("`{needle}` in the report"), || has().then_some(()));
}

fn film(folder: &Path) -> PathBuf {
    let (master, package) = (folder.join("master.mp4"), folder.join("package"));
    let (master, target) = (master.to_str().unwrap(), package.to_str().unwrap());
    packager(&["sample", master, "--seconds", "120", "--size", "320x180", "--rate", "25"]);
    let ladder = ["--ladder", "320x180@300,160x90@150", "--preset", "ultrafast"];
    let rest = ["--segment-seconds", "2", "--progress", "none"];
    packager(&[&["package", master, "--output", target], &ladder[..], &rest[..]].concat());
    package
}

#[test]
fn the_window_plays_and_obeys_mouse_and_keyboard() {
    let Some(display) = Display::open() else { return };
    let folder = tempfile::tempdir().unwrap();
    let url = serve(film(folder.path())) + "/manifest.mpd";
    let (report, summary) = (folder.path().join("report.jsonl"), folder.path().join("summary.json"));
    let mut player = display.command(env!("CARGO_BIN_EXE_player"));
    player.arg(&url).arg("--report").arg(&report).arg("--summary").arg(&summary).args(["--throttle", "800"]);
    player.args(["--policy", "bba:reservoir=0.3", "--buffer-seconds", "12"]);
    // Software GL and a state of its own: the same window on every machine.
    player.env("LIBGL_ALWAYS_SOFTWARE", "1").env("XDG_STATE_HOME", folder.path());
    player.env("HOME", folder.path()).env_remove("XDG_CONFIG_HOME").env_remove("XDG_PICTURES_DIR");
    player.env_remove("WAYLAND_DISPLAY").stdout(Stdio::null()).stderr(Stdio::piped());
    let mut player = Running(player.spawn().unwrap());

    wait_for_line(&report, "\"policy\":\"bba:reservoir=0.3\",\"buffer_target\":{\"secs\":12,");
    wait_for_line(&report, "\"phase\":\"playing\"");
    // There is no window manager that would do it.
    display.xdotool(&["search", "--name", "DASH player", "windowfocus"]);
    let first = display.picture();
    wait_for("another picture", || display.picture().differs(&first, &FILM).then_some(()));

    // The window begins with the picture; the charts are a key away.
    display.xdotool(&["key", "s"]);
    let has_png = || {
        std::fs::read_dir(folder.path())
            .unwrap()
            .flatten()
            .any(|entry| entry.path().extension() == Some("png".as_ref()))
    };
    wait_for("the screenshot", || has_png().then_some(()));
    display.xdotool(&["key", "d"]);

    let steps = |picture: &Picture| picture.count(&CHARTS, LOWEST) + picture.count(&CHARTS, HIGHEST);
    let before = steps(&display.picture());
    wait_for("the charts to fill", || (steps(&display.picture()) > before + 40).then_some(()));

    let button = wait_for("the button of the lowest rung", || display.picture().button(&LADDER, LOWEST));
    display.click(button);
    wait_for_line(&report, "\"user\":{\"rung\":0}");
    wait_for_line(&report, "\"rule\":\"by_hand\"");
    let (x, y) = button;
    wait_for("the button to be filled", || (display.picture().at(x, y - 5) == LOWEST).then_some(()));

    display.xdotool(&["mousemove", "400", "300", "key", "t"]);
    wait_for_line(&report, "\"user\":{\"throttle\":\"off\"}");
    display.xdotool(&["key", "t"]);
    wait_for_line(&report, "\"user\":{\"throttle\":{\"rate\":800000}}");

    assert_eq!(player.0.try_wait().unwrap(), None, "it still runs");
    // The shell's own: not every system has a program of that name.
    let kill = format!("kill {}", player.0.id());
    assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    let ended = wait_for("the player to end when it is asked to", || player.0.try_wait().unwrap());
    assert!(ended.success(), "{ended}");
    let last = std::fs::read_to_string(&report).unwrap().lines().last().map(str::to_owned).unwrap();
    assert!(last.contains("\"summary\":{\"startup_seconds\""), "the report is whole: {last}");
    assert!(std::fs::read_to_string(&summary).unwrap().contains("\"policy\": \"bba:reservoir=0.3\""));
    let mut said = String::new();
    std::io::Read::read_to_string(&mut player.0.stderr.take().unwrap(), &mut said).unwrap();
    assert_eq!(said, "", "nothing is said by libraries on the way");
}

/// A session bus that nobody else has.
struct Bus {
    address: String,
    _daemon: Running,
}

impl Bus {
    /// `None` when a program is missing.
    fn open() -> Option<Self> {
        if !are_there(&["dbus-daemon", "gdbus"]) {
            return None;
        }
        let mut daemon = Command::new("dbus-daemon");
        daemon.args(["--session", "--nofork", "--nopidfile", "--print-address"]);
        let mut child = daemon.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(child.stdout.take().unwrap()), &mut line).unwrap();
        Some(Self { address: line.trim().to_owned(), _daemon: Running(child) })
    }

    /// What the player answers to a call; empty when it does not.
    fn call(&self, method: &str, arguments: &[&str]) -> String {
        let to = ["--dest", "org.mpris.MediaPlayer2.dash_player", "--object-path", "/org/mpris/MediaPlayer2"];
        let mut gdbus = Command::new("gdbus");
        gdbus.env("DBUS_SESSION_BUS_ADDRESS", &self.address).args(["call", "--session", "--timeout", "10"]);
        let out = gdbus.args(to).args(["--method", method]).args(arguments).output().unwrap();
        String::from_utf8_lossy(&out.stdout).into_owned()
    }

    fn property(&self, name: &str) -> String {
        self.call("org.freedesktop.DBus.Properties.Get", &["org.mpris.MediaPlayer2.Player", name])
    }
}

#[test]
fn a_desktop_sees_what_plays_and_its_keys_are_obeyed() {
    let (Some(display), Some(bus)) = (Display::open(), Bus::open()) else { return };
    let folder = tempfile::tempdir().unwrap();
    let url = serve(film(folder.path())) + "/manifest.mpd";
    let mut player = display.command(env!("CARGO_BIN_EXE_player"));
    player.arg(&url).env("LIBGL_ALWAYS_SOFTWARE", "1").env("XDG_STATE_HOME", folder.path());
    player.env("DBUS_SESSION_BUS_ADDRESS", &bus.address).env_remove("WAYLAND_DISPLAY");
    let mut player = Running(player.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());

    let status = |wanted: &str| bus.property("PlaybackStatus").contains(wanted).then_some(());
    wait_for("the film on the bus", || status("Playing"));
    assert!(bus.property("Metadata").contains("'mpris:length': <int64 120"), "{}", bus.property("Metadata"));
    bus.call("org.mpris.MediaPlayer2.Player.PlayPause", &[]);
    wait_for("the pause", || status("Paused"));
    bus.call("org.mpris.MediaPlayer2.Player.SetPosition", &["/org/mpris/MediaPlayer2/dash_player/film", "60000000"]);
    wait_for("the other place", || bus.property("Position").contains("int64 60").then_some(()));
    bus.call("org.mpris.MediaPlayer2.Quit", &[]);
    let ended = wait_for("the end", || player.0.try_wait().unwrap());
    assert!(ended.success(), "{ended}");
}
