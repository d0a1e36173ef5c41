//! What comes with a good status in place of media: the page of a network that wants people to log in first, the message of
//! a server that has too much to do, nothing. No decoder needs to see that: it is the network that fails.

use super::follow::failure_of;
use crate::fetch::FetchFailure;
use player_core::io::{Failure, Subject};
use player_core::kinds::OutputSink;
use shared::sniff::sniff;
use url::Url;

/// The failure that `body` is, if it came from `url` in place of pictures or sound, or of what leads to them. A file is
/// nobody's answer: it stays what it is.
pub(super) fn intercepted(subject: &Subject, url: &Url, body: &[u8]) -> Option<Failure> {
    let sink = subject.track()?.row().sink;
    let is_coded = matches!(sink, OutputSink::Screen | OutputSink::Speakers);
    // A licence is JSON; everything else in its place is what it would be in place of media.
    let is_licence = matches!(subject, Subject::Key { .. }) && body.trim_ascii_start().starts_with(b"{");
    let found = sniff(body).filter(|found| is_coded && !is_licence && found.is_no_media())?;
    let failure = failure_of(FetchFailure::intercepted(url, found));
    Some(if url.scheme() == "file" { Failure::content(failure.message) } else { failure })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{fragments, init};
    use player_core::io::{FailureKind, RungRef};
    use player_core::kinds::TrackKind;
    use player_core::presentation::Naming;

    fn init_of(sink: OutputSink) -> Subject {
        let track = TrackKind::of_sink(sink);
        Subject::Init(RungRef { track, rung: Naming::default().rung(), representation: "v".into() })
    }

    fn found(subject: &Subject, url: &str, body: &[u8]) -> Option<(FailureKind, String)> {
        intercepted(subject, &url.parse().unwrap(), body).map(|failure| (failure.kind, failure.message))
    }

    #[test]
    fn a_licence_may_be_json_and_nothing_else() {
        let rung = Naming::default().rung();
        let of = RungRef { track: TrackKind::of_sink(OutputSink::Screen), rung, representation: "v".into() };
        let key = Subject::Key { of, key_id: shared::protection::KeyId([1; 16]) };
        let url = "https://a.example/licence";
        assert_eq!(found(&key, url, b" {\"keys\":[]}"), None);
        assert!(found(&key, url, b"<html>").is_some_and(|(kind, _)| kind == FailureKind::Intercepted));
    }

    #[test]
    fn a_page_a_message_and_nothing_are_failures_of_the_network() {
        let url = "https://a.example/1.m4s";
        let cases: [(&[u8], &str); 4] = [
            (b"<html>", "a web page came instead of media: a login page?"),
            (b"{}", "a JSON document came instead of media"),
            (b"", "nothing came instead of media"),
            (b"Not now", "a text came instead of media"),
        ];
        for (body, words) in cases {
            let expected = Some((FailureKind::Intercepted, format!("{url}: {words}")));
            assert_eq!(found(&init_of(OutputSink::Screen), url, body), expected);
        }
    }

    #[test]
    fn media_manifests_and_words_are_let_through_and_a_file_is_what_it_is() {
        let url = "https://a.example/1.m4s";
        for media in [init(), fragments(0, 2).concat().into()] {
            assert_eq!(found(&init_of(OutputSink::Speakers), url, &media), None);
        }
        assert_eq!(found(&Subject::Manifest, url, b"<html>"), None);
        assert_eq!(found(&init_of(OutputSink::Captions), url, b"WEBVTT"), None);
        let local = found(&init_of(OutputSink::Screen), "file:///1.m4s", b"").unwrap();
        assert_eq!(local.0, FailureKind::Content);
    }
}
