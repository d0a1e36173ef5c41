#![doc = include_str!("../README.md")]

mod library;

pub mod codec;
pub mod colour;
pub mod error;
pub mod frame;
pub mod hdr;
pub mod pixel_format;
pub mod rational;
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
pub use sound::{AudioFrame, ChannelLayout};
pub use source::{MediaSource, Packet};
pub use stream::{AudioInfo, SourceInfo, StreamInfo, StreamKind, StreamPurpose, VideoInfo};
