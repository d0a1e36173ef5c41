//! What is named beside the film on the command line: `FILE[:LANG[:ROLE]]`. Here is how that is taken apart, and sound;
//! text is in [`crate::text`].

mod sound;

pub use sound::{NamedSound, SoundBeside};

use crate::language;
use std::path::Path;

/// What was typed, taken apart.
pub(crate) struct Named<'a> {
    pub(crate) path: &'a str,
    pub(crate) language: Option<&'a str>,
    pub(crate) role: Option<&'a str>,
}

/// Takes `FILE[:LANG[:ROLE]]` apart: the longest beginning that is a file is the file; where none is, the shortest.
pub(crate) fn named(typed: &str) -> Named<'_> {
    let whole = Named { path: typed, language: None, role: None };
    let one = typed.rsplit_once(':').map(|(path, language)| Named { path, language: Some(language), role: None });
    let two = one.as_ref().and_then(|one| {
        let (path, language) = one.path.rsplit_once(':')?;
        Some(Named { path, language: Some(language), role: one.language })
    });
    let mut ways = [Some(whole), one, two].into_iter().flatten().collect::<Vec<_>>();
    let at = ways.iter().position(|way| Path::new(way.path).is_file()).unwrap_or(ways.len() - 1);
    ways.swap_remove(at)
}

/// A language that was typed, or nothing.
///
/// # Errors
/// In words, when it is none.
pub(crate) fn checked_language(typed: Option<&str>) -> Result<Option<String>, String> {
    match typed.filter(|typed| !typed.is_empty() && *typed != "und") {
        None => Ok(None),
        Some(typed) if language::tag(typed).is_some() => Ok(Some(typed.to_owned())),
        Some(typed) => Err(format!("`{typed}` is no language; write it as en, deu or pt-BR")),
    }
}
