//! Where to start: the URLs of all manifests below the folder.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

/// Depth to which folders are searched.
const DEEPEST: usize = 6;
/// Number of files after which the search ends.
const MOST_ENTRIES: usize = 100_000;
/// Number of manifests that are printed at most.
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
pub(super) fn of(root: &Path, address: SocketAddr) -> Vec<String> {
    let base = format!("http://{}", reachable(address));
    let mut found = vec![];
    collect(root, "", DEEPEST, &mut { MOST_ENTRIES }, &mut found);
    found.sort();
    found.truncate(MOST_MANIFESTS);
    if found.is_empty() { vec![format!("{base}/")] } else { found.iter().map(|path| format!("{base}{path}")).collect() }
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

/// Folders that cannot be read are passed over; links to folders are not followed, so there are no circles.
fn collect(folder: &Path, path: &str, depth: usize, budget: &mut usize, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if *budget == 0 {
            return;
        }
        *budget -= 1;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let path = format!("{path}/{}", utf8_percent_encode(&name, RESERVED));
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            if depth > 0 {
                collect(&entry.path(), &path, depth - 1, budget, found);
            }
        } else if name.ends_with(".mpd") {
            found.push(path);
        }
    }
}
