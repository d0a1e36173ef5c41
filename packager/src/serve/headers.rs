//! Response headers: content type, caching and CORS.

use super::clear_key;
use axum::http::header::{
    ACCEPT, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, DATE, ETAG, IF_NONE_MATCH, RANGE,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use std::time::Duration;
use tower_http::cors::{Any, CorsLayer};

/// Segments carry their generation in the path and never change.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// A film may be packaged again; caches may answer with the old manifest meanwhile and when the origin is down.
const MANIFEST: &str = "public, max-age=60, stale-while-revalidate=600, stale-if-error=86400";
/// The manifest of a growing package changes every second.
const LIVE_MANIFEST: &str = "public, max-age=1, stale-if-error=86400";
/// A segment that is missing now may be written in a moment, so caches must not keep the 404.
const MISSING: &str = "public, max-age=1";

/// Sets what depends on the path and the outcome; `live` is for manifests that say so.
pub(super) fn describe(path: &str, status: StatusCode, live: bool, headers: &mut HeaderMap) {
    if let Some(mime) = mime(&extension(path)).filter(|_| status.is_success()) {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(mime));
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache_control(path, status, live)));
    // Browsers hide timings of other origins otherwise, and with them the figures that players estimate from.
    headers.insert("timing-allow-origin", HeaderValue::from_static("*"));
}

/// Types that the file service does not know or takes for something else (ISO/IEC 23009-1 annex C, RFC 4337, RFC 8216).
fn mime(extension: &str) -> Option<&'static str> {
    Some(match extension {
        "mpd" => "application/dash+xml",
        "m4s" | "cmfv" => "video/iso.segment",
        "mp4" | "m4v" => "video/mp4",
        "m4a" | "cmfa" => "audio/mp4",
        "m3u8" => "application/vnd.apple.mpegurl",
        _ => return None,
    })
}

fn extension(path: &str) -> String {
    path.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase()).unwrap_or_default()
}

/// Whether it depends on the content how long this response may be kept: a manifest may be live.
pub(super) fn may_be_live(path: &str, status: StatusCode) -> bool {
    ["mpd", "m3u8"].contains(&extension(path).as_str()) && is_kept(status)
}

fn is_kept(status: StatusCode) -> bool {
    status.is_success() || status == StatusCode::NOT_MODIFIED
}

/// Whether a manifest that begins and ends so is `dynamic` (ISO/IEC 23009-1 5.3.1.2), or a playlist of segments to which
/// more are added (RFC 8216 4.3.3.4).
pub(super) fn is_live(beginning: &[u8], end: &[u8]) -> bool {
    let text = String::from_utf8_lossy(beginning);
    if text.contains("#EXT-X-TARGETDURATION") {
        return !String::from_utf8_lossy(end).contains("#EXT-X-ENDLIST");
    }
    let tag = text.split_once("<MPD").and_then(|(_, rest)| rest.split('>').next()).unwrap_or_default();
    [r#"type="dynamic""#, "type='dynamic'"].iter().any(|attribute| tag.contains(attribute))
}

fn cache_control(path: &str, status: StatusCode, live: bool) -> &'static str {
    let kept = is_kept(status);
    match extension(path).as_str() {
        "mpd" | "m3u8" if kept && live => LIVE_MANIFEST,
        "mpd" | "m3u8" if kept => MANIFEST,
        "m4s" | "mp4" | "m4v" | "m4a" | "cmfv" | "cmfa" | "cmft" | "webm" | "sidx" if kept => FOR_EVER,
        _ if path == clear_key::PATH => "no-store",
        _ if kept => "no-cache",
        _ if status == StatusCode::NOT_FOUND => MISSING,
        _ => "no-store",
    }
}

/// For players in browsers: any page may read everything here, and see what it needs for its estimates.
pub(super) fn cors() -> CorsLayer {
    let name = HeaderName::from_static;
    let cmcd = ["cmcd-object", "cmcd-request", "cmcd-session", "cmcd-status"].map(name);
    let measures = ["cmsd-static", "cmsd-dynamic", "server-timing"].map(name);
    CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::HEAD, Method::OPTIONS, Method::POST])
        .allow_headers([RANGE, IF_NONE_MATCH, ACCEPT, CONTENT_TYPE].into_iter().chain(cmcd).collect::<Vec<_>>())
        .expose_headers([CONTENT_LENGTH, CONTENT_RANGE, DATE, ETAG].into_iter().chain(measures).collect::<Vec<_>>())
        .max_age(Duration::from_secs(86_400))
}

#[cfg(test)]
mod tests {
    use super::is_live as is_live_between;

    fn is_live(whole: &[u8]) -> bool {
        is_live_between(whole, whole)
    }

    #[test]
    fn only_the_root_tells_whether_a_manifest_is_live() {
        assert!(is_live(b"<?xml version='1.0'?><MPD id='a' type='dynamic'><Period/>"));
        assert!(is_live(br#"<MPD xmlns="x" type="dynamic" minimumUpdatePeriod="PT1S">"#));
        assert!(!is_live(br#"<MPD type="static"><Event type="dynamic"/>"#));
        assert!(!is_live(b"nothing"));
    }

    #[test]
    fn a_playlist_is_live_until_its_last_line_is_there() {
        let beginning = b"#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-PLAYLIST-TYPE:EVENT\n";
        assert!(is_live_between(beginning, b"#EXTINF:4,\n9.m4s\n"));
        assert!(!is_live_between(beginning, b"9.m4s\n#EXT-X-ENDLIST\n"));
        assert!(!is_live(b"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\na.m3u8\n"));
    }
}
