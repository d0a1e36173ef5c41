//! Sets between which the manifest allows to switch are one ladder (ISO/IEC 23009-1 5.3.3.5): often the same film in
//! several sizes, or in a format for old screens and one for new ones.

use super::{Track, label};
use shared::mpd::AdaptationSet;

const SWITCHING: &str = "urn:mpeg:dash:adaptation-set-switching:2016";

/// The tracks of a Period, those of one kind, language and audience that name each other as one. Each with the set that
/// it was made of.
pub(super) fn join(tracks: Vec<(&AdaptationSet, Track)>) -> Vec<Track> {
    let mut joined: Vec<(Vec<&AdaptationSet>, Track)> = Vec::new();
    for (set, track) in tracks {
        let fits = |(sets, other): &&mut (Vec<&AdaptationSet>, Track)| {
            are_alike(other, &track) && sets.iter().any(|other| names(other, set) || names(set, other))
        };
        match joined.iter_mut().find(fits) {
            Some((sets, ladder)) => {
                sets.push(set);
                extend(ladder, track);
            }
            None => joined.push((vec![set], track)),
        }
    }
    joined.into_iter().map(|(_, track)| track).collect()
}

fn are_alike(one: &Track, other: &Track) -> bool {
    (one.kind, &one.lang, one.audience) == (other.kind, &other.lang, other.audience)
}

/// Whether a set says that one may switch from it to another.
fn names(set: &AdaptationSet, other: &AdaptationSet) -> bool {
    let Some(id) = other.id.as_deref() else { return false };
    let switching = set.supplemental.iter().filter(|property| property.scheme_id_uri.as_deref() == Some(SWITCHING));
    let ids = switching.filter_map(|property| property.value.as_deref()).flat_map(|ids| ids.split(','));
    ids.into_iter().any(|named| named.trim() == id)
}

fn extend(ladder: &mut Track, other: Track) {
    ladder.rungs.extend(other.rungs);
    ladder.rungs.sort_by_key(|rung| rung.bandwidth);
    label::distinguish(&mut ladder.rungs);
    ladder.main |= other.main;
    ladder.priority = ladder.priority.max(other.priority);
}

#[cfg(test)]
mod tests {
    use super::super::testing::{AUDIO, SetText, VIDEO, film};

    fn ladders(sets: &[SetText]) -> Vec<String> {
        let film = film(4, sets);
        let names = |track: &super::Track| {
            let names: Vec<&str> = track.rungs.iter().map(|rung| rung.representation.as_str()).collect();
            names.join(" ")
        };
        film.tracks().map(names).collect()
    }

    #[test]
    fn sets_that_name_each_other_are_one_ladder() {
        const TO_2: &str =
            r#"<SupplementalProperty schemeIdUri="urn:mpeg:dash:adaptation-set-switching:2016" value="2, 3"/>"#;
        const TO_1: &str =
            r#"<SupplementalProperty schemeIdUri="urn:mpeg:dash:adaptation-set-switching:2016" value="1"/>"#;
        let large = SetText { inside: TO_2, ..VIDEO.kbps(&[1000, 3000]).attributes(r#"id="1""#) };
        let small = SetText { inside: TO_1, ..VIDEO.kbps(&[300, 2000]).attributes(r#"id="2""#) };
        let alone = VIDEO.kbps(&[500]).attributes(r#"id="4""#);
        assert_eq!(ladders(&[large, small, alone]), ["v300 v1000 v2000 v3000", "v500"]);
        assert_eq!(ladders(&[small, alone, large]), ["v300 v1000 v2000 v3000", "v500"]);
        let third = VIDEO.kbps(&[700]).attributes(r#"id="3""#);
        assert_eq!(ladders(&[third, large, small]), ["v300 v700 v1000 v2000 v3000"], "one way is enough");
        let sound = SetText { inside: TO_1, ..AUDIO.kbps(&[64]).attributes(r#"id="2""#) };
        assert_eq!(ladders(&[large, sound]), ["v1000 v3000", "a64"], "another kind");
    }
}
