//! Sound beside the film: a dub or a description in a file of its own becomes a track of the film.

use super::{Named, checked_language, named};
use crate::error::{Exit, PackagerError};
use crate::intake::Contents;
use crate::probe::AudioTrack;
use crate::survey::Master;
use shared::time::PresentationTime;
use shared_av::{AudioInfo, MediaSource, SourceInfo, StreamInfo, StreamPurpose};
use std::path::PathBuf;

/// The roles that may be typed.
const ROLES: [(&str, StreamPurpose); 6] = [
    ("main", StreamPurpose::Programme),
    ("alternate", StreamPurpose::Programme),
    ("dub", StreamPurpose::Dub),
    ("commentary", StreamPurpose::Commentary),
    ("description", StreamPurpose::Description),
    ("enhanced-audio-intelligibility", StreamPurpose::Intelligibility),
];
/// Containers of recordings, whose clocks begin anywhere.
const FREE_CLOCKS: [&str; 2] = ["mpegts", "mpeg"];

/// A file as it was named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedSound {
    /// Where it is.
    pub path: PathBuf,
    /// As it was spelled; `None` when it was not said.
    pub language: Option<String>,
    /// What it is for; `None` when it was not said.
    pub purpose: Option<StreamPurpose>,
}

impl NamedSound {
    /// Of `FILE[:LANG[:ROLE]]`, where the name of the file may have colons.
    ///
    /// # Errors
    /// In words: what is neither a language nor a role.
    pub fn parse(typed: &str) -> Result<Self, String> {
        let Named { path, language, role } = named(typed);
        let known = |name: &str| ROLES.iter().find(|(role, _)| *role == name).map(|(_, purpose)| *purpose);
        let purpose = match role.filter(|role| !role.is_empty()) {
            None => None,
            Some(name) => Some(known(name).ok_or_else(|| {
                let all: Vec<&str> = ROLES.iter().map(|(name, _)| *name).collect();
                format!("`{name}` is no role; the roles are {}", all.join(", "))
            })?),
        };
        Ok(Self { path: PathBuf::from(path), language: checked_language(language)?, purpose })
    }
}

/// A sound track of the film that is read from a file of its own.
#[derive(Debug)]
pub struct SoundBeside {
    /// What it is; its stream is a number behind those of the master.
    pub track: AudioTrack,
    input: Master,
    /// Its stream in the file.
    stream: usize,
    /// The time in the file that is the beginning of the film.
    zero: PresentationTime,
}

impl SoundBeside {
    /// Opens a file, whose sound becomes stream `number` of the film. Of several tracks the default counts, or the first.
    ///
    /// # Errors
    /// 2 when it can be read once only, 3 when it cannot be read, 4 when it has no sound that can be decoded.
    pub fn open(named: &NamedSound, number: usize) -> Result<Self, PackagerError> {
        let name = named.path.display();
        if Master::is_read_once(&named.path) {
            return Err(PackagerError::usage(format!("{name} can be read once only; save it as a file")));
        }
        let input = Master::of_file(&named.path);
        let source = input.open()?;
        let contents = Contents::of(&named.path);
        let info = contents.described(contents.locks().marked(input.name(), source.info())?);
        let none = || {
            PackagerError::new(
                Exit::NotMedia,
                format!("cannot package the sound {name}: it has none that can be decoded"),
            )
        };
        let (stream, audio) = best(&info).ok_or_else(none)?;
        let track = AudioTrack {
            stream: number,
            goes_on_in: vec![],
            language: named.language.clone().or_else(|| stream.language.clone()),
            title: stream.title.clone(),
            purpose: named.purpose.unwrap_or(stream.purpose),
            main: false,
            sample_rate: audio.sample_rate,
            layout: audio.layout,
            beside: Some(input.identity()?),
        };
        let is_free = FREE_CLOCKS.contains(&info.container.as_str());
        let zero = info.start.filter(|_| is_free).unwrap_or(PresentationTime::ZERO);
        Ok(Self { track, stream: stream.index, zero, input })
    }

    /// Opens it again, from its beginning, for its sound alone.
    ///
    /// # Errors
    /// 3 when it cannot be read.
    pub fn source(&self) -> Result<MediaSource, PackagerError> {
        let mut source = self.input.open()?;
        source.keep_only(&[self.stream]);
        Ok(source)
    }

    /// Its stream in the file.
    pub fn stream(&self) -> usize {
        self.stream
    }

    /// What is added to its times, in nanoseconds, where the film begins at `zero` of its master.
    pub fn shift(&self, zero: PresentationTime) -> i64 {
        zero.nanos().saturating_sub(self.zero.nanos())
    }

    /// The file, for messages.
    pub fn name(&self) -> &str {
        self.input.name()
    }
}

fn best(info: &SourceInfo) -> Option<(&StreamInfo, &AudioInfo)> {
    let is_usable = |(stream, audio): &(&StreamInfo, &AudioInfo)| {
        stream.fault.is_none() && audio.sample_rate > 0 && audio.layout.channels() > 0
    };
    let usable = || info.audios().filter(is_usable);
    usable().find(|(stream, _)| stream.default).or_else(|| usable().next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sound_may_be_followed_by_a_language_and_a_role() {
        let of =
            |typed: &str| NamedSound::parse(typed).map(|named| (named.language.unwrap_or_default(), named.purpose));
        assert_eq!(of("a.m4a"), Ok((String::new(), None)));
        assert_eq!(of("a.m4a:fr:dub"), Ok(("fr".into(), Some(StreamPurpose::Dub))));
        assert_eq!(of("a.m4a::description"), Ok((String::new(), Some(StreamPurpose::Description))));
        assert!(of("a.m4a:fr:subtitle").unwrap_err().contains("commentary, description"));
    }
}
