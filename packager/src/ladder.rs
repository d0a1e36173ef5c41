//! The renditions of a package: derived from the master, or from a list on the command line, or from a TOML file.

mod params;
mod typed;
mod worth;

pub use worth::worth;

use crate::codec::VideoCodec;
use crate::error::PackagerError;
use crate::probe::{VideoTrack, even};
use serde::{Deserialize, Serialize};
use shared::units::Bitrate;
use std::{collections::BTreeMap, ops::RangeInclusive, path::Path};

/// One rendition of the pictures, cheapest last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LadderRung {
    /// The format.
    pub codec: VideoCodec,
    /// Samples in a row; even.
    pub width: u32,
    /// Rows; even.
    pub height: u32,
    /// Average rate aimed at.
    pub rate: Bitrate,
    /// Largest rate that the decoder's model buffer may fill at.
    pub max_rate: Bitrate,
    /// The model buffer in seconds of `rate`.
    pub buffer_seconds: f64,
    /// The encoder's preset, when not the common one.
    pub preset: Option<String>,
    /// Everything else that the encoder is told.
    #[serde(default)]
    pub encoder: EncoderWish,
}

/// Options that are passed to the encoder as they are.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EncoderWish {
    /// Its profile, e.g. `main`.
    pub profile: Option<String>,
    /// Its tuning, e.g. `animation`.
    pub tune: Option<String>,
    /// Its own parameters by name.
    #[serde(default)]
    pub params: BTreeMap<String, String>,
}

/// What was asked for.
#[derive(Debug, Clone, PartialEq)]
pub enum LadderRequest {
    /// Follow the master.
    Automatic,
    /// These, each fitted to the master's shape, and the rates of the sound.
    Rungs(Vec<Wish>, SoundWish),
}

/// Rates of the sound in kbit/s by layout; each becomes a rendition. Empty ones follow by themselves.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SoundWish {
    /// Of one channel.
    #[serde(deserialize_with = "typed::kbps")]
    pub mono_kbps: Vec<u64>,
    /// Of two.
    #[serde(deserialize_with = "typed::kbps")]
    pub stereo_kbps: Vec<u64>,
    /// Of more.
    #[serde(deserialize_with = "typed::kbps")]
    pub surround_kbps: Vec<u64>,
}

/// One wished rendition, before it is fitted to a master.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wish {
    /// Box into which the picture is fitted, `WxH`.
    #[serde(deserialize_with = "typed::size")]
    size: (u32, u32),
    /// Average rate.
    #[serde(deserialize_with = "typed::rate")]
    kbps: Bitrate,
    /// Peak rate; 1.2 times the average when not given.
    #[serde(default, deserialize_with = "typed::some_rate")]
    max_kbps: Option<Bitrate>,
    /// Model buffer in seconds of the average rate; 2 when not given.
    buffer_seconds: Option<f64>,
    /// The encoder's preset.
    preset: Option<String>,
    /// For this format alone; for all that are asked for when not given.
    codec: Option<VideoCodec>,
    /// Its profile.
    profile: Option<String>,
    /// Its tuning.
    tune: Option<String>,
    /// Its own parameters.
    #[serde(default)]
    params: BTreeMap<String, toml::Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    rung: Vec<Wish>,
    #[serde(default)]
    audio: SoundWish,
}

/// Short sides of the automatic ladder below its top.
const STEPS: [u32; 8] = [2160, 1440, 1080, 720, 480, 360, 240, 144];
/// The next step is at most this part of the one above: a smaller change is not worth a rendition.
const STEP_RATIO: f64 = 0.8;
/// Peak over average; the anchors for live and on-demand services lie between 1.1 and 1.5.
const PEAK: f64 = 1.2;
/// Seconds of the average rate that the model buffer holds.
const BUFFER_SECONDS: f64 = 2.0;
/// Rates that a rung may have.
const RATES: RangeInclusive<Bitrate> = Bitrate::from_kbps(10)..=Bitrate::from_kbps(1_000_000);
const HIGHEST_PEAK: Bitrate = Bitrate::from_kbps(2_000_000);
/// Bound on the number of renditions.
const MAX_RUNGS: usize = 32;

impl LadderRequest {
    /// `WxH@RATE,WxH@RATE` or the path of a TOML file with `[[rung]]` tables.
    ///
    /// # Errors
    /// 2 when it is neither, 3 when the file cannot be read.
    pub fn parse(text: &str) -> Result<Self, PackagerError> {
        match typed::list(text) {
            Ok(wishes) => checked(wishes, SoundWish::default(), text),
            Err(_) if typed::is_file(text) => {
                let path = Path::new(text);
                let content = typed::read(path).map_err(|e| PackagerError::input(path, &e))?;
                let file: File = toml::from_str(&content).map_err(|e| {
                    PackagerError::usage(format!("the ladder file {text} is not right: {}", e.message()))
                })?;
                checked(file.rung, file.audio, text)
            }
            Err(why) => Err(PackagerError::usage(format!("--ladder {text} is not right: {why}"))),
        }
    }

    /// The renditions for a master in these formats, best first, and what was left out, in words. Those that follow from
    /// the master have no more bits than it is [`worth()`].
    ///
    /// # Errors
    /// 2 when nothing is left because everything is larger than the master.
    pub fn rungs(
        &self,
        video: &VideoTrack,
        worth: Option<Bitrate>,
        codecs: &[VideoCodec],
    ) -> Result<(Vec<LadderRung>, Vec<String>), PackagerError> {
        let (mut rungs, mut left_out) = (Vec::new(), Vec::new());
        for codec in codecs {
            let (more, without) = match self {
                Self::Automatic => automatic(video, worth, *codec),
                Self::Rungs(wishes, _) => fitted(wishes, video, *codec),
            };
            rungs.extend(more);
            left_out.extend(without.into_iter().filter(|one| !left_out.contains(one)).collect::<Vec<_>>());
        }
        if rungs.is_empty() {
            let why = left_out.first().map_or("the ladder has no rung for these formats", String::as_str);
            return Err(PackagerError::usage(format!(
                "no rung is left for a master of {}x{}: {why}; name other ones",
                video.width, video.height
            )));
        }
        Ok((rungs, left_out))
    }

    /// The rates wished for sound.
    pub fn sound(&self) -> SoundWish {
        match self {
            Self::Automatic => SoundWish::default(),
            Self::Rungs(_, sound) => sound.clone(),
        }
    }
}

fn checked(wishes: Vec<Wish>, sound: SoundWish, text: &str) -> Result<LadderRequest, PackagerError> {
    let sides = 16..=8192;
    let good = |w: &Wish| {
        sides.contains(&w.size.0)
            && sides.contains(&w.size.1)
            && RATES.contains(&w.kbps)
            && w.max_kbps.is_none_or(|max| (w.kbps..=HIGHEST_PEAK).contains(&max))
            && w.buffer_seconds.is_none_or(|s| (0.1..=60.0).contains(&s))
    };
    if wishes.is_empty() || wishes.len() > MAX_RUNGS || !wishes.iter().all(good) {
        return Err(PackagerError::usage(format!(
            "the ladder {text} is not right: 1 to {MAX_RUNGS} rungs, sides 16 to 8192, rates 10 to 1000000 kbit/s, \
             no peak below the average; a rate without a unit is in kbit/s, 2.5M is 2500"
        )));
    }
    let refused = |wish: &Wish| wish.params.keys().find_map(|name| params::refused(name, wish.codec));
    if let Some(why) = wishes.iter().find_map(refused) {
        return Err(PackagerError::usage(format!("the ladder {text} is not right: {why}")));
    }
    let rates = [&sound.mono_kbps, &sound.stereo_kbps, &sound.surround_kbps];
    if rates.iter().any(|rates| rates.len() > 4 || rates.iter().any(|rate| !(8..=1024).contains(rate))) {
        let what = "up to 4 rates of sound a layout, each of 8 to 1024 kbit/s";
        return Err(PackagerError::usage(format!("the ladder {text} is not right: {what}")));
    }
    Ok(LadderRequest::Rungs(wishes, sound))
}

/// From the master's own size down; never up.
fn automatic(video: &VideoTrack, worth: Option<Bitrate>, codec: VideoCodec) -> (Vec<LadderRung>, Vec<String>) {
    let short = video.width.min(video.height);
    let top = short.min(STEPS[0]);
    let mut sides = vec![top];
    for step in STEPS {
        if sides.last().is_some_and(|above| f64::from(step) <= f64::from(*above) * STEP_RATIO) && step < top {
            sides.push(step);
        }
    }
    // The lowest step is only for masters that are small themselves; below 240 lines it is of no use.
    sides.retain(|side| *side >= 240 || top < 240 || *side == top);
    if top < codec.least_side() {
        return (vec![], vec![too_small(codec, video.width, video.height)]);
    }
    let usual = sides.into_iter().map(|side| automatic_rung(video, side, codec)).collect();
    (worth::capped(usual, worth, PEAK), vec![])
}

fn automatic_rung(video: &VideoTrack, short: u32, codec: VideoCodec) -> LadderRung {
    let (width, height) = scaled_to(video, short);
    let rate = usual_rate(width, height, video.rate.value(), codec);
    LadderRung {
        codec,
        width,
        height,
        rate,
        max_rate: rate.scaled(PEAK),
        buffer_seconds: BUFFER_SECONDS,
        preset: None,
        encoder: EncoderWish::default(),
    }
}

fn too_small(codec: VideoCodec, width: u32, height: u32) -> String {
    format!("{} of {width}x{height}: its encoder wants sides of {} at least", codec.name(), codec.least_side())
}

/// The master's shape with this short side.
fn scaled_to(video: &VideoTrack, short: u32) -> (u32, u32) {
    let factor = f64::from(short) / f64::from(video.width.min(video.height));
    if factor >= 1.0 {
        return (video.width, video.height);
    }
    (even(f64::from(video.width) * factor), even(f64::from(video.height) * factor))
}

/// 5 Mbit/s for 1080p30 H.264; fewer samples need more bits each, and twice the frames do not need twice the bits.
/// The exponents fit the ladders that services publish (720p about 2.6, 480p 1.3, 240p 0.45 Mbit/s).
fn usual_rate(width: u32, height: u32, fps: f64, codec: VideoCodec) -> Bitrate {
    let area = f64::from(width) * f64::from(height) / (1920.0 * 1080.0);
    let kbps = 5000.0 * area.powf(0.8) * (fps / 30.0).clamp(0.2, 4.0).powf(0.6) * codec.rate_factor();
    Bitrate::from_kbps((kbps / 10.0).round() as u64 * 10).max(worth::LEAST)
}

fn fitted(wishes: &[Wish], video: &VideoTrack, codec: VideoCodec) -> (Vec<LadderRung>, Vec<String>) {
    let (mut rungs, mut left_out) = (Vec::new(), Vec::new());
    for wish in wishes.iter().filter(|wish| wish.codec.is_none_or(|only| only == codec)) {
        match fit(wish, video, codec) {
            Some(rung) if rung.width.min(rung.height) < codec.least_side() => {
                left_out.push(too_small(codec, rung.width, rung.height));
            }
            Some(rung) => rungs.push(rung),
            None => left_out.push(format!(
                "rung {}x{}: larger than the master, which is {}x{}",
                wish.size.0, wish.size.1, video.width, video.height
            )),
        }
    }
    rungs.sort_by_key(|rung| std::cmp::Reverse((rung.rate, rung.height)));
    (rungs, left_out)
}

/// The master's shape inside the wished box; a box of nearly the same shape is taken as it is.
fn fit(wish: &Wish, video: &VideoTrack, codec: VideoCodec) -> Option<LadderRung> {
    let (box_width, box_height) = (f64::from(wish.size.0), f64::from(wish.size.1));
    let (width, height) = (f64::from(video.width), f64::from(video.height));
    let factor = (box_width / width).min(box_height / height);
    let same_shape = ((box_width / box_height) / (width / height) - 1.0).abs() < 0.01;
    let is_even = wish.size.0.is_multiple_of(2) && wish.size.1.is_multiple_of(2);
    let (width, height) = if same_shape && is_even { wish.size } else { (even(width * factor), even(height * factor)) };
    let params = wish.params.iter().map(|(name, value)| (name.clone(), plain(value))).collect();
    (width <= video.width && height <= video.height).then(|| LadderRung {
        codec,
        width,
        height,
        rate: wish.kbps,
        max_rate: wish.max_kbps.unwrap_or_else(|| wish.kbps.scaled(PEAK)),
        buffer_seconds: wish.buffer_seconds.unwrap_or(BUFFER_SECONDS),
        preset: wish.preset.clone(),
        encoder: EncoderWish { profile: wish.profile.clone(), tune: wish.tune.clone(), params },
    })
}

/// A parameter as the encoder's own command line has it.
fn plain(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => text.clone(),
        toml::Value::Boolean(on) => u8::from(*on).to_string(),
        other => other.to_string(),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;
    use shared_av::{ColourDescription, Crop, Rational, StaticHdr};

    pub(crate) const H264: &[VideoCodec] = &[VideoCodec::H264];

    pub(crate) fn track(width: u32, height: u32, fps: u32) -> VideoTrack {
        VideoTrack {
            stream: 0,
            goes_on_in: vec![],
            width,
            height,
            rate: Rational::new(fps, 1).unwrap(),
            crop: Crop::default(),
            rotation: 0,
            mirrored: false,
            fields: None,
            single_fields: false,
            are_exchanged: false,
            transparent: false,
            colour: ColourDescription::BT709,
            hdr: StaticHdr::default(),
            duration: None,
        }
    }

    fn shown(rungs: &[LadderRung]) -> String {
        let one = |r: &LadderRung| format!("{}x{}@{}", r.width, r.height, r.rate.bps() / 1000);
        rungs.iter().map(one).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn automatic_ladders() {
        let cases = [
            (track(1920, 1080, 30), "1920x1080@5000 1280x720@2610 854x480@1370 640x360@860 426x240@450"),
            (track(1080, 1920, 30), "1080x1920@5000 720x1280@2610 480x854@1370 360x640@860 240x426@450"),
            (track(1920, 800, 24), "1920x800@3440 1152x480@1520 864x360@960 576x240@500"),
            (track(720, 404, 25), "720x404@930 428x240@400"),
            (track(160, 120, 30), "160x120@120"),
            (track(16, 16, 30), "16x16@50"),
        ];
        for (track, expected) in cases {
            assert_eq!(shown(&automatic(&track, None, VideoCodec::H264).0), expected);
        }
    }

    #[test]
    fn a_poor_master_gets_no_more_bits_than_it_has() {
        let rungs = |kbps: u64, codec| {
            let (rungs, _) = automatic(&track(1920, 1080, 30), Some(Bitrate::from_kbps(kbps)), codec);
            assert!(rungs.iter().all(|rung| rung.max_rate == rung.rate.scaled(PEAK)));
            shown(&rungs)
        };
        let usual = "1920x1080@5000 1280x720@2610 854x480@1370 640x360@860 426x240@450";
        assert_eq!(rungs(8000, VideoCodec::H264), usual);
        assert_eq!(rungs(2000, VideoCodec::H264), "1920x1080@2000 1280x720@1440 854x480@1040 640x360@820 426x240@450");
        assert_eq!(rungs(800, VideoCodec::H264), "1920x1080@800 1280x720@570 854x480@410 640x360@330 426x240@240");
        assert_eq!(rungs(800, VideoCodec::Hevc), "1920x1080@520 1280x720@370 854x480@270 640x360@210 426x240@150");
        assert_eq!(rungs(20, VideoCodec::H264), "1920x1080@50");
    }

    #[test]
    fn lists_keep_their_numbers_and_lose_what_is_too_large() {
        let request = LadderRequest::parse("1920x1080@4500, 854x480@1200k,426x240@400").unwrap();
        let (rungs, left_out) = request.rungs(&track(1280, 720, 30), None, H264).unwrap();
        assert_eq!(shown(&rungs), "854x480@1200 426x240@400");
        assert_eq!(left_out, ["rung 1920x1080: larger than the master, which is 1280x720"]);
        assert!(LadderRequest::parse("1920x1080@4500").unwrap().rungs(&track(640, 360, 30), None, H264).is_err());
    }

    #[test]
    fn rates_are_typed_as_everywhere() {
        let request = LadderRequest::parse("1280x720@2.5M,1024x576@1500kbit/s,640X360@0.8 Mbps,320x180@300").unwrap();
        let (rungs, _) = request.rungs(&track(1280, 720, 30), None, H264).unwrap();
        assert_eq!(shown(&rungs), "1280x720@2500 1024x576@1500 640x360@800 320x180@300");
    }

    #[test]
    fn what_is_no_ladder_is_told_what_one_looks_like() {
        let refused = [
            ("640by360", "`640by360`"),
            ("640x360", "`640x360`"),
            ("720p@2500", "`720p@2500`"),
            ("1280x720@2500;640x360@800", "is no rate"),
            ("1280x720@2500,640x360@", "`640x360@`"),
            ("1280x720@2500,", "``"),
            ("1280x720@4MB/s", "bytes"),
            ("1280x720@2,5M", "`5M`"),
            ("", "``"),
        ];
        for (text, why) in refused {
            let error = LadderRequest::parse(text).unwrap_err();
            assert_eq!(error.exit, crate::error::Exit::Usage, "{text}: {error}");
            assert!(error.message.contains(why) && error.message.contains("1280x720@2500"), "{text}: {error}");
        }
        let slow = LadderRequest::parse("1280x720@2.5").unwrap_err();
        assert!(slow.message.contains("2.5M is 2500"), "{slow}");
        let folder = LadderRequest::parse("no/such/ladder").unwrap_err();
        assert_eq!(folder.exit, crate::error::Exit::Input);
    }

    #[test]
    fn a_box_of_another_shape_is_filled_without_distortion() {
        let (rungs, _) = LadderRequest::parse("640x360@800").unwrap().rungs(&track(1024, 768, 25), None, H264).unwrap();
        assert_eq!(shown(&rungs), "480x360@800");
    }

    #[test]
    fn a_file_says_more() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ladder.toml");
        let parse = |content: &str| {
            std::fs::write(&path, content).unwrap();
            LadderRequest::parse(path.to_str().unwrap())
        };
        let rungs = parse("[[rung]]\nsize = \"640x360\"\nkbps = 700\nmax_kbps = 1400\npreset = \"slow\"\n").unwrap();
        let (rungs, _) = rungs.rungs(&track(1920, 1080, 30), None, H264).unwrap();
        assert_eq!((rungs[0].max_rate, rungs[0].preset.as_deref()), (Bitrate::from_kbps(1400), Some("slow")));
        let typo = parse("[[rung]]\nsize = \"640x360\"\nkpbs = 700\n").unwrap_err();
        assert!(typo.message.contains("kpbs"), "{typo}");
        let text = parse("[[rung]]\nsize = \"640x360\"\nkbps = \"2.5M\"\nmax_kbps = 3000.5\n").unwrap();
        let (rungs, _) = text.rungs(&track(1920, 1080, 30), None, H264).unwrap();
        assert_eq!((rungs[0].rate.bps(), rungs[0].max_rate.bps()), (2_500_000, 3_000_500));
        assert!(parse("[[rung]]\nsize = \"640x360\"\nkbps = \"2.5MB/s\"\n").unwrap_err().message.contains("bytes"));
        assert_eq!(LadderRequest::parse("no-such-ladder.toml").unwrap_err().exit, crate::error::Exit::Input);
        assert!(parse("rung = []").is_err());
    }

    #[test]
    fn formats_have_their_own_rates_and_rungs() {
        let all = [VideoCodec::H264, VideoCodec::Hevc, VideoCodec::Av1];
        let (rungs, _) = LadderRequest::Automatic.rungs(&track(640, 360, 30), None, &all).unwrap();
        assert_eq!(shown(&rungs), "640x360@860 426x240@450 640x360@560 426x240@290 640x360@470 426x240@250");
        let (rungs, left_out) = LadderRequest::Automatic.rungs(&track(48, 32, 30), None, &all).unwrap();
        assert_eq!(rungs.len(), 2);
        assert_eq!(left_out, ["av1 of 48x32: its encoder wants sides of 64 at least"]);
        assert!(LadderRequest::Automatic.rungs(&track(48, 32, 30), None, &all[2..]).is_err());
    }

    #[test]
    fn a_file_has_every_setting_of_the_encoder_but_those_that_keep_rungs_aligned() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ladder.toml");
        let parse = |params: &str| {
            let rung = "[[rung]]\nsize = \"640x360\"\nkbps = 700\ncodec = \"hevc\"\ntune = \"grain\"\n";
            std::fs::write(&path, format!("{rung}params = {{ {params} }}\n[audio]\nstereo_kbps = [\"192k\", 64]\n"))
                .unwrap();
            LadderRequest::parse(path.to_str().unwrap())
        };
        let request = parse("ref = 4, aq-mode = \"3\", sao = false").unwrap();
        let (rungs, _) = request.rungs(&track(640, 360, 30), None, &[VideoCodec::H264, VideoCodec::Hevc]).unwrap();
        assert_eq!(
            (rungs.len(), rungs[0].codec, rungs[0].encoder.tune.as_deref()),
            (1, VideoCodec::Hevc, Some("grain"))
        );
        let params: Vec<_> = rungs[0].encoder.params.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(params, ["aq-mode=3", "ref=4", "sao=0"]);
        assert_eq!(request.sound().stereo_kbps, [192, 64]);
        assert!(parse("keyint = 17").unwrap_err().message.contains("`keyint` is decided by the packager"));
    }

    #[test]
    fn the_sample_ladders_are_right() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples/ladders");
        let all = [VideoCodec::H264, VideoCodec::Hevc, VideoCodec::Av1];
        for (name, count) in [("services.toml", 15), ("three-formats.toml", 8)] {
            let request = LadderRequest::parse(folder.join(name).to_str().unwrap()).unwrap();
            let (rungs, left_out) = request.rungs(&track(1920, 1080, 25), None, &all).unwrap();
            assert_eq!((rungs.len(), left_out.len()), (count, 0), "{name}");
        }
    }

    proptest! {
        /// Whatever the master: even sizes, its shape, never larger, rates that fall with the size.
        #[test]
        fn no_rung_is_larger_than_the_master(width in 8u32..4000, height in 8u32..4000, fps in 1u32..121) {
            let track = track(width * 2, height * 2, fps);
            let rungs = automatic(&track, None, VideoCodec::H264).0;
            prop_assert!(!rungs.is_empty());
            for rung in &rungs {
                prop_assert!(rung.width <= track.width && rung.height <= track.height);
                prop_assert!(rung.width % 2 == 0 && rung.height % 2 == 0 && rung.width >= 2 && rung.height >= 2);
            }
            prop_assert!(rungs.windows(2).all(|w| w[0].rate >= w[1].rate));
        }
    }
}
