//! Which hosts may be contacted, and how the attempts to connect to them ended.
//!
//! A manifest from the open network could otherwise make the player send requests to routers, cloud metadata services and
//! other machines of the viewer's own network (server-side request forgery with the viewer's machine as server).
//! So private, loopback and link-local addresses are refused, after name resolution, unless the viewer allowed them or
//! opened a manifest at such an address. Who answers for a name is its owner's to say, and may change from one request to
//! the next: a name that has led to the open network leads to no private address any more.

use std::collections::HashMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use url::Url;

/// Hosts that are remembered with where they were found; more than a presentation names. Only a vouched host or one that a
/// private manifest names depends on it.
const MOST_FOUND: usize = 1024;
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
        Some(Self::new(url.host_str()?, url.port_or_known_default()?))
    }

    /// `host` may stand in the brackets of a URL. Of the many spellings of an address one is kept (RFC 5952), and an IPv4
    /// address written as IPv6 (RFC 4291 2.5.5.2) is an IPv4 address: client and relay spell them differently.
    pub(super) fn new(host: &str, port: u16) -> Self {
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let address = host.parse::<IpAddr>().map(|address| address.to_canonical().to_string());
        Self { host: address.unwrap_or_else(|_| host.to_owned()), port }
    }

    /// The host as names are compared (RFC 4343): a dot at the end says only that nothing is to be added.
    fn name(&self) -> String {
        self.host.trim_end_matches('.').to_ascii_lowercase()
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

/// Where a host was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FoundIn {
    Open,
    Private,
}

/// Addresses of a host that may be contacted. The private ones are for when the others do not answer soon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Admitted {
    pub(super) open: Vec<SocketAddr>,
    pub(super) private: Vec<SocketAddr>,
}

/// Shared by the relay, which asks and reports, and the HTTP source, which vouches and explains.
#[derive(Debug)]
pub(super) struct Reach {
    allow_private: bool,
    /// Short-lived look-ups only, never held while waiting.
    state: Mutex<ReachState>,
}

#[derive(Debug, Default)]
struct ReachState {
    /// The viewer named this one last.
    vouched: Option<Target>,
    /// Where the manifest came from that the viewer opened last.
    opened: Option<FoundIn>,
    /// At which address hosts were found last, by name.
    found: HashMap<String, IpAddr>,
    connecting: HashMap<Target, usize>,
    failed: HashMap<Target, ConnectFailure>,
}

impl Reach {
    pub(super) fn new(allow_private: bool) -> Self {
        Self { allow_private, state: Mutex::default() }
    }

    /// The viewer named this host.
    pub(super) fn vouch(&self, target: Option<Target>) {
        let mut state = self.state();
        if state.vouched != target {
            state.opened = None;
        }
        state.vouched = target;
    }

    /// What the viewer opened came from here, after redirects: what it names may lie where it came from itself.
    pub(super) fn opened(&self, from: &Target) {
        let mut state = self.state();
        state.opened = state.found_in(from);
    }

    /// Those of the addresses of `target` that may be contacted.
    ///
    /// # Errors
    /// When all that there are may not.
    pub(super) fn admit(&self, target: &Target, addresses: &[SocketAddr]) -> Result<Admitted, ConnectFailure> {
        let (mut private, open): (Vec<SocketAddr>, Vec<SocketAddr>) =
            addresses.iter().copied().partition(|address| is_private(address.ip()));
        if !self.may_be_private(&self.state(), target) {
            if let (true, Some(refused)) = (open.is_empty(), private.first()) {
                return Err(ConnectFailure::Forbidden(refused.ip()));
            }
            private.clear();
        }
        Ok(Admitted { open, private })
    }

    fn may_be_private(&self, state: &ReachState, target: &Target) -> bool {
        let named = state.vouched.as_ref() == Some(target) || state.opened == Some(FoundIn::Private);
        self.allow_private || (named && state.found_in(target) != Some(FoundIn::Open))
    }

    /// There is a connection to it at this address.
    ///
    /// # Errors
    /// When that is private and another connection has found the host in the open network meanwhile: both were admitted
    /// before either was there.
    pub(super) fn found(&self, target: &Target, address: IpAddr) -> Result<(), ConnectFailure> {
        let mut state = self.state();
        if is_private(address) && !self.may_be_private(&state, target) {
            return Err(ConnectFailure::Forbidden(address));
        }
        // Forgetting would let a name become private: what is not remembered is not opened either.
        if state.found.len() < MOST_FOUND || state.found.contains_key(&target.name()) {
            state.found.insert(target.name(), address);
        }
        Ok(())
    }

    /// Where the last connection to it was made.
    pub(super) fn worked(&self, target: &Target) -> Option<IpAddr> {
        self.state().found.get(&target.name()).copied()
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

impl ReachState {
    fn found_in(&self, target: &Target) -> Option<FoundIn> {
        let address = *self.found.get(&target.name())?;
        Some(if is_private(address) { FoundIn::Private } else { FoundIn::Open })
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
    let [a, b, c, _] = v4.octets();
    let shared_by_carriers = a == 100 && (64..128).contains(&b); // RFC 6598
    let protocols = (a, b, c) == (192, 0, 0); // RFC 6890 2.1
    let benchmarks = a == 198 && (18..20).contains(&b); // RFC 2544
    let special = shared_by_carriers || protocols || benchmarks;
    v4.is_private() || v4.is_loopback() || v4.is_link_local() || a == 0 || a >= 224 || special
}

fn is_private_v6(v6: Ipv6Addr) -> bool {
    let [first, second, third, ..] = v6.segments();
    let site_local = first & 0xffc0 == 0xfec0; // RFC 3879
    let local_nat64 = (first, second, third) == (0x64, 0xff9b, 1); // RFC 8215
    let teredo = (first, second) == (0x2001, 0); // RFC 4380: the IPv4 address in it is disguised
    let special = site_local || local_nat64 || teredo;
    let own = v6.is_loopback() || v6.is_unspecified() || v6.is_unique_local() || v6.is_unicast_link_local();
    own || v6.is_multicast() || special || embedded(v6).is_some_and(is_private_v4)
}

/// The IPv4 address that packets to this one end at, in the forms that carry one.
fn embedded(v6: Ipv6Addr) -> Option<Ipv4Addr> {
    let (high, low) = match v6.segments() {
        // NAT64 (RFC 6052), 6to4 (RFC 3056), IPv4-compatible (RFC 4291 2.5.5.1), IPv4-translated (RFC 2765), ISATAP (RFC
        // 5214).
        [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x2002, high, low, ..]
        | [0, 0, 0, 0, 0, 0, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [_, _, _, _, 0 | 0x200, 0x5efe, high, low] => (high, low),
        _ => return None,
    };
    Some(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_in_all_their_forms() {
        let private = [
            "127.0.0.1",
            "10.1.2.3",
            "172.31.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "192.0.0.170",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "fec0::1",
            "fd00::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::127.0.0.1",
            "::ffff:0:127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "2002:a00:1::",
            "2001:0:4136:e378:8000:63bf:3fff:fdd2",
            "2606:4700::5efe:10.0.0.1",
        ];
        for text in private {
            assert!(is_private(text.parse().unwrap()), "{text}");
        }
        let open = [
            "1.1.1.1",
            "172.32.0.1",
            "100.128.0.1",
            "192.0.1.1",
            "2606:4700::1111",
            "64:ff9b::101:101",
            "2002:101:101::",
            "2606:4700::5efe:1.1.1.1",
        ];
        for text in open {
            assert!(!is_private(text.parse().unwrap()), "{text}");
        }
    }

    const HOME: &str = "127.0.0.1:80";
    const OTHER: &str = "10.0.0.1:80";
    const OPEN: &str = "1.1.1.1:80";

    fn target(host: &str) -> Target {
        Target::new(host, 80)
    }

    #[test]
    fn every_spelling_of_an_address_is_the_same_target() {
        let mapped = ["127.0.0.1", "[::ffff:7f00:1]", "::ffff:127.0.0.1", "0:0:0:0:0:FFFF:7F00:0001"];
        for spelling in mapped {
            assert_eq!(target(spelling), target("127.0.0.1"), "{spelling}");
            let url = Url::parse(&format!("http://{spelling}/")).unwrap_or("http://0x7f.1/".parse().unwrap());
            assert_eq!(Target::of(&url), Some(target("127.0.0.1")), "{spelling}");
        }
        assert_eq!(target("[::127.0.0.1]"), target("::7f00:1"));
        assert_eq!(target("FE80::0:1"), target("fe80::1"));
        assert_ne!(target("::1"), target("127.0.0.1"));
    }

    /// How many of the addresses are admitted.
    fn admitted(reach: &Reach, host: &str, addresses: &[&str]) -> usize {
        let addresses: Vec<SocketAddr> = addresses.iter().map(|address| address.parse().unwrap()).collect();
        reach.admit(&target(host), &addresses).map_or(0, |admitted| admitted.open.len() + admitted.private.len())
    }

    /// The viewer opens a manifest at `host`, which is found at `address`.
    fn open(reach: &Reach, host: &str, address: &str) {
        reach.vouch(Some(target(host)));
        reach.found(&target(host), address.parse::<SocketAddr>().unwrap().ip()).unwrap();
        reach.opened(&target(host));
    }

    #[test]
    fn a_manifest_opened_at_a_private_address_may_name_others() {
        let reach = Reach::new(false);
        assert_eq!(admitted(&reach, "evil", &[HOME]), 0);
        reach.vouch(Some(target("localhost")));
        assert_eq!([admitted(&reach, "localhost", &[HOME]), admitted(&reach, "other", &[OTHER])], [1, 0]);
        open(&reach, "localhost", HOME);
        assert_eq!(admitted(&reach, "other", &[OTHER]), 1);
        // Only as long as it is the one that is open.
        open(&reach, "film.example", OPEN);
        assert_eq!([admitted(&reach, "other", &[OTHER]), admitted(&reach, "localhost", &[HOME])], [0, 0]);
    }

    #[test]
    fn a_name_of_the_open_network_does_not_become_private() {
        let reach = Reach::new(false);
        open(&reach, "film.example", OPEN);
        for name in ["film.example", "FILM.example."] {
            assert_eq!([admitted(&reach, name, &[HOME]), admitted(&reach, name, &[OPEN])], [0, 1], "{name}");
        }
        reach.opened(&target("film.example"));
        assert_eq!(admitted(&reach, "other", &[OTHER]), 0);
    }

    #[test]
    fn a_private_answer_before_the_public_one_opens_nothing() {
        let reach = Reach::new(false);
        reach.vouch(Some(target("film.example")));
        // Nobody listens there, or something else does.
        assert_eq!(admitted(&reach, "film.example", &[HOME]), 1);
        reach.found(&target("film.example"), Ipv4Addr::LOCALHOST.into()).unwrap();
        assert_eq!(admitted(&reach, "other", &[OTHER]), 0);
        open(&reach, "film.example", OPEN);
        assert_eq!([admitted(&reach, "film.example", &[HOME]), admitted(&reach, "other", &[OTHER])], [0, 0]);
    }

    #[test]
    fn of_several_addresses_the_open_ones_are_tried() {
        let reach = Reach::new(false);
        assert_eq!(admitted(&reach, "cdn.example", &[HOME, OPEN]), 1);
        assert_eq!(admitted(&Reach::new(true), "cdn.example", &[HOME, OPEN]), 2);
        let home = target("nas.example");
        reach.vouch(Some(home.clone()));
        let both = [HOME.parse().unwrap(), OPEN.parse().unwrap()];
        assert_eq!(reach.admit(&home, &both), Ok(Admitted { open: vec![both[1]], private: vec![both[0]] }));
    }

    #[test]
    fn of_two_connections_at_once_the_open_one_says_where_a_name_is() {
        let (home, open): (IpAddr, IpAddr) = (Ipv4Addr::LOCALHOST.into(), Ipv4Addr::new(1, 1, 1, 1).into());
        let reach = Reach::new(false);
        let film = target("film.example");
        reach.vouch(Some(film.clone()));
        assert_eq!(admitted(&reach, "film.example", &[HOME, OPEN]), 2);
        reach.found(&film, open).unwrap();
        assert_eq!(reach.found(&film, home), Err(ConnectFailure::Forbidden(home)));
        assert_eq!(reach.worked(&film), Some(open));
        reach.opened(&film);
        assert_eq!(admitted(&reach, "other", &[OTHER]), 0);
    }

    #[test]
    fn a_private_server_that_sends_us_to_a_public_manifest_opens_nothing() {
        let reach = Reach::new(false);
        open(&reach, "localhost", HOME);
        reach.found(&target("film.example"), Ipv4Addr::new(1, 1, 1, 1).into()).unwrap();
        reach.opened(&target("film.example"));
        assert_eq!(admitted(&reach, "other", &[OTHER]), 0);
    }
}
