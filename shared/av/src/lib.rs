//! The fence around FFmpeg: safe, owned types for reading, decoding, converting and encoding.
//!
//! Everything `unsafe` of both programs' media handling lives here, each site with the invariant that makes it sound.
//! No FFmpeg type appears in a public signature, no library code reaches an error message alone, and every time is a
//! [`PresentationTime`](shared::time::PresentationTime) or a tick of a stated timescale.
//!
//! In the order of the data: a [`Source`] is a local file and yields [`Packet`]s; a [`VideoDecoder`] or
//!
//! Not here: which rung, which segment, when to show a frame. This crate never opens a network address: a source is
//! an open file, and nested addresses inside it (playlists) are refused.

mod library;

pub mod codec;
pub mod colour;
pub mod error;
pub mod frame;
pub mod ratio;
pub mod sound;

pub mod source;
pub mod stream;

pub mod decoder;

pub mod resampler;

pub use codec::Codec;
pub use colour::Colour;
pub use decoder::{AudioDecoder, DecoderConfig, VideoDecoder};
pub use error::{AvError, Stage};
pub use frame::{Canvas, PixelFormat, Plane, VideoFrame};
pub use ratio::Ratio;
pub use resampler::Resampler;
pub use sound::{AudioFrame, ChannelLayout};
pub use source::{Packet, Source};
pub use stream::{AudioInfo, SourceInfo, StreamInfo, StreamKind, VideoInfo};
