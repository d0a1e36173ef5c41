//! What was to be seen and heard of a session, for its report: ten times a second, and at once when something changes. On a
//! thread of its own, because a window that stands still or is hidden draws nothing.
#![expect(clippy::disallowed_methods, reason = "it looks at a session that is played")]

use super::link::WindowSettings;
use crate::headless::report::Report;
use crate::output::OutputClock;
use player_core::report::{ReportEntry, ScreenLine};
use player_core::snapshot::Snapshot;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::{oneshot, watch};
use tokio::time::{MissedTickBehavior, interval};

/// Between two lines while nothing changes.
const EVERY: Duration = Duration::from_millis(100);

/// Writes until it is dropped; then no line comes any more.
pub(super) struct ScreenLog {
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What it looks at, and where it writes.
pub(super) struct Watched {
    pub(super) report: Report,
    /// Session time 0.
    pub(super) started: Instant,
    pub(super) clock: OutputClock,
    pub(super) snapshots: watch::Receiver<Arc<Snapshot>>,
    pub(super) settings: watch::Receiver<WindowSettings>,
}

impl ScreenLog {
    /// Begins. Without a thread to be had the report has no such lines: that is no reason not to play.
    pub(super) fn start(watched: Watched) -> Self {
        let (end, ended) = oneshot::channel();
        let run = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
            if let Ok(runtime) = runtime {
                runtime.block_on(watched.write(ended));
            }
        };
        let thread = std::thread::Builder::new().name("screen-log".into()).spawn(run).ok();
        Self { end: Some(end), thread }
    }
}

impl Drop for ScreenLog {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Watched {
    async fn write(mut self, mut ended: oneshot::Receiver<()>) {
        let mut beat = interval(EVERY);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut last: Option<ScreenLine> = None;
        loop {
            let due = tokio::select! {
                _ = &mut ended => return,
                _ = beat.tick() => Ok(true),
                changed = self.snapshots.changed() => changed.map(|()| false),
                changed = self.settings.changed() => changed.map(|()| false),
            };
            let Ok(due) = due else { return }; // the session is over
            let line = self.line();
            if due || last.is_none_or(|last| differs(&last, &line)) {
                self.report.shell(self.started.elapsed().into(), ReportEntry::Screen(line));
                last = Some(line);
            }
        }
    }

    fn line(&mut self) -> ScreenLine {
        let snapshot = self.snapshots.borrow_and_update();
        let WindowSettings { volume, full_screen } = *self.settings.borrow_and_update();
        let position = self.clock.position(Instant::now()).secs_f64();
        ScreenLine { position, phase: snapshot.phase, volume, rate: snapshot.rate, full_screen }
    }
}

/// Whether more has changed than the place.
fn differs(old: &ScreenLine, new: &ScreenLine) -> bool {
    ScreenLine { position: new.position, ..*old } != *new
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::audio::{Format, pipe::pipe};
    use crate::ui::reading;
    use player_core::io::Phase;
    use player_core::session::Config;

    #[test]
    fn lines_come_all_the_time_and_at_once_when_something_changes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.jsonl");
        let report = Report::create(&path, &Config::default()).unwrap();
        let (publish, snapshots) = watch::channel(Arc::new(reading::nothing()));
        let (settings, seen) = watch::channel(WindowSettings::default());
        let (_, _, meter) = pipe(Format { rate: 48_000, channels: 2 }, Duration::from_secs(1));
        let clock = OutputClock::new(meter);
        let log = ScreenLog::start(Watched { report, started: Instant::now(), clock, snapshots, settings: seen });
        let wait_for = |needle: &str| {
            let began = Instant::now();
            while !std::fs::read_to_string(&path).unwrap().contains(needle) {
                assert!(began.elapsed() < Duration::from_secs(30), "no {needle}");
                std::thread::yield_now();
            }
        };
        wait_for("\"screen\":{\"position\":0.0,\"phase\":\"idle\",\"volume\":1.0,\"rate\":1.0,\"full_screen\":false}");
        publish.send_replace(Arc::new(Snapshot { phase: Phase::Playing, ..reading::nothing() }));
        wait_for("\"phase\":\"playing\"");
        settings.send_replace(WindowSettings { volume: 0.4, full_screen: true });
        wait_for("\"volume\":0.4,\"rate\":1.0,\"full_screen\":true");
        drop(log);
        let lines = std::fs::read_to_string(&path).unwrap();
        player_core::replay::replay(lines.lines()).unwrap();
    }
}
