//! What is known of the films that were watched before, for their cards: name, length, where they were left, a picture.

use crate::packaging::place;
use serde::{Deserialize, Serialize};
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::path::PathBuf;

/// How many films are kept.
const MOST: usize = 12;
/// Of a name.
const MOST_CHARACTERS: usize = 120;

/// Films, in no order that matters.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct KnownFilms(Vec<KnownFilm>);

/// One film.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct KnownFilm {
    /// As it was opened.
    pub address: String,
    /// For people.
    pub title: String,
    /// How long it is, if that is known.
    pub length: Option<f64>,
    /// Where it was left, in seconds.
    pub position: f64,
}

impl KnownFilms {
    /// A film is being watched.
    pub(crate) fn watched(&mut self, film: KnownFilm) {
        self.forget(&film.address);
        self.0.insert(0, film);
        self.0.truncate(MOST);
    }

    /// What is known of one.
    pub(crate) fn of(&self, address: &str) -> Option<&KnownFilm> {
        self.0.iter().find(|film| film.address == address)
    }

    /// Nothing is known of it any more.
    pub(crate) fn forget(&mut self, address: &str) {
        self.0.retain(|film| film.address != address);
    }

    /// Brings what was read into its bounds.
    pub(crate) fn tidy(&mut self) {
        let sane = |seconds: f64| seconds.is_finite() && (0.0..1e7).contains(&seconds);
        self.0.retain(|film| sane(film.position) && film.length.is_none_or(sane));
        self.0.truncate(MOST);
        for film in &mut self.0 {
            film.title = film.title.chars().filter(|c| !c.is_control()).take(MOST_CHARACTERS).collect();
        }
    }
}

impl KnownFilm {
    /// From 0 to 1; nothing where nobody knows the length.
    pub(crate) fn share(&self) -> Option<f32> {
        let length = self.length.filter(|length| *length > 0.0)?;
        Some((self.position / length).clamp(0.0, 1.0) as f32)
    }
}

/// Where the picture of a film is kept; `None` where the user has no cache.
pub(crate) fn picture(address: &str) -> Option<PathBuf> {
    let mut hasher = DefaultHasher::new();
    address.hash(&mut hasher);
    Some(place::cache()?.join("pictures").join(format!("{:016x}.png", hasher.finish())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn film(address: &str, position: f64, length: Option<f64>) -> KnownFilm {
        KnownFilm { address: address.to_owned(), title: format!("film {address}"), length, position }
    }

    #[test]
    fn each_film_is_known_once_as_it_was_last() {
        let mut films = KnownFilms::default();
        for number in 0..30 {
            films.watched(film(&(number % 15).to_string(), f64::from(number), Some(60.0)));
        }
        assert_eq!(films.0.len(), MOST);
        assert_eq!(films.of("14").and_then(KnownFilm::share), Some(29.0 / 60.0));
        films.forget("14");
        assert_eq!(films.of("14"), None);
    }

    #[test]
    fn odd_values_are_forgotten() {
        let mut films = KnownFilms(vec![
            film("a", f64::NAN, None),
            film("b", 1.0, Some(f64::INFINITY)),
            film("c", 3.0, Some(0.0)),
            film("d\u{1b}", 3.0, None),
        ]);
        films.0[3].title = "d\u{1b}[31m".to_owned();
        films.tidy();
        assert_eq!(
            films.0.iter().map(|film| (film.title.as_str(), film.share())).collect::<Vec<_>>(),
            [("film c", None), ("d[31m", None)]
        );
    }
}
