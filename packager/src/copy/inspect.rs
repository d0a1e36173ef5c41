//! A movie as facts: each track is gone through once, and of its media only the beginnings of pictures are read at which a
//! segment may begin.

use super::edits::Edits;
use super::facts::{InputFacts, Origin, TrackFacts, codec_name};
use super::file::{InputFile, instant};
use super::header;
use super::input::is_text;
use super::movie::Movie;
use super::picture::{Seen, UnitForm};
use super::starts::{Start, Starts};
use super::table::{SampleTable, TableSample};
use super::track::MovieTrack;
use super::used::Used;
use crate::error::PackagerError;
use shared::bmff::entry::MediaKind;
use shared::time::MediaTime;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Bytes of a picture that mostly tell what it is, and those that tell it where much stands before.
const BEGINNINGS: [u64; 3] = [1 << 10, 1 << 16, 4 << 20];
/// Samples whose bytes tell whether two tracks of sound are the same.
const COMPARED: usize = 20;
/// What is known of a movie.
///
/// # Errors
/// 4 for one that cannot be copied as it is, with the place.
pub(super) fn movie(movie: &Movie) -> Result<InputFacts, PackagerError> {
    let mut facts = InputFacts {
        name: movie.file.name.clone(),
        origin: if movie.tracks.iter().any(|track| track.has_edits) { Origin::Film } else { Origin::Nearly },
        tracks: vec![],
        left_out: others(movie),
        notes: vec![],
    };
    for track in &movie.tracks {
        match fault(track) {
            Fault::None => facts.tracks.extend(one(movie, track, &mut facts.notes)?),
            Fault::LeftOut(why) => facts.left_out.push(format!("{} of {}: {why}", called(track), movie.file.name)),
            Fault::Refused(why) => return Err(movie.file.refused(format!("{} {why}", called(track)))),
        }
    }
    Ok(facts)
}

/// Tracks that are neither pictures nor sound; of text others tell.
fn others(movie: &Movie) -> Vec<String> {
    let others = movie.others.iter().filter(|(_, handler)| !is_text(*handler));
    others.map(|(id, handler)| format!("track {id} of {} ({handler})", movie.file.name)).collect()
}

fn called(track: &MovieTrack) -> String {
    let what = if matches!(track.entry.kind, MediaKind::Video(_)) { "pictures" } else { "sound" };
    format!("the {what} in track {}", track.id)
}

enum Fault {
    None,
    LeftOut(String),
    Refused(String),
}

/// What cannot be copied, and why.
fn fault(track: &MovieTrack) -> Fault {
    let entry = &track.entry;
    if let Some(protection) = &entry.protection {
        return Fault::Refused(format!("are encrypted (Common Encryption, {}) from 0.000 s on", protection.scheme));
    }
    if track.entries > 1 {
        return Fault::Refused("are described in two ways (entries in `stsd`) from 0.000 s on".into());
    }
    if let Edits::Several(ends) = track.edits {
        let time = MediaTime::new(ends, track.timescale).presentation();
        return Fault::Refused(format!(
            "are joined from several pieces by an edit list, the first of which ends at {}",
            instant(time)
        ));
    }
    let needs_configuration = matches!(codec_name(&entry.codec), Some("h264" | "hevc" | "av1" | "aac"));
    match codec_name(&entry.codec) {
        None => Fault::LeftOut(format!("its format ({}) is not copied", entry.name)),
        Some(_)
            if needs_configuration
                && entry.config.is_empty()
                && header::iso_sound(&track.description.entries).is_none() =>
        {
            Fault::LeftOut("nothing tells a decoder how to begin".into())
        }
        Some(_) => Fault::None,
    }
}

/// `None` for a track without samples.
fn one(movie: &Movie, track: &MovieTrack, notes: &mut Vec<String>) -> Result<Option<TrackFacts>, PackagerError> {
    let Edits::One(presented) = track.edits else { return Ok(None) };
    let table = movie.table(track)?;
    if table.is_empty() {
        return Ok(None);
    }
    let iso = header::iso_sound(&track.description.entries).map(|(_, entry)| entry);
    let entry = iso.as_ref().unwrap_or(&track.entry);
    let starts = match &entry.kind {
        MediaKind::Video(video) => {
            let form = UnitForm { codec: entry.codec.kind(), nal_length: video.nal_length.unwrap_or(4).into() };
            starts(&movie.file, &table, presented.shift, form)?
        }
        MediaKind::Audio(_) | MediaKind::Other(_) => vec![],
    };
    let is_pictures = matches!(entry.kind, MediaKind::Video(_));
    let track_facts = TrackFacts {
        track: track.id,
        timescale: track.timescale,
        codec: entry.codec.clone(),
        media: entry.kind.clone(),
        language: track.language.clone(),
        title: track.title.clone(),
        purpose: shared_av::StreamPurpose::Programme,
        is_default: track.is_enabled,
        shift: presented.shift,
        earlier: table.most_negative_offset(),
        decoded_at: 0,
        samples: 0..table.len(),
        presented: 0..0,
        lasts: 0,
        bytes: table.bytes(),
        usual: table.usual_duration(),
        starts,
        identity: if is_pictures { 0 } else { identity(&movie.file, &table)? },
    };
    let used = Used::of(&table, &track_facts, presented);
    let used = used.map_err(|why| movie.file.refused(why))?;
    notes.extend(used.notes(&table, &track_facts).map(|note| format!("{}: {note}", movie.file.name)));
    Ok(Some(used.into_facts(&table, track_facts)))
}

/// The places at which decoding can begin.
fn starts(file: &InputFile, table: &SampleTable, shift: i64, form: UnitForm) -> Result<Vec<Start>, PackagerError> {
    let mut starts = Starts::of(form);
    for sample in table.iter() {
        let seen = if starts.asks(sample.is_key) { look(file, &sample, form)? } else { None };
        starts.sample(sample.number, sample.cts.saturating_add(shift), seen);
    }
    Ok(starts.finish())
}

/// What the bytes of a sample tell, of which no more are read than that takes.
fn look(file: &InputFile, sample: &TableSample, form: UnitForm) -> Result<Option<Seen>, PackagerError> {
    for length in BEGINNINGS {
        let bytes = file.bytes(sample.at..sample.at + u64::from(sample.size).min(length))?;
        if let Some(seen) = form.look(&bytes, sample.is_key) {
            return Ok(Some(seen));
        }
    }
    Ok(None)
}

/// Two tracks with the same sizes, durations and first bytes are the same.
fn identity(file: &InputFile, table: &SampleTable) -> Result<u64, PackagerError> {
    let mut hasher = DefaultHasher::new();
    for sample in table.iter() {
        (sample.size, sample.duration).hash(&mut hasher);
    }
    for sample in table.iter().take(COMPARED) {
        file.bytes(sample.at..sample.at + u64::from(sample.size.min(1 << 16)))?.hash(&mut hasher);
    }
    Ok(hasher.finish())
}
