//! Which file a name stands for that stands in another file: one below the folder of that file, and no other. Whoever sends a
//! playlist must not choose which files of this machine become a film.

use percent_encoding::percent_decode_str;
use std::path::{Component, Path, PathBuf};

/// A folder below which names are looked up.
#[derive(Debug, Clone)]
pub(super) struct Below(PathBuf);

impl Below {
    /// The folder of a file.
    pub(super) fn of(file: &Path) -> std::io::Result<Self> {
        let whole = file.canonicalize()?;
        Ok(Self(whole.parent().map_or_else(|| PathBuf::from("/"), Path::to_owned)))
    }

    /// The file that is meant by `name`, which stands in a file in the folder `from` below this one. As an address, it may be
    /// percent-encoded.
    ///
    /// # Errors
    /// Why it is not opened, in words.
    pub(super) fn file(&self, from: &Path, name: &str) -> Result<PathBuf, String> {
        let refused = |why: &str| Err(format!("it names `{name}`: {why}"));
        let decoded = percent_decode_str(name).decode_utf8_lossy();
        if let Some(why) = why_not(name).or_else(|| why_not(&decoded)) {
            return refused(why);
        }
        let found =
            [name, decoded.as_ref()].into_iter().find_map(|name| self.0.join(from).join(name).canonicalize().ok());
        match found {
            None => refused("there is no such file"),
            Some(path) if !path.starts_with(&self.0) => refused("a link leads out of its folder"),
            Some(path) if !path.is_file() => refused("it is no file"),
            Some(path) => Ok(path),
        }
    }
}

/// Why a name is refused whatever is there.
fn why_not(name: &str) -> Option<&'static str> {
    let has_protocol = name.split(['/', '\\']).next().is_some_and(|first| first.contains(':'));
    let leads_up = name.split(['/', '\\']).any(|part| part == "..");
    let is_absolute = name.starts_with(['/', '\\']) || !Path::new(name).components().all(is_step);
    if has_protocol {
        Some("only files in its own folder are opened, no addresses and protocols")
    } else if leads_up || is_absolute {
        Some("only files in its own folder and below are opened")
    } else {
        (name.is_empty() || name.contains(char::is_control)).then_some("that is no name of a file")
    }
}

fn is_step(component: Component<'_>) -> bool {
    matches!(component, Component::Normal(_) | Component::CurDir)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn names_below_the_folder_are_found_and_others_refused() {
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join("lists");
        fs::create_dir_all(folder.join("sub")).unwrap();
        fs::write(outer.path().join("secret.mp4"), "").unwrap();
        for name in ["a.m3u8", "a b.mp4", "sub/c.mp4", "100%.mp4"] {
            fs::write(folder.join(name), "").unwrap();
        }
        let below = Below::of(&folder.join("a.m3u8")).unwrap();
        let file = |name: &str| below.file(Path::new(""), name);
        for (name, found) in
            [("a b.mp4", "a b.mp4"), ("a%20b.mp4", "a b.mp4"), ("./sub/c.mp4", "sub/c.mp4"), ("100%.mp4", "100%.mp4")]
        {
            assert_eq!(file(name), Ok(folder.canonicalize().unwrap().join(found)), "{name}");
        }
        assert!(below.file(Path::new("sub"), "c.mp4").is_ok());
        let absolute = outer.path().join("secret.mp4").display().to_string();
        for name in [
            "../secret.mp4",
            "sub/../../secret.mp4",
            "%2e%2e/secret.mp4",
            "..\\secret.mp4",
            &absolute,
            "%2Fetc%2Fpasswd",
            "file:a b.mp4",
            "file:///etc/passwd",
            "http://127.0.0.1/a.mp4",
            "concat:a b.mp4",
            "C:\\a.mp4",
            "sub",
            "missing.mp4",
            "",
            "a\u{0}b",
        ] {
            assert!(file(name).is_err(), "{name}");
        }
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(outer.path(), folder.join("link")).unwrap();
            std::os::unix::fs::symlink("a b.mp4", folder.join("inner.mp4")).unwrap();
            assert!(file("link/secret.mp4").unwrap_err().contains("a link leads out"));
            assert!(file("inner.mp4").is_ok());
        }
    }
}
