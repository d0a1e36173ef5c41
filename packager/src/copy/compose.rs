//! The plan of a package of tracks as they are: which tracks are the same content, where all are cut, what becomes of each.
//! Pure, but for the packets of sound, which are asked for when the cuts are known.

use super::cuts::{self, Common, Wanted};
use super::facts::{InputFacts, TrackFacts, codec_name};
use super::family::{self, Named};
use super::file::{instant, refused};
use super::starts::Start;
use crate::error::{Exit, PackagerError};
use crate::language;
use crate::layout::Addressing;
use crate::plan::{
    CopiedSegment, CopiedTrack, How, MasterIdentity, Plan, PlannedRendition, RenditionKind, VERSION, Wishes,
    with_unique_ids,
};
use shared::time::{MediaTime, PresentationTime, Timescale};
use shared::units::{Bitrate, ByteSize};
use shared_av::{About, Rational, StreamPurpose};
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

/// A track that becomes a rendition.
#[derive(Clone, Copy)]
struct Member<'a> {
    input: usize,
    name: &'a str,
    track: &'a TrackFacts,
    /// Which content it is.
    content: usize,
    /// What is taken off its presentation times, in its ticks.
    zero: i64,
}

impl Member<'_> {
    fn at(&self, ticks: i64) -> i64 {
        self.track.time(ticks.saturating_sub(self.zero)).nanos()
    }

    fn named(&self) -> Named<'_> {
        let begins = PresentationTime::from_nanos(self.at(self.track.presented.start));
        Named { name: self.name, track: self.track, begins }
    }

    fn end(&self) -> i64 {
        self.at(self.track.presented.end)
    }
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
        if let How::Copy(CopiedTrack { access: 2.., .. }) = &rendition.how {
            notes.push(open_note(member, &cuts, place));
        }
        renditions.push(rendition);
    }
    for member in &sounds {
        let (rendition, note) = sound(member, &cuts, &sounds, packets)?;
        renditions.push(rendition);
        notes.extend(note);
    }
    notes.push(cuts.told());
    let plan = plan(identity, wishes, &cuts, pictures.first().or(sounds.first()), renditions)?;
    Ok(Composed { plan, left_out, notes })
}

/// The tracks in the order of the manifest: pictures, best first, then sound. The same sound in several inputs is one.
fn members<'a>(inputs: &'a [InputFacts], left_out: &mut Vec<String>) -> Vec<Member<'a>> {
    let mut members: Vec<Member<'a>> = vec![];
    let mut contents: Vec<ContentKey> = vec![];
    for (input, facts) in inputs.iter().enumerate() {
        let mut in_input: Vec<ContentKey> = vec![];
        for track in &facts.tracks {
            let mut key = ContentKey::of(track);
            key.ordinal = in_input.iter().filter(|other| key.is_like(other)).count();
            in_input.push(key.clone());
            let content = contents.iter().position(|known| *known == key).unwrap_or_else(|| {
                contents.push(key);
                contents.len() - 1
            });
            let zero = zero(inputs, facts, track);
            let member = Member { input, name: &facts.name, track, content, zero };
            let is_same = |other: &&Member<'_>| {
                other.track.audio().is_some() && (other.track.identity, other.content) == (track.identity, content)
            };
            match members.iter().find(is_same) {
                Some(same) => left_out.push(format!("the sound of {}: it is that of {}", facts.name, same.name)),
                None => members.push(member),
            }
        }
    }
    let area = |track: &TrackFacts| track.video().map_or(0, |video| u64::from(video.width) * u64::from(video.height));
    let rank = |member: &Member<'_>| {
        let rate = (member.track.bytes as f64 / member.track.secs().max(1e-3)) as u64;
        let first = members.iter().find(|other| other.content == member.content);
        let codec = |other: &&Member<'_>| other.track.codec.kind() == member.track.codec.kind();
        let codec = members.iter().position(|other| codec(&other));
        let is_sound = member.track.audio().is_some();
        (is_sound, first.map(|_| member.content), codec, std::cmp::Reverse((area(member.track), rate)))
    };
    let mut sorted: Vec<(_, Member<'a>)> = members.iter().map(|member| (rank(member), *member)).collect();
    sorted.sort_by_key(|(rank, _)| *rank);
    sorted.into_iter().map(|(_, member)| member).collect()
}

/// What makes tracks of several inputs the same content. Tracks of one input never are: two of one language may be the game
/// and the microphone.
#[derive(Clone, PartialEq)]
struct ContentKey {
    is_sound: bool,
    language: Option<String>,
    title: Option<String>,
    purpose: StreamPurpose,
    /// Among those of its input that are alike otherwise.
    ordinal: usize,
}

impl ContentKey {
    fn of(track: &TrackFacts) -> Self {
        let is_sound = track.audio().is_some();
        let language = track.language.as_deref().and_then(language::tag).filter(|_| is_sound);
        let title = track.title.clone().filter(|_| is_sound);
        Self { is_sound, language, title, purpose: track.purpose, ordinal: 0 }
    }

    fn is_like(&self, other: &Self) -> bool {
        *self == Self { ordinal: self.ordinal, ..other.clone() }
    }
}

/// The presentation begins with the first picture of all inputs whose times count from the same beginning, or else with the
/// first sound.
fn zero(inputs: &[InputFacts], of: &InputFacts, track: &TrackFacts) -> i64 {
    let alike = || inputs.iter().filter(|input| input.is_broadcast == of.is_broadcast).flat_map(|input| &input.tracks);
    let start = |track: &TrackFacts| MediaTime::new(track.presented.start, track.timescale);
    let first =
        |tracks: &mut dyn Iterator<Item = &TrackFacts>| tracks.map(start).min_by_key(|time| time.presentation());
    let pictures = first(&mut alike().filter(|track| track.video().is_some()));
    let zero = pictures.or_else(|| {
        // Priming stands before the time at which a movie begins.
        let sound = first(&mut alike().filter(|track| track.audio().is_some()))?;
        let is_priming = !of.is_broadcast && sound.ticks < 0;
        Some(if is_priming { MediaTime::new(0, sound.timescale) } else { sound })
    });
    zero.map_or(0, |zero| zero.rescaled(track.timescale).ticks)
}

/// Where segments begin.
struct Cuts {
    /// In nanoseconds, ascending from the start of the presentation.
    at: Vec<i64>,
    /// Of the film.
    end: i64,
    /// For each cut the place among its starts, by rendition of pictures.
    places: Vec<Vec<usize>>,
    /// The first rendition, for messages.
    name: String,
}

impl Cuts {
    fn of_pictures(pictures: &[Member<'_>], wishes: &Wishes) -> Result<Self, PackagerError> {
        let usable: Vec<Vec<usize>> = pictures.iter().map(|member| usable(member, pictures)).collect();
        let instants = |member: &Member<'_>, places: &[usize]| -> Vec<i64> {
            places.iter().map(|place| member.at(member.track.starts[*place].ticks)).collect()
        };
        let lists: Vec<Vec<i64>> = pictures.iter().zip(&usable).map(|(one, places)| instants(one, places)).collect();
        let shortest = pictures.iter().map(|member| member.track.sample_secs()).fold(f64::INFINITY, f64::min);
        let tolerance = (shortest / 2.0 * 1e9) as i64;
        let common = cuts::common(&lists, tolerance);
        let end = pictures.iter().map(Member::end).max().unwrap_or(0);
        let wanted = wanted(wishes);
        let lacking = Lacking { pictures, lists: &lists, tolerance };
        let begins_film = |first: &Common| usable.iter().zip(&first.places).all(|(usable, place)| usable[*place] == 0);
        if !common.first().is_some_and(begins_film) {
            return Err(lacking.refusal((-tolerance - 1, end), wanted.length));
        }
        let candidates: Vec<i64> = common.iter().map(|one| one.at).collect();
        let chosen = cuts::choose(&candidates, wanted, end);
        let taken: Vec<&Common> = chosen.iter().map(|place| &common[*place]).collect();
        let at: Vec<i64> = taken.iter().map(|one| one.at).collect();
        if let Some(stretch) = cuts::too_long(&at, end, wanted.length) {
            return Err(lacking.refusal(stretch, wanted.length));
        }
        let places = usable.iter().enumerate();
        let places = places.map(|(one, usable)| taken.iter().map(|cut| usable[cut.places[one]]).collect()).collect();
        let name = pictures.first().map_or_else(String::new, |first| first.name.to_owned());
        Ok(Self { at, end, places, name })
    }

    /// Without pictures, at each multiple of the wanted length.
    fn of_sound(sounds: &[Member<'_>], wishes: &Wishes) -> Self {
        let end = sounds.iter().map(Member::end).max().unwrap_or(0);
        let Wanted { length, least_tail } = wanted(wishes);
        let mut at: Vec<i64> = (0..).map(|n| n * length).take_while(|at| *at < end.max(1)).collect();
        if at.len() > 1 && at.last().is_some_and(|last| ((end - last) as f64) < least_tail * length as f64) {
            at.pop();
        }
        let name = sounds.first().map_or_else(String::new, |first| first.name.to_owned());
        Self { at, end, places: vec![], name }
    }

    fn lengths(&self) -> Vec<i64> {
        let ends = self.at.iter().skip(1).copied().chain([self.end]);
        self.at.iter().zip(ends).map(|(begin, end)| end - begin).collect()
    }

    /// Of all but the last.
    fn mean(&self) -> i64 {
        let spans = i64::try_from(self.at.len()).unwrap_or(1) - 1;
        let whole = self.at.last().copied().unwrap_or(0);
        if spans > 0 { whole / spans } else { self.end }
    }

    /// Where one duration holds for all segments, they have to be equal.
    fn suit(&self, wishes: &Wishes) -> Result<(), PackagerError> {
        if wishes.addressing != Addressing::Number {
            return Ok(());
        }
        let lengths = self.lengths();
        let first = lengths.first().copied().unwrap_or(0);
        let whole = lengths.len().saturating_sub(1);
        let odd = lengths.iter().take(whole).position(|length| length.abs_diff(first) > 1_500_000);
        let Some(odd) = odd else { return Ok(()) };
        let why = format!(
            "--addressing number needs segments of one length, and that at {} lasts {:.3} s, the first one {:.3} s; use \
             --addressing timeline",
            instant(PresentationTime::from_nanos(self.at[odd])),
            lengths[odd] as f64 / 1e9,
            first as f64 / 1e9
        );
        Err(refused(&self.name, why))
    }

    /// How long segments are, in words.
    fn told(&self) -> String {
        let lengths = self.lengths();
        let longest = lengths.iter().max().copied().unwrap_or(0) as f64 / 1e9;
        let mean = self.end as f64 / 1e9 / lengths.len().max(1) as f64;
        format!("{} segments; the longest lasts {longest:.3} s, the mean is {mean:.3} s", lengths.len())
    }
}

fn wanted(wishes: &Wishes) -> Wanted {
    let least_tail = wishes.addressing.least_tail(Duration::from_secs_f64(wishes.segment_seconds));
    Wanted { length: (wishes.segment_seconds * 1e9).round() as i64, least_tail }
}

/// The places among its starts at which a segment may begin: all in a rendition that is alone in its set, the closed ones in
/// others.
fn usable(member: &Member<'_>, pictures: &[Member<'_>]) -> Vec<usize> {
    let is_alike =
        |other: &&Member<'_>| (other.content, other.track.codec.kind()) == (member.content, member.track.codec.kind());
    let is_alone = pictures.iter().filter(is_alike).count() == 1;
    let starts = member.track.starts.iter().enumerate();
    starts.filter(|(_, start)| start.is_closed || is_alone).map(|(place, _)| place).collect()
}

/// What is missing where renditions cannot be cut.
struct Lacking<'a> {
    pictures: &'a [Member<'a>],
    /// The instants at which each may be cut.
    lists: &'a [Vec<i64>],
    tolerance: i64,
}

impl Lacking<'_> {
    fn has(&self, rendition: usize, at: i64) -> bool {
        let list = &self.lists[rendition];
        let place = list.partition_point(|own| *own < at - self.tolerance);
        list.get(place).is_some_and(|own| *own <= at + self.tolerance)
    }

    /// Of a stretch in which all have no instant in common: the first at which some rendition begins a group and another does
    /// not.
    fn refusal(&self, (begin, end): (i64, i64), wanted: i64) -> PackagerError {
        let within = |list: &Vec<i64>| {
            list.iter().copied().find(|at| *at > begin + self.tolerance && *at < end - self.tolerance)
        };
        let mut instants: Vec<(i64, usize)> =
            self.lists.iter().enumerate().flat_map(|(one, list)| list.iter().map(move |at| (*at, one))).collect();
        instants.retain(|(at, _)| *at > begin + self.tolerance && *at < end - self.tolerance);
        instants.sort_unstable();
        let torn = instants.iter().find_map(|(at, who)| {
            let lacks = (0..self.lists.len()).find(|other| !self.has(*other, *at))?;
            Some((*at, *who, lacks))
        });
        let seconds = |nanos: i64| nanos as f64 / 1e9;
        let (wanted, length) = (seconds(wanted), seconds(end - begin.max(0)));
        let remedy = format!(
            "a segment would last {length:.3} s, more than twice the {wanted} s that are wanted; encode with key frames at \
             the same times, or ask for a longer --segment-seconds"
        );
        match torn {
            Some((at, who, lacks)) => {
                let (at, name) = (PresentationTime::from_nanos(at), self.pictures[lacks].name);
                let other = self.pictures[who].name;
                let what = if self.is_open(lacks, at.nanos()) { "begins an open group" } else { "has no key frame" };
                refused(name, format!("at {} it {what}, where {other} begins a closed group; {remedy}", instant(at)))
            }
            None => {
                let longest = self.lists.iter().position(|list| within(list).is_none()).unwrap_or(0);
                let begin = PresentationTime::from_nanos(begin.max(0));
                let end = PresentationTime::from_nanos(end);
                let why = format!("from {} to {} it begins no closed group; {remedy}", instant(begin), instant(end));
                refused(self.pictures[longest].name, why)
            }
        }
    }

    fn is_open(&self, rendition: usize, at: i64) -> bool {
        let member = &self.pictures[rendition];
        let is_near = |start: &Start| (member.at(start.ticks) - at).abs() <= self.tolerance;
        member.track.starts.iter().any(|start| !start.is_closed && is_near(start))
    }
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
        "{}: its groups of pictures are open (first at {at}); nobody can switch to it there without a fault \
         (startWithSAP=3)",
        member.name
    )
}

fn sound(
    member: &Member<'_>,
    cuts: &Cuts,
    sounds: &[Member<'_>],
    packets: &Packets<'_>,
) -> Result<(PlannedRendition, Option<String>), PackagerError> {
    let track = member.track;
    let composed = packets(member.input, track)?;
    let presented = |number: &u32| composed.get(*number as usize).map_or(0, |cts| cts.saturating_add(track.shift));
    // Packets that end long before the presentation begins are of no use to a decoder.
    let earliest = -(LONGEST_PRIMING * f64::from(track.timescale.get())) as i64;
    let is_early = |number: &u32| presented(number) - member.zero < earliest;
    let early = track.samples.clone().take_while(is_early).count() as u32;
    let used = track.samples.start + early..track.samples.end;
    let at = cuts_of_sound(member, cuts);
    let starts = used.clone().map(|number| (number, member.at(presented(&number))));
    let segments: Vec<CopiedSegment> = cuts::nearest(starts, &at)
        .into_iter()
        .map(|(first, _)| CopiedSegment { first, time: presented(&first) - member.zero })
        .collect();
    let note = (early > 0)
        .then(|| format!("left out: {early} packets of sound of {} that come before its pictures", member.name));
    let rate = rate(member);
    let channels = track.audio().map_or(0, |audio| audio.channels);
    let contents = sounds.iter().map(|other| other.content).collect::<Vec<_>>();
    let mut order = contents.clone();
    order.dedup();
    let place = order.iter().position(|content| *content == member.content).unwrap_or(0) + 1;
    let language = track.language.as_deref().and_then(language::tag).map(|tag| format!("-{tag}")).unwrap_or_default();
    let codec = codec_name(&track.codec).unwrap_or_default();
    let id = format!("{codec}-{place}{language}-{channels}ch-{}k", rate.bps() / 1000);
    let enabled = sounds.iter().find(|other| other.track.is_default).or(sounds.first());
    let main = enabled.is_some_and(|first| first.content == member.content);
    let copied = CopiedTrack { main, ..copied(member, segments, used, rate) };
    Ok((planned(member, id, copied), note))
}

/// Those of the pictures, and more where sound goes on behind them.
fn cuts_of_sound(member: &Member<'_>, cuts: &Cuts) -> Vec<i64> {
    let mean = cuts.mean().max(1);
    let mut at = cuts.at.clone();
    while let Some(last) = at.last().copied().filter(|last| last + mean.saturating_mul(2) <= member.end()) {
        if last + mean.saturating_mul(2) <= cuts.end {
            break;
        }
        at.push(last + mean);
    }
    at
}

fn copied(member: &Member<'_>, segments: Vec<CopiedSegment>, samples: Range<u32>, bit_rate: Bitrate) -> CopiedTrack {
    let track = member.track;
    let decoded = track.decoded_at - member.zero - track.earlier;
    let size = track.bytes / (segments.len() as u64).max(1);
    CopiedTrack {
        input: member.input,
        track: track.track,
        timescale: track.timescale,
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
    let average = samples / track.secs().max(1e-3);
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
        threads: 0,
    }
    .sealed(wishes.run)
}
