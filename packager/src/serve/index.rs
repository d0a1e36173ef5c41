//! The page at `/`: every manifest below the folder, with its URL to copy and a link that opens it in the player.

use super::addresses::encoded;
use crate::layout;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

const PAGE: &str = include_str!("index.html");
/// Where the manifests stand in the page.
const ROWS: &str = "<!-- ROWS -->";
/// Nothing but what stands in the page.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

/// The page as a response.
pub(super) fn response(manifests: &[String]) -> Response {
    let page = page(manifests);
    let length = HeaderValue::from(page.len());
    let html = HeaderValue::from_static("text/html; charset=utf-8");
    let policy = HeaderValue::from_static(POLICY);
    ([(CONTENT_TYPE, html), (CONTENT_LENGTH, length), (CONTENT_SECURITY_POLICY, policy)], page).into_response()
}

fn page(manifests: &[String]) -> String {
    let rows: String = manifests.iter().map(|path| row(path)).collect();
    let rows = if rows.is_empty() { "<p>There is no manifest in this folder.</p>\n".to_owned() } else { rows };
    PAGE.replace(ROWS, &rows)
}

/// The link is relative: the page may be reached by another name than the server knows.
fn row(path: &str) -> String {
    format!("<li><a href=\"./{}\">{}</a></li>\n", escaped(&encoded(path)), escaped(name(path)))
}

/// What people call the package: its folder, or the manifest where the folder is the one that is served.
fn name(path: &str) -> &str {
    let folder = path.strip_suffix(layout::MANIFEST).and_then(|folder| folder.strip_suffix('/'));
    folder.unwrap_or(path)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_text_and_links_lead_to_manifests() {
        let page = page(&["a <film> & b/manifest.mpd".to_owned(), "other.mpd".to_owned()]);
        assert!(page.contains("<a href=\"./a%20%3Cfilm%3E%20&amp;%20b/manifest.mpd\">"), "{page}");
        assert!(page.contains(">a &lt;film&gt; &amp; b</a>") && page.contains("<a href=\"./other.mpd\">other.mpd</a>"));
        assert!(!page.contains(ROWS));
        assert!(super::page(&[]).contains("no manifest"));
    }
}
