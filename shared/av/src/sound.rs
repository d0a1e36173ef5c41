//! Decoded sound and its channel layout.

use ffmpeg_next::{self as ff, ffi};
use serde::{Deserialize, Serialize};
use shared::time::PresentationTime;
use std::{fmt, ptr, time::Duration};

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
    /// No speakers: so many channels of a sound field around the listener, the first four of which are the part that
    /// comes from everywhere and the differences left to right, up to down and front to back (AmbiX: ACN order, SN3D).
    Ambisonic(u16),
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
            Self::Other(channels) | Self::Ambisonic(channels) => channels,
        }
    }

    /// FFmpeg's layout. FFmpeg's default for six channels has the surround speakers at the sides or at the back,
    /// depending on its version; AAC expects them at the back.
    pub(crate) fn to_ff(self) -> ff::ChannelLayout {
        match self {
            Self::Mono => ff::ChannelLayout::MONO,
            Self::Stereo => ff::ChannelLayout::STEREO,
            Self::Surround51 => ff::ChannelLayout::_5POINT1_BACK,
            Self::Other(channels) | Self::Ambisonic(channels) => ff::ChannelLayout::default(i32::from(channels)),
        }
    }
}

/// The places of so many channels, of which nobody says where they belong: FFmpeg's usual ones, or, where it has none,
/// the first ones in its order. It converts no sound without places.
pub(crate) fn usual_places(channels: u16) -> u64 {
    let own = ff::ChannelLayout::default(i32::from(channels)).bits();
    let first = u64::MAX >> (64 - u32::from(channels.clamp(1, 64)));
    // A speaker at one side alone is refused: one above instead.
    let first = if first & SIDES == SIDE_LEFT { first ^ SIDE_LEFT ^ TOP_CENTRE } else { first };
    if own.count_ones() == u32::from(channels) { own } else { first }
}

/// Places by their bits in FFmpeg's order, which is that of `WAVEFORMATEXTENSIBLE`.
const SIDE_LEFT: u64 = 1 << 9;
const SIDES: u64 = 0b11 << 9;
const TOP_CENTRE: u64 = 1 << 11;

/// How the channels of a layout are ordered, as the integer that it is: newer libraries know more orders.
fn order(layout: &ffi::AVChannelLayout) -> i32 {
    // SAFETY: a C enum is an initialised integer of this size.
    #[expect(unsafe_code, reason = "an enum of C may hold a value that this binding does not know")]
    unsafe {
        ptr::addr_of!(layout.order).cast::<i32>().read()
    }
}

/// FFmpeg's layout as ours. At least four channels make a sound field.
pub(crate) fn layout_of(layout: &ffi::AVChannelLayout) -> ChannelLayout {
    let channels = u16::try_from(layout.nb_channels).unwrap_or(0);
    match channels {
        0 => ChannelLayout::Other(0),
        4.. if order(layout) == ffi::AVChannelOrder::AV_CHANNEL_ORDER_AMBISONIC as i32 => {
            ChannelLayout::Ambisonic(channels)
        }
        _ => ChannelLayout::of(channels),
    }
}

/// The places of the speakers as bits; 0 where they are not said that way.
pub(crate) fn places_of(layout: &ffi::AVChannelLayout) -> u64 {
    if order(layout) != ffi::AVChannelOrder::AV_CHANNEL_ORDER_NATIVE as i32 {
        return 0;
    }
    // SAFETY: of this order the union is the mask.
    #[expect(unsafe_code, reason = "a union of C")]
    unsafe {
        layout.u.mask
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

    /// The places that FFmpeg shall assume: the frame's own, or the usual ones where the film does not say, or says it in
    /// a list that lives no longer than the frame. A single channel is heard as it is, whichever speaker it is meant
    /// for: FFmpeg would leave that of the low frequencies out.
    pub(crate) fn places(&self) -> u64 {
        match self.channels() {
            1 => ff::ChannelLayout::MONO.bits(),
            channels => {
                Some(places_of(self.raw_layout())).filter(|places| *places != 0).unwrap_or(usual_places(channels))
            }
        }
    }

    /// The channels are a sound field, not speakers.
    pub(crate) fn is_ambisonic(&self) -> bool {
        matches!(layout_of(self.raw_layout()), ChannelLayout::Ambisonic(_))
    }

    fn raw_layout(&self) -> &ffi::AVChannelLayout {
        // SAFETY: the wrapper owns a valid AVFrame, which nobody changes while it is borrowed.
        #[expect(unsafe_code, reason = "ffmpeg-next hands out the bits of some versions alone")]
        unsafe {
            &(*self.inner.as_ptr()).ch_layout
        }
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
