//! What a viewer names: the address of a manifest, a package, a report or a film. What is there decides, not its name.

use super::{Code, CommandFailure, folder};
use shared::sniff::{Sniffed, sniff};
use shared::userinfo;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use url::Url;

/// In front of the address in links that open in the player, as on the page of `packager serve`.
const LINK: &str = "dash-player:";
/// So much of a file tells what it is: the first line of a report is its configuration.
const BEGINNING: u64 = 64 * 1024;
/// Formats that hold no film, by how they are called when they are sniffed.
const NO_FILM: [&str; 5] = ["packed", "archive", "document", "a picture", "nothing"];

/// Why `--package` is refused with anything else.
pub(crate) const NOT_A_FILM: &str = "--package goes with a film, and what is named is none";

/// What was named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A manifest, or whatever answers there.
    Manifest(Url),
    /// What `--report` wrote.
    Report(PathBuf),
    /// Media that nobody has packaged.
    Film(PathBuf),
}

/// What `named` is: an http(s) or file URL, `HOST[:PORT]/PATH`, or a path, which must exist.
///
/// # Errors
/// When it is no URL that is played, or a path to nothing or to a folder that is no package.
pub fn of(named: &str) -> Result<Target, CommandFailure> {
    if let Some(address) = named.strip_prefix(LINK) {
        return linked(address).map(Target::Manifest);
    }
    match named.split_once("://") {
        Some((scheme, _)) => address(named, scheme),
        None => match (std::fs::metadata(named), without_scheme(named)) {
            (Err(error), Some(url)) if error.kind() == std::io::ErrorKind::NotFound => Ok(Target::Manifest(url)),
            _ => on_disk(Path::new(named), named),
        },
    }
}

/// The sentence for a film where only a manifest will do.
pub fn film_is_no_manifest(film: &Path) -> CommandFailure {
    let (name, kind) = (quoted(film), kind_of(film));
    let stem = quoted(Path::new(film.file_stem().unwrap_or(film.as_os_str())));
    let message = format!(
        "{name} is a film{kind}, not a DASH manifest\n  \
         Package it first: packager package {name} --output {stem}\n  \
         then play it: player {stem}"
    );
    CommandFailure::new(Code::Unsupported, message)
}

/// As a shell takes it for one word.
fn quoted(path: &Path) -> String {
    let path = path.display().to_string();
    let plain = path.chars().all(|c| c.is_alphanumeric() || "/._-+,".contains(c));
    if plain { path } else { format!("'{}'", path.replace('\'', r"'\''")) }
}

fn kind_of(film: &Path) -> String {
    match beginning(film).ok().and_then(|bytes| sniff(&bytes)) {
        Some(Sniffed::Binary(name)) => format!(" ({name})"),
        _ => String::new(),
    }
}

/// What a web page links to: it may name a server, but no file of the viewer's.
fn linked(address: &str) -> Result<Url, CommandFailure> {
    let is_remote = |url: &Url| matches!(url.scheme(), "http" | "https");
    Url::parse(address).ok().filter(is_remote).ok_or_else(|| {
        let message = format!("`{}` is no http or https URL; {LINK} opens nothing else", userinfo::hidden(address));
        CommandFailure::new(Code::Usage, message)
    })
}

/// What has a scheme. A password in it is kept out of sentences.
fn address(named: &str, scheme: &str) -> Result<Target, CommandFailure> {
    let no_url = |e| CommandFailure::new(Code::Usage, format!("`{}` is no URL: {e}", userinfo::hidden(named)));
    let url = Url::parse(named).map_err(no_url)?;
    match url.scheme() {
        "http" | "https" => Ok(Target::Manifest(url)),
        "file" => match url.to_file_path() {
            Ok(path) => on_disk(&path, named),
            Err(()) => Ok(Target::Manifest(url)),
        },
        _ => {
            let message = format!("`{scheme}` URLs are not played; use http, https or a file");
            Err(CommandFailure::new(Code::Usage, message))
        }
    }
}

/// `HOST[:PORT]/PATH` as people type it: a name with a dot, `localhost`, or anything with a port.
fn without_scheme(named: &str) -> Option<Url> {
    let (authority, path) = named.split_once('/').map_or((named, None), |(host, path)| (host, Some(path)));
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.is_empty() && port.bytes().all(|c| c.is_ascii_digit()) => (host, Some(port)),
        _ => (authority, None),
    };
    let letters = |c: char| c.is_alphanumeric() || matches!(c, '-' | '.' | '_');
    let named_so = !host.is_empty() && !host.starts_with('.') && host.chars().all(letters);
    let literal = host.starts_with('[') && host.ends_with(']');
    let typical = host.contains('.') || host == "localhost" || literal;
    let meant = (named_so || literal) && (port.is_some() || typical && path.is_some());
    meant.then(|| Url::parse(&format!("http://{named}")).ok()).flatten()
}

fn on_disk(path: &Path, named: &str) -> Result<Target, CommandFailure> {
    let unreadable = |e: std::io::Error| CommandFailure::unreadable(named, &e);
    let path = std::path::absolute(path).map_err(unreadable)?;
    let meta = std::fs::metadata(&path).map_err(unreadable)?;
    if meta.is_dir() {
        return Ok(Target::Manifest(file_url(&folder::manifest(&path, named)?, named)?));
    }
    if !meta.is_file() {
        return Ok(Target::Manifest(file_url(&path, named)?)); // a pipe is not read twice
    }
    let head = beginning(&path).map_err(unreadable)?;
    if is_report(&head) {
        return Ok(Target::Report(path));
    }
    match is_film(&head) {
        true => Ok(Target::Film(path)),
        false => Ok(Target::Manifest(file_url(&path, named)?)),
    }
}

fn file_url(path: &Path, named: &str) -> Result<Url, CommandFailure> {
    let no_path = |()| CommandFailure::new(Code::Input, format!("{named} is no path to a file"));
    Url::from_file_path(path).map_err(no_path)
}

fn beginning(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut head = vec![];
    File::open(path)?.take(BEGINNING).read_to_end(&mut head)?;
    Ok(head)
}

/// The header of a report: a JSON object with a member `session`.
fn is_report(head: &[u8]) -> bool {
    let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let header = serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(line);
    header.is_ok_and(|header| header.contains_key("session"))
}

/// A container of media, or bytes of which nobody knows what they are: the packager knows more containers.
fn is_film(head: &[u8]) -> bool {
    match sniff(head) {
        Some(Sniffed::Binary(name)) => !NO_FILM.iter().any(|word| name.contains(word)),
        Some(_) => false,
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn addresses_with_and_without_a_scheme() {
        let http = |named: &str| match of(named) {
            Ok(Target::Manifest(url)) => url.to_string(),
            other => panic!("{named}: {other:?}"),
        };
        assert_eq!(http("https://example.org/a.mpd"), "https://example.org/a.mpd");
        assert_eq!(http("example.org/films/a.mpd?x=1"), "http://example.org/films/a.mpd?x=1");
        assert_eq!(http("localhost/a.mpd"), "http://localhost/a.mpd");
        assert_eq!(http("origin:8080/a.mpd"), "http://origin:8080/a.mpd");
        assert_eq!(http("127.0.0.1:8080"), "http://127.0.0.1:8080/");
        assert_eq!(http("[::1]:8080/a.mpd"), "http://[::1]:8080/a.mpd");
        for path in ["films/a.mpd", "film.mpd", "./example.org/a.mpd", "../a.mpd", "/nowhere/a.mpd", "a:b/c", ""] {
            assert_eq!(of(path).unwrap_err().code, Code::Input, "{path}");
        }
        assert_eq!(http("dash-player:http://example.org/a.mpd"), "http://example.org/a.mpd");
        assert_eq!(of("dash-player:file:///etc/passwd").unwrap_err().code, Code::Usage);
        assert_eq!(of("ftp://example.org/a.mpd").unwrap_err().code, Code::Usage);
        assert_eq!(of("http://[broken/a.mpd").unwrap_err().code, Code::Usage);
    }

    #[test]
    fn files_are_what_they_begin_with() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("example.org");
        let (name, url) = (file.to_str().unwrap(), Url::from_file_path(&file).unwrap());
        let is = |content: &[u8]| {
            fs::write(&file, content).unwrap();
            of(name).unwrap()
        };
        let manifest = Target::Manifest(url);
        for content in [&b"<?xml version=\"1.0\"?><MPD/>"[..], b"#EXTM3U\n", b"{\"status\": 403}", b"", b"\x1f\x8b\x08"]
        {
            assert_eq!(is(content), manifest);
        }
        assert_eq!(is(b"{\"v\":2,\"at_ns\":0,\"session\":{}}\n{}"), Target::Report(file.clone()));
        for content in [&b"\0\0\0\x18ftypisom"[..], b"\x1A\x45\xDF\xA3webm", b"\0\0\x01\xBA\x44", b"RIFF\0\0\0\0AVI "] {
            assert_eq!(is(content), Target::Film(file.clone()));
        }
    }

    #[test]
    fn the_folder_of_a_package_is_its_manifest() {
        let folder = tempfile::tempdir().unwrap();
        let film = folder.path().join("a film");
        fs::create_dir(&film).unwrap();
        fs::write(film.join("manifest.mpd"), "<MPD/>").unwrap();
        let url = Url::from_file_path(&film).unwrap();
        for named in [film.to_str().unwrap(), url.as_str()] {
            let manifest = of(named).unwrap();
            assert!(matches!(manifest, Target::Manifest(url) if url.as_str().ends_with("/a%20film/manifest.mpd")));
        }
        assert_eq!(of(folder.path().to_str().unwrap()).unwrap_err().code, Code::Input);
    }

    #[test]
    fn a_film_is_told_what_to_do_with() {
        let failure = film_is_no_manifest(Path::new("films/my film.mkv"));
        assert_eq!(failure.code, Code::Unsupported);
        assert!(failure.message.contains("packager package 'films/my film.mkv' --output 'my film'"), "{failure}");
    }
}
