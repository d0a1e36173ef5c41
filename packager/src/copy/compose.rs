//! The plan of a package of tracks as they are: which tracks are the same content, where all are cut, what becomes of each.
//! Pure, but for the packets of sound, which are asked for when the cuts are known.

use super::contents::{Member, members};
use super::cuts;
use super::cutting::Cuts;
use super::facts::{InputFacts, TrackFacts, codec_name};
use super::family;
use super::file::{instant, refused};
use super::starts::Start;
use crate::error::{Exit, PackagerError};
use crate::language;
use crate::layout::Addressing;
use crate::plan::{
    CopiedSegment, CopiedTrack, How, MasterIdentity, Plan, PlannedRendition, RenditionKind, VERSION, Wishes,
    with_unique_ids,
};
use shared::time::{PresentationTime, Timescale};
use shared::units::{Bitrate, ByteSize};
use shared_av::{About, Rational};
use std::ops::Range;
use std::time::Duration;

/// Bytes of a chunk: what is lost when a run is killed within one is copied in a moment.
const CHUNK_BYTES: u64 = 1 << 30;
/// Sound that is decoded so long before the presentation begins primes the decoder; what is earlier is left out.
const LONGEST_PRIMING: f64 = 0.19;

/// When each packet of a track of sound is composed, with its number, in ticks.
pub(super) type Packets<'a> = dyn Fn(usize, &TrackFacts) -> Result<Vec<i64>, PackagerError> + 'a;

/// What was planned, and what is to be said of it.
#[derive(Debug)]
pub struct Composed {
    /// The plan.
    pub plan: Plan,
    /// What the package will not have.
    pub left_out: Vec<String>,
    /// What else is to be known.
    pub notes: Vec<String>,
}

/// Makes the plan.
///
/// # Errors
/// 4 when the tracks cannot be one film, with file and place.
pub fn compose(
    inputs: &[InputFacts],
    identity: MasterIdentity,
    wishes: &Wishes,
    packets: &Packets<'_>,
) -> Result<Composed, PackagerError> {
    let mut left_out: Vec<String> = inputs.iter().flat_map(|input| input.left_out.clone()).collect();
    let mut notes: Vec<String> = inputs.iter().flat_map(|input| input.notes.clone()).collect();
    let members = members(inputs, &mut left_out);
    let (pictures, sounds): (Vec<Member<'_>>, Vec<Member<'_>>) =
        members.iter().partition(|member| member.track.kind() == RenditionKind::Video);
    if members.is_empty() {
        let (name, why) = inputs.first().map_or(("nothing", "it has no tracks that are copied".to_owned()), |first| {
            let why = left_out.first().cloned();
            (first.name.as_str(), why.unwrap_or_else(|| "it has neither pictures nor sound".into()))
        });
        return Err(refused(name, why));
    }
    if let Some((first, others)) = pictures.split_first() {
        for other in others {
            family::check(first.named(), other.named())?;
        }
    }
    let cuts =
        if pictures.is_empty() { Cuts::of_sound(&sounds, wishes) } else { Cuts::of_pictures(&pictures, wishes)? };
    cuts.suit(wishes)?;
    let mut renditions = vec![];
    for (place, member) in pictures.iter().enumerate() {
        let rendition = picture(member, &cuts, place);
        if let How::Copy(CopiedTrack { access: 3.., .. }) = &rendition.how {
            if wishes.addressing == Addressing::Number {
                return Err(refused(
                    member.name,
                    format!("{}; use --addressing timeline", open_note(member, &cuts, place)),
                ));
            }
            notes.push(format!("{}: {}", member.name, open_note(member, &cuts, place)));
        }
        renditions.push(rendition);
    }
    for member in &sounds {
        let (rendition, told) = sound(member, &cuts, &sounds, packets)?;
        renditions.extend(rendition);
        notes.extend(told);
    }
    notes.push(cuts.told());
    let plan = plan(identity, wishes, &cuts, pictures.first().or(sounds.first()), renditions)?;
    Ok(Composed { plan, left_out, notes })
}

fn picture(member: &Member<'_>, cuts: &Cuts, place: usize) -> PlannedRendition {
    let starts: Vec<&Start> = cuts.places[place].iter().map(|start| &member.track.starts[*start]).collect();
    let segment = |start: &&Start| CopiedSegment { first: start.sample, time: start.earliest - member.zero };
    let segments: Vec<CopiedSegment> = starts.iter().map(segment).collect();
    let access = starts.iter().map(|start| access(start)).max().unwrap_or(1);
    let (width, height) = member.track.video().map_or((0, 0), |video| (video.width, video.height));
    let rate = rate(member);
    let codec = codec_name(&member.track.codec).unwrap_or_default();
    let id = format!("{codec}-{width}x{height}-{}k", rate.bps() / 1000);
    let track = copied(member, segments, member.track.samples.clone(), rate);
    let track = CopiedTrack { access, rate: frame_rate(member.track), main: true, ..track };
    planned(member, id, track)
}

/// ISO/IEC 14496-12 Annex I: 1 for a closed group, 2 with leading pictures that can be decoded, 3 for an open one.
fn access(start: &Start) -> u32 {
    match (start.is_closed, start.earliest < start.ticks) {
        (false, _) => 3,
        (true, true) => 2,
        (true, false) => 1,
    }
}

fn open_note(member: &Member<'_>, cuts: &Cuts, place: usize) -> String {
    let first = cuts.places[place].iter().map(|start| &member.track.starts[*start]).find(|start| !start.is_closed);
    let at = instant(PresentationTime::from_nanos(first.map_or(0, |start| member.at(start.ticks))));
    format!(
        "its groups of pictures are open (first at {at}); nobody can switch to it there without a fault (startWithSAP=3), \
         and its segments begin before the cut"
    )
}

/// A rendition of sound, where there is any beside the pictures; and what is left out of it.
fn sound(
    member: &Member<'_>,
    cuts: &Cuts,
    sounds: &[Member<'_>],
    packets: &Packets<'_>,
) -> Result<(Option<PlannedRendition>, Vec<String>), PackagerError> {
    let track = member.track;
    let composed = packets(member.input, track)?;
    let presented = |number: u32| composed.get(number as usize).map_or(0, |cts| cts.saturating_add(track.shift));
    let (used, notes) = beside_pictures(member, cuts, &presented);
    let starts = used.clone().map(|number| (number, member.at(presented(number))));
    let segment = |(first, _): (u32, i64)| CopiedSegment { first, time: presented(first) - member.zero };
    let segments: Vec<CopiedSegment> = cuts::nearest(starts, &cuts.at).into_iter().map(segment).collect();
    if segments.is_empty() {
        return Ok((None, notes));
    }
    let is_whole = used.end == track.samples.end;
    let last = presented(used.end - 1) + i64::from(track.usual.0);
    let ends_at = if is_whole { track.presented.end } else { last } - member.zero;
    let preferred = sounds.iter().find(|other| other.track.is_default).or(sounds.first());
    let main = preferred.is_some_and(|first| first.content == member.content);
    let copied = CopiedTrack { main, ends_at, ..copied(member, segments, used, rate(member)) };
    Ok((Some(planned(member, sound_id(member, sounds), copied)), notes))
}

/// The packets that are used: what comes long before the pictures is of no use to a decoder, and players end with them.
fn beside_pictures(member: &Member<'_>, cuts: &Cuts, presented: &dyn Fn(u32) -> i64) -> (Range<u32>, Vec<String>) {
    let samples = member.track.samples.clone();
    let earliest = -(LONGEST_PRIMING * f64::from(member.track.timescale.get())) as i64;
    let is_early = |number: &u32| presented(*number) - member.zero < earliest;
    let is_late = |number: &u32| member.at(presented(*number)) >= cuts.end.saturating_add(cuts.mean());
    let early = samples.clone().take_while(is_early).count() as u32;
    let behind = samples.start + early..samples.end;
    let late = behind.clone().rev().take_while(is_late).count() as u32;
    let note = |count: u32, place: &str| {
        let what = format!("left out: {count} packets of sound of {} that come {place} the pictures", member.name);
        (count > 0).then_some(what)
    };
    let notes = [note(early, "long before"), note(late, "long behind")].into_iter().flatten().collect();
    (behind.start..behind.end - late, notes)
}

/// Named as sound that is encoded.
fn sound_id(member: &Member<'_>, sounds: &[Member<'_>]) -> String {
    let mut contents: Vec<usize> = sounds.iter().map(|other| other.content).collect();
    contents.dedup();
    let place = contents.iter().position(|content| *content == member.content).unwrap_or(0) + 1;
    let track = member.track;
    let language = track.language.as_deref().and_then(language::tag).map(|tag| format!("-{tag}")).unwrap_or_default();
    let codec = codec_name(&track.codec).unwrap_or_default();
    let channels = track.audio().map_or(0, |audio| audio.channels);
    format!("{codec}-{place}{language}-{channels}ch-{}k", rate(member).bps() / 1000)
}

fn copied(member: &Member<'_>, segments: Vec<CopiedSegment>, samples: Range<u32>, bit_rate: Bitrate) -> CopiedTrack {
    let track = member.track;
    let decoded = track.decoded_at - member.zero - track.earlier;
    let size = track.bytes / (segments.len() as u64).max(1);
    CopiedTrack {
        input: member.input,
        track: track.track,
        timescale: track.timescale,
        codec: track.codec.to_string(),
        lines: track.video().map(|video| video.width.min(video.height).into()),
        rate: None,
        bit_rate,
        language: track.language.clone(),
        title: track.title.clone(),
        purpose: track.purpose,
        main: false,
        access: 1,
        shift: track.shift - member.zero,
        earlier: track.earlier,
        delay: u32::try_from(decoded.saturating_neg().max(0)).unwrap_or(u32::MAX),
        segments,
        end: samples.end,
        ends_at: track.presented.end - member.zero,
        chunk_segments: u32::try_from((CHUNK_BYTES / size.max(1)).max(1)).unwrap_or(u32::MAX),
    }
}

fn planned(member: &Member<'_>, id: String, track: CopiedTrack) -> PlannedRendition {
    PlannedRendition { id, kind: member.track.kind(), from: member.content, how: How::Copy(track) }
}

fn rate(member: &Member<'_>) -> Bitrate {
    let lasts = Duration::try_from_secs_f64(member.track.secs()).unwrap_or_default();
    ByteSize::from_bytes(member.track.bytes).per(lasts).unwrap_or_default()
}

/// The exact one where it is constant, else the average to a thousandth.
fn frame_rate(track: &TrackFacts) -> Option<Rational> {
    let (ticks, is_constant) = track.usual;
    let samples = f64::from(track.samples.end - track.samples.start);
    let average = samples * f64::from(track.timescale.get()) / (track.lasts as f64).max(1.0);
    let exact = f64::from(track.timescale.get()) / f64::from(ticks.max(1));
    if is_constant && (average / exact - 1.0).abs() < 0.005 && ticks > 0 {
        let divisor = divisor(track.timescale.get(), ticks);
        return Rational::new(track.timescale.get() / divisor, ticks / divisor);
    }
    Rational::new((average * 1000.0).round() as u32, 1000)
}

fn divisor(a: u32, b: u32) -> u32 {
    if b == 0 { a.max(1) } else { divisor(b, a % b) }
}

fn plan(
    identity: MasterIdentity,
    wishes: &Wishes,
    cuts: &Cuts,
    leader: Option<&Member<'_>>,
    renditions: Vec<PlannedRendition>,
) -> Result<Plan, PackagerError> {
    let none = || PackagerError::new(Exit::NotMedia, "there is nothing to copy");
    let rate = leader.and_then(|leader| frame_rate(leader.track)).ok_or_else(none)?;
    let frames = |nanos: i64| (nanos as f64 / 1e9 * rate.value()).round().max(1.0);
    Plan {
        version: VERSION,
        master: identity,
        fingerprint: String::new(),
        generation: String::new(),
        addressing: wishes.addressing,
        zero: PresentationTime::ZERO,
        starts_within: false,
        about: About::default(),
        source: None,
        rate,
        segment_frames: frames(cuts.mean()) as u32,
        chunk_segments: 1,
        lead_frames: 0,
        timescale: Timescale::new(rate.num()).ok_or_else(none)?,
        frame_ticks: rate.den(),
        expected_frames: Some(frames(cuts.end) as u64),
        limit: None,
        renditions: with_unique_ids(renditions.into_iter()),
        protection: None,
        threads: 0,
    }
    .protected(wishes)?
    .sealed(wishes.run)
}
