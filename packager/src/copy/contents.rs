//! Which tracks of several inputs are the same content, in which order they are listed, and on which axis their times are. Pure.

use super::facts::{InputFacts, Origin, TrackFacts};
use super::family::Named;
use crate::language;
use shared::time::{MediaTime, PresentationTime};
use shared_av::StreamPurpose;

/// Writers of containers without edit lists move a film by no more than this.
const NEARLY: f64 = 0.2;

/// A track that becomes a rendition.
#[derive(Clone, Copy)]
pub(super) struct Member<'a> {
    pub(super) input: usize,
    pub(super) name: &'a str,
    pub(super) track: &'a TrackFacts,
    /// Which content it is.
    pub(super) content: usize,
    /// What is taken off its presentation times, in its ticks.
    pub(super) zero: i64,
}

impl Member<'_> {
    /// A tick of its own in nanoseconds of the presentation.
    pub(super) fn at(&self, ticks: i64) -> i64 {
        self.track.time(ticks.saturating_sub(self.zero)).nanos()
    }

    /// With its beginning.
    pub(super) fn named(&self) -> Named<'_> {
        let begins = PresentationTime::from_nanos(self.at(self.track.presented.start));
        Named { name: self.name, track: self.track, begins }
    }

    /// Where it ends.
    pub(super) fn end(&self) -> i64 {
        self.at(self.track.presented.end)
    }
}

/// The tracks in the order of the manifest: pictures, best first, then sound. The same sound in several inputs is one.
pub(super) fn members<'a>(inputs: &'a [InputFacts], left_out: &mut Vec<String>) -> Vec<Member<'a>> {
    let mut members: Vec<Member<'a>> = vec![];
    let mut contents: Vec<ContentKey> = vec![];
    for (input, facts) in inputs.iter().enumerate() {
        let mut in_input: Vec<ContentKey> = vec![];
        for track in &facts.tracks {
            let mut key = ContentKey::of(track);
            if key.is_sound {
                key.ordinal = in_input.iter().filter(|other| key.is_like(other)).count();
            }
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

/// What makes tracks the same content. All pictures are, which one film has. Sound of one input never is: two tracks of one
/// language may be the game and the microphone.
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
/// first sound. An input that does not say where the film begins is moved as a whole, where its pictures begin nearly there.
fn zero(inputs: &[InputFacts], of: &InputFacts, track: &TrackFacts) -> i64 {
    let is_anywhere = |input: &InputFacts| input.origin == Origin::Anywhere;
    let alike = inputs.iter().filter(|input| is_anywhere(input) == is_anywhere(of));
    let all = first_picture(alike.clone()).or_else(|| {
        let sound = first_start(alike.flat_map(|input| &input.tracks))?;
        // Priming stands before the time at which a movie begins.
        let is_priming = !is_anywhere(of) && sound.ticks < 0;
        Some(if is_priming { MediaTime::new(0, sound.timescale) } else { sound })
    });
    let own = first_picture(std::iter::once(of)).filter(|_| of.origin != Origin::Film);
    let apart = |own: &MediaTime| all.map_or(0.0, |all| own.presentation().offset_secs(all.presentation()));
    let zero = own.filter(|own| apart(own).abs() <= NEARLY).or(all);
    zero.map_or(0, |zero| zero.rescaled(track.timescale).ticks)
}

fn first_picture<'a>(inputs: impl Iterator<Item = &'a InputFacts>) -> Option<MediaTime> {
    first_start(inputs.flat_map(|input| &input.tracks).filter(|track| track.video().is_some()))
}

fn first_start<'a>(tracks: impl Iterator<Item = &'a TrackFacts>) -> Option<MediaTime> {
    let start = |track: &TrackFacts| MediaTime::new(track.presented.start, track.timescale);
    tracks.map(start).min_by_key(|time| time.presentation())
}
