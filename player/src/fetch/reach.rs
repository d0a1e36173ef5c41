//! Which hosts may be contacted, and how the attempts to connect to them ended.
//!
//! A manifest from the open network could otherwise make the player send requests to routers, cloud metadata services and
//! other machines of the viewer's own network (server-side request forgery with the viewer's machine as server).
//! So private, loopback and link-local addresses are refused, after name resolution, unless the viewer allowed them or
//! opened a manifest at such an address.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use url::Url;

/// Hosts whose last failure is remembered; a manifest with more locations than that forgets the old ones.
const REMEMBERED: usize = 256;

/// A host by name or address, without brackets, and its port.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Target {
    pub(super) host: String,
    pub(super) port: u16,
}

impl Target {
    /// Where a request for `url` connects to.
    pub(super) fn of(url: &Url) -> Option<Self> {
        let host = url.host_str()?.trim_start_matches('[').trim_end_matches(']').to_owned();
        Some(Self { host, port: url.port_or_known_default()? })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// Why there is no connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ConnectFailure {
    /// The name does not resolve.
    Name(String),
    /// The address is private and nobody allowed that.
    Forbidden(IpAddr),
    /// Refused or unreachable.
    Refused(String),
    /// No answer in time.
    Timeout,
}

/// Shared by the relay, which asks and reports, and the HTTP source, which vouches and explains.
#[derive(Debug)]
pub(super) struct Reach {
    private: AtomicBool,
    /// Short-lived look-ups only, never held while waiting.
    state: Mutex<ReachState>,
}

#[derive(Debug, Default)]
struct ReachState {
    vouched: HashSet<Target>,
    connecting: HashMap<Target, usize>,
    failed: HashMap<Target, ConnectFailure>,
}

impl Reach {
    pub(super) fn new(allow_private: bool) -> Self {
        Self { private: AtomicBool::new(allow_private), state: Mutex::default() }
    }

    /// The viewer named this host.
    pub(super) fn vouch(&self, target: Target) {
        self.state().vouched.insert(target);
    }

    /// Whether `address` may be contacted on behalf of `target`. Where the viewer opens a manifest at a private
    /// address, that manifest may name others.
    pub(super) fn admit(&self, target: &Target, address: IpAddr) -> Result<(), ConnectFailure> {
        if !is_private(address) || self.private.load(Ordering::Relaxed) {
            return Ok(());
        }
        if !self.state().vouched.contains(target) {
            return Err(ConnectFailure::Forbidden(address));
        }
        self.private.store(true, Ordering::Relaxed);
        Ok(())
    }

    pub(super) fn connecting(&self, target: &Target) {
        *self.state().connecting.entry(target.clone()).or_default() += 1;
    }

    /// An attempt ended; `failed` says why if it failed.
    pub(super) fn connected(&self, target: &Target, failed: Option<ConnectFailure>) {
        let mut state = self.state();
        if let Some(attempts) = state.connecting.get_mut(target) {
            *attempts -= 1;
            if *attempts == 0 {
                state.connecting.remove(target);
            }
        }
        if state.failed.len() >= REMEMBERED {
            state.failed.clear();
        }
        match failed {
            Some(cause) => state.failed.insert(target.clone(), cause),
            None => state.failed.remove(target),
        };
    }

    /// Whether a connection to it is being made now.
    pub(super) fn is_connecting(&self, target: &Target) -> bool {
        self.state().connecting.contains_key(target)
    }

    /// Why the last attempt failed, if it did.
    pub(super) fn cause(&self, target: &Target) -> Option<ConnectFailure> {
        self.state().failed.get(target).cloned()
    }

    fn state(&self) -> MutexGuard<'_, ReachState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Addresses that are not part of the open network (IANA special-purpose registries, RFC 6890).
fn is_private(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => is_private_v4(v4),
        IpAddr::V6(v6) => is_private_v6(v6),
    }
}

fn is_private_v4(v4: Ipv4Addr) -> bool {
    let [a, b, ..] = v4.octets();
    let shared_by_carriers = a == 100 && (64..128).contains(&b); // RFC 6598
    let benchmarks = a == 198 && (18..20).contains(&b); // RFC 2544
    v4.is_private() || v4.is_loopback() || v4.is_link_local() || a == 0 || shared_by_carriers || benchmarks || a >= 224
}

fn is_private_v6(v6: Ipv6Addr) -> bool {
    // NAT64 and 6to4 carry an IPv4 address (RFC 6052, RFC 3056): theirs decides.
    let embedded = match v6.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => Some((high, low)),
        _ => None,
    };
    if let Some((high, low)) = embedded {
        return is_private_v4(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)));
    }
    v6.is_loopback() || v6.is_unspecified() || v6.is_unique_local() || v6.is_unicast_link_local() || v6.is_multicast()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_in_all_their_spellings() {
        let private = [
            "127.0.0.1",
            "10.1.2.3",
            "172.31.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:a00:1::",
        ];
        for text in private {
            assert!(is_private(text.parse().unwrap()), "{text}");
        }
        for text in ["1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "64:ff9b::101:101", "2002:101:101::"] {
            assert!(!is_private(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn a_manifest_opened_at_a_private_address_may_name_others() {
        let (home, other) = (Ipv4Addr::LOCALHOST.into(), Ipv4Addr::new(10, 0, 0, 1).into());
        let target = |host: &str| Target { host: host.to_owned(), port: 80 };
        let reach = Reach::new(false);
        assert_eq!(reach.admit(&target("evil"), home), Err(ConnectFailure::Forbidden(home)));
        reach.vouch(target("public"));
        assert_eq!(reach.admit(&target("public"), Ipv4Addr::new(1, 1, 1, 1).into()), Ok(()));
        assert_eq!(reach.admit(&target("other"), other), Err(ConnectFailure::Forbidden(other)));
        reach.vouch(target("localhost"));
        assert_eq!(reach.admit(&target("localhost"), home), Ok(()));
        assert_eq!(reach.admit(&target("other"), other), Ok(()));
    }
}
