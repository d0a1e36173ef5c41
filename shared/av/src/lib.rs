#![doc = include_str!("../README.md")]

mod library;

pub mod codec;
pub mod colour;
pub mod error;
pub mod frame;
pub mod hdr;
pub mod pixel_format;
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
pub use encoder::{EncodedPacket, Pass, Tuning, VideoEncoder, VideoSettings};
pub use error::{AvError, Stage};
pub use filter::Filter;
pub use frame::{Canvas, Plane, VideoFrame};
pub use hdr::{LightLevel, Mastering, StaticHdr};
pub use header::{Described, mp4_header};
pub use library::quiet_encoders;
pub use mp4::Mp4Writer;
pub use pixel_format::PixelFormat;
pub use ratio::Ratio;
pub use resampler::Resampler;
pub use scaler::Scaler;
pub use sound::{AudioFrame, ChannelLayout};
pub use source::{Packet, Source};
pub use stream::{AudioInfo, Purpose, SourceInfo, StreamInfo, StreamKind, VideoInfo};
