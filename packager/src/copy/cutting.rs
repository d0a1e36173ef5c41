//! Where the segments of all renditions begin; and what is missing where they cannot. Pure.

use super::contents::Member;
use super::cuts::{self, Common, Wanted};
use super::file::{instant, refused};
use super::starts::Start;
use crate::error::PackagerError;
use crate::layout::Addressing;
use crate::plan::Wishes;
use shared::time::PresentationTime;
use std::time::Duration;

/// Where segments begin.
pub(super) struct Cuts {
    /// In nanoseconds, ascending from the start of the presentation.
    pub(super) at: Vec<i64>,
    /// Of the film.
    pub(super) end: i64,
    /// For each cut the place among its starts, by rendition of pictures.
    pub(super) places: Vec<Vec<usize>>,
    /// The first rendition, for messages.
    name: String,
}

impl Cuts {
    pub(super) fn of_pictures(pictures: &[Member<'_>], wishes: &Wishes) -> Result<Self, PackagerError> {
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
    pub(super) fn of_sound(sounds: &[Member<'_>], wishes: &Wishes) -> Self {
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
    pub(super) fn mean(&self) -> i64 {
        let spans = i64::try_from(self.at.len()).unwrap_or(1) - 1;
        let whole = self.at.last().copied().unwrap_or(0);
        if spans > 0 { whole / spans } else { self.end }
    }

    /// Where one duration holds for all segments, they have to be equal.
    pub(super) fn suit(&self, wishes: &Wishes) -> Result<(), PackagerError> {
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
    pub(super) fn told(&self) -> String {
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
        let wanted = seconds(wanted);
        let length = seconds(end - begin.max(0));
        let remedy = format!(
            "a segment would last {length:.3} s, more than twice the {wanted} s that are wanted; encode with key frames at \
             the same times, or ask for a longer --segment-seconds"
        );
        match torn {
            Some((at, who, lacks)) => {
                let at = PresentationTime::from_nanos(at);
                let name = self.pictures[lacks].name;
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
