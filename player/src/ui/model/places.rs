//! Where films were left: one goes on there when it is opened again.

use serde::{Deserialize, Serialize};
use shared::time::PresentationTime;
use std::time::Duration;
use url::Url;

/// How many films are kept.
const MOST: usize = 100;
/// Who left before this has hardly begun.
const BEGUN: f64 = 10.0;
/// Who left after this part has seen the film.
const SEEN: f64 = 0.95;

/// Films that were left in the middle, latest first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Places(Vec<Place>);

/// Where one film was left.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Place {
    /// As it was opened.
    address: String,
    /// In the film.
    seconds: f64,
}

impl Places {
    /// A film of this length is left at `at`. One that has hardly begun or is through begins anew the next time.
    pub(crate) fn left(&mut self, address: &str, at: PresentationTime, length: Option<Duration>) {
        let address = &key(address);
        let Some(length) = length.map(|length| length.as_secs_f64()) else { return };
        self.0.retain(|place| place.address != *address);
        let seconds = at.secs_f64();
        if (BEGUN..=length * SEEN).contains(&seconds) {
            self.0.insert(0, Place { address: address.clone(), seconds });
            self.0.truncate(MOST);
        }
    }

    /// Where a film goes on.
    pub(crate) fn of(&self, address: &str) -> Option<PresentationTime> {
        let address = key(address);
        let place = self.0.iter().find(|place| place.address == address)?;
        Some(PresentationTime::from_secs_f64(place.seconds))
    }

    /// Brings what was read into its bounds.
    pub(crate) fn tidy(&mut self) {
        self.0.retain(|place| place.seconds.is_finite() && (BEGUN..1e6).contains(&place.seconds));
        self.0.truncate(MOST);
    }
}

/// A path means another film in another folder: it is kept whole.
fn key(address: &str) -> String {
    match Url::parse(address) {
        Ok(_) => address.to_owned(),
        Err(_) => std::path::absolute(address).map_or(address.to_owned(), |path| path.display().to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_film_goes_on_where_it_was_left_in_its_middle() {
        let mut places = Places::default();
        let mut after = |seconds: f64| {
            places.left("a.mpd", PresentationTime::from_secs_f64(seconds), Some(Duration::from_secs(100)));
            places.of("a.mpd").map(|at| at.secs_f64())
        };
        assert_eq!(
            [after(9.0), after(10.0), after(60.5), after(95.0), after(96.0)],
            [None, Some(10.0), Some(60.5), Some(95.0), None]
        );
        assert_eq!(places.of("b.mpd"), None);
    }

    #[test]
    fn what_was_read_is_bounded() {
        let address = |n: u32| format!("http://host/{n}.mpd");
        let many: Vec<Place> = (0..300).map(|n| Place { address: address(n), seconds: 20.0 }).collect();
        let mut places = Places(many);
        places.0[0].seconds = -1e9;
        places.tidy();
        assert_eq!((places.0.len(), places.of(&address(0))), (MOST, None));
    }
}
