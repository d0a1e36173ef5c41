//! A text file beside the film: `FILE[:LANG[:ROLE]]`, and what is in it.

use super::{TextInfo, TextRole};
use crate::beside::{Named, checked_language, named};
use crate::error::{Exit, PackagerError};
use shared::text::{self, TextTrack, TextWarning};
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

/// A file as it was named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SideFile {
    /// Where it is.
    pub path: PathBuf,
    /// As it was spelled; `None` when it was not said.
    pub language: Option<String>,
    /// What it is for.
    pub role: TextRole,
}

impl SideFile {
    /// Of `FILE[:LANG[:ROLE]]`, where the name of the file may have colons.
    ///
    /// # Errors
    /// In words: what is neither a language nor a role.
    pub fn parse(typed: &str) -> Result<Self, String> {
        let Named { path, language, role } = named(typed);
        let known = |name: &&str| TextRole::ALL.into_iter().find(|role| role.name() == *name);
        let role = match role.filter(|role| !role.is_empty()) {
            None => TextRole::default(),
            Some(name) => known(&name).ok_or_else(|| {
                let all: Vec<&str> = TextRole::ALL.iter().map(|role| role.name()).collect();
                format!("`{name}` is no role; the roles are {}", all.join(", "))
            })?,
        };
        Ok(Self { path: PathBuf::from(path), language: checked_language(language)?, role })
    }

    /// What is known of it as stream `from`.
    pub(super) fn info(&self, from: usize) -> TextInfo {
        let language = self.language.clone();
        TextInfo { from, language, role: self.role, title: None, digest: String::new() }
    }

    /// Reads it.
    ///
    /// # Errors
    /// 3 when it cannot be read, 4 when it is no text in a format that is known here.
    pub(super) fn read(&self) -> Result<(TextTrack, Vec<TextWarning>), PackagerError> {
        let name = self.path.display();
        let unread = |error| PackagerError::input(&self.path, &error);
        let refuse = |why: &str| PackagerError::new(Exit::NotMedia, format!("cannot package the text {name}: {why}"));
        let file = File::open(&self.path).map_err(unread)?;
        let mut bytes = vec![];
        file.take(text::LARGEST_FILE + 1).read_to_end(&mut bytes).map_err(unread)?;
        if bytes.len() as u64 > text::LARGEST_FILE {
            return Err(refuse(&format!(
                "it has more than {} MiB, which no text of a film has",
                text::LARGEST_FILE >> 20
            )));
        }
        if text::encoding::decode(&bytes).trim().is_empty() {
            return Ok((TextTrack::default(), vec![]));
        }
        let unknown = || refuse("it is neither SubRip (SRT), SubStation Alpha (ASS, SSA), WebVTT nor TTML");
        let (_, track, warnings) = text::read(&bytes).ok_or_else(unknown)?;
        Ok((track, warnings))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(typed: &str) -> Result<(String, String, TextRole), String> {
        let file = SideFile::parse(typed)?;
        Ok((file.path.display().to_string(), file.language.unwrap_or_default(), file.role))
    }

    #[test]
    fn a_file_may_be_followed_by_a_language_and_a_role() {
        let good = [
            ("a.srt", ("a.srt", "", TextRole::Subtitle)),
            ("a.srt:deu", ("a.srt", "deu", TextRole::Subtitle)),
            ("a.srt:pt-BR:caption", ("a.srt", "pt-BR", TextRole::Caption)),
            ("a.srt::forced-subtitle", ("a.srt", "", TextRole::ForcedSubtitle)),
            ("a.srt:en:", ("a.srt", "en", TextRole::Subtitle)),
        ];
        for (typed, (path, language, role)) in good {
            assert_eq!(parsed(typed), Ok((path.into(), language.into(), role)), "{typed}");
        }
        assert!(parsed("a.srt:en:shouting").unwrap_err().contains("caption, forced-subtitle"));
        assert!(parsed("a.srt:not a language").unwrap_err().contains("no language"));
    }

    #[test]
    fn a_name_with_colons_is_found_when_it_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("1:2.srt");
        std::fs::write(&path, "").unwrap();
        let typed = path.display().to_string();
        assert_eq!(parsed(&typed).unwrap().0, typed);
        assert_eq!(parsed(&format!("{typed}:de:caption")).unwrap(), (typed, "de".into(), TextRole::Caption));
    }
}
