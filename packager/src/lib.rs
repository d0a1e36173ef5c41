#![doc = include_str!("../README.md")]

pub mod error;
pub mod language;
pub mod sample;

pub mod codec;
pub mod probe;
pub mod pace;
pub mod ladder;
pub mod plan;
pub mod decode;
pub mod scale;
pub mod encode;
pub mod quality;
pub mod segment;
pub mod mux;
pub mod publish;
pub mod manifest;
pub mod resume;
pub mod pipeline;
pub mod progress;
pub mod package;
pub mod verify;

pub mod serve;

#[cfg(test)]
mod testing;

pub mod cli;
