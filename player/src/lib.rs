#![doc = include_str!("../README.md")]

mod base_folder;
pub mod cli;

pub mod fetch;

pub mod decode;
pub mod output;

pub mod drive;

pub mod export;
pub mod packaging;

pub mod headless;
pub mod inspect;
pub mod replay;
mod movie;
pub mod simulate;

pub mod ui;

#[cfg(test)]
mod testing;
