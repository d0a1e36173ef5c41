//! Streams that are encrypted or scrambled. A film cannot be made without its pictures or without any of its sound; of several
//! sounds, those that are locked are left out and named.

use crate::error::{Exit, PackagerError};
use shared_av::{SourceInfo, StreamInfo, StreamKind};
use std::collections::{BTreeMap, BTreeSet};

/// What is locked, and how, in words.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Locks {
    /// By the numbers that the container has for its streams.
    by_id: BTreeMap<i32, String>,
    /// By place, where the container's numbers are not known of streams.
    by_place: BTreeSet<usize>,
    all: Option<&'static str>,
}

impl Locks {
    pub(super) fn of_tracks(encrypted: BTreeMap<i32, String>) -> Self {
        let words = |(id, how): (i32, String)| (id, format!("encrypted ({how})"));
        Self { by_id: encrypted.into_iter().map(words).collect(), ..Self::default() }
    }

    pub(super) fn of_numbered(places: impl IntoIterator<Item = usize>) -> Self {
        Self { by_place: places.into_iter().collect(), ..Self::default() }
    }

    pub(super) fn of_scrambled(pids: BTreeSet<u16>) -> Self {
        let words = |pid| (i32::from(pid), "scrambled (conditional access)".to_owned());
        Self { by_id: pids.into_iter().map(words).collect(), ..Self::default() }
    }

    pub(super) fn of_all(how: Option<&'static str>) -> Self {
        Self { all: how, ..Self::default() }
    }

    /// Whether anything is locked.
    pub(super) fn is_any(&self) -> bool {
        *self != Self::default()
    }

    /// The description of a source with a fault in what is locked.
    ///
    /// # Errors
    /// 4 when the pictures are, or all of the sound.
    pub fn marked(&self, name: &str, info: &SourceInfo) -> Result<SourceInfo, PackagerError> {
        let mut info = info.clone();
        for stream in &mut info.streams {
            if let Some(how) = self.of(stream) {
                stream.fault = Some(format!("it is {how}"));
            }
        }
        self.refuse("pictures", name, info.videos().map(|(stream, _)| stream))?;
        self.refuse("sound", name, info.audios().map(|(stream, _)| stream))?;
        Ok(info)
    }

    /// What is to be said of a source that could not be opened: that it is locked, if it is.
    pub fn explain(&self, name: &str, failure: PackagerError) -> PackagerError {
        let how = self.all.or_else(|| self.by_id.values().next().map(String::as_str));
        how.map_or(failure, |how| refused(name, "it", "is", how))
    }

    fn refuse<'a>(
        &self,
        what: &str,
        name: &str,
        streams: impl Iterator<Item = &'a StreamInfo>,
    ) -> Result<(), PackagerError> {
        let how: Vec<Option<&str>> = streams.map(|stream| self.of(stream)).collect();
        let is = if what == "pictures" { "are" } else { "is" };
        match how.first().copied().flatten() {
            Some(first) if how.iter().all(Option::is_some) => Err(refused(name, &format!("its {what}"), is, first)),
            _ => Ok(()),
        }
    }

    fn of(&self, stream: &StreamInfo) -> Option<&str> {
        let is_media = matches!(stream.kind, StreamKind::Video(_) | StreamKind::Audio(_));
        let by_place = self.by_place.contains(&stream.index).then_some("encrypted");
        let how = self.all.or_else(|| self.by_id.get(&stream.id).map(String::as_str)).or(by_place);
        how.filter(|_| is_media)
    }
}

fn refused(name: &str, what: &str, is: &str, how: &str) -> PackagerError {
    let remedy = "package the film from before it was protected, or decrypt it first";
    PackagerError::new(Exit::NotMedia, format!("cannot package {name}: {what} {is} {how}; {remedy}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::tests::{stream, video};
    use shared_av::{AudioInfo, ChannelLayout};

    fn info(kinds: &str) -> SourceInfo {
        let sound = AudioInfo { sample_rate: 48_000, layout: ChannelLayout::Stereo, places: 0 };
        let kind =
            |letter| if letter == 'v' { StreamKind::Video(video(64, 64)) } else { StreamKind::Audio(sound.clone()) };
        let one = |(index, letter)| StreamInfo { id: 10 + index as i32, ..stream(index, kind(letter)) };
        SourceInfo {
            container: "mpegts".into(),
            duration: None,
            start: None,
            streams: kinds.chars().enumerate().map(one).collect(),
            programmes: vec![],
            chapters: 0,
            about: shared_av::About::default(),
        }
    }

    #[test]
    fn pictures_or_all_of_the_sound_are_a_reason_to_refuse() {
        let refused = |kinds, ids: &[u16]| {
            let locks = Locks::of_scrambled(ids.iter().copied().collect());
            locks.marked("film.ts", &info(kinds)).err().map(|error| error.message)
        };
        assert!(refused("va", &[10]).unwrap().contains("film.ts: its pictures are scrambled (conditional access);"));
        assert!(refused("va", &[11]).unwrap().contains("its sound is scrambled"));
        assert_eq!((refused("vaa", &[11]), refused("vvaa", &[10, 12]), refused("va", &[])), (None, None, None));
    }

    #[test]
    fn a_locked_sound_among_others_has_a_fault() {
        let marked = Locks::of_tracks(BTreeMap::from([(12, "FairPlay".to_owned())])).marked("f", &info("vaa")).unwrap();
        let faults: Vec<_> = marked.streams.iter().map(|stream| stream.fault.as_deref()).collect();
        assert_eq!(faults, [None, None, Some("it is encrypted (FairPlay)")]);
        assert!(Locks::of_numbered([0]).marked("f", &info("va")).unwrap_err().message.contains("are encrypted"));
        assert!(Locks::of_all(Some("scrambled")).marked("f", &info("a")).is_err());
    }

    #[test]
    fn what_cannot_be_opened_is_explained() {
        let failure = || PackagerError::new(Exit::NotMedia, "damaged");
        assert_eq!(Locks::default().explain("f", failure()), failure());
        assert!(Locks::of_all(Some("scrambled")).explain("f", failure()).message.contains("it is scrambled"));
    }
}
