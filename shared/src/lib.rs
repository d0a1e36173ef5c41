#![doc = include_str!("../README.md")]

pub mod addressing;
pub mod bmff;
pub mod codec;
pub mod media;
pub mod mpd;
pub mod pacer;
pub mod protection;
pub mod shown;
pub mod sniff;
pub mod splitter;
pub mod testcard;
#[cfg(any(test, feature = "testkit"))]
pub mod testkit;
pub mod text;
pub mod time;
pub mod trace;
pub mod units;
pub mod userinfo;
pub mod webm;
