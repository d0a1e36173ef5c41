//! Names for people: of rungs and of tracks.

use super::Rung;
use crate::kinds::TrackKind;
use shared::mpd::{AdaptationSet, Representation};
use std::collections::HashMap;

/// Heights that viewers know. A picture of 718 lines is called 720p.
const KNOWN_HEIGHTS: [u32; 9] = [144, 240, 360, 480, 540, 720, 1080, 1440, 2160];

/// `720p` for pictures, `128k` for sound and for pictures of unknown size.
pub(super) fn rung(representation: &Representation) -> String {
    let rate = || format!("{:.0}k", representation.bandwidth.kbps());
    representation.height.map_or_else(rate, |height| format!("{}p", nearest_known(height)))
}

/// Rungs of one height are told apart by their rate: `720p 1500k`.
pub(super) fn distinguish(rungs: &mut [Rung]) {
    let mut count: HashMap<String, usize> = HashMap::new();
    for rung in rungs.iter() {
        *count.entry(rung.label.clone()).or_default() += 1;
    }
    for rung in rungs {
        if count.get(&rung.label).is_some_and(|count| *count > 1) {
            rung.label = format!("{} {:.0}k", rung.label, rung.bandwidth.kbps());
        }
    }
}

/// The label of the track, its language with its role, or its kind.
pub(super) fn track(set: &AdaptationSet, kind: TrackKind) -> String {
    match (&set.label, &set.lang) {
        (Some(label), _) => label.clone(),
        (None, Some(lang)) => match set.roles.iter().find(|role| *role != "main") {
            Some(role) => format!("{lang} ({role})"),
            None => lang.clone(),
        },
        (None, None) => kind.to_string(),
    }
}

/// A known height within 2 %, else the height itself.
fn nearest_known(height: u32) -> u32 {
    let near = |known: &&u32| known.abs_diff(height) * 50 <= **known;
    KNOWN_HEIGHTS.iter().find(near).copied().unwrap_or(height)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_heights_get_the_name_that_viewers_know() {
        assert_eq!([718, 720, 534, 1088, 800, 0].map(nearest_known), [720, 720, 540, 1080, 800, 0]);
    }
}
