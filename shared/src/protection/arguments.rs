//! Command lines with their keys taken out: everybody on a machine can list the command lines of its processes, so a program
//! that was given a key there starts itself anew with the key in a pipe. Not here: starting it.

use std::ffi::{OsStr, OsString};

/// The option whose values are keys, or `@` and the names of files with keys.
const OPTION: &str = "--key";

/// A command line taken apart.
#[derive(Debug, PartialEq, Eq)]
pub struct KeyArguments {
    /// All but the keys.
    others: Vec<OsString>,
    /// The values that are keys and not names of files.
    pub keys: Vec<String>,
    /// There are keys, here or in files.
    pub names_keys: bool,
}

impl KeyArguments {
    /// Of a command line from the program's name on.
    pub fn of(arguments: Vec<OsString>) -> Self {
        let mut found = Self { others: vec![], keys: vec![], names_keys: false };
        let mut rest = arguments.into_iter();
        while let Some(argument) = rest.next() {
            // Behind this one there are no options.
            if argument == "--" {
                found.others.push(argument);
                found.others.extend(rest.by_ref());
            } else if argument == OPTION {
                found.value(argument, rest.next());
            } else if let Some(value) = behind_equals_sign(&argument) {
                found.value(OPTION.into(), Some(value));
            } else {
                found.others.push(argument);
            }
        }
        found
    }

    /// Takes the option with its value. One that is missing is complained of by whoever reads the rest.
    fn value(&mut self, option: OsString, value: Option<OsString>) {
        self.names_keys = true;
        match value.map(OsString::into_string) {
            Some(Ok(key)) if !key.starts_with('@') => self.keys.push(key),
            Some(Ok(file)) => self.others.extend([option, file.into()]),
            Some(Err(odd)) => self.others.extend([option, odd]),
            None => self.others.push(option),
        }
    }

    /// The command line without a key in it: they are read from `file` instead.
    pub fn with_keys_from(&self, file: &OsStr) -> Vec<OsString> {
        let mut named = OsString::from("@");
        named.push(file);
        let at = self.others.iter().position(|one| one == "--").unwrap_or(self.others.len());
        let mut arguments = self.others.clone();
        arguments.splice(at..at, [OPTION.into(), named]);
        arguments
    }
}

fn behind_equals_sign(argument: &OsStr) -> Option<OsString> {
    argument.to_str()?.strip_prefix(OPTION)?.strip_prefix('=').map(OsString::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken_apart(line: &str) -> (String, Vec<String>, bool) {
        let found = KeyArguments::of(line.split_whitespace().map(OsString::from).collect());
        let anew = found.with_keys_from("/dev/fd/3".as_ref());
        let anew: Vec<String> = anew.into_iter().map(|one| one.into_string().unwrap()).collect();
        (anew.join(" "), found.keys, found.names_keys)
    }

    #[test]
    fn keys_leave_the_command_line_and_files_stay() {
        let (anew, keys, names_keys) = taken_apart("player film --key 1:2 --key @file --key=3:4:HD --headless");
        assert_eq!(anew, "player film --key @file --headless --key @/dev/fd/3");
        assert!(keys == ["1:2", "3:4:HD"] && names_keys);
        let (anew, keys, _) = taken_apart("player --key 1:2 -- --key");
        assert_eq!((anew.as_str(), keys.len()), ("player --key @/dev/fd/3 -- --key", 1));
    }

    #[test]
    fn other_options_are_left_alone() {
        for line in ["player --keys 1:2", "player x --keyed=1:2", "player --keyframe 1:2"] {
            let (_, keys, names_keys) = taken_apart(line);
            assert!(keys.is_empty() && !names_keys, "{line}");
        }
        assert!(taken_apart("player --key").1.is_empty(), "without a value");
    }
}
