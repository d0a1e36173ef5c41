//! Everything that reads foreign bytes, fed with damaged ones: manifests, URL templates, timelines, index boxes, WebM
//! cues, initialization and media segments. Each input is a good one with a few bytes changed, removed, repeated or
//! moved, the same in every run. Nothing may panic, take long or list more than the bytes can hold.
//!
//! What this finds and what it does not: mistakes that are near to valid inputs; no coverage guides it. The number of
//! rounds an input is `DASH_MUTATIONS` (2000 without it; some millions for an evening).

#![expect(clippy::unwrap_used, reason = "helpers of tests; clippy spares only the tests themselves")]

use mp4_atom::{Encode, Mfhd, Moof, Tfdt, Tfhd, Traf, Trun, TrunEntry, TrunSamples};
use shared::bmff::{Reference, Sidx};
use shared::media::{self, MediaError};
use shared::protection::{ContentKey, Key, KeyId, Pssh, Scheme, clear_key};
use shared::testkit::hostile::{self, WEBM_HEAD};
use shared::testkit::{FakeAux, FakeProtection};
use shared::time::Timescale;
use shared::trace;

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
        for _ in 0..rounds() {
            read(&chance.damage(seed));
        }
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
    feed(&[MANIFEST.into()], hostile::manifest);
}

#[test]
fn templates_and_codecs() {
    let template = "$RepresentationID$/$Number%05d$-$Time$-$Bandwidth$$$.m4s";
    feed(&[template, "av01.0.13H.10.0.110.09.16.09.0", "hev1.A2.4.H150.90.1"].map(Into::into), hostile::template);
}

#[test]
fn timelines_of_any_numbers() {
    feed(&[(0..96).collect()], hostile::timeline);
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

#[test]
fn indexes_and_cues() {
    feed(&[index_file(), CUES.to_vec(), [CUES, WEBM_HEAD].concat()], hostile::index);
}

const TEXTS: [&str; 4] = [
    "WEBVTT\n\nSTYLE\n::cue { color: red }\n\nid\n00:01.000 --> 00:02.000 line:10%,end align:left\n<v Fred>a &amp; <b>b</b>\n",
    "\u{feff}1\r\n00:00:01,000 --> 00:00:02,500\r\n<i>a</i> {\\an8}b\r\n\r\n2\r\n00:00:02,000 --> 00:00:03,000\r\n<font color=red>c",
    "[Script Info]\nPlayResX: 640\n[V4+ Styles]\nFormat: Name, Bold, Alignment\nStyle: D,-1,7\n[Events]\n\
     Format: Start, End, Style, Text\nDialogue: 0:00:01.00,0:00:02.00,D,{\\pos(1,2)\\c&H00FFFF&}a\\N{\\rD}b\n",
    "<tt xmlns:tts=\"x\" ttp:frameRate=\"25\"><head><styling><style xml:id=\"s\" tts:fontStyle=\"italic\"/></styling><layout>\
     <region xml:id=\"r\" tts:origin=\"10% 80%\" tts:extent=\"80% 10%\"/></layout></head><body begin=\"1s\"><div \
     timeContainer=\"seq\"><p dur=\"1s\" region=\"r\">a<br/><span style=\"s\" begin=\"5f\">b &#x41;</span></p></div></body></tt>",
];

/// A sample of WebVTT, and one of 3GPP text.
const SAMPLES: [&[u8]; 2] = [
    b"\0\0\0\x2avttc\0\0\0\x0cvsid\0\0\0\x01\0\0\0\x0dsttgalign\0\0\0\x09payla\0\0\0\x08vtte",
    b"\0\x05hello\0\0\0\x16styl\0\x01\0\0\0\x02\0\x01\x03\x12\0\0\0\0",
];

#[test]
fn texts_of_every_format() {
    feed(&TEXTS.map(Into::into), hostile::text);
    feed(&SAMPLES.map(<[u8]>::to_vec), hostile::text);
}

/// One movie fragment of these samples, by other hands than those that read it.
fn moof(entries: &[TrunEntry], data_offset: i32) -> Vec<u8> {
    let traf = Traf {
        tfhd: Tfhd { track_id: 1, default_base_is_moof: true, ..Tfhd::default() },
        tfdt: Some(Tfdt { base_media_decode_time: 1024 }),
        trun: vec![Trun { data_offset: Some(data_offset), samples: TrunSamples::Explicit(entries.to_vec()) }],
        ..Traf::default()
    };
    let mut bytes = vec![];
    Moof { mfhd: Mfhd { sequence_number: 1 }, traf: vec![traf] }.encode(&mut bytes).unwrap();
    bytes
}

/// A header and a segment.
fn film() -> (Vec<u8>, Vec<u8>) {
    let init = shared::testkit::fake_header(shared::testkit::FakeTrack::Video { width: 64, height: 36 }, 12_800);
    let entries = [TrunEntry { size: Some(4), duration: Some(512), flags: Some(0), cts: Some(0) }; 6];
    let mut segment = moof(&entries, moof(&entries, 0).len() as i32 + 8);
    segment.extend([0, 0, 0, 32, b'm', b'd', b'a', b't']);
    segment.extend([7; 24]);
    (init, segment)
}

/// Their number costs nothing to claim.
#[test]
fn a_million_samples_of_no_size_are_not_listed() {
    let nothing = TrunEntry { size: None, duration: None, flags: None, cts: None };
    let segment = moof(&vec![nothing; 1_000_000], 0);
    assert!(segment.len() < 200);
    hostile::fragment(&segment);
}

#[test]
fn initialization_and_media_segments() {
    let (init, segment) = film();
    feed(&[init, WEBM_HEAD.to_vec()], |bytes| hostile::init(bytes, &segment));
    feed(&[segment, [WEBM_HEAD, CUES].concat()], hostile::fragment);
}

#[test]
fn encrypted_segments_and_what_is_said_of_their_keys() {
    let pictures = vec![vec![7; 100], vec![7; 40]];
    let fragment = |scheme, aux| FakeProtection { aux, ..FakeProtection::new(scheme) }.fragment(0, 40, &pictures);
    let mut seeds = vec![fragment(Scheme::Cenc, FakeAux::Senc), fragment(Scheme::Cbcs, FakeAux::Pointed)];
    let mut pssh = vec![];
    Pssh::common(vec![KeyId([7; 16]); 2]).write(&mut pssh);
    seeds.push(pssh);
    let id = KeyId([7; 16]);
    let key = ContentKey { id, key: Key([9; 16]), label: None };
    seeds.extend([clear_key::request(&[id]).into_bytes(), clear_key::answer(&[key]).into_bytes()]);
    seeds.push(format!("{id}:{id}:AUDIO\n").into_bytes());
    feed(&seeds, hostile::encrypted);
}

/// Six samples of one empty NAL unit each.
#[test]
fn what_is_damaged_on_the_way_is_noticed_before_it_is_decoded() {
    let (init, mut segment) = film();
    let track = media::track(&init).unwrap();
    let media = segment.len() - 24;
    segment[media..].fill(0);
    let check = |segment: &[u8]| media::check(Some(&track), segment, 0);
    assert_eq!(check(&segment), Ok(()));
    assert_eq!(check(&segment[..media + 12]), Err(MediaError::CutOff(media + 12)));
    segment[media + 11] = 1;
    assert_eq!(check(&segment), Err(MediaError::Damaged(media + 8)));
    assert_eq!(media::check(None, &segment, 0), Ok(()), "without its track nothing is known of samples");
}

#[test]
fn traces() {
    feed(&[b"duration_ms,kbps,latency_ms\n1000,800,40\n2500,0,0\n".to_vec(), b"1\n2\n2\n9\n".to_vec()], |bytes| {
        let _ = trace::Trace::parse("t.csv", &String::from_utf8_lossy(bytes));
    });
}
