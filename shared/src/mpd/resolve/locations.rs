//! Base URLs: each level's alternatives against each of the level above (ISO/IEC 23009-1 5.6.4).

use super::MAX_ADDRESS;
use super::account::Account;
use super::describe::named;
use crate::mpd::model::BaseUrl;
use crate::mpd::presentation::Location;
use crate::userinfo;
use std::sync::Arc;
use url::Url;

/// More alternatives than any player tries.
const MAX_LOCATIONS: usize = 12;
/// What an address costs besides its text.
const ENTRY: usize = 256;

/// The locations of an element whose parent has `above`; never empty when `above` is not. An element that says nothing
/// shares those of its parent.
pub(super) fn within(above: &Arc<[Location]>, own: &[BaseUrl], account: &mut Account<'_>) -> Arc<[Location]> {
    let locations = joined(above, own, account);
    if locations.is_empty() { Arc::clone(above) } else { locations.into() }
}

fn joined(above: &[Location], own: &[BaseUrl], account: &mut Account<'_>) -> Vec<Location> {
    let mut locations: Vec<Location> = Vec::new();
    for base_url in own {
        for parent in above {
            // Also those that turn out to be known: they take time.
            if !account.take(ENTRY + parent.base.as_str().len() + base_url.url.len().min(MAX_ADDRESS)) {
                return locations;
            }
            match join(&parent.base, &base_url.url) {
                Ok(base) if locations.iter().any(|known| known.base == base) => {}
                Ok(_) if locations.len() == MAX_LOCATIONS => {
                    account.complain(format!("has more than {MAX_LOCATIONS} locations; the others are ignored"));
                    return locations;
                }
                Ok(base) => locations.push(refined(parent, base_url, base)),
                Err(problem) => {
                    let shown: String = userinfo::hidden(&base_url.url).chars().take(60).collect();
                    account.complain(format!("BaseURL \"{shown}\" is ignored: {problem}"));
                }
            }
        }
    }
    locations
}

/// How many bytes the addresses have that are given out with each Representation.
pub(super) fn weight(locations: &[Location]) -> usize {
    let name = |location: &Location| location.service_location.as_ref().map_or(0, String::len);
    locations.iter().map(|location| location.base.as_str().len() + name(location)).sum()
}

fn join(base: &Url, reference: &str) -> Result<Url, String> {
    let too_long = || format!("longer than {MAX_ADDRESS} bytes");
    if reference.len() > MAX_ADDRESS {
        return Err(too_long());
    }
    if reference.is_empty() {
        return Ok(base.clone());
    }
    let joined = base.join(reference).map(userinfo::without).map_err(|error| error.to_string())?;
    // White space and the like are three times as long in a URL.
    if joined.as_str().len() > 4 * MAX_ADDRESS { Err(too_long()) } else { Ok(joined) }
}

/// Name, priority and weight come from the innermost Base URL that states them.
fn refined(parent: &Location, own: &BaseUrl, base: Url) -> Location {
    Location {
        base,
        service_location: own.service_location.as_deref().map(named).or_else(|| parent.service_location.clone()),
        priority: own.priority.unwrap_or(parent.priority),
        weight: own.weight.unwrap_or(parent.weight),
    }
}

#[cfg(test)]
mod tests {
    use super::super::account::ResolveLedger;
    use super::*;

    fn base_url(url: &str, service_location: Option<&str>, priority: Option<u32>) -> BaseUrl {
        BaseUrl {
            url: url.to_owned(),
            service_location: service_location.map(str::to_owned),
            priority,
            ..BaseUrl::default()
        }
    }

    fn shown(locations: &[Location]) -> Vec<String> {
        let name = |l: &Location| l.service_location.clone().unwrap_or_default();
        locations.iter().map(|l| format!("{} {} {}", l.base, name(l), l.priority)).collect()
    }

    #[test]
    fn levels_multiply_and_absolute_ones_replace() {
        let root = Url::parse("http://o.example/m/x.mpd").unwrap();
        let document: Arc<[_]> = [Location { base: root, service_location: None, priority: 1, weight: 1 }].into();
        let mut ledger = ResolveLedger::default();
        let mut within = |above: &Arc<[Location]>, own: &[BaseUrl]| within(above, own, &mut ledger.of("a Period"));
        let two = [base_url("http://a.example/", Some("a"), Some(2)), base_url("b/", Some("b"), None)];
        let mpd = within(&document, &two);
        let period = within(&mpd, &[base_url("p/", None, None)]);
        assert_eq!(shown(&period), ["http://a.example/p/ a 2", "http://o.example/m/b/p/ b 1"]);
        let absolute = within(&period, &[base_url("https://alice:secret@c.example/", Some("c"), None)]);
        assert_eq!(shown(&absolute), ["https://c.example/ c 2"]);
        assert_eq!(within(&mpd, &[base_url("http://[", None, None)]), mpd);
        assert_eq!(ledger.warnings.into_list().len(), 2);
    }

    #[test]
    fn alternatives_are_bounded() {
        let root = Url::parse("http://o.example/").unwrap();
        let document: Arc<[_]> = [Location { base: root, service_location: None, priority: 1, weight: 1 }].into();
        let many: Vec<_> = (0..1000).map(|n| base_url(&format!("{n}/"), None, None)).collect();
        let mut ledger = ResolveLedger::default();
        let once = within(&document, &many, &mut ledger.of("MPD"));
        assert_eq!(within(&once, &many, &mut ledger.of("a Period")).len(), MAX_LOCATIONS);
    }
}
