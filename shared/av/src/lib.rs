#![doc = include_str!("../README.md")]
//!
//! # Example
//!
//! A second of grey pictures is encoded with libx264:
//!
//! ```rust
//! use shared::units::{Bitrate, ByteSize};
//! use shared_av::{ColourDescription, PixelFormat, Rational, Tuning, VideoEncoder, VideoFrameMut, VideoSettings};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let settings = VideoSettings {
//!     width: 64,
//!     height: 64,
//!     frame_rate: Rational::new(25, 1).ok_or("no frame rate")?,
//!     colour: ColourDescription::BT709,
//!     format: PixelFormat::Yuv420p,
//!     bit_rate: Bitrate::from_kbps(100),
//!     max_rate: Bitrate::from_kbps(150),
//!     buffer: ByteSize::from_bytes(25_000),
//!     gop: 25,
//!     threads: 1,
//! };
//! let tuning = Tuning { preset: "ultrafast".into(), ..Tuning::default() };
//! let mut encoder = VideoEncoder::x264(&settings, &tuning)?;
//! for _ in 0..25 {
//!     let mut picture = VideoFrameMut::new(PixelFormat::Yuv420p, 64, 64)?;
//!     for index in 0..3 {
//!         picture.plane_mut(index).ok_or("no plane")?.data.fill(128);
//!     }
//!     encoder.send(&picture.finish(None, ColourDescription::BT709, Rational::ONE))?;
//! }
//! encoder.finish()?;
//! let first = encoder.receive()?.ok_or("no packet")?;
//! assert!(first.key && first.pts == 0);
//!
//! let mut packets = 1;
//! while encoder.receive()?.is_some() {
//!     packets += 1;
//! }
//! assert_eq!(packets, 25);
//! # Ok(())
//! # }
//! ```

mod bytes;
mod library;

pub mod codec;
pub mod colour;
pub mod error;
pub mod frame;
pub mod hdr;
pub mod pixel_format;
pub mod rational;
pub mod sound;

pub mod sequence;
mod setup;
pub mod side;
pub mod source;
pub mod stream;
pub mod tags;
mod wav;

pub mod decoder;
mod demuxer;

pub mod filter;
pub mod resampler;
pub mod scaler;

pub mod audio_encoder;
pub mod encoder;
pub mod header;
pub mod mp4;

pub use audio_encoder::{AudioEncoder, AudioSettings};
pub use bytes::bytes_at;
pub use codec::CodecId;
pub use colour::ColourDescription;
pub use decoder::{AudioDecoder, DecoderConfig, VideoDecoder};
pub use encoder::{EncodedPacket, EncoderPass, Tuning, VideoEncoder, VideoSettings};
pub use error::{AvError, AvStage};
pub use filter::Filter;
pub use frame::{Plane, VideoFrame, VideoFrameMut};
pub use hdr::{LightLevel, Mastering, StaticHdr};
pub use header::{EncoderRef, mp4_header};
pub use library::quiet_encoders;
pub use mp4::Mp4Writer;
pub use pixel_format::PixelFormat;
pub use rational::Rational;
pub use resampler::Resampler;
pub use scaler::Scaler;
pub use sequence::{SourceBytes, SourcePart};
pub use side::{Crop, DolbyVision, VideoSide};
pub use sound::{AudioFrame, ChannelLayout};
pub use source::{MediaSource, Packet};
pub use stream::{About, AudioInfo, FieldOrder, SourceInfo, StreamInfo, StreamKind, StreamPurpose, VideoInfo};
pub use tags::Programme;
