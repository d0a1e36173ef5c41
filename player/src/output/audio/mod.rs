//! Sound from the decoder to the device.
//!
//! * [`mod@pipe`]: the bounded ring between them. Its [`Writer`] belongs to the decoder, its [`Renderer`] is what a device calls (no lock, no allocation), its [`Meter`] tells what is heard now.
//! * [`timeline`]: which sample of the ring is which presentation time.
//! * [`null`]: a sink paced by time, for machines without sound and for tests.
//! * [`device`]: the machine's sound device through cpal.
//! * `quiet`: keeps ALSA's own messages off the terminal.
//! * [`sound`]: watches over the device and falls back to the null sink when it is lost or is no clock.

pub mod device;
pub mod null;
pub mod pipe;
mod quiet;
pub mod sound;
pub mod timeline;

pub use pipe::{Meter, Renderer, Writer, pipe};
pub use sound::{Choice, Sound, SoundConfig};

use std::time::Duration;

/// The names of the sound devices that there are. May take a second.
pub fn device_names() -> Vec<String> {
    quiet::quietly(device::names)
}

/// How samples lie in the ring: interleaved `f32`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Format {
    /// Frames (one sample of each channel) a second; positive.
    pub rate: u32,
    /// Channels; positive.
    pub channels: u16,
}

impl Format {
    /// What is used without a device.
    pub const DEFAULT: Self = Self { rate: 48_000, channels: 2 };

    /// How long `frames` last at normal speed.
    pub fn time(self, frames: u64) -> Duration {
        Duration::from_nanos((u128::from(frames) * 1_000_000_000 / u128::from(self.rate.max(1))) as u64)
    }

    /// Whole frames within `time`.
    pub fn frames(self, time: Duration) -> u64 {
        (time.as_nanos() * u128::from(self.rate) / 1_000_000_000) as u64
    }

    /// Samples of so many frames.
    pub fn samples(self, frames: u64) -> usize {
        frames as usize * usize::from(self.channels)
    }
}

/// Something that pulls samples at its own pace.
pub trait AudioOut: Send {
    /// For people.
    fn name(&self) -> &str;
    /// What it had to say since the last question; `None` while all is well.
    fn trouble(&mut self) -> Option<Trouble>;
}

/// What is wrong with a sink, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// It does not exist any more.
    Gone(String),
    /// It may recover.
    Complaint(String),
}
