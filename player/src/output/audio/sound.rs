//! Watches over the sound device: falls back to the null sink when there is none, when it is lost, or when it is no
//! clock (ALSA's null device takes hours of sound in a second), and takes a lost device up again when it returns.
//!
//! The ring's renderer is lent to whoever plays and comes back by itself when that one is dropped, so samples and
//! position survive the change.

use super::device::{self, Device};
use super::null::{NullConfig, NullSink};
use super::quiet::quietly;
use super::{AudioOut, Format, Renderer, Trouble};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A device that takes sound faster than this is no clock.
const FASTEST: f64 = 1.5;
/// What a device may take at once when it starts.
const DEVICE_BUFFER: Duration = Duration::from_millis(1_500);
/// A device that takes nothing for so long is gone; the picture stands meanwhile.
const SILENT: Duration = Duration::from_millis(800);
/// Pauses before a lost device is looked for: a short one first, because a sound server may only have been restarted; then
/// each twice as long as the one before.
const FIRST_RETRY: Duration = Duration::from_millis(250);
const LONGEST_RETRY: Duration = Duration::from_secs(4);
/// A device that worked for this long before it was lost is looked for after the shortest pause again.
const GOOD: Duration = Duration::from_secs(20);

/// Holds the renderer while no sink has it on loan.
type Home = Arc<Mutex<Option<Renderer>>>;

/// The renderer, lent. Dropping the loan returns it.
pub struct Loan {
    /// Empty only while being dropped.
    renderer: Option<Renderer>,
    format: Format,
    home: Home,
}

impl Loan {
    /// `renderer`, and the home it returns to.
    pub fn new(renderer: Renderer) -> (Self, Home) {
        let home = Home::default();
        (Self { format: renderer.format(), renderer: Some(renderer), home: Arc::clone(&home) }, home)
    }

    fn again(home: &Home) -> Option<Self> {
        let renderer = home.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        Some(Self { format: renderer.format(), renderer: Some(renderer), home: Arc::clone(home) })
    }

    /// How samples lie.
    pub fn format(&self) -> Format {
        self.format
    }

    /// As [`Renderer::fill`].
    pub fn fill(&mut self, out: &mut [f32], at: Instant, leaves: Instant) -> u64 {
        self.renderer.as_mut().map_or(0, |renderer| renderer.fill(out, at, leaves))
    }
}

impl Drop for Loan {
    fn drop(&mut self) {
        *self.home.lock().unwrap_or_else(PoisonError::into_inner) = self.renderer.take();
    }
}

/// Which sink to begin with.
#[derive(Debug)]
pub enum Choice {
    /// The machine's device if there is one.
    Device,
    /// None: headless.
    Null,
}

/// Settings.
#[derive(Debug)]
pub struct SoundConfig {
    /// Which sink to begin with.
    pub choice: Choice,
    /// The device, by name; `None` for that of the system.
    pub device: Option<String>,
    /// For the null sink.
    pub null: NullConfig,
    /// Sound between decoder and device.
    pub buffer: Duration,
}

impl SoundConfig {
    /// Half a second bridges a late decoder on a busy machine and is the delay of a change of speed.
    const BUFFER: Duration = Duration::from_millis(500);

    /// Without a device.
    pub fn null() -> Self {
        Self { choice: Choice::Null, device: None, null: NullConfig::default(), buffer: Self::BUFFER }
    }

    /// With the machine's device.
    pub fn device() -> Self {
        Self { choice: Choice::Device, ..Self::null() }
    }
}

enum ActiveSink {
    Device(Device),
    Null(NullSink),
}

/// The sound output of the player.
pub struct Sound {
    player: Option<ActiveSink>,
    home: Home,
    format: Format,
    guard: Guard,
    /// When a lost device is looked for next; `None` when none was ever there.
    retry: Option<Instant>,
    /// And how long after that.
    pause: Duration,
    /// The device that is wanted, by name.
    wanted: Option<String>,
}

impl Sound {
    /// Opens a sink. Gives the ends of the ring for decoder and clock, and a sentence when the device cannot be used.
    ///
    /// # Errors
    /// When not even the null sink's thread can be started.
    pub fn open(
        config: SoundConfig,
        now: Instant,
    ) -> std::io::Result<(Self, super::Writer, super::Meter, Option<String>)> {
        let found = match config.choice {
            Choice::Device => quietly(|| device::find(config.device.as_deref(), None)).map(Some),
            Choice::Null => Ok(None),
        };
        let format = found.as_ref().ok().and_then(Option::as_ref).map_or(Format::DEFAULT, device::Found::format);
        let (writer, renderer, meter) = super::pipe(format, config.buffer);
        let (loan, home) = Loan::new(renderer);
        let guard = Guard::new(now);
        let wanted = config.device;
        let mut sound = Self { player: None, home, format, guard, retry: None, pause: FIRST_RETRY, wanted };
        let problem = match found {
            Ok(Some(found)) => sound.play_on(found, loan).err(),
            Ok(None) => sound.play_nowhere(loan, config.null).map(|()| None)?,
            Err(problem) => sound.play_nowhere(loan, config.null).map(|()| Some(problem))?,
        };
        sound.fall_back()?;
        Ok((sound, writer, meter, problem))
    }

    /// For people.
    pub fn name(&self) -> &str {
        match &self.player {
            Some(ActiveSink::Device(device)) => device.name(),
            Some(ActiveSink::Null(null)) => null.name(),
            None => "silence",
        }
    }

    /// Plays on the device of this name from now on, or on that of the system. Gives a sentence about what came of it.
    pub fn switch(&mut self, device: Option<String>, now: Instant, requested: Duration) -> Option<String> {
        if self.wanted == device {
            return None;
        }
        self.wanted = device;
        self.player = None; // returns the renderer
        self.pause = FIRST_RETRY;
        self.retry = Some(now);
        self.regain(now, requested).or_else(|| {
            let lost = self.fall_back().err().map(|error| format!(": {error}")).unwrap_or_default();
            Some(format!("The sound device cannot be used; playing on without sound{lost}."))
        })
    }

    /// Looks after the device; to be called a few times a second. `requested` is what the meter says. Gives a sentence
    /// when the sink has changed.
    pub fn watch(&mut self, now: Instant, requested: Duration) -> Option<String> {
        match &mut self.player {
            Some(ActiveSink::Device(device)) => {
                let problem = self.guard.check(now, requested, device.trouble())?;
                self.lose(now, &problem)
            }
            _ => self.regain(now, requested),
        }
    }

    fn lose(&mut self, now: Instant, problem: &str) -> Option<String> {
        self.player = None; // returns the renderer
        if now.saturating_duration_since(self.guard.since) > GOOD {
            self.pause = FIRST_RETRY;
        }
        self.retry_later(now);
        match self.fall_back() {
            Ok(()) => Some(format!("The sound device was lost ({problem}); playing on without sound.")),
            Err(error) => Some(format!("The sound device was lost ({problem}) and nothing can replace it: {error}.")),
        }
    }

    fn retry_later(&mut self, now: Instant) {
        self.retry = Some(now + self.pause);
        self.pause = (self.pause * 2).min(LONGEST_RETRY);
    }

    fn regain(&mut self, now: Instant, requested: Duration) -> Option<String> {
        if self.retry.is_none_or(|at| now < at) {
            return None;
        }
        self.retry_later(now);
        let found = quietly(|| device::find(self.wanted.as_deref(), Some(self.format)))
            .ok()
            .filter(|found| found.format() == self.format)?;
        self.player = None;
        self.guard = Guard { base: requested, last: (now, requested), ..Guard::new(now) };
        let opened = Loan::again(&self.home).and_then(|loan| self.play_on(found, loan).ok());
        self.fall_back()
            .err()
            .map(|e| format!("Playing without sound: {e}."))
            .or_else(|| opened.map(|()| format!("Sound is back on {}.", self.name())))
    }

    fn play_on(&mut self, found: device::Found, loan: Loan) -> Result<(), String> {
        self.player = Some(ActiveSink::Device(Device::open(found, loan)?));
        Ok(())
    }

    fn play_nowhere(&mut self, loan: Loan, config: NullConfig) -> std::io::Result<()> {
        self.player = Some(ActiveSink::Null(NullSink::start(loan, config)?));
        Ok(())
    }

    /// The null sink where nothing plays.
    fn fall_back(&mut self) -> std::io::Result<()> {
        match (&self.player, Loan::again(&self.home)) {
            (None, Some(loan)) => self.play_nowhere(loan, NullConfig::default()),
            _ => Ok(()),
        }
    }
}

/// Compares what a device takes with the time that passes.
#[derive(Debug, Clone)]
pub struct Guard {
    since: Instant,
    base: Duration,
    /// When more was taken last, and how much.
    last: (Instant, Duration),
    /// What the device has said since.
    complaint: Option<String>,
}

impl Guard {
    /// Watches from `now` on.
    pub fn new(now: Instant) -> Self {
        Self { since: now, base: Duration::ZERO, last: (now, Duration::ZERO), complaint: None }
    }

    /// What is wrong with a device that has taken `requested` by `now`, and has `trouble`.
    pub fn check(&mut self, now: Instant, requested: Duration, trouble: Option<Trouble>) -> Option<String> {
        if requested > self.last.1 {
            self.last = (now, requested);
            self.complaint = None;
        }
        match trouble {
            Some(Trouble::Gone(why)) => return Some(why),
            Some(Trouble::Complaint(why)) => self.complaint = Some(why),
            None => {}
        }
        let passed = now.saturating_duration_since(self.since);
        if requested.saturating_sub(self.base) > passed.mul_f64(FASTEST) + DEVICE_BUFFER {
            return Some("it takes sound faster than time passes".into());
        }
        let silent = now.saturating_duration_since(self.last.0) > SILENT;
        silent.then(|| self.complaint.clone().unwrap_or_else(|| "it takes no sound".into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::disallowed_methods, reason = "an arbitrary start: only distances from it matter")]
    fn problem(taken_ms: &[(u64, u64, Option<Trouble>)]) -> Option<String> {
        let start = Instant::now();
        let mut guard = Guard::new(start);
        let ms = Duration::from_millis;
        taken_ms.iter().find_map(|(at, taken, trouble)| guard.check(start + ms(*at), ms(*taken), trouble.clone()))
    }

    #[test]
    fn a_device_that_is_no_clock_is_found_out() {
        let honest: Vec<_> = (0..100).map(|i| (i * 100, i * 100 + 200, None)).collect();
        assert_eq!(problem(&honest), None);
        let racing = [(0, 0, None), (100, 900_000, None)];
        assert!(problem(&racing).unwrap().contains("faster"));
        let dead = [(0, 0, None), (100, 300, None), (800, 300, None), (1000, 300, None)];
        assert!(problem(&dead).unwrap().contains("no sound"));
    }

    #[test]
    fn a_device_that_complains_and_goes_on_is_kept() {
        let complaint = || Some(Trouble::Complaint("not yet".into()));
        assert_eq!(problem(&[(0, 0, complaint()), (400, 0, complaint()), (700, 300, None), (1400, 900, None)]), None);
        assert_eq!(problem(&[(0, 0, complaint()), (400, 0, None), (900, 0, None)]).unwrap(), "not yet");
        assert_eq!(problem(&[(0, 300, Some(Trouble::Gone("pulled out".into())))]).unwrap(), "pulled out");
    }
}
