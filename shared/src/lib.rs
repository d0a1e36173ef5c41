//! The vocabulary that packager and player have in common. Pure: no clock, socket, thread, FFmpeg or window.

pub mod addressing;
pub mod bmff;
pub mod codec;
pub mod mpd;
<<<<<<< HEAD
pub mod pacer;
pub mod testcard;
=======
#[cfg(any(test, feature = "testkit"))]
pub mod testkit;
>>>>>>> 7366f3c (Packets to segments, segments to a manifest: cut, mux, publish, manifest, ledger, verify)
pub mod time;
pub mod trace;
pub mod units;
