//! The whole of a headless session.
#![expect(
    clippy::disallowed_methods,
    reason = "a headless session runs in real time: script, positions, its beginning"
)]

use super::report::{Pictures, Report};
use super::script::CommandScript;
use super::verdict;
use crate::cli::args::Play;
use crate::cli::interrupt::asked_to_end;
use crate::cli::{Code, CommandFailure, keys, load, out, source, target};
use crate::drive::{self, DriveConfig, Player, Show};
use crate::output::audio::SoundConfig;
use crate::output::present::{NoScreen, Screen};
use player_core::io::{Command, Event, Input, Notice, Output, Phase, Severity};
use player_core::report::Totals;
use player_core::session::{Config, Decodable};
use player_core::sim::Observer;
use player_core::sim::what_if::avoidable_stall_seconds;
use player_core::snapshot::Snapshot;
use shared::protection::ContentKey;
use shared::time::SessionTime;
use shared_av::VideoFrame;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Between two lines with the position.
const POSITION: Duration = Duration::from_secs(1);
/// So long an outage lasts for which nobody sits in front of a window.
const PATIENCE: Duration = Duration::from_secs(300);
/// Commands of the script wait at most this much too long.
const LOOK: Duration = Duration::from_millis(20);

/// Plays until the end, `--seconds`, `quit`, Ctrl-C or SIGTERM, and writes what was asked for.
///
/// # Errors
/// When nothing could be played, or a file not be read or written.
pub fn run(play: &Play) -> Result<(), CommandFailure> {
    let session = HeadlessSession::begin(play, SoundConfig::null(), Box::new(NoScreen))?;
    session.play_on(play.seconds).map(drop)
}

/// A session with its script and its report.
pub struct HeadlessSession {
    player: Player,
    started: Instant,
    script: CommandScript,
    report: Option<Report>,
    report_path: String,
    summary: Option<PathBuf>,
    /// The manifest is on disk.
    local: bool,
}

impl HeadlessSession {
    /// Reads what the command line names and starts. `sound` and `screen` are where the media go.
    ///
    /// # Errors
    /// When something on the command line is of no use.
    pub fn begin(play: &Play, sound: SoundConfig, screen: Box<dyn Screen<VideoFrame>>) -> Result<Self, CommandFailure> {
        let usage = || CommandFailure::new(Code::Usage, "name a manifest to play: player --headless URL|FILE");
        let mut url = source::url(play.source.as_deref().ok_or_else(usage)?)?;
        if !play.more.is_empty() {
            return Err(CommandFailure::new(Code::Usage, "--headless plays one presentation; name one"));
        }
        if play.package {
            return Err(CommandFailure::new(Code::Usage, target::NOT_A_FILM));
        }
        let script = play.script.as_deref().map_or(Ok(CommandScript::default()), read_script)?;
        let mut fetch = source::fetching(&play.headers, play.allow_private, play.limit().as_ref())?;
        fetch.http.sign_in(&mut url);
        let keys = keys::read(&play.keys)?;
        let session = session_config(play, &keys);
        let report_path = play.report.as_deref().map_or_else(String::new, |path| path.display().to_string());
        let report = play.report.as_deref().map(|path| Report::create(path, &session));
        let report = report.transpose().map_err(|e| CommandFailure::unwritable(&report_path, &e))?;
        let local = url.scheme() == "file";
        let started = Instant::now();
        let pictures = report.clone().map(|report| Pictures { report, started });
        let config = DriveConfig {
            url,
            started,
            session,
            keys,
            fetch,
            sound,
            show: Show::Screen(Box::new(Screens { pictures, screen })),
            observer: Box::new(Listeners { report: report.clone() }),
            wake: Box::new(|| {}),
        };
        let player = drive::start(config)?;
        Ok(Self { player, started, script, report, report_path, summary: play.summary.clone(), local })
    }

    /// Plays to the end; prints the position once a second.
    ///
    /// # Errors
    /// When nothing could be played, or the report not be written.
    pub fn play_on(mut self, seconds: Option<f64>) -> Result<Totals, CommandFailure> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|e| CommandFailure::new(Code::Io, format!("cannot wait for events: {e}")))?;
        let watched = runtime.block_on(self.watch(seconds));
        let snapshots = self.player.snapshots.clone();
        let mut totals = self.player.stop();
        totals.avoidable_stall_seconds = avoidable_stall_seconds(&snapshots.borrow(), &totals);
        if let Some(report) = &self.report {
            let at = SessionTime::from(self.started.elapsed());
            report.finish(at, &totals).map_err(|e| CommandFailure::unwritable(&self.report_path, &e))?;
        }
        if let Some(path) = &self.summary {
            write_summary(path, &totals)?;
        }
        match verdict::failure(snapshots.borrow().ended.as_ref(), self.local) {
            Some(failure) => Err(failure),
            None => watched.map(|()| totals),
        }
    }

    /// # Errors
    /// When nobody can read the positions any more.
    async fn watch(&mut self, seconds: Option<f64>) -> Result<(), CommandFailure> {
        let mut next_position = self.started + POSITION;
        let mut asked_to_end = std::pin::pin!(asked_to_end());
        loop {
            tokio::select! {
                () = &mut asked_to_end => return Ok(()),
                () = tokio::time::sleep(LOOK) => {}
            }
            let snapshot = self.player.snapshots.borrow().clone();
            let now = Instant::now();
            if now >= next_position {
                next_position += POSITION;
                out::progress(&format!("POS {:.3}", self.player.clock.position(now).secs_f64()))?;
            }
            if seconds.is_some_and(|seconds| snapshot.totals.played_seconds >= seconds) {
                self.player.send(Command::Enough);
                return Ok(());
            }
            let over = matches!(snapshot.phase, Phase::Ended | Phase::Failed);
            if self.obey_script(&snapshot) || over || self.player.snapshots.has_changed().is_err() {
                return Ok(());
            }
        }
    }

    /// Sends what is due; `true` for `quit`.
    fn obey_script(&mut self, snapshot: &Snapshot) -> bool {
        let Some(startup) = snapshot.totals.startup_seconds else { return false };
        let first_frame = Duration::try_from_secs_f64(startup).unwrap_or_default();
        let since = self.started.elapsed().saturating_sub(first_frame);
        while let Some(command) = self.script.due(since) {
            if command == Command::Quit {
                return true;
            }
            self.player.send(command);
        }
        false
    }
}

/// How the session is to behave.
pub(crate) fn session_config(play: &Play, keys: &[ContentKey]) -> Config {
    let default = Config::default();
    let buffer_target = play.buffer_seconds.map_or(default.buffer_target, Duration::from_secs_f64);
    let patience = play.patience.map(Duration::from_secs_f64).or(play.headless.then_some(PATIENCE));
    Config {
        policy: play.policy.clone(),
        buffer_target,
        audio_lang: play.audio.clone(),
        seed: chance(),
        outage_patience: patience.unwrap_or(Duration::MAX),
        decodable: Decodable { key_ids: keys.iter().map(|key| key.id).collect(), ..default.decodable },
        ..default
    }
}

/// A seed, different in every run: players that lost the same server must not all retry at the same time, nor all choose
/// the same other server. The standard library's hash keys come from the system's random source.
fn chance() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(0)
}

fn read_script(path: &Path) -> Result<CommandScript, CommandFailure> {
    let text = load::text(path)?;
    CommandScript::parse(&text)
        .map_err(|problem| CommandFailure::new(Code::Usage, format!("{}: {problem}", path.display())))
}

/// Writes the figures of a session as JSON.
pub(crate) fn write_summary(path: &Path, totals: &Totals) -> Result<(), CommandFailure> {
    std::fs::write(path, summary_text(totals)).map_err(|e| CommandFailure::unwritable(path.display(), &e))
}

/// The text of a summary, wherever it is written.
pub(crate) fn summary_text(totals: &Totals) -> String {
    serde_json::to_string_pretty(totals).unwrap_or_default() + "\n"
}

/// The report's lines and what the caller wants to see.
struct Screens {
    pictures: Option<Pictures>,
    screen: Box<dyn Screen<VideoFrame>>,
}

impl Screen<VideoFrame> for Screens {
    fn show(&mut self, frame: &crate::output::Timed<VideoFrame>, now: Instant) {
        if let Some(pictures) = &mut self.pictures {
            pictures.show(frame, now);
        }
        self.screen.show(frame, now);
    }

    fn skip(&mut self, frame: &crate::output::Timed<VideoFrame>, now: Instant) {
        if let Some(pictures) = &mut self.pictures {
            pictures.skip(frame, now);
        }
        self.screen.skip(frame, now);
    }
}

/// The report, and warnings for people.
struct Listeners {
    report: Option<Report>,
}

impl Observer for Listeners {
    fn input(&mut self, now: SessionTime, input: &Input) {
        if let Some(report) = &mut self.report {
            report.input(now, input);
        }
    }

    fn output(&mut self, now: SessionTime, output: &Output) {
        if let Some(report) = &mut self.report {
            report.output(now, output);
        }
        if let Output::Event(Event::Notice(Notice { severity: Severity::Warning | Severity::Error, message })) = output
        {
            out::remark(message);
        }
    }
}
