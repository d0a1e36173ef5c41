//! Base URLs: each level's alternatives against each of the level above (ISO/IEC 23009-1 5.6.4).

use crate::mpd::model::BaseUrl;
use crate::mpd::presentation::Location;
use crate::mpd::problem::Warnings;
use url::Url;

/// More alternatives than any player tries.
const MAX_LOCATIONS: usize = 12;
/// Longer than any server accepts.
const MAX_LENGTH: usize = 4096;

/// The locations of an element whose parent has `above`; never empty when `above` is not.
pub(super) fn within(above: &[Location], own: &[BaseUrl], path: &str, warnings: &mut Warnings) -> Vec<Location> {
    let mut locations: Vec<Location> = Vec::new();
    for base_url in own {
        for parent in above {
            match join(&parent.base, &base_url.url) {
                Ok(base) if locations.iter().any(|known| known.base == base) => {}
                Ok(_) if locations.len() == MAX_LOCATIONS => {
                    warnings.at(path, format!("has more than {MAX_LOCATIONS} locations; the others are ignored"));
                    return locations;
                }
                Ok(base) => locations.push(refined(parent, base_url, base)),
                Err(problem) => {
                    let shown: String = base_url.url.chars().take(60).collect();
                    warnings.at(path, format!("BaseURL \"{shown}\" is ignored: {problem}"));
                }
            }
        }
    }
    if locations.is_empty() { above.to_vec() } else { locations }
}

fn join(base: &Url, reference: &str) -> Result<Url, String> {
    if reference.len() > MAX_LENGTH {
        return Err(format!("longer than {MAX_LENGTH} bytes"));
    }
    if reference.is_empty() { Ok(base.clone()) } else { base.join(reference).map_err(|error| error.to_string()) }
}

/// Name, priority and weight come from the innermost Base URL that states them.
fn refined(parent: &Location, own: &BaseUrl, base: Url) -> Location {
    Location {
        base,
        service_location: own.service_location.clone().or_else(|| parent.service_location.clone()),
        priority: own.priority.unwrap_or(parent.priority),
        weight: own.weight.unwrap_or(parent.weight),
    }
}

#[cfg(test)]
mod tests {
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
        let document = [Location { base: root, service_location: None, priority: 1, weight: 1 }];
        let mut warnings = Warnings::default();
        let two = [base_url("http://a.example/", Some("a"), Some(2)), base_url("b/", Some("b"), None)];
        let mpd = within(&document, &two, "MPD", &mut warnings);
        let period = within(&mpd, &[base_url("p/", None, None)], "Period", &mut warnings);
        assert_eq!(shown(&period), ["http://a.example/p/ a 2", "http://o.example/m/b/p/ b 1"]);
        let absolute = within(&period, &[base_url("https://c.example/", Some("c"), None)], "Set", &mut warnings);
        assert_eq!(shown(&absolute), ["https://c.example/ c 2"]);
        assert_eq!(within(&mpd, &[base_url("http://[", None, None)], "Set", &mut warnings), mpd);
        assert_eq!(warnings.into_list().len(), 2);
    }

    #[test]
    fn alternatives_are_bounded() {
        let root = Url::parse("http://o.example/").unwrap();
        let document = [Location { base: root, service_location: None, priority: 1, weight: 1 }];
        let many: Vec<_> = (0..1000).map(|n| base_url(&format!("{n}/"), None, None)).collect();
        let mut warnings = Warnings::default();
        let once = within(&document, &many, "MPD", &mut warnings);
        assert_eq!(within(&once, &many, "Period", &mut warnings).len(), MAX_LOCATIONS);
    }
}
