//! The multivariant playlist (RFC 8216 4.3.4): what a player may choose from. A line for every rung with every group of
//! sound.

use super::keys;
use super::rates::{Piece, Rates};
use super::segments::has_i_frames;
use super::sound::{self, Group};
use super::tags::{Attributes, head};
use super::{images, text, text_file};
use crate::catalogue::collect::{CompletePackage, RenditionSegments};
use crate::catalogue::kind::{self, HlsRole};
use crate::catalogue::{DerivedFile, RenditionFacts};
use crate::layout;
use shared::bmff::entry::Video;
use shared::mpd::EXTENT_SCHEME;

/// Players begin with the first variant: Apple's authoring specification wants one of about this rate there.
const USUAL_START: u64 = 2_000_000;
/// PQ and HLG of ISO/IEC 23091-2.
const PQ: u16 = 16;
const HLG: u16 = 18;

pub(super) fn file(complete: &CompletePackage<'_>, target: u64) -> DerivedFile {
    let writer = Writer { complete, target, groups: sound::groups(complete) };
    text_file(layout::MASTER_PLAYLIST.into(), writer.text())
}

struct Writer<'a> {
    complete: &'a CompletePackage<'a>,
    target: u64,
    groups: Vec<Group<'a>>,
}

/// A rung with a group of sound, or a group alone.
struct Variant<'a> {
    pictures: Option<&'a RenditionSegments<'a>>,
    group: Option<&'a Group<'a>>,
    rates: Rates,
}

impl<'a> Writer<'a> {
    fn text(&self) -> String {
        let mut text = head();
        if self.complete.renditions.iter().all(|one| one.rendition.is_independent()) {
            text.push_str("#EXT-X-INDEPENDENT-SEGMENTS\n");
        }
        text.push_str(&keys::session_keys(self.complete.facts));
        text.push_str(&self.extents());
        for group in &self.groups {
            for (track, one) in &group.members {
                // Sound that is a variant itself has its segments there.
                let is_apart = !(self.is_sound_alone() && track.is_default);
                let uri = is_apart.then(|| self.playlist(one));
                text.push_str(&track.tag(group.id, one, uri.as_deref()));
            }
        }
        text.push_str(&text::tags(self.complete));
        for variant in in_order(self.variants()) {
            text.push_str(&self.variant(&variant));
        }
        for one in self.pictures().filter(|one| has_i_frames(one)) {
            text.push_str(&self.i_frames(one));
        }
        text.push_str(&images::tags(self.complete));
        text
    }

    /// The playlists whose media begin or end at another time than the pictures.
    fn extents(&self) -> String {
        let lasts = self.complete.duration();
        let said = self.complete.renditions.iter().filter_map(|one| {
            let extent = one.extent(lasts)?;
            let (start, end) = (extent.start.as_secs_f64(), extent.end.as_secs_f64());
            Some(format!("{} {start:.6} {end:.6}", self.playlist(one)))
        });
        let said: Vec<String> = said.collect();
        let tag = || Attributes::default().quoted("DATA-ID", EXTENT_SCHEME).quoted("VALUE", &said.join(", "));
        if said.is_empty() { String::new() } else { tag().tag("EXT-X-SESSION-DATA") }
    }

    fn pictures(&self) -> impl Iterator<Item = &'a RenditionSegments<'a>> {
        self.complete.renditions.iter().filter(|one| kind::row(one.rendition.kind).hls == HlsRole::Variant)
    }

    fn is_sound_alone(&self) -> bool {
        self.pictures().next().is_none()
    }

    fn variants(&self) -> Vec<Variant<'_>> {
        if self.is_sound_alone() {
            let alone = |group| Variant { pictures: None, group: Some(group), rates: self.group_rates(group) };
            return self.groups.iter().map(alone).collect();
        }
        let mut variants = vec![];
        for one in self.pictures() {
            let silent = self.groups.is_empty().then_some(None);
            for group in self.groups.iter().map(Some).chain(silent) {
                let sound = group.map_or(Rates::default(), |group| self.group_rates(group));
                let pictures = self.rates(one);
                let rates = Rates { peak: pictures.peak + sound.peak, average: pictures.average + sound.average };
                variants.push(Variant { pictures: Some(one), group, rates });
            }
        }
        variants
    }

    /// Whatever member a player takes, it needs no more (RFC 8216 4.3.4.2).
    fn group_rates(&self, group: &Group<'_>) -> Rates {
        let of_members = || group.members.iter().map(|(_, one)| self.rates(one));
        Rates {
            peak: of_members().map(|rates| rates.peak).max().unwrap_or_default(),
            average: of_members().map(|rates| rates.average).max().unwrap_or_default(),
        }
    }

    /// While the package grows, the peak is not below what the encoder was allowed.
    fn rates(&self, one: &RenditionSegments<'_>) -> Rates {
        let pieces = one.closed.iter().map(|closed| Piece { bytes: closed.size.bytes(), ticks: closed.duration });
        let rates = Rates::of(&pieces.collect::<Vec<_>>(), one.rendition.timescale, self.target);
        let cap = if one.grows { one.rendition.cap.bps() } else { 0 };
        Rates { peak: rates.peak.max(cap), ..rates }
    }

    fn i_frame_rates(&self, one: &RenditionSegments<'_>) -> Rates {
        let size = |range: &std::ops::Range<u64>| range.end.saturating_sub(range.start);
        let pieces =
            one.closed.iter().map(|closed| Piece { bytes: size(&closed.first_sample), ticks: closed.duration });
        Rates::of(&pieces.collect::<Vec<_>>(), one.rendition.timescale, self.target)
    }

    fn variant(&self, variant: &Variant<'_>) -> String {
        let pictures = variant.pictures.map(|one| one.rendition);
        let sound = variant.group.iter().flat_map(|group| group.members.iter().map(|(_, one)| one.rendition));
        let frame_rate = pictures.and_then(|one| one.frame_rate).map(|rate| format!("{:.3}", rate.fps()));
        let measured = self.measured(variant.rates);
        let tag = measured
            .quoted("CODECS", &codecs(pictures.into_iter().chain(sound)))
            .plain_if("RESOLUTION", pictures.and_then(resolution))
            .plain_if("FRAME-RATE", frame_rate)
            .plain_if("VIDEO-RANGE", pictures.map(range))
            .quoted_if("AUDIO", variant.group.map(|group| group.id))
            .quoted_if("SUBTITLES", text::group(self.complete))
            .plain_if("CLOSED-CAPTIONS", pictures.map(|_| "NONE"))
            .tag("EXT-X-STREAM-INF");
        let default = || variant.group?.members.iter().find(|(track, _)| track.is_default).map(|(_, one)| *one);
        let first = || variant.group?.members.first().map(|(_, one)| *one);
        let segments = variant.pictures.or_else(default).or_else(first);
        tag + &segments.map(|one| self.playlist(one)).unwrap_or_default() + "\n"
    }

    fn i_frames(&self, one: &RenditionSegments<'_>) -> String {
        let rendition = one.rendition;
        self.measured(self.i_frame_rates(one))
            .quoted("CODECS", &codecs([rendition].into_iter()))
            .plain_if("RESOLUTION", resolution(rendition))
            .plain("VIDEO-RANGE", range(rendition))
            .quoted("URI", &layout::i_frame_playlist(&self.complete.facts.generation, &rendition.id))
            .tag("EXT-X-I-FRAME-STREAM-INF")
    }

    /// An average is known when there will be no more segments.
    fn measured(&self, rates: Rates) -> Attributes {
        let grows = self.complete.renditions.iter().any(|one| one.grows);
        Attributes::default()
            .plain("BANDWIDTH", rates.peak)
            .plain_if("AVERAGE-BANDWIDTH", (!grows).then_some(rates.average))
    }

    fn playlist(&self, one: &RenditionSegments<'_>) -> String {
        layout::playlist(&self.complete.facts.generation, &one.rendition.id)
    }
}

/// Those of the first format and group have one to begin with: the best of a usual rate, else the smallest.
fn in_order(mut variants: Vec<Variant<'_>>) -> Vec<Variant<'_>> {
    let format = |variant: &Variant<'_>| Some(variant.pictures?.rendition.track()?.codec.kind());
    let group = |variant: &Variant<'_>| variant.group.map(|group| group.id.to_owned());
    let first = variants.first().map(|first| (format(first), group(first)));
    let is_alike = |variant: &Variant<'_>| Some((format(variant), group(variant))) == first;
    let of_first = || variants.iter().enumerate().filter(|(_, variant)| is_alike(variant));
    let usual = of_first().filter(|(_, variant)| variant.rates.peak <= USUAL_START);
    let start = usual.max_by_key(|(_, variant)| variant.rates.peak).map(|(index, _)| index);
    let start = start.or_else(|| of_first().min_by_key(|(_, variant)| variant.rates.peak).map(|(index, _)| index));
    if let Some(start) = start {
        variants[..=start].rotate_right(1);
    }
    variants
}

/// All different ones.
fn codecs<'a>(renditions: impl Iterator<Item = &'a RenditionFacts>) -> String {
    let mut found: Vec<String> = vec![];
    for codec in renditions.filter_map(|rendition| Some(rendition.track()?.codec.to_string())) {
        if !found.contains(&codec) {
            found.push(codec);
        }
    }
    found.join(",")
}

/// As it is shown, with square pixels.
fn resolution(rendition: &RenditionFacts) -> Option<String> {
    let Video { width, height, sar, .. } = kind::video(rendition)?;
    let (x, y) = sar.filter(|(_, y)| *y > 0).unwrap_or((1, 1));
    let width = (f64::from(*width) * f64::from(x) / f64::from(y)).round();
    Some(format!("{width}x{height}"))
}

fn range(rendition: &RenditionFacts) -> &'static str {
    match kind::video(rendition).and_then(|video| video.colour).map(|colour| colour.transfer) {
        Some(PQ) => "PQ",
        Some(HLG) => "HLG",
        _ => "SDR",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::hls::PlaylistType;
    use crate::catalogue::{Catalogue, Facts, FilePart};
    use crate::layout::Addressing;
    use crate::mux::SegmentClosed;
    use crate::testing::{audio_facts, closed, facts, rendition_facts};
    use shared::units::ByteSize;
    use shared_av::StreamPurpose;

    /// Of renditions with one segment each, of so many bytes in two seconds.
    fn master(renditions: Vec<(RenditionFacts, u64)>) -> Vec<String> {
        let listed = renditions.iter().map(|(one, _)| one.clone()).collect();
        let facts = Facts { hls: Some(PlaylistType::Vod), ..facts(Addressing::Timeline, listed) };
        let mut catalogue = Catalogue::new(facts);
        for (one, bytes) in &renditions {
            let duration = u64::from(one.timescale.get()) * 2;
            let size = ByteSize::from_bytes(*bytes);
            catalogue.apply(SegmentClosed { duration, size, ..closed(&one.id, 1) });
        }
        let file = file(&catalogue.complete().unwrap(), 2);
        let [FilePart::Bytes(bytes)] = &file.parts[..] else { panic!("{file:?}") };
        String::from_utf8(bytes.clone()).unwrap().lines().map(str::to_owned).collect()
    }

    fn of<'a>(lines: &'a [String], tag: &str) -> Vec<&'a str> {
        lines.iter().filter_map(|line| line.strip_prefix(&format!("#{tag}:"))).collect()
    }

    #[test]
    fn every_rung_comes_with_every_group_and_takes_its_most_expensive_member() {
        let german = RenditionFacts { main: true, language: Some("de".into()), ..audio_facts("de-6", 1, 6) };
        let stereo = RenditionFacts { language: Some("de".into()), ..audio_facts("de-2", 1, 2) };
        let english = RenditionFacts { main: false, language: Some("en".into()), ..audio_facts("en-1", 2, 1) };
        let lines = master(vec![
            (rendition_facts("top"), 1_000_000),
            (rendition_facts("low"), 250_000),
            (german, 50_000),
            (stereo, 20_000),
            (english, 25_000),
        ]);
        let variants = of(&lines, "EXT-X-STREAM-INF");
        let peak = |line: &&str| line.split([',', '=']).nth(1).unwrap().parse::<u64>().unwrap();
        // Players begin with the largest up to 2 Mbit/s.
        assert_eq!(variants.iter().map(peak).collect::<Vec<_>>(), [1_200_000, 4_200_000, 4_100_000, 1_100_000]);
        let media = of(&lines, "EXT-X-MEDIA");
        let uri = |line: &&str| line.split("URI=\"g/").nth(1).unwrap().trim_end_matches(".m3u8\"").to_owned();
        // English has one channel, and is in both groups as it is.
        assert_eq!(media.iter().map(uri).collect::<Vec<_>>(), ["de-6", "en-1", "de-2", "en-1"]);
        assert!(media[0].contains("GROUP-ID=\"de-6\",NAME=\"de\",LANGUAGE=\"de\",DEFAULT=YES,AUTOSELECT=YES"));
        assert!(media[1].contains("GROUP-ID=\"de-6\",NAME=\"en\",LANGUAGE=\"en\",DEFAULT=NO,AUTOSELECT=YES"));
        assert!(media[0].contains("CHANNELS=\"6\"") && media[1].contains("CHANNELS=\"1\""));
    }

    #[test]
    fn what_a_player_cannot_tell_apart_it_does_not_choose_by_itself() {
        let track = |from, purpose| RenditionFacts {
            main: from == 1,
            language: Some("en".into()),
            purpose,
            ..audio_facts(&format!("a{from}"), from, 2)
        };
        let (plain, commentary) = (StreamPurpose::Programme, StreamPurpose::Commentary);
        let tracks = [plain, plain, commentary, StreamPurpose::Description];
        let lines = master((1..).zip(tracks).map(|(from, purpose)| (track(from, purpose), 1000)).collect());
        let said: Vec<_> =
            of(&lines, "EXT-X-MEDIA").iter().map(|line| line.split(',').collect::<Vec<_>>()[2..].join(",")).collect();
        let expected = [
            "NAME=\"en\",LANGUAGE=\"en\",DEFAULT=YES,AUTOSELECT=YES,CHANNELS=\"2\"",
            "NAME=\"en 2\",LANGUAGE=\"en\",DEFAULT=NO,AUTOSELECT=NO,CHANNELS=\"2\",URI=\"g/a2.m3u8\"",
            "NAME=\"en (commentary)\",LANGUAGE=\"en\",DEFAULT=NO,AUTOSELECT=NO,CHANNELS=\"2\",URI=\"g/a3.m3u8\"",
            "NAME=\"en (description)\",LANGUAGE=\"en\",DEFAULT=NO,AUTOSELECT=YES,\
             CHARACTERISTICS=\"public.accessibility.describes-video\",CHANNELS=\"2\",URI=\"g/a4.m3u8\"",
        ];
        assert_eq!(said, expected, "the segments of the default are those of the variant");
        assert_eq!(lines.last().unwrap(), "g/a1.m3u8");
        assert_eq!(
            of(&lines, "EXT-X-STREAM-INF"),
            ["BANDWIDTH=4000,AVERAGE-BANDWIDTH=4000,CODECS=\"mp4a.40.2\",AUDIO=\"a1\""]
        );
    }
}
