//! Manifests that want something of us: refused or answered, in bounded time and memory.

#![expect(clippy::unwrap_used, reason = "helpers of tests; clippy spares only the tests themselves")]

use proptest::prelude::*;
use shared::mpd::{self, Presentation};
use shared::time::PresentationTime;
use url::Url;

fn read(document: &str) -> Result<Presentation, String> {
    let url = Url::parse("https://origin.example/films/manifest.mpd").unwrap();
    mpd::read(document.as_bytes(), &url).map(|(presentation, _)| presentation).map_err(|error| error.to_string())
}

/// One video Representation with this addressing, in a Period of 10 s.
fn with_addressing(addressing: &str) -> String {
    format!(
        "<MPD profiles='p' minBufferTime='PT1S' mediaPresentationDuration='PT10S'><Period>\
         <AdaptationSet mimeType='video/mp4'><Representation id='v' bandwidth='1'>{addressing}</Representation>\
         </AdaptationSet></Period></MPD>"
    )
}

#[test]
fn what_is_not_a_manifest_is_refused_with_a_place() {
    let cases = [
        ("", "line 1, column 1: the document is empty"),
        ("hello", "line 1, column 1: not an XML document"),
        ("<!DOCTYPE MPD [<!ENTITY a 'b'>]><MPD/>", "line 1, column 1: document type declarations are refused"),
        ("<MPD>\n<Period>\n</MPD>", "line 3, column 1"),
        ("<MPD>\n <Period", "line 2, column 2"),
        ("<MPD><Period>", "<Period> is never closed"),
        ("<Patch/>", "the root element is <Patch>, not <MPD>"),
        ("<MPD id=1/>", "line 1, column 6: an attribute's value has no quotes"),
        ("<MPD id/>", "an attribute has no value"),
        ("<MPD profiles='p' minBufferTime='PT1S'/>", "no Representation that could be played"),
    ];
    for (document, expected) in cases {
        let error = read(document).unwrap_err();
        assert!(error.contains(expected), "{document}: {error}");
    }
}

#[test]
fn nesting_costs_no_stack() {
    let deep = format!("<MPD>{}{}</MPD>", "<x>".repeat(500_000), "</x>".repeat(500_000));
    assert!(read(&deep).is_err());
    let same = format!("<MPD>{}", "<Period>".repeat(500_000));
    assert!(read(&same).is_err());
}

#[test]
fn too_large_documents_are_not_looked_at() {
    let url = Url::parse("https://origin.example/").unwrap();
    let error = mpd::read(&vec![b' '; mpd::MAX_DOCUMENT + 1], &url).unwrap_err();
    assert!(error.problem.contains("more than"), "{error}");
}

#[test]
fn entities_stay_small() {
    let document = with_addressing("<BaseURL>a&amp;b&#x41;&unknown;<![CDATA[<c>]]></BaseURL>");
    let presentation = read(&document).unwrap();
    let base = presentation.periods[0].sets[0].representations[0].locations[0].base.to_string();
    assert_eq!(base, "https://origin.example/films/a&bA&unknown;%3Cc%3E");
}

#[test]
fn utf16_and_byte_order_marks_are_read() {
    let document = with_addressing("<BaseURL>a.mp4</BaseURL>");
    let utf8 = format!("\u{FEFF}{document}");
    let url = Url::parse("https://origin.example/").unwrap();
    assert!(mpd::read(utf8.as_bytes(), &url).is_ok());
    let little: Vec<u8> = utf8.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = utf8.encode_utf16().flat_map(u16::to_be_bytes).collect();
    assert!(mpd::read(&little, &url).is_ok() && mpd::read(&big, &url).is_ok());
    let spoiled = [&b"<!-- \xFF -->"[..], document.as_bytes()].concat();
    let (_, warnings) = mpd::read(&spoiled, &url).unwrap();
    assert!(warnings[0].problem.contains("does not have the character"), "{warnings:?}");
}

/// Numbers from hell, each with the number of segments that a Period of 10 s has then.
#[test]
fn extreme_addressing_is_answered() {
    let cases = [
        (
            "<SegmentTemplate media='$Number$' duration='1' timescale='4294967295'/>",
            Some(42_949_672_950 - 2 * 4_294_967),
        ),
        ("<SegmentTemplate media='$Number$' duration='2' timescale='0'/>", Some(5)),
        ("<SegmentTemplate media='$Number$' duration='2' startNumber='4294967295' endNumber='0'/>", None),
        ("<SegmentTemplate media='$Number$' duration='2' startNumber='3' endNumber='4'/>", Some(2)),
        (
            "<SegmentTemplate media='$Time$'><SegmentTimeline><S d='1' r='2147483647'/></SegmentTimeline></SegmentTemplate>",
            Some(10),
        ),
        (
            "<SegmentTemplate media='$Time$'><SegmentTimeline><S d='0' r='-1'/></SegmentTimeline></SegmentTemplate>",
            None,
        ),
        (
            "<SegmentTemplate media='$Time$'><SegmentTimeline><S t='18446744073709551615' d='18446744073709551615' r='9223372036854775807'/></SegmentTimeline></SegmentTemplate>",
            None,
        ),
        ("<SegmentTemplate media='$Number$' presentationTimeOffset='18446744073709551615' duration='2'/>", None),
        ("<SegmentList><SegmentURL media='a'/><SegmentURL media='b'/></SegmentList>", Some(2)),
        ("<SegmentList duration='2'/>", None),
        // Its index has yet to be searched for.
        ("<BaseURL>a.mp4</BaseURL>", None),
        ("", None),
    ];
    for (addressing, expected) in cases {
        let found = read(&with_addressing(addressing)).ok();
        let segments = found.map(|p| p.periods[0].sets[0].representations[0].index.len()).filter(|len| *len > 0);
        match (segments, expected) {
            (Some(found), Some(about)) => assert!(found.abs_diff(about) <= about / 1_000_000, "{addressing}: {found}"),
            (found, expected) => assert_eq!(found, expected, "{addressing}"),
        }
    }
}

/// A long timeline under very many Representations is built once.
#[test]
fn shared_timelines_are_not_multiplied() {
    let entries: String = (0..100_000).map(|n| format!("<S d='{}'/>", 1 + n % 7)).collect();
    let representations: String = (0..10_000).map(|n| format!("<Representation id='{n}' bandwidth='1'/>")).collect();
    let document = format!(
        "<MPD profiles='p' minBufferTime='PT1S'><Period duration='PT400000S'><AdaptationSet mimeType='video/mp4'>\
         <SegmentTemplate media='$RepresentationID$/$Time$'><SegmentTimeline>{entries}</SegmentTimeline></SegmentTemplate>\
         {representations}</AdaptationSet></Period></MPD>"
    );
    let presentation = read(&document).unwrap();
    let representations = &presentation.periods[0].sets[0].representations;
    assert_eq!(representations.len(), 10_000);
    assert!(representations.iter().all(|r| r.index.len() > 90_000));
}

/// What an AdaptationSet says and its Representations inherit, written out for each, would be many GB in each case.
#[test]
fn what_is_inherited_costs_once() {
    let film = |set: &str, inside: &str, count: usize, own: &str| {
        let one = |n: usize| format!("<Representation id='{n}' bandwidth='1'>{own}</Representation>");
        let many: String = (0..count).map(one).collect();
        format!(
            "<MPD profiles='p' minBufferTime='PT1S' mediaPresentationDuration='PT10S'><Period><AdaptationSet \
             mimeType='video/mp4' {set}>{inside}{many}</AdaptationSet></Period></MPD>"
        )
    };
    let numbered = "<SegmentTemplate media='$Number$' duration='2'/>";
    let long = "x".repeat(2_000_000);
    let template = format!("<SegmentTemplate media='{long}$Number$' initialization='{long}' duration='2'/>");
    let cases = [
        film("", &template, 4000, ""),
        film(&format!("codecs='{long}' audioSamplingRate='{long}' lang='{long}'"), numbered, 4000, ""),
        film("", &format!("<ContentProtection schemeIdUri='{long}'/>{numbered}"), 4000, ""),
        film(
            "",
            &format!("<SegmentBase><Initialization sourceURL='{long}'/></SegmentBase>"),
            4000,
            "<BaseURL>a</BaseURL>",
        ),
        film("", &"<AudioChannelConfiguration schemeIdUri='urn:x' value='2'/>".repeat(20_000), 4000, numbered),
        film("", &format!("<BaseURL>{}</BaseURL>{numbered}", "y".repeat(4000)), 4000, ""),
    ];
    for document in &cases {
        let presentation = read(document).unwrap();
        for one in &presentation.periods[0].sets[0].representations {
            assert!(one.codecs.len() <= 1024 && one.protection.iter().all(|one| one.scheme.len() <= 1024));
            let resource = one.index.first().and_then(|first| one.index.resource(first));
            assert!(resource.iter().chain(&one.init).all(|resource| resource.path.len() <= 4096));
        }
    }
}

/// What is each Representation's own, times what it inherits: refused once it comes to too much.
#[test]
fn products_of_a_document_are_refused() {
    let film = |head: &str, inside: &str, own: &str| {
        let one = |n: usize| {
            format!("<Representation id='{n}' bandwidth='1'>{}</Representation>", own.replace('#', &n.to_string()))
        };
        let many: String = (0..4000).map(one).collect();
        format!(
            "<MPD profiles='p' minBufferTime='PT1S' mediaPresentationDuration='PT90000S'>{head}<Period><AdaptationSet \
             mimeType='video/mp4'>{inside}{many}</AdaptationSet></Period></MPD>"
        )
    };
    let bases: String =
        (0..12).map(|n| format!("<BaseURL>http://{n}.example/{}/</BaseURL>", "p".repeat(4000))).collect();
    let timeline: String = (0..20_000).map(|n| format!("<S d='{}'/>", 1 + n % 7)).collect();
    let timeline =
        format!("<SegmentTemplate media='$Time$'><SegmentTimeline>{timeline}</SegmentTimeline></SegmentTemplate>");
    let cases = [
        film(&bases, "<SegmentTemplate media='$Number$' duration='2'/>", "<BaseURL>#/</BaseURL>"),
        film("", &timeline, "<SegmentTemplate presentationTimeOffset='#'/>"),
        format!("<MPD>{}</MPD>", "<Period/>".repeat(1_000_000)),
    ];
    for document in &cases {
        let problem = read(document).unwrap_err();
        assert!(problem.contains("MiB"), "{problem}");
    }
}

#[test]
fn complaints_do_not_quote_at_length() {
    let url = Url::parse("https://origin.example/").unwrap();
    let long = "i ".repeat(1_000_000);
    let representations = format!("<Representation id='{long}' bandwidth='{long}'/>").repeat(3);
    let document =
        with_addressing("").replace("<Representation id='v' bandwidth='1'></Representation>", &representations);
    let (_, warnings) = mpd::read(document.as_bytes(), &url).unwrap();
    assert!(warnings.len() > 9 && warnings.iter().all(|warning| warning.to_string().len() < 1000));
}

/// A document that is nothing but mistakes costs no more than another one of its size.
#[test]
fn mistakes_of_syntax_are_counted_up_to_a_bound() {
    let url = Url::parse("https://origin.example/").unwrap();
    let characters = "\u{1}".repeat(4_000_000);
    let attributes = "a='&x;' ".repeat(500_000);
    for content in [format!("<x>{characters}</x>"), format!("<x {attributes}/>"), format!("<x y='{characters}'/>")] {
        let document = with_addressing(&format!("<BaseURL>a.mp4</BaseURL>{content}"));
        let (_, warnings) = mpd::read(document.as_bytes(), &url).unwrap();
        assert!((1..1000).contains(&warnings.len()), "{}", warnings.len());
    }
}

#[test]
fn warnings_have_places_and_an_end() {
    let url = Url::parse("https://origin.example/").unwrap();
    let document = with_addressing("<BaseURL>a.mp4</BaseURL>").replace("bandwidth='1'", "\n bandwidth='fast'");
    let (_, warnings) = mpd::read(document.as_bytes(), &url).unwrap();
    let shown: Vec<String> = warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        [
            "line 2, column 2: Representation@bandwidth \"fast\" is not a whole number and is ignored",
            "Period 1 / AdaptationSet 1 / Representation \"v\": has no @bandwidth",
        ]
    );
    let many = with_addressing(&format!("<BaseURL>a.mp4</BaseURL>{}", "<SegmentBase timescale='x'/>".repeat(10_000)));
    let (_, warnings) = mpd::read(many.as_bytes(), &url).unwrap();
    assert!(warnings.len() < 1000);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Any attribute values whatsoever: no panic, and the segments obey the same laws.
    #[test]
    fn any_numbers_are_survived(
        numbers in proptest::collection::vec(prop_oneof![0..100u64, Just(u64::MAX), any::<u64>()], 10),
        repeat in any::<i64>(),
        probe in any::<i64>(),
    ) {
        let [scale, offset, start, end, duration, t, d, u, e, period] = numbers[..] else { unreachable!() };
        let addressing = format!(
            "<SegmentTemplate media='$Number$-$Time%020d$' timescale='{scale}' presentationTimeOffset='{offset}' \
             startNumber='{start}' endNumber='{end}' duration='{duration}'><SegmentTimeline><S t='{t}' d='{d}' r='{repeat}'/>\
             <S t='{u}' d='{e}' r='-1'/></SegmentTimeline></SegmentTemplate>"
        );
        let document = with_addressing(&addressing).replace("PT10S", &format!("PT{period}S"));
        if let Ok(presentation) = read(&document) {
            let index = &presentation.periods[0].sets[0].representations[0].index;
            if let Some(number) = index.number_at(PresentationTime::from_nanos(probe)) {
                prop_assert!(index.time(number).unwrap().end > PresentationTime::from_nanos(probe));
            }
            let first = index.first().unwrap_or_default();
            prop_assert!(!index.contains(first.saturating_add(index.len())));
            prop_assert_eq!(&index.renumbered(index), index);
        }
    }

    #[test]
    fn any_text_is_survived(text in "(<MPD|<Period|<S|/>|>|</MPD>| t='|'|\"|&|&#x;|<!--|-->|<!\\[CDATA\\[|<\\?|[ -~]){0,40}") {
        let _ = read(&text);
    }
}
