//! Decoded sound and its channel layout.

use ffmpeg_next as ff;
use serde::{Deserialize, Serialize};
use shared::time::PresentationTime;
use std::{fmt, time::Duration};

/// Which speakers the channels of a track are meant for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ChannelLayout {
    /// One channel.
    Mono,
    /// Left and right.
    Stereo,
    /// Left, right, centre, low frequencies, left and right surround.
    Surround51,
    /// The usual places of so many channels.
    Other(u16),
}

impl ChannelLayout {
    /// The usual layout of so many channels (at least one).
    pub const fn of(channels: u16) -> Self {
        match channels {
            0 | 1 => Self::Mono,
            2 => Self::Stereo,
            6 => Self::Surround51,
            other => Self::Other(other),
        }
    }

    /// How many channels.
    pub const fn channels(self) -> u16 {
        match self {
            Self::Mono => 1,
            Self::Stereo => 2,
            Self::Surround51 => 6,
            Self::Other(channels) => channels,
        }
    }

    /// FFmpeg's layout. FFmpeg's default for six channels has the surround speakers at the sides or at the back,
    /// depending on its version; AAC expects them at the back.
    pub(crate) fn to_ff(self) -> ff::ChannelLayout {
        match self {
            Self::Mono => ff::ChannelLayout::MONO,
            Self::Stereo => ff::ChannelLayout::STEREO,
            Self::Surround51 => ff::ChannelLayout::_5POINT1_BACK,
            Self::Other(channels) => ff::ChannelLayout::default(i32::from(channels)),
        }
    }
}

/// A stretch of decoded sound in whatever form the decoder gives it; a [`Resampler`](crate::Resampler) makes it
/// interleaved `f32`.
pub struct AudioFrame {
    inner: ff::frame::Audio,
    pts: Option<PresentationTime>,
}

impl AudioFrame {
    pub(crate) fn new(inner: ff::frame::Audio, pts: Option<PresentationTime>) -> Self {
        Self { inner, pts }
    }

    pub(crate) fn raw(&self) -> &ff::frame::Audio {
        &self.inner
    }

    /// When its first sample is heard.
    pub fn pts(&self) -> Option<PresentationTime> {
        self.pts
    }

    /// The same sound at another time.
    #[must_use]
    pub fn at(self, pts: Option<PresentationTime>) -> Self {
        Self { pts, ..self }
    }

    /// Samples a channel.
    pub fn samples(&self) -> usize {
        self.inner.samples()
    }

    /// Samples a second; never zero.
    pub fn sample_rate(&self) -> u32 {
        self.inner.rate().max(1)
    }

    /// Number of channels.
    pub fn channels(&self) -> u16 {
        self.inner.channels()
    }

    /// How long it lasts.
    pub fn duration(&self) -> Duration {
        Duration::from_nanos(self.samples() as u64 * 1_000_000_000 / u64::from(self.sample_rate()))
    }

    /// The layout that FFmpeg shall assume: the frame's own, or the usual one where the film does not say.
    pub(crate) fn layout(&self) -> ff::ChannelLayout {
        let own = self.inner.channel_layout();
        if own.is_empty() { ff::ChannelLayout::default(i32::from(self.channels())) } else { own }
    }
}

impl fmt::Debug for AudioFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "AudioFrame({} samples of {} Hz x {} at {:?})",
            self.samples(),
            self.sample_rate(),
            self.channels(),
            self.pts
        )
    }
}
