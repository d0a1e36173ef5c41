//! What the film is called: by its manifest, else by the folder that the manifest is in.

use percent_encoding::percent_decode_str;
use player_core::snapshot::Snapshot;
use url::Url;

/// The longest title that is shown.
const LONGEST: usize = 120;

/// The film's name; nothing before anything was opened.
pub(crate) fn of(snapshot: &Snapshot) -> Option<String> {
    let said = snapshot.manifest.as_ref().and_then(|manifest| manifest.presentation.title.as_deref());
    let said = said.map(clean).filter(|title| !title.is_empty());
    said.or_else(|| by_address(&snapshot.url))
}

/// The folder of a manifest, else the server that it came from.
pub(crate) fn by_address(address: &str) -> Option<String> {
    let path = Url::parse(address).map_or(address.to_owned(), |url| url.path().to_owned());
    let folder = path.rsplit('/').nth(1).map(|name| percent_decode_str(name).decode_utf8_lossy().into_owned());
    let folder = folder.map(|name| clean(&name)).filter(|name| !matches!(name.as_str(), "" | "." | ".."));
    folder.or_else(|| host(address)).or_else(|| Some(clean(address)).filter(|name| !name.is_empty()))
}

fn host(address: &str) -> Option<String> {
    let url = Url::parse(address).ok()?;
    let host = url.host_str()?;
    Some(url.port().map_or(host.to_owned(), |port| format!("{host}:{port}")))
}

/// One line without control characters, of bounded length.
fn clean(text: &str) -> String {
    let printed: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    printed.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_title_the_folder_names_the_film() {
        let named = |address: &str| by_address(address).unwrap_or_default();
        assert_eq!(named("http://host/films/a%20tale/manifest.mpd?x=1"), "a tale");
        assert_eq!(named("http://127.0.0.1:8080/manifest.mpd"), "127.0.0.1:8080");
        assert_eq!(named("file:///films/spring/manifest.mpd"), "spring");
        assert_eq!(named("films/spring/manifest.mpd"), "spring");
        assert_eq!(named("manifest.mpd"), "manifest.mpd");
        assert_eq!(by_address(""), None);
    }

    #[test]
    fn a_title_is_one_line() {
        assert_eq!(clean(" a\n\u{1b}[31m tale "), "a [31m tale");
        assert_eq!(clean(&"x".repeat(900)).len(), LONGEST);
    }
}
