//! Watches over the sound device: falls back to the null sink when there is none, when it is lost, or when it is no
//! clock (ALSA's null device takes hours of sound in a second), and takes a lost device up again when it returns.
//!
//! The ring's renderer is lent to whoever plays and comes back by itself when that one is dropped, so samples and
//! position survive the change.

use super::device::{self, Device};
use super::null::{NullConfig, NullSink};
use super::quiet::quietly;
use super::{AudioOut, Format, Renderer};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A device that takes sound faster than this is no clock.
const FASTEST: f64 = 1.5;
/// What a device may take at once when it starts.
const DEVICE_BUFFER: Duration = Duration::from_millis(1_500);
/// A device that takes nothing for so long is gone.
const SILENT: Duration = Duration::from_millis(1_500);
/// How often a lost device is looked for.
const RETRY: Duration = Duration::from_secs(3);

/// Where the renderer lives while nobody plays.
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
        Self { choice: Choice::Null, null: NullConfig::default(), buffer: Self::BUFFER }
    }

    /// With the machine's device.
    pub fn device() -> Self {
        Self { choice: Choice::Device, ..Self::null() }
    }
}

enum Player {
    Device(Device),
    Null(NullSink),
}

/// The sound output of the player.
pub struct Sound {
    player: Option<Player>,
    home: Home,
    format: Format,
    guard: Guard,
    /// When a lost device is looked for next; `None` when none was ever there.
    retry: Option<Instant>,
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
            Choice::Device => quietly(device::find).map(Some),
            Choice::Null => Ok(None),
        };
        let format = found.as_ref().ok().and_then(Option::as_ref).map_or(Format::DEFAULT, device::Found::format);
        let (writer, renderer, meter) = super::pipe(format, config.buffer);
        let (loan, home) = Loan::new(renderer);
        let mut sound = Self { player: None, home, format, guard: Guard::new(now), retry: None };
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
            Some(Player::Device(device)) => device.name(),
            Some(Player::Null(null)) => null.name(),
            None => "silence",
        }
    }

    /// Looks after the device; to be called a few times a second. `requested` is what the meter says. Gives a sentence
    /// when the sink has changed.
    pub fn watch(&mut self, now: Instant, requested: Duration) -> Option<String> {
        match &mut self.player {
            Some(Player::Device(device)) => {
                let problem = device.trouble().or_else(|| self.guard.check(now, requested))?;
                self.lose(now, &problem)
            }
            _ => self.regain(now, requested),
        }
    }

    fn lose(&mut self, now: Instant, problem: &str) -> Option<String> {
        self.player = None; // returns the renderer
        self.retry = Some(now + RETRY);
        match self.fall_back() {
            Ok(()) => Some(format!("The sound device was lost ({problem}); playing on without sound.")),
            Err(error) => Some(format!("The sound device was lost ({problem}) and nothing can replace it: {error}.")),
        }
    }

    fn regain(&mut self, now: Instant, requested: Duration) -> Option<String> {
        if self.retry.is_none_or(|at| now < at) {
            return None;
        }
        self.retry = Some(now + RETRY);
        let found = quietly(device::find).ok().filter(|found| found.format() == self.format)?;
        self.player = None;
        self.guard = Guard { since: now, base: requested, last: (now, requested) };
        let opened = Loan::again(&self.home).and_then(|loan| self.play_on(found, loan).ok());
        self.fall_back()
            .err()
            .map(|e| format!("Playing without sound: {e}."))
            .or_else(|| opened.map(|()| format!("Sound is back on {}.", self.name())))
    }

    fn play_on(&mut self, found: device::Found, loan: Loan) -> Result<(), String> {
        self.player = Some(Player::Device(Device::open(found, loan)?));
        Ok(())
    }

    fn play_nowhere(&mut self, loan: Loan, config: NullConfig) -> std::io::Result<()> {
        self.player = Some(Player::Null(NullSink::start(loan, config)?));
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
#[derive(Debug, Clone, Copy)]
pub struct Guard {
    since: Instant,
    base: Duration,
    /// When more was taken last, and how much.
    last: (Instant, Duration),
}

impl Guard {
    /// Watches from `now` on.
    pub fn new(now: Instant) -> Self {
        Self { since: now, base: Duration::ZERO, last: (now, Duration::ZERO) }
    }

    /// What is wrong with a device that has taken `requested` by `now`.
    pub fn check(&mut self, now: Instant, requested: Duration) -> Option<String> {
        if requested > self.last.1 {
            self.last = (now, requested);
        }
        let passed = now.saturating_duration_since(self.since);
        if requested.saturating_sub(self.base) > passed.mul_f64(FASTEST) + DEVICE_BUFFER {
            return Some("it takes sound faster than time passes".into());
        }
        let silent = now.saturating_duration_since(self.last.0) > SILENT;
        silent.then(|| "it takes no sound".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::disallowed_methods, reason = "an arbitrary start: only distances from it matter")]
    fn problem(taken_ms: &[(u64, u64)]) -> Option<String> {
        let start = Instant::now();
        let mut guard = Guard::new(start);
        let ms = Duration::from_millis;
        taken_ms.iter().find_map(|&(at, taken)| guard.check(start + ms(at), ms(taken)))
    }

    #[test]
    fn a_device_that_is_no_clock_is_found_out() {
        let honest: Vec<_> = (0..100).map(|i| (i * 100, i * 100 + 200)).collect();
        assert_eq!(problem(&honest), None);
        let racing = [(0, 0), (100, 900_000)];
        assert!(problem(&racing).unwrap().contains("faster"));
        let dead = [(0, 0), (100, 300), (1000, 300), (1700, 300)];
        assert!(problem(&dead).unwrap().contains("no sound"));
    }
}
