//! One file a panel. Each is a function of the snapshot and a little state of the window's own, and leaves wishes
//! behind; none of them knows another, a thread or the network.

pub(crate) mod adaptation;
pub(crate) mod address;
pub(crate) mod browse;
pub(crate) mod controls;
pub(crate) mod decisions;
pub(crate) mod dropped;
pub(crate) mod explain;
pub(crate) mod failure;
pub(crate) mod figures_overlay;
pub(crate) mod film;
pub(crate) mod guide;
pub(crate) mod headline;
pub(crate) mod help;
pub(crate) mod manifest;
pub(crate) mod menu;
pub(crate) mod messages;
pub(crate) mod osd;
pub(crate) mod outage;
pub(crate) mod picture;
pub(crate) mod quality;
pub(crate) mod requests;
pub(crate) mod start;
pub(crate) mod strip;
pub(crate) mod throttle;
pub(crate) mod told;
pub(crate) mod top_bar;
pub(crate) mod totals;
pub(crate) mod transport;
pub(crate) mod watch_line;
pub(crate) mod what_if;
