//! Where to start: the URLs of all manifests below the folder.

use crate::manifests;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

/// Number of manifests that are told at most.
const MOST_MANIFESTS: usize = 200;
/// What cannot stand in the path of a URL (RFC 3986 3.3).
const RESERVED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'`')
    .add(b'{')
    .add(b'}')
    .add(b'[')
    .add(b']')
    .add(b'\\')
    .add(b'^')
    .add(b'|');

/// In alphabetical order; the address itself if there is no manifest.
pub(super) fn of(root: &Path, scheme: &str, address: SocketAddr) -> Vec<String> {
    let base = base(scheme, address);
    let found = manifests(root);
    if found.is_empty() { vec![base] } else { found.iter().map(|path| format!("{base}{}", encoded(path))).collect() }
}

/// The address of the page that lists them.
pub(super) fn base(scheme: &str, address: SocketAddr) -> String {
    format!("{scheme}://{}/", reachable(address))
}

/// The manifests below the folder by their paths from there on, so many as are told.
pub(super) fn manifests(root: &Path) -> Vec<String> {
    let mut found = manifests::below(root);
    found.truncate(MOST_MANIFESTS);
    found
}

/// A path as it stands in a URL.
pub(super) fn encoded(path: &str) -> String {
    utf8_percent_encode(path, RESERVED).to_string()
}

/// "Every interface" is no address to call: the loopback one is.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(v4) if v4.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(v6) if v6.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}
