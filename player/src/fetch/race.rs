//! Connects to whichever address of a host answers first (RFC 8305, "Happy Eyeballs"): in what order they are tried, and
//! when the next one is. Which addresses may be tried at all, and how a socket is opened, is decided elsewhere.

use futures_util::stream::{FuturesUnordered, StreamExt};
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tokio::time::timeout;

/// What an address may take before the next one is tried beside it (RFC 8305 section 5, Connection Attempt Delay).
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);
/// More addresses than it takes to find one that works. Each may hold a socket as long as the attempt lasts.
const MOST_ADDRESSES: usize = 8;

/// In the order in which they are tried: what worked before, then the two families in turn (RFC 8305 section 4), each in
/// the order of `addresses`, which is that of the system (RFC 6724).
fn in_turn(addresses: &[SocketAddr], worked: Option<IpAddr>) -> Vec<SocketAddr> {
    let (mut order, rest): (Vec<SocketAddr>, Vec<SocketAddr>) =
        addresses.iter().copied().partition(|address| Some(address.ip()) == worked);
    let v4_first = match order.first() {
        Some(worked) => !worked.is_ipv4(),
        None => rest.first().is_some_and(SocketAddr::is_ipv4),
    };
    let (first, second): (Vec<SocketAddr>, Vec<SocketAddr>) =
        rest.into_iter().partition(|address| address.is_ipv4() == v4_first);
    for place in 0..first.len().max(second.len()) {
        order.extend(first.get(place));
        order.extend(second.get(place));
    }
    order.truncate(MOST_ADDRESSES);
    order
}

/// The order for a host that has addresses in the open network and private ones: what worked before, the open network, then
/// the private ones.
pub(super) fn open_first(open: &[SocketAddr], private: &[SocketAddr], worked: Option<IpAddr>) -> Vec<SocketAddr> {
    let mut order = [in_turn(open, worked), in_turn(private, worked)].concat();
    order.sort_by_key(|address| Some(address.ip()) != worked);
    order
}

/// The first connection that `connect` makes to one of `addresses`, and to which; the others are given up with it. The
/// next address is tried when the last one has failed, or has not answered in time.
///
/// # Errors
/// The last failure, when all have failed; `None` when there is no address. An address that never answers never fails: how
/// long that may last is the caller's to say.
pub(super) async fn race<T, F>(
    addresses: Vec<SocketAddr>,
    connect: impl Fn(SocketAddr) -> F,
) -> Result<(SocketAddr, T), Option<io::Error>>
where
    F: Future<Output = io::Result<T>>,
{
    let mut waiting = addresses.into_iter();
    let mut attempts = FuturesUnordered::new();
    let mut failed = None;
    loop {
        if let Some(address) = waiting.next() {
            let attempt = connect(address);
            attempts.push(async move { (address, attempt.await) });
        }
        let ended = match waiting.len() {
            0 => attempts.next().await,
            _ => match timeout(ATTEMPT_DELAY, attempts.next()).await {
                Ok(ended) => ended,
                Err(_) => continue,
            },
        };
        match ended {
            Some((address, Ok(connected))) => return Ok((address, connected)),
            Some((_, Err(error))) => failed = Some(error),
            None => return Err(failed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::tests::contract::run;
    use std::sync::Mutex;

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| SocketAddr::new(text.parse().unwrap(), 80)).collect()
    }

    #[test]
    fn the_families_take_turns_and_what_worked_is_first() {
        let all = addresses(&["2001:db8::1", "2001:db8::2", "2001:db8::3", "192.0.2.1"]);
        let order = |worked: Option<&str>| in_turn(&all, worked.map(|address| address.parse().unwrap()));
        assert_eq!(order(None), addresses(&["2001:db8::1", "192.0.2.1", "2001:db8::2", "2001:db8::3"]));
        // Not among those that the name has now.
        assert_eq!(order(Some("192.0.2.9")), order(None));
        assert_eq!(order(Some("192.0.2.1")), addresses(&["192.0.2.1", "2001:db8::1", "2001:db8::2", "2001:db8::3"]));
        assert_eq!(order(Some("2001:db8::2")), addresses(&["2001:db8::2", "192.0.2.1", "2001:db8::1", "2001:db8::3"]));
        assert_eq!(in_turn(&[], None), []);
        let many: Vec<SocketAddr> = (0..255).map(|n| SocketAddr::from(([192, 0, 2, n], 80))).collect();
        assert_eq!(in_turn(&many, None), many[..MOST_ADDRESSES]);
    }

    #[test]
    fn private_addresses_come_last_unless_one_of_them_has_worked() {
        let (open, private) = (addresses(&["192.0.2.1", "192.0.2.2"]), addresses(&["10.0.0.1", "10.0.0.2"]));
        let order = |worked: Option<&str>| open_first(&open, &private, worked.map(|address| address.parse().unwrap()));
        assert_eq!(order(None), addresses(&["192.0.2.1", "192.0.2.2", "10.0.0.1", "10.0.0.2"]));
        assert_eq!(order(Some("10.0.0.2")), addresses(&["10.0.0.2", "192.0.2.1", "192.0.2.2", "10.0.0.1"]));
        assert_eq!(order(Some("192.0.2.2")), addresses(&["192.0.2.2", "192.0.2.1", "10.0.0.1", "10.0.0.2"]));
    }

    /// Silent at .1, refused at .2; all others answer with their own address.
    async fn connect(address: SocketAddr) -> io::Result<SocketAddr> {
        match address.to_string().as_str() {
            "192.0.2.1:80" => std::future::pending().await,
            "192.0.2.2:80" => Err(io::ErrorKind::ConnectionRefused.into()),
            _ => Ok(address),
        }
    }

    #[test]
    fn a_silent_address_does_not_keep_us_from_the_next() {
        run(async {
            let (silent, good) = ("192.0.2.1", "192.0.2.3");
            let begun = Mutex::new(vec![]);
            let noted = |address| {
                begun.lock().unwrap().push(address);
                connect(address)
            };
            let (found, connected) = race(addresses(&[silent, good, "192.0.2.4"]), noted).await.unwrap();
            assert_eq!([found, connected], [addresses(&[good])[0]; 2]);
            assert_eq!(begun.into_inner().unwrap(), addresses(&[silent, good]), "the third is not needed");
        });
    }

    #[test]
    fn the_last_failure_is_told_when_all_fail() {
        run(async {
            let refused = race(addresses(&["192.0.2.2", "192.0.2.2"]), connect).await.unwrap_err();
            assert_eq!(refused.map(|error| error.kind()), Some(io::ErrorKind::ConnectionRefused));
            assert!(race(vec![], connect).await.unwrap_err().is_none());
            let (found, _) = race(addresses(&["192.0.2.2", "192.0.2.3"]), connect).await.unwrap();
            assert_eq!(found, addresses(&["192.0.2.3"])[0]);
        });
    }
}
