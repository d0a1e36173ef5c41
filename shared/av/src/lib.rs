//! The fence around FFmpeg: safe, owned types for reading, decoding, converting and encoding.
//!
//! Everything `unsafe` of both programs' media handling lives here, each site with the invariant that makes it sound.
//! No FFmpeg type appears in a public signature, no library code reaches an error message alone, and every time is a
//! [`PresentationTime`](shared::time::PresentationTime) or a tick of a stated timescale.
//!
//! In the order of the data: a [`Source`] is a local file and yields [`Packet`]s; a [`VideoDecoder`] or
//! [`AudioDecoder`] turns packets into frames; [`Scaler`], [`Resampler`] and [`Filter`] change frames; a
//! [`VideoEncoder`] or [`AudioEncoder`] turns frames into [`EncodedPacket`]s; [`mp4_header`] gives the `moov` that
//! describes an encoder, [`Mp4Writer`] a whole file.
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

pub mod filter;
pub mod resampler;
pub mod scaler;

pub mod audio_encoder;
pub mod encoder;
pub mod header;
pub mod mp4;

pub use audio_encoder::{AudioEncoder, AudioSettings};
pub use codec::Codec;
pub use colour::Colour;
pub use decoder::{AudioDecoder, DecoderConfig, VideoDecoder};
pub use encoder::{EncodedPacket, VideoEncoder, VideoSettings, X264Settings};
pub use error::{AvError, Stage};
pub use filter::Filter;
pub use frame::{Canvas, PixelFormat, Plane, VideoFrame};
pub use header::{Described, mp4_header};
pub use mp4::Mp4Writer;
pub use ratio::Ratio;
pub use resampler::Resampler;
pub use scaler::Scaler;
pub use sound::{AudioFrame, ChannelLayout};
pub use source::{Packet, Source};
pub use stream::{AudioInfo, SourceInfo, StreamInfo, StreamKind, VideoInfo};
