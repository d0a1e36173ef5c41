//! The user's folders by the XDG Base Directory Specification, from the environment. Nothing is made or looked at.

use std::env;
use std::path::PathBuf;

/// The folder that a variable names; one that is not absolute is ignored, as the specification says.
pub(crate) fn named(variable: &str) -> Option<PathBuf> {
    env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute())
}

/// The folder that a variable names, else the usual one below the home folder.
pub(crate) fn named_or(variable: &str, below_home: &str) -> Option<PathBuf> {
    named(variable).or_else(|| Some(named("HOME")?.join(below_home)))
}
