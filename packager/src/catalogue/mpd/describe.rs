//! Descriptors: roles, channels, colour, our index files.

use crate::catalogue::RenditionFacts;
use shared::bmff::entry::Cicp;
use shared::mpd::model::Descriptor;
use shared::mpd::{EXTENT_SCHEME, SEGMENT_INDEX_SCHEME};
use shared_av::StreamPurpose;
use std::ops::Range;
use std::time::Duration;

/// The scheme of roles (ISO/IEC 23009-1 5.8.5.5).
const ROLE: &str = "urn:mpeg:dash:role:2011";

/// Whom a set is for, and what it is.
#[derive(Debug, Default)]
pub(in crate::catalogue) struct Purposes {
    pub(in crate::catalogue) roles: Vec<Descriptor>,
    pub(in crate::catalogue) accessibilities: Vec<Descriptor>,
}

/// Of pictures and sound.
pub(in crate::catalogue) fn of_sound(rendition: &RenditionFacts) -> Purposes {
    Purposes {
        roles: roles(rendition.main, rendition.purpose),
        accessibilities: accessibility(rendition.purpose).into_iter().collect(),
    }
}

/// Of text: `Role` alone says it (ISO/IEC 23009-1 table 36).
pub(in crate::catalogue) fn of_text(rendition: &RenditionFacts) -> Purposes {
    let role = rendition.text.as_ref().map(|text| Descriptor::new(ROLE, text.role.name()));
    Purposes { roles: role.into_iter().collect(), ..Purposes::default() }
}

/// ISO/IEC 23009-1 5.8.5.5: what is to be chosen first, and what it is.
fn roles(main: bool, purpose: StreamPurpose) -> Vec<Descriptor> {
    let what = match purpose {
        StreamPurpose::Programme => None,
        StreamPurpose::Dub => Some("dub"),
        StreamPurpose::Commentary => Some("commentary"),
        StreamPurpose::Description => Some("description"),
        StreamPurpose::Intelligibility => Some("enhanced-audio-intelligibility"),
    };
    let first = if main { Some("main") } else { what.is_none().then_some("alternate") };
    first.into_iter().chain(what).map(|value| Descriptor::new(ROLE, value)).collect()
}

/// The purposes of sound that TV-Anytime numbers (ETSI TS 102 822-3-1), as DASH-IF and DVB have it in `Accessibility`.
fn accessibility(purpose: StreamPurpose) -> Option<Descriptor> {
    let number = match purpose {
        StreamPurpose::Description => "1",
        StreamPurpose::Intelligibility => "2",
        StreamPurpose::Programme | StreamPurpose::Dub | StreamPurpose::Commentary => return None,
    };
    Some(Descriptor::new("urn:tva:metadata:cs:AudioPurposeCS:2007", number))
}

/// Channel configurations of ISO/IEC 23091-3 are numbers of channels up to 6, and 12 for the usual 7.1.
pub(in crate::catalogue) fn channels(count: u16) -> Descriptor {
    let configuration = match count {
        7 => 11,
        8 => 12,
        count => count,
    };
    Descriptor::new("urn:mpeg:dash:23003:3:audio_channel_configuration:2011", configuration.to_string())
}

/// How small pictures lie on a sheet (DASH-IF Interoperability Points 6.2.6).
pub(in crate::catalogue) fn tiles(columns: u32, rows: u32) -> Descriptor {
    Descriptor::new("http://dashif.org/guidelines/thumbnail_tile", format!("{columns}x{rows}"))
}

/// Names the index file of a Representation, which lists the sizes of its segments.
pub(super) fn segment_index(url: String) -> Descriptor {
    Descriptor::new(SEGMENT_INDEX_SCHEME, url)
}

/// Says from when to when there are media, where that is not from the start of the presentation to its end.
pub(super) fn extent(extent: Range<Duration>) -> Descriptor {
    Descriptor::new(EXTENT_SCHEME, format!("{:.6} {:.6}", extent.start.as_secs_f64(), extent.end.as_secs_f64()))
}

/// Colour as code points, unless it is BT.709 or unknown, which players assume anyway.
pub(in crate::catalogue) struct ColourDescriptors {
    /// For PQ and HLG: a player that does not understand them must not choose the set (ISO/IEC 23009-1 5.8.4.8).
    pub(in crate::catalogue) essential: Vec<Descriptor>,
    /// Additional information that a player may ignore.
    pub(in crate::catalogue) supplemental: Vec<Descriptor>,
}

/// PQ and HLG of ISO/IEC 23091-2.
const HIGH_DYNAMIC_RANGE: [u16; 2] = [16, 18];

pub(in crate::catalogue) fn colour(colour: Option<Cicp>) -> ColourDescriptors {
    match colour {
        Some(colour) if !is_plain(colour) => ColourDescriptors::of(colour),
        _ => ColourDescriptors { essential: vec![], supplemental: vec![] },
    }
}

/// BT.709, or 2 for unspecified.
fn is_plain(colour: Cicp) -> bool {
    [colour.primaries, colour.transfer, colour.matrix].iter().all(|code| matches!(code, 1 | 2))
}

impl ColourDescriptors {
    fn of(colour: Cicp) -> Self {
        let descriptors = [
            ("ColourPrimaries", colour.primaries),
            ("TransferCharacteristics", colour.transfer),
            ("MatrixCoefficients", colour.matrix),
        ];
        let descriptors =
            descriptors.map(|(name, code)| Descriptor::new(format!("urn:mpeg:mpegB:cicp:{name}"), code.to_string()));
        if HIGH_DYNAMIC_RANGE.contains(&colour.transfer) {
            Self { essential: descriptors.into(), supplemental: vec![] }
        } else {
            Self { essential: vec![], supplemental: descriptors.into() }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channel_counts_that_the_standard_numbers_otherwise() {
        let value = |count| channels(count).value.unwrap();
        assert_eq!([1, 2, 6, 8].map(value), ["1", "2", "6", "12"]);
    }

    #[test]
    fn sound_says_whom_it_is_for() {
        let said = |main, purpose| {
            let roles: Vec<String> = roles(main, purpose).into_iter().filter_map(|role| role.value).collect();
            (roles.join(" "), accessibility(purpose).and_then(|one| one.value).unwrap_or_default())
        };
        let cases = [
            (true, StreamPurpose::Programme, ("main", "")),
            (false, StreamPurpose::Programme, ("alternate", "")),
            (true, StreamPurpose::Dub, ("main dub", "")),
            (false, StreamPurpose::Commentary, ("commentary", "")),
            (false, StreamPurpose::Description, ("description", "1")),
            (false, StreamPurpose::Intelligibility, ("enhanced-audio-intelligibility", "2")),
        ];
        for (main, purpose, (roles, accessibility)) in cases {
            assert_eq!(said(main, purpose), (roles.to_owned(), accessibility.to_owned()), "{purpose:?}");
        }
    }

    #[test]
    fn only_pq_and_hlg_are_essential() {
        let of = |primaries, transfer, matrix| {
            let found = ColourDescriptors::of(Cicp { primaries, transfer, matrix, full_range: false });
            (found.essential.len(), found.supplemental.len())
        };
        assert_eq!(of(9, 16, 9), (3, 0));
        assert_eq!(of(6, 6, 6), (0, 3));
        assert!(is_plain(Cicp { primaries: 1, transfer: 2, matrix: 1, full_range: false }));
    }
}
