//! The first look at a master. Where the tables of its container do not tell how fast its pictures come and how long its
//! tracks are, one pass over its packets does. Few of its pictures are decoded.

use super::glimpse::PictureWatch;
use super::whole::{self, Ending};
use super::{Master, StreamSurvey, Survey, cropped, fields, moved, read};
use crate::error::{Exit, PackagerError};
use crate::probe::{self, AudioTrack, MasterInfo, VideoTrack, programme};
use shared::time::PresentationTime;
use shared_av::{Rational, SourceInfo, StreamInfo, StreamKind};
use std::time::Duration;

/// Tracks that begin or end further apart than this are looked at: a clock may be broken.
const APART_SECONDS: f64 = 600.0;
/// A start that the container puts further away than this from the first packet is wrong.
const START_SECONDS: f64 = 10.0;

/// What is known of a master before it is planned.
#[derive(Debug, Clone, PartialEq)]
pub struct FirstLook {
    /// Its description, where need be with what its packets say.
    pub info: SourceInfo,
    /// What the user should know.
    pub notes: Vec<String>,
    /// What the pass over its packets has learned, where there was one: nobody has to make it again.
    pub survey: Option<Survey>,
}

/// Looks at a master whose container says `info` of it.
///
/// # Errors
/// When it cannot be read; 4 when it is cut off, unless damage is allowed, or when its tracks contradict each other.
pub fn look(info: &SourceInfo, input: &Master, allow_damaged: bool) -> Result<FirstLook, PackagerError> {
    let unseen = |info: SourceInfo, notes: Vec<String>| FirstLook { info, notes, survey: None };
    let info = cropped::marked(info, input.path());
    // What is no master is refused by those who plan it.
    let Ok(told) = probe::inspect(input.name(), &info) else { return Ok(unseen(info, vec![])) };
    let (mut info, fields) = fields::settled(info, &told, input)?;
    let mut notes: Vec<String> = fields.into_iter().collect();
    let candidates = candidates(&info, &told);
    if is_told(&info, &candidates) {
        return Ok(unseen(info, notes));
    }
    let source = input.open()?;
    let mut watches: Vec<PictureWatch> =
        candidates.iter().filter_map(|stream| PictureWatch::new(&info, &source, *stream)).collect();
    let survey = read::read_with(source, &candidates, |packet| {
        for watch in &mut watches {
            watch.packet(packet);
        }
    })?;
    for stream in info.streams.iter_mut().filter(|stream| candidates.contains(&stream.index)) {
        stream.frames = Some(survey.streams.get(&stream.index).map_or(0, |seen| seen.packets + seen.untimed));
    }
    let moves = moved::join(&mut info, &survey);
    // Now it is known which of them move.
    let Ok(told) = probe::inspect(input.name(), &info) else { return Ok(unseen(info, notes)) };
    let survey = of_used(survey, &told, input)?;
    refuse_holes(&survey, input)?;
    let watch = told.video.as_ref().and_then(|track| PictureWatch::of_track(watches, track));
    let sizes = watch.and_then(|watch| watch.settle(&mut info, &survey));
    for stream in &mut info.streams {
        if let Some(seen) = survey.streams.get(&stream.index) {
            correct(stream, seen);
        }
    }
    let there = length(&survey);
    let ending = || Ending::of(&info.container, input.ends_early(), survey.damaged > 0);
    let told = told.duration.filter(|_| survey.jumps == 0);
    let cut = told.map(|told| whole::judge(input.name(), told, there, ending, allow_damaged)).transpose()?;
    info.duration = Some(there).filter(|there| !there.is_zero());
    notes.extend(sizes.into_iter().chain(cut.flatten()).chain(moves));
    Ok(FirstLook { info, notes, survey: Some(survey) })
}

/// The streams that a package may be made of: those that would be used, and all pictures, of which some may be covers.
fn candidates(info: &SourceInfo, master: &MasterInfo) -> Vec<usize> {
    let foreign = programme::foreign(info);
    let pictures = info.videos().map(|(stream, _)| stream.index).filter(|stream| !foreign.contains(stream));
    let mut streams: Vec<usize> = moved::with_late_sound(info, used(master)).into_iter().chain(pictures).collect();
    streams.sort_unstable();
    streams.dedup();
    streams
}

/// The streams that a package is made of.
fn used(master: &MasterInfo) -> Vec<usize> {
    let sounds = master.audios.iter().flat_map(AudioTrack::streams);
    sounds.chain(master.video.iter().flat_map(VideoTrack::streams)).collect()
}

/// What is known of the streams that are used, those in which the pictures go on as one. How a clock that jumps is mended
/// depends on the streams that are read, so these alone are read again.
fn of_used(survey: Survey, told: &MasterInfo, input: &Master) -> Result<Survey, PackagerError> {
    let used = used(told);
    let is_other = survey.jumps > 0 && survey.streams.keys().any(|stream| !used.contains(stream));
    let survey = if is_other { read::read(input.open()?, &used)? } else { survey.of(&used) };
    Ok(told.video.iter().fold(survey, |survey, track| survey.with_pictures_joined(track)))
}

/// The tables of a movie box have every sample: steady pictures, and tracks that begin and end together, leave nothing
/// to be found.
fn is_told(info: &SourceInfo, used: &[usize]) -> bool {
    let streams: Vec<&StreamInfo> = info.streams.iter().filter(|stream| used.contains(&stream.index)).collect();
    let has_table = |stream: &&StreamInfo| stream.frames.is_some() && stream.duration.is_some() && is_steady(stream);
    let bounds = |stream: &&StreamInfo| {
        let start = stream.start.unwrap_or(PresentationTime::ZERO);
        (start, start + stream.duration.unwrap_or_default())
    };
    let apart = |times: &dyn Fn(&&StreamInfo) -> PresentationTime| {
        let latest = streams.iter().map(times).max().unwrap_or(PresentationTime::ZERO);
        streams.iter().map(times).min().is_some_and(|earliest| latest.offset_secs(earliest) > APART_SECONDS)
    };
    let are_apart = apart(&|stream| bounds(stream).0) || apart(&|stream| bounds(stream).1);
    info.container.contains("mp4") && streams.iter().all(has_table) && !are_apart
}

/// Both rates are the same within two parts in a hundred.
fn is_steady(stream: &StreamInfo) -> bool {
    let StreamKind::Video(video) = &stream.kind else { return true };
    let value = |rate: Option<Rational>| rate.map_or(0.0, Rational::value);
    (value(video.base_rate) / value(video.average_rate) - 1.0).abs() < 0.02
}

/// Packets know better than estimates.
fn correct(stream: &mut StreamInfo, seen: &StreamSurvey) {
    let (Some(start), Some(end)) = (seen.start, seen.end) else { return };
    let is_near = |told: &PresentationTime| told.offset_secs(start).abs() <= START_SECONDS;
    stream.start = Some(stream.start.filter(is_near).unwrap_or(start));
    stream.duration = Some(end.since(start)).filter(|lasts| !lasts.is_zero());
}

/// From the first presentation of any stream to the last end.
fn length(survey: &Survey) -> Duration {
    let start = survey.streams.values().filter_map(|stream| stream.start).min();
    let end = survey.streams.values().filter_map(|stream| stream.end).max();
    start.zip(end).map_or(Duration::ZERO, |(start, end)| end.since(start))
}

/// A long time in which one track has nothing while another goes on is a still picture, or silence. One in which none of
/// several has anything is a broken clock.
fn refuse_holes(survey: &Survey, input: &Master) -> Result<(), PackagerError> {
    let Some((from, to)) = hole(survey) else { return Ok(()) };
    let what = format!(
        "cannot package {}: its clock jumps forward by {:.0} s at {from}: none of its tracks has anything there",
        input.name(),
        to.offset_secs(from)
    );
    Err(PackagerError::new(Exit::NotMedia, what))
}

/// The first long time in which no track has anything, if there are several.
fn hole(survey: &Survey) -> Option<(PresentationTime, PresentationTime)> {
    let mut spans: Vec<_> = survey.streams.values().flat_map(StreamSurvey::spans).collect();
    if survey.streams.values().filter(|stream| stream.packets > 0).count() < 2 {
        return None;
    }
    spans.sort_unstable();
    let mut end = spans.first()?.1;
    for (from, to) in spans {
        if from.offset_secs(end) > APART_SECONDS {
            return Some((end, from));
        }
        end = end.max(to);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::tests::packet;
    use super::*;

    /// Streams of packets from one second to another.
    fn survey(streams: &[&[(i64, i64)]]) -> Survey {
        let mut survey = Survey::default();
        for (stream, packets) in streams.iter().enumerate() {
            for (from, end) in *packets {
                survey.packet(stream, packet(from * 1000, end * 1000));
            }
        }
        survey
    }

    #[test]
    fn stills_and_silences_are_no_holes() {
        type Case<'a> = (&'a str, &'a [&'a [(i64, i64)]], Option<i64>);
        let cases: [Case<'_>; 6] = [
            ("a picture, and sound that goes on", &[&[(0, 1)], &[(0, 500), (500, 1000)]], None),
            ("a slide", &[&[(0, 3), (700, 701)], &[(0, 300), (300, 700)]], None),
            ("sound that begins late", &[&[(0, 400), (400, 800)], &[(660, 800)]], None),
            ("a slide without sound", &[&[(0, 3), (3000, 3001)]], None),
            ("nobody has anything", &[&[(0, 3), (3000, 3001)], &[(0, 10)]], Some(10)),
            ("clocks an hour apart", &[&[(3600, 3610)], &[(0, 10)]], Some(10)),
        ];
        for (name, streams, expected) in cases {
            let found = hole(&survey(streams)).map(|(from, _)| from.nanos() / 1_000_000_000);
            assert_eq!(found, expected, "{name}");
        }
    }

    #[test]
    fn what_the_packets_say_counts() {
        let survey = survey(&[&[(5, 65)]]);
        let seen = &survey.streams[&0];
        let audio = shared_av::AudioInfo { sample_rate: 48_000, layout: shared_av::ChannelLayout::Stereo, places: 0 };
        let mut told = probe::tests::stream(0, StreamKind::Audio(audio));
        told.duration = Some(Duration::from_secs(2000));
        correct(&mut told, seen);
        assert_eq!((told.start, told.duration), (Some(PresentationTime::ZERO), Some(Duration::from_secs(60))));
        told.start = Some(PresentationTime::from_millis(3_600_000));
        correct(&mut told, seen);
        assert_eq!(told.start, seen.start);
    }
}
