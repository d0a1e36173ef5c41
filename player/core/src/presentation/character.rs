//! What a track is to its viewers: for whom, in which language, in which format. By that it is chosen, and found again
//! in the next Period; never by its place in a list.

use super::{Period, Track, TrackId};
use crate::kinds::TrackKind;
use shared::mpd::AdaptationSet;
use shared::mpd::model::Descriptor;

/// For whom a track is, the least usual first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Audience {
    /// Pictures for winding forward (DASH-IF IOP 4.3, 3.2.9).
    TrickPlay,
    /// Those who ask for it: a description of the pictures, a commentary, speech made clear.
    Some,
    /// Another version for everybody: a dub, an alternate.
    Other,
    /// Everybody.
    #[default]
    Everybody,
}

/// Trick mode (DASH-IF IOP 4.3, 3.2.9).
const TRICK_MODE: &str = "http://dashif.org/guidelines/trickmode";
/// TV-Anytime's purposes of sound (ETSI TS 102 822-3-1); 1 to 3 are for those who see little, for those who hear little,
/// and commentaries.
const PURPOSE: &str = "urn:tva:metadata:cs:AudioPurposeCS:2007";
/// Roles (ISO/IEC 23009-1 5.8.5.5) of what is for some viewers alone.
const FOR_SOME: [&str; 8] = [
    "description",
    "commentary",
    "enhanced-audio-intelligibility",
    "emergency",
    "sign",
    "easyreader",
    "karaoke",
    "supplementary",
];
const OTHER: [&str; 2] = ["dub", "alternate"];

impl Audience {
    /// By the roles, accessibility descriptors and properties of a set.
    pub(super) fn of(set: &AdaptationSet) -> Self {
        let trick = |property: &Descriptor| property.scheme_id_uri.as_deref() == Some(TRICK_MODE);
        let says = |words: &[&str]| set.roles.iter().any(|role| words.contains(&role.as_str()));
        if set.supplemental.iter().chain(&set.essential).any(trick) {
            Self::TrickPlay
        } else if says(&FOR_SOME) || set.accessibilities.iter().any(is_for_some) {
            Self::Some
        } else if says(&OTHER) {
            Self::Other
        } else {
            Self::Everybody
        }
    }
}

fn is_for_some(accessibility: &Descriptor) -> bool {
    let value = accessibility.value.as_deref().unwrap_or_default();
    match accessibility.scheme_id_uri.as_deref() {
        Some(PURPOSE) => ["1", "2", "3"].contains(&value),
        _ => FOR_SOME.contains(&value),
    }
}

/// What sets a track apart from the others of its kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Character {
    id: TrackId,
    lang: Option<String>,
    audience: Audience,
    label: String,
    format: String,
    key: Option<String>,
}

/// What a viewer wants of a track.
#[derive(Debug, Clone, Copy, Default)]
pub struct TrackWish<'a> {
    /// The language that was asked for at the start.
    pub lang: Option<&'a str>,
    /// Like this one, which was there before.
    pub like: Option<&'a Character>,
    /// That one was chosen by hand, which counts for more than the language at the start.
    pub by_hand: bool,
}

/// How well two languages fit (RFC 4647): 2 for the same tag, 1 for the same primary subtag, so that `en` finds `en-GB`.
fn language_fit(wanted: Option<&str>, lang: Option<&str>) -> u8 {
    let primary = |tag: &str| tag.split('-').next().map(str::to_ascii_lowercase);
    match (wanted, lang) {
        (Some(wanted), Some(lang)) if wanted.eq_ignore_ascii_case(lang) => 2,
        (Some(wanted), Some(lang)) if primary(wanted) == primary(lang) => 1,
        (None, None) => 2,
        _ => 0,
    }
}

impl Character {
    /// Of how much of it `track` has: the track itself, its language, its audience, and so on, in this order.
    fn likeness(&self, track: &Track) -> (bool, u8, bool, bool, bool, bool) {
        (
            self.id == track.id,
            language_fit(self.lang.as_deref(), track.lang.as_deref()),
            self.audience == track.audience,
            self.label == track.label,
            self.format == track.format(),
            self.key.is_some() && self.key == track.key,
        )
    }
}

impl Track {
    /// What sets it apart.
    pub fn character(&self) -> Character {
        Character {
            id: self.id,
            lang: self.lang.clone(),
            audience: self.audience,
            label: self.label.clone(),
            format: self.format().to_owned(),
            key: self.key.clone(),
        }
    }

    /// Whether its language is the one that is asked for.
    pub fn speaks(&self, lang: &str) -> bool {
        language_fit(Some(lang), self.lang.as_deref()) > 0
    }

    /// The sample entry of its lowest rung, which names the codec.
    fn format(&self) -> &str {
        self.rungs.first().map_or("", |rung| rung.codecs.split('.').next().unwrap_or_default())
    }
}

impl Period {
    /// The track of a kind that fits a wish best; of equals the one for most people, then the one that the manifest
    /// prefers, then the main one, then the first.
    pub fn best_track(&self, kind: TrackKind, wish: TrackWish<'_>) -> Option<&Track> {
        let worth = |track: &&Track| {
            let asked = wish.lang.map(|lang| language_fit(Some(lang), track.lang.as_deref()));
            let like = wish.like.map(|like| like.likeness(track));
            let standing = (track.audience, track.priority, track.main);
            (like.filter(|_| wish.by_hand), asked, like, standing)
        };
        // Of equals `max_by_key` takes the last: in reverse that is the first of the manifest.
        self.tracks.iter().rev().filter(|track| track.kind == kind).max_by_key(worth)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{AUDIO, Audio, SetText, VIDEO, Video, film, films};
    use super::*;

    fn role(value: &str) -> String {
        format!(r#"<Role schemeIdUri="urn:mpeg:dash:role:2011" value="{value}"/>"#)
    }

    /// Which of two sets of sound is taken: the one of 64 or the one of 96 kbit/s, by what stands in them.
    fn taken(first: (&str, &str), second: (&str, &str), lang: Option<&str>) -> String {
        let leak = |text: &str| -> &'static str { text.to_owned().leak() };
        let set = |kbps, (attributes, inside): (&str, &str)| SetText {
            inside: leak(inside),
            ..AUDIO.kbps(kbps).attributes(leak(attributes))
        };
        let film = film(4, &[VIDEO, set(&[64], first), set(&[96], second)]);
        let wish = TrackWish { lang, ..TrackWish::default() };
        film.periods()[0].best_track(Audio, wish).unwrap().rungs[0].representation.clone()
    }

    #[test]
    fn what_is_for_some_is_not_taken_unless_it_is_asked_for() {
        let purpose = |value| format!(r#"<Accessibility schemeIdUri="{PURPOSE}" value="{value}"/>"#);
        let described = r#"<Accessibility schemeIdUri="urn:mpeg:dash:role:2011" value="description"/>"#.to_owned();
        let main = role("main");
        for inside in [role("description"), role("commentary"), role("dub"), purpose(1), purpose(2), described] {
            assert_eq!(taken(("", &inside), ("", ""), None), "a96", "{inside}");
            assert_eq!(taken(("", &(inside.clone() + &main)), ("", &main), None), "a96", "{inside}");
            assert_eq!(taken((r#"lang="de""#, &inside), (r#"lang="en""#, ""), Some("de")), "a64", "{inside}");
        }
        assert_eq!(taken(("", ""), ("", &main), None), "a96");
        assert_eq!(taken(("", ""), (r#"selectionPriority="9""#, ""), None), "a96");
        assert_eq!(taken(("", &main), (r#"selectionPriority="9""#, &role("commentary")), None), "a64");
        assert_eq!(taken((r#"lang="en-US""#, ""), (r#"lang="en-GB""#, ""), Some("en-gb")), "a96");
    }

    #[test]
    fn pictures_for_winding_are_taken_last() {
        let trick = r#"<SupplementalProperty schemeIdUri="http://dashif.org/guidelines/trickmode" value="1"/>"#;
        let film = film(4, &[SetText { inside: trick, ..VIDEO.kbps(&[50]) }, VIDEO.kbps(&[300])]);
        let best = film.periods()[0].best_track(Video, TrackWish::default()).unwrap();
        assert_eq!((best.rungs[0].representation.as_str(), best.audience), ("v300", Audience::Everybody));
    }

    #[test]
    fn what_plays_goes_on_in_the_next_period() {
        let [en, es, de] = [r#"lang="en""#, r#"lang="es""#, r#"lang="de""#].map(|lang| AUDIO.attributes(lang));
        let film = films(&[(4, &[VIDEO, en, es, de]), (4, &[VIDEO, de, es, en]), (4, &[VIDEO, es])]);
        let (first, second, third) = (&film.periods()[0], &film.periods()[1], &film.periods()[2]);
        for (number, lang) in ["en", "es", "de"].into_iter().enumerate() {
            let before = first.tracks_of(Audio).nth(number).unwrap().character();
            let like = |lang, by_hand| TrackWish { lang, like: Some(&before), by_hand };
            let found = |wish| second.best_track(Audio, wish).and_then(|track| track.lang.as_deref());
            assert_eq!(found(like(None, false)), Some(lang));
            assert_eq!(found(like(Some("es"), true)), Some(lang), "chosen by hand");
            assert_eq!(found(like(Some("es"), false)), Some("es"));
            assert!(third.best_track(Audio, like(None, true)).is_some());
        }
    }

    #[test]
    fn formats_go_on_too() {
        let [avc, hevc] =
            [r#"codecs="avc1.64001f""#, r#"codecs="hvc1.1.6.L93""#].map(|codecs| VIDEO.attributes(codecs));
        let film = films(&[(4, &[hevc, avc]), (4, &[avc, hevc])]);
        let before = film.periods()[0].best_track(Video, TrackWish::default()).unwrap().character();
        let wish = TrackWish { like: Some(&before), ..TrackWish::default() };
        assert_eq!(film.periods()[1].best_track(Video, wish).unwrap().format(), "hvc1");
    }
}
