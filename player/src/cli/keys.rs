//! `--key`: keys of encrypted media, as they are typed or one a line in a file.

use super::{Code, CommandFailure};
use shared::protection::ContentKey;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// More than a file of the most keys has.
const LARGEST_FILE: u64 = 1 << 20;

/// The keys that were given.
///
/// # Errors
/// When one is no key, or a file cannot be read. No key is shown.
pub(crate) fn read(given: &[String]) -> Result<Vec<ContentKey>, CommandFailure> {
    let mut keys = vec![];
    for (number, text) in (1..).zip(given) {
        match text.strip_prefix('@') {
            Some(file) => keys.extend(of_file(Path::new(file))?),
            None => keys.push(text.parse().map_err(|problem| wrong(&format!("--key number {number}"), &problem))?),
        }
    }
    Ok(keys)
}

/// It may be a pipe: then the keys stand nowhere on a disk.
fn of_file(path: &Path) -> Result<Vec<ContentKey>, CommandFailure> {
    let unreadable = |e| CommandFailure::unreadable(path.display(), &e);
    let mut text = String::new();
    File::open(path).map_err(unreadable)?.take(LARGEST_FILE).read_to_string(&mut text).map_err(unreadable)?;
    ContentKey::read_lines(&text).map_err(|problem| wrong(&format!("--key @{}", path.display()), &problem))
}

fn wrong(which: &str, problem: &dyn std::fmt::Display) -> CommandFailure {
    CommandFailure::new(Code::Usage, format!("{which}: {problem}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "00112233445566778899aabbccddeeff:deadbeefdeadbeefdeadbeefdeadbeef";

    #[test]
    fn keys_come_from_the_command_line_and_from_files() {
        let folder = tempfile::TempDir::new().unwrap();
        let file = folder.path().join("keys");
        std::fs::write(&file, format!("# two\n{KEY}\n{KEY}:HD\n")).unwrap();
        let keys = read(&[KEY.to_owned(), format!("@{}", file.display())]).unwrap();
        assert_eq!(keys.len(), 3);
    }

    #[test]
    fn what_is_no_key_is_told_without_it() {
        let failure = read(&[KEY.to_owned(), format!("{KEY}beef")]).unwrap_err();
        assert!(failure.code == Code::Usage && failure.message.contains("number 2"), "{}", failure.message);
        assert!(!failure.message.contains("dead"));
        assert_eq!(read(&["@/nowhere/keys".to_owned()]).unwrap_err().code, Code::Input);
    }
}
