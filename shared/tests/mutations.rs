//! Everything that reads foreign bytes, fed with damaged ones: manifests, URL templates, timelines, index boxes, WebM
//! cues, initialization and media segments. Each input is a good one with a few bytes changed, removed, repeated or
//! moved, the same in every run. Nothing may panic, take long or list more than the bytes can hold.
//!
//! What this finds and what it does not: mistakes that are near to valid inputs; no coverage guides it. The number of
//! rounds an input is `DASH_MUTATIONS` (2000 without it; some millions for an evening).

#![expect(clippy::unwrap_used, reason = "helpers of tests; clippy spares only the tests themselves")]

use shared::addressing::timeline::{Clock, Entry, Timeline};
use shared::addressing::{SegmentIndex, sidx, template::Template};
use shared::bmff::{self, Reference, Sidx, Track};
use shared::time::{PresentationTime, Timescale};
use shared::units::Bitrate;
use shared::{codec, media, mpd, trace, webm};
use url::Url;

fn rounds() -> u32 {
    std::env::var("DASH_MUTATIONS").ok().and_then(|text| text.parse().ok()).unwrap_or(2000)
}

/// Chance that is the same in every run: xorshift64* (Vigna, ACM TOMS 2016).
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % limit.max(1)
    }

    /// Bytes that lie at borders.
    fn byte(&mut self) -> u8 {
        [0, 1, 0x7F, 0x80, 0xFF, b'9', b'-', b'"', b'<', self.below(256) as u8][self.below(10)]
    }

    fn damage(&mut self, good: &[u8]) -> Vec<u8> {
        let mut bytes = good.to_vec();
        for _ in 0..=self.below(4) {
            let (at, length) = (self.below(bytes.len()), 1 + self.below(16));
            let end = (at + length).min(bytes.len());
            match self.below(6) {
                0 => bytes.truncate(at),
                1 => drop(bytes.drain(at..end)),
                2 => {
                    let again = bytes[at..end].to_vec();
                    bytes.splice(at..at, again);
                }
                3 => bytes[at..end].reverse(),
                _ if at < bytes.len() => bytes[at] = self.byte(),
                _ => bytes.push(self.byte()),
            }
        }
        bytes
    }
}

/// Feeds `read` with damaged forms of each of the `seeds`.
fn feed(seeds: &[Vec<u8>], read: impl Fn(&[u8])) {
    for (number, seed) in seeds.iter().enumerate() {
        let mut chance = Chance(0x9E37_79B9_7F4A_7C15 ^ number as u64);
        (0..rounds()).for_each(|_| read(&chance.damage(seed)));
    }
}

const MANIFEST: &str = r#"<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" profiles="p"
 mediaPresentationDuration="PT1H2M3.4S" minBufferTime="PT2S"><BaseURL serviceLocation="a" dvb:priority="1">x/</BaseURL>
 <Period id="1" duration="PT30S"><AdaptationSet mimeType="video/mp4" codecs="avc1.64001f" frameRate="30000/1001">
 <SegmentTemplate timescale="90000" media="$RepresentationID$/$Number%05d$-$Time$.m4s" startNumber="3"
 presentationTimeOffset="180000"><SegmentTimeline><S t="180000" d="180000" r="9"/><S d="90000" r="-1"/></SegmentTimeline>
 </SegmentTemplate><Representation id="v" bandwidth="800000" width="640" height="360"/></AdaptationSet>
 <AdaptationSet contentType="audio" lang="en"><Representation id="a" bandwidth="64000" mimeType="audio/mp4">
 <BaseURL>a.mp4</BaseURL><SegmentBase indexRange="700-900"><Initialization range="0-699"/></SegmentBase>
 </Representation></AdaptationSet></Period><Period id="2"><AdaptationSet mimeType="video/webm"><SegmentList duration="2">
 <SegmentURL media="1.webm" mediaRange="0-99"/><SegmentURL/></SegmentList><Representation id="l" bandwidth="1"/>
 </AdaptationSet></Period></MPD>"#;

#[test]
fn manifests_and_the_segments_they_lead_to() {
    let url = Url::parse("https://origin.example/films/manifest.mpd").unwrap();
    feed(&[MANIFEST.into()], |bytes| {
        let Ok((presentation, warnings)) = mpd::read(bytes, &url) else { return };
        assert!(warnings.len() <= bytes.len());
        for period in &presentation.periods {
            for one in period.sets.iter().flat_map(|set| &set.representations) {
                walk(&one.index);
            }
        }
    });
}

/// A few segments at the beginning, the end, and where time says.
fn walk(index: &SegmentIndex) {
    for position in [0, 1, 2, index.len() / 2, index.len().saturating_sub(1), index.len(), u64::MAX] {
        let Some(segment) = index.get(position) else { continue };
        assert!(segment.time.start <= segment.time.end);
        let _ = index.position_at(segment.time.start);
        let _ = segment.resource.url(&Url::parse("https://a.example/b").unwrap());
    }
}

#[test]
fn templates_and_codecs() {
    feed(&[b"$RepresentationID$/$Number%05d$-$Time$-$Bandwidth$$$.m4s".to_vec()], |bytes| {
        let text = String::from_utf8_lossy(bytes);
        let (template, _) = Template::parse(&text, "id", Bitrate::from_kbps(800));
        assert!(template.expand(u64::MAX, u64::MAX).len() <= 64 * (text.len() + 1));
    });
    feed(&[b"av01.0.13H.10.0.110.09.16.09.0".to_vec(), b"hev1.A2.4.H150.90.1".to_vec()], |bytes| {
        let _ = codec::parse(&String::from_utf8_lossy(bytes)).to_string();
    });
}

#[test]
fn timelines_of_any_numbers() {
    feed(&[(0..96).collect()], |bytes| {
        let number = |at: usize| bytes.get(at..at + 8).map_or(0, |b| u64::from_le_bytes(b.try_into().unwrap()));
        let entries = (0..bytes.len() / 24).map(|run| Entry {
            start: (number(run * 24) & 1 == 1).then(|| number(run * 24)),
            duration: number(run * 24 + 8),
            repeat: number(run * 24 + 16) as i64,
        });
        let timescale = Timescale::new(number(0) as u32 | 1).unwrap();
        let clock =
            Clock { timescale, offset: number(8), period_start: PresentationTime::from_nanos(number(16) as i64) };
        let end = PresentationTime::from_nanos(number(24) as i64);
        let timeline = Timeline::new(clock, entries, (number(32) & 1 == 1).then_some(end));
        for position in [0, 1, timeline.len() / 3, timeline.len().saturating_sub(1)] {
            let Some(time) = timeline.time(position) else { continue };
            assert!(time.start <= time.end);
            let _ = timeline.position_at(time.start);
        }
    });
}

fn index_file() -> Vec<u8> {
    let references = vec![Reference::closed(1000, 2); 8];
    let mut bytes = vec![];
    Sidx { track: 1, timescale: Timescale::ONE, earliest: 0, first_offset: 0, references }.write(&mut bytes);
    bytes
}

/// Cues of two clusters, as libavformat writes them.
const CUES: &[u8] = &[
    0x1C, 0x53, 0xBB, 0x6B, 0x94, 0xBB, 0x88, 0xB3, 0x81, 0, 0xB7, 0x83, 0xF1, 0x81, 60, 0xBB, 0x88, 0xB3, 0x81, 100,
    0xB7, 0x83, 0xF1, 0x81, 90,
];
const HEAD: &[u8] = &[
    0x1A, 0x45, 0xDF, 0xA3, 0x80, 0x18, 0x53, 0x80, 0x67, 0x40, 200, 0x15, 0x49, 0xA9, 0x66, 0x87, 0x44, 0x89, 0x84,
    0x43, 0x16, 0, 0,
];

#[test]
fn indexes_and_cues() {
    feed(&[index_file(), CUES.to_vec(), [CUES, HEAD].concat()], |bytes| {
        let _ = (sidx::all(bytes), webm::Cues::read(bytes), webm::Head::read(bytes));
        let whole = shared::addressing::Resource::whole("a");
        let mut index = SegmentIndex::in_file("a", whole, Clock::PLAIN, None);
        for next in [bytes, HEAD, bytes] {
            let Ok(further) = index.with_sidx(next) else { return };
            index = further;
            if index.pending().is_none() {
                return walk(&index);
            }
        }
    });
}

/// A header and a segment, by other hands than those that read them.
fn film() -> (Vec<u8>, Vec<u8>) {
    use mp4_atom::{Encode, Mfhd, Moof, Tfdt, Tfhd, Traf, Trun, TrunEntry, TrunSamples};
    let init = shared::testkit::fake_header(shared::testkit::FakeTrack::Video { width: 64, height: 36 }, 12_800);
    let entry = TrunEntry { size: Some(4), duration: Some(512), flags: Some(0), cts: Some(0) };
    let traf = Traf {
        tfhd: Tfhd { track_id: 1, default_base_is_moof: true, ..Tfhd::default() },
        tfdt: Some(Tfdt { base_media_decode_time: 1024 }),
        trun: vec![Trun { data_offset: Some(0), samples: TrunSamples::Explicit(vec![entry; 6]) }],
        ..Traf::default()
    };
    let mut segment = vec![];
    Moof { mfhd: Mfhd { sequence_number: 1 }, traf: vec![traf] }.encode(&mut segment).unwrap();
    segment.extend([0, 0, 0, 32, b'm', b'd', b'a', b't']);
    segment.extend([7; 24]);
    (init, segment)
}

fn check_samples(track: &Track, bytes: &[u8]) {
    for sample in media::samples(track, bytes, 0).unwrap_or_default() {
        assert!(sample.range.start <= sample.range.end && sample.range.end <= bytes.len());
    }
}

#[test]
fn initialization_and_media_segments() {
    let (init, segment) = film();
    let track = bmff::init::read(&init).unwrap();
    feed(&[init.clone(), HEAD.to_vec()], |bytes| {
        if let Ok(track) = media::track(bytes) {
            check_samples(&track, &segment);
        }
    });
    feed(&[segment, [HEAD, CUES].concat()], |bytes| check_samples(&track, bytes));
}

#[test]
fn traces() {
    feed(&[b"duration_ms,kbps,latency_ms\n1000,800,40\n2500,0,0\n".to_vec(), b"1\n2\n2\n9\n".to_vec()], |bytes| {
        let _ = trace::Trace::parse("t.csv", &String::from_utf8_lossy(bytes));
    });
}
