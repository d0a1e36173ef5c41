//! Lists of films that follow one another: concat scripts, M3U and PLS playlists, names alone.

use std::time::Duration;

/// One film of a list.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Listed {
    pub(super) name: String,
    /// How long the list says that it is shown.
    pub(super) lasts: Option<Duration>,
}

impl Listed {
    fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), lasts: None }
    }
}

/// The lines of an M3U playlist or of a list without a header.
pub(super) fn plain(text: &str) -> Vec<Listed> {
    significant(text).map(Listed::new).collect()
}

/// The entries `File1=…` of a PLS playlist, in the order of their numbers.
pub(super) fn pls(text: &str) -> Vec<Listed> {
    let entry = |line: &str| {
        let (key, name) = line.split_once('=')?;
        let number: u32 = key.trim().to_ascii_lowercase().strip_prefix("file")?.parse().ok()?;
        Some((number, Listed::new(name.trim())))
    };
    let mut entries: Vec<(u32, Listed)> = significant(text).filter_map(entry).collect();
    entries.sort_by_key(|(number, _)| *number);
    entries.into_iter().map(|(_, listed)| listed).collect()
}

/// The script of FFmpeg's `concat`.
///
/// # Errors
/// What it asks for that is not done here.
pub(super) fn concat(text: &str) -> Result<Vec<Listed>, String> {
    let mut films: Vec<Listed> = vec![];
    for line in significant(text) {
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        match (word, films.last_mut()) {
            ("ffconcat", _) | ("option" | "file_packet_metadata" | "file_packet_meta", Some(_)) => {}
            ("file", _) => films.push(Listed::new(unquoted(rest.trim()))),
            ("duration", Some(film)) => film.lasts = Some(duration(rest.trim())?),
            _ => {
                return Err(format!("its line `{}` is not understood here", line.chars().take(80).collect::<String>()));
            }
        }
    }
    Ok(films)
}

/// Seconds, or `[hours:]minutes:seconds`.
fn duration(text: &str) -> Result<Duration, String> {
    let seconds = text.split(':').try_fold(0.0, |sum, part| part.parse::<f64>().ok().map(|part| sum * 60.0 + part));
    let known = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    known.filter(|lasts| !lasts.is_zero()).ok_or_else(|| format!("`{text}` is no duration"))
}

/// FFmpeg's quoting: a backslash before any character, and single quotes around everything but themselves.
fn unquoted(text: &str) -> String {
    let mut out = String::new();
    let mut is_quoted = false;
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            '\'' => is_quoted = !is_quoted,
            '\\' if !is_quoted => out.extend(rest.next()),
            _ => out.push(c),
        }
    }
    out
}

fn significant(text: &str) -> impl Iterator<Item = &str> {
    text.trim_start_matches('\u{feff}').lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(films: &[Listed]) -> Vec<&str> {
        films.iter().map(|film| film.name.as_str()).collect()
    }

    #[test]
    fn lists_have_their_films_in_order() {
        assert_eq!(names(&plain("#EXTM3U\r\n#EXTINF:1,a\r\na.mp4\r\n\r\nsub/b c.mp4")), ["a.mp4", "sub/b c.mp4"]);
        let text = "[playlist]\nNumberOfEntries=2\nFile2=b.mp3\nTitle1=x\nfile1 = a.mp3\nFile10=c.mp3\n";
        assert_eq!(names(&pls(text)), ["a.mp3", "b.mp3", "c.mp3"]);
    }

    #[test]
    fn scripts_have_quotes_and_durations() {
        let text =
            "ffconcat version 1.0\n# x\nfile 'it'\\''s a.mp4'\nduration 2.5\nfile b\\ c.mp4\nduration 00:01:02\n";
        let films = concat(text).unwrap();
        assert_eq!(names(&films), ["it's a.mp4", "b c.mp4"]);
        let lasts: Vec<_> = films.iter().map(|film| film.lasts.map(|lasts| lasts.as_millis())).collect();
        assert_eq!(lasts, [Some(2500), Some(62_000)]);
        for wrong in
            ["file a\ninpoint 3", "duration 3", "file a\nduration x", "file a\nduration 0", "stream", "exec rm"]
        {
            assert!(concat(wrong).is_err(), "{wrong}");
        }
    }
}
