//! What goes wrong on a network, and that it is told apart.

use super::contract::{outcome, run};
use super::server::Server;
use crate::fetch::{
    BodyOrigin, FetchConfig, FetchEvent, FetchFailureKind, FetchRequest, Fetcher, HttpConfig, LeastPace, MOST_REDIRECTS,
};
use bytes::Bytes;
use reqwest::Method;
use reqwest::header::HeaderValue;
use std::time::Duration;
use url::Url;

async fn fetcher() -> Fetcher {
    Fetcher::new(FetchConfig { allow_private: true, ..FetchConfig::default() }).await.unwrap()
}

fn media(url: Url) -> FetchRequest {
    FetchRequest { silence: Duration::from_millis(300), ..FetchRequest::media(url, None) }
}

#[test]
fn failures_are_told_apart() {
    run(async {
        let (server, fetcher) = (Server::start(b"hello".to_vec()).await, fetcher().await);
        let cases = [
            ("busy", FetchFailureKind::Status, Some(503)),
            ("missing", FetchFailureKind::Status, Some(404)),
            ("loop", FetchFailureKind::Refused, None),
            ("to-file", FetchFailureKind::Refused, Some(302)),
            ("to-ftp", FetchFailureKind::Refused, Some(302)),
            ("truncated", FetchFailureKind::Truncated, None),
            ("hang-up", FetchFailureKind::Truncated, None),
            ("nonsense", FetchFailureKind::Protocol, None),
            ("silent", FetchFailureKind::Silence, None),
            ("mute", FetchFailureKind::Silence, None),
            ("loris", FetchFailureKind::Silence, None),
            ("endless-head", FetchFailureKind::Protocol, None),
            ("two-lengths", FetchFailureKind::Protocol, None),
        ];
        for (path, kind, status) in cases {
            assert_eq!(outcome(fetcher.fetch(media(server.url(path)))).await, Err((kind, status)), "{path}");
        }
        let endless = FetchRequest { max_bytes: 100_000, ..media(server.url("endless")) };
        assert_eq!(outcome(fetcher.fetch(endless)).await, Err((FetchFailureKind::TooLarge, None)));
        let range = FetchRequest::media(server.url("other-range"), Some(crate::fetch::Range { first: 0, last: None }));
        assert_eq!(outcome(fetcher.fetch(range)).await, Err((FetchFailureKind::Protocol, None)));
        let followed = server.heads().iter().filter(|head| head.starts_with("GET /loop")).count();
        assert_eq!(followed, MOST_REDIRECTS + 1);
    });
}

#[test]
fn a_coding_that_nobody_asked_for_is_named_and_one_that_is_none_is_not() {
    run(async {
        let (server, fetcher) = (Server::start(b"hello".to_vec()).await, fetcher().await);
        for coding in ["deflate", "br", "zstd", "gzip,deflate", "X-Gzip"] {
            let url = server.url(&format!("packed?{coding}"));
            let failure = fetcher.fetch(FetchRequest::open(url)).collect().await.unwrap_err();
            assert_eq!(failure.kind, FetchFailureKind::Protocol, "{failure}");
            assert!(failure.message.contains(coding), "{failure}");
        }
        for coding in ["identity", "UTF-8", "aws-chunked", ""] {
            let url = server.url(&format!("packed?{coding}"));
            assert!(fetcher.fetch(media(url)).collect().await.is_ok(), "{coding}");
        }
    });
}

#[test]
fn a_page_in_place_of_a_range_is_no_short_file() {
    run(async {
        let range = Some(crate::fetch::Range { first: 700, last: Some(900) });
        for (body, kind) in [
            (&b"<html>log in</html>"[..], FetchFailureKind::Intercepted),
            (b"", FetchFailureKind::Intercepted),
            (b"\0\0\0\x18ftypiso6", FetchFailureKind::Status),
        ] {
            let (server, fetcher) = (Server::start(body.to_vec()).await, fetcher().await);
            let failure = fetcher.fetch(FetchRequest::media(server.url("whole"), range)).collect().await.unwrap_err();
            assert_eq!(failure.kind, kind, "{failure}");
        }
    });
}

#[test]
fn what_comes_before_a_range_that_a_server_ignores_is_counted() {
    run(async {
        let (server, fetcher) = (Server::start(vec![7; 1_000_000]).await, fetcher().await);
        let range = Some(crate::fetch::Range { first: 900_000, last: Some(900_999) });
        let mut fetch = fetcher.fetch(FetchRequest::media(server.url("whole"), range));
        let Some(FetchEvent::Headers(head)) = fetch.next().await else { panic!("no head") };
        assert_eq!((head.length, head.unasked), (Some(1000), 900_000));
        let (mut asked, mut unasked) = (0, 0);
        while let Some(event) = fetch.next().await {
            match event {
                FetchEvent::Chunk(bytes) => asked += bytes.len() as u64,
                FetchEvent::Unasked(count) => unasked += count,
                other => assert_eq!(other, FetchEvent::Done),
            }
        }
        assert!(asked == 1000 && unasked >= head.unasked, "{asked} {unasked}");
        assert_eq!(server.heads().len(), 1);
    });
}

/// The ranges of one file, one after the other, as (body, unasked, origin).
async fn ranges(fetcher: &Fetcher, url: &Url, all: &[(u64, u64)]) -> Vec<(Vec<u8>, u64, BodyOrigin)> {
    let mut got = vec![];
    for &(first, last) in all {
        let range = Some(crate::fetch::Range { first, last: Some(last) });
        let mut fetch = fetcher.fetch(FetchRequest::media(url.clone(), range));
        let Some(FetchEvent::Headers(head)) = fetch.next().await else { panic!("no head") };
        let (mut body, mut unasked) = (vec![], 0);
        while let Some(event) = fetch.next().await {
            match event {
                FetchEvent::Chunk(bytes) => body.extend_from_slice(&bytes),
                FetchEvent::Unasked(count) => unasked += count,
                other => assert_eq!(other, FetchEvent::Done),
            }
        }
        assert_eq!(head.length, Some(body.len() as u64));
        got.push((body, unasked, head.origin));
    }
    got
}

#[test]
fn a_server_that_ignores_ranges_is_read_on() {
    run(async {
        let body: Vec<u8> = (0..3_000_000u32).map(|n| (n / 7) as u8).collect();
        let (server, fetcher) = (Server::start(body.clone()).await, fetcher().await);
        let wanted = [(0, 799), (800, 99_999), (200_000, 1_999_999), (2_000_000, 2_999_999), (100, 199)];
        let got = ranges(&fetcher, &server.url("whole"), &wanted).await;
        for ((first, last), (came, _, _)) in wanted.iter().zip(&got) {
            assert_eq!(came[..], body[*first as usize..=*last as usize], "{first}-{last}");
        }
        let unasked: Vec<u64> = got.iter().map(|(_, unasked, _)| *unasked).collect();
        assert_eq!(unasked[..4], [0, 0, 100_000, 0], "what is left out is counted once");
        let is_asked = got.iter().map(|(_, _, origin)| *origin == BodyOrigin::Network).collect::<Vec<_>>();
        assert!(is_asked[0] && is_asked[4], "one that is behind is asked for again");
        assert_eq!(server.heads().len(), 2);
    });
}

#[test]
fn a_body_that_breaks_off_is_asked_for_again() {
    run(async {
        let (server, fetcher) = (Server::start(vec![7; 1000]).await, fetcher().await);
        let got = ranges(&fetcher, &server.url("broken-off"), &[(0, 99), (100, 199)]).await;
        assert_eq!(got.iter().map(|(body, _, _)| body.len()).collect::<Vec<_>>(), [100, 100]);
        assert_eq!(server.heads().len(), 2);
    });
}

#[test]
fn an_address_in_another_spelling_is_reached_or_refused_like_itself() {
    run(async {
        let server = Server::start(b"hello".to_vec()).await;
        let port = server.url("").port().unwrap();
        let spelled = |host: &str| Url::parse(&format!("http://{host}:{port}/body")).unwrap();
        let fetcher = Fetcher::new(FetchConfig::default()).await.unwrap();
        for host in ["[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "0x7f.1", "2130706433", "[::127.0.0.1]"] {
            let failure = fetcher.fetch(media(spelled(host))).collect().await.unwrap_err();
            assert_eq!(failure.kind, FetchFailureKind::Refused, "{failure}");
            assert!(failure.message.contains("private address"), "{failure}");
        }
        let opened = fetcher.fetch(FetchRequest::open(spelled("[::ffff:127.0.0.1]"))).collect().await.unwrap();
        assert_eq!(&opened.0[..], b"hello");
    });
}

#[test]
fn no_connection_says_why() {
    run(async {
        let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let server = Server::start(vec![]).await;
        let plain = server.url("body").to_string().replace("http:", "https:");
        let fetcher = fetcher().await;
        for (url, kind, words) in [
            (format!("http://{closed}/x"), FetchFailureKind::Connect, "is the server running"),
            ("http://no-such-host.invalid/x".to_owned(), FetchFailureKind::Name, "host is unknown"),
            (plain, FetchFailureKind::Tls, ""),
        ] {
            let failure =
                fetcher.fetch(FetchRequest::media(Url::parse(&url).unwrap(), None)).collect().await.unwrap_err();
            assert_eq!(failure.kind, kind, "{failure}");
            assert!(failure.message.starts_with(&url) && failure.message.contains(words), "{failure}");
        }
    });
}

#[test]
fn retry_after_in_seconds_and_as_a_date() {
    run(async {
        let (server, fetcher) = (Server::start(vec![]).await, fetcher().await);
        for (path, secs) in [("busy", 7), ("until", 60)] {
            let failure = fetcher.fetch(media(server.url(path))).collect().await.unwrap_err();
            assert_eq!(failure.retry_after, Some(Duration::from_secs(secs)));
        }
    });
}

#[test]
fn a_document_cannot_send_us_to_private_addresses() {
    run(async {
        let server = Server::start(b"hello".to_vec()).await;
        let fetcher = Fetcher::new(FetchConfig::default()).await.unwrap();
        let failure = fetcher.fetch(media(server.url("body"))).collect().await.unwrap_err();
        assert_eq!(failure.kind, FetchFailureKind::Refused);
        assert!(failure.message.contains("--allow-private"), "{failure}");
        assert_eq!(server.connections(), 0);
        // A manifest that the viewer opened there may.
        assert!(fetcher.fetch(FetchRequest::open(server.url("body"))).collect().await.is_ok());
        assert!(fetcher.fetch(media(server.url("body"))).collect().await.is_ok());
    });
}

#[test]
fn user_and_password_go_to_the_server_that_the_viewer_named() {
    run(async {
        let (server, other) = (Server::start(b"hello".to_vec()).await, Server::start(b"hello".to_vec()).await);
        let mut url = server.url("body");
        url.set_username("alice").unwrap();
        url.set_password(Some("secret")).unwrap();
        let mut http = HttpConfig::default();
        http.sign_in(&mut url);
        assert_eq!(url, server.url("body"));
        let fetcher = Fetcher::new(FetchConfig { http, allow_private: true, ..FetchConfig::default() }).await.unwrap();
        fetcher.fetch(FetchRequest::open(url)).collect().await.unwrap();
        fetcher.fetch(media(server.url(&format!("goto?{}", other.url("body"))))).collect().await.unwrap();
        fetcher.fetch(media(other.url("body"))).collect().await.unwrap();
        let signed = |head: &String| head.to_lowercase().contains("authorization: basic ywxpy2u6c2vjcmv0");
        assert_eq!(server.heads().iter().filter(|head| signed(head)).count(), 2);
        let elsewhere = other.heads();
        assert!(elsewhere.len() == 2 && elsewhere.iter().all(|head| !head.to_lowercase().contains("authorization")));
    });
}

#[test]
fn a_cookie_goes_back_to_its_server_and_nowhere_else() {
    run(async {
        let (server, fetcher) = (Server::start(b"hello".to_vec()).await, fetcher().await);
        let Some(FetchEvent::Headers(head)) =
            fetcher.fetch(FetchRequest::open(server.url("cookie?token=abc;Path=/;HttpOnly"))).next().await
        else {
            panic!("no head");
        };
        assert!(!head.fields.contains_key("set-cookie"), "it goes no further");
        fetcher.fetch(media(server.url("body"))).collect().await.unwrap();
        fetcher.fetch(media(server.url("cookie-and-away"))).collect().await.unwrap();
        let cookies = |head: &String| head.lines().find_map(|line| Some(line.strip_prefix("Cookie: ")?.to_owned()));
        let sent: Vec<_> = server.heads().iter().map(cookies).collect();
        let token = Some("token=abc".to_owned());
        assert_eq!(sent, [None, token.clone(), token, Some("away=1; token=abc".to_owned())]);
        // Another session has another jar.
        let other = self::fetcher().await;
        other.fetch(media(server.url("body"))).collect().await.unwrap();
        assert_eq!(cookies(&server.heads()[4]), None);
    });
}

#[test]
fn a_manifest_that_comes_a_byte_at_a_time_ends() {
    run(async {
        let (server, fetcher) = (Server::start(vec![b'x'; 10_000]).await, fetcher().await);
        let pace = Some(LeastPace { bytes: 1000, within: Duration::from_millis(100) });
        let open = |path: &str| FetchRequest { pace, ..FetchRequest::open(server.url(path)) };
        for path in ["drip", "loris"] {
            assert_eq!(outcome(fetcher.fetch(open(path))).await, Err((FetchFailureKind::Silence, None)), "{path}");
        }
        assert!(fetcher.fetch(open("body")).collect().await.is_ok());
    });
}

#[test]
fn silent_strangers_do_not_keep_us_from_the_network() {
    run(async {
        let server = Server::start(b"hello".to_vec()).await;
        let (reach, relay) = super::contract::relay().await;
        let address = relay.proxy_url().rsplit_once('@').unwrap().1.to_owned();
        let mut strangers = vec![];
        for _ in 0..100 {
            strangers.push(tokio::net::TcpStream::connect(&address).await.unwrap());
        }
        let http = super::contract::http_through(&relay, reach);
        let fetcher = super::memory::fetcher_over(http);
        assert!(fetcher.fetch(media(server.url("body"))).collect().await.is_ok());
        drop(strangers);
    });
}

#[test]
fn an_unchanged_manifest_comes_from_the_cache() {
    run(async {
        let (server, fetcher) = (Server::start(b"<MPD/>".to_vec()).await, fetcher().await);
        let open = || fetcher.fetch(FetchRequest::open(server.url("etag")));
        assert_eq!(outcome(open()).await, Ok((200, Some(6), b"<MPD/>".to_vec())));
        assert_eq!(outcome(open()).await, Ok((304, Some(6), b"<MPD/>".to_vec())));
        let first = open().next().await;
        assert!(matches!(first, Some(FetchEvent::Headers(head)) if head.origin == BodyOrigin::Cache));
        // Media is not kept.
        assert_eq!(outcome(fetcher.fetch(media(server.url("etag")))).await, Ok((200, Some(6), b"<MPD/>".to_vec())));
    });
}

#[test]
fn redirects_tell_where_it_was_found_and_connections_are_kept() {
    run(async {
        let (server, fetcher) = (Server::start(b"hello".to_vec()).await, fetcher().await);
        for _ in 0..5 {
            let (bytes, found) = fetcher.fetch(media(server.url("redirect"))).collect().await.unwrap();
            assert_eq!((&bytes[..], found), (&b"hello"[..], server.url("body")));
        }
        assert_eq!((server.heads().len(), server.connections()), (10, 1));
    });
}

#[test]
fn the_viewers_headers_go_out() {
    run(async {
        let server = Server::start(b"hello".to_vec()).await;
        let mut http = HttpConfig::default();
        http.add_header("X-Token: a:b ").unwrap();
        assert!(http.add_header("no colon").is_err() && http.add_header("bad name: x").is_err());
        let fetcher = Fetcher::new(FetchConfig { http, allow_private: true, ..FetchConfig::default() }).await.unwrap();
        fetcher.fetch(FetchRequest::open(server.url("body"))).collect().await.unwrap();
        fetcher.fetch(media(server.url("redirect"))).collect().await.unwrap();
        assert_eq!(server.heads().iter().filter(|head| has_token(head)).count(), 3);
        // Neither what the manifest names elsewhere, nor where its own server sends us to.
        let other = Server::start(b"hello".to_vec()).await;
        fetcher.fetch(media(other.url("body"))).collect().await.unwrap();
        fetcher.fetch(media(server.url(&format!("goto?{}", other.url("body"))))).collect().await.unwrap();
        assert_eq!((other.heads().len(), other.heads().iter().filter(|head| has_token(head)).count()), (2, 0));
    });
}

#[test]
fn method_headers_and_body_of_a_request_arrive() {
    run(async {
        let (server, fetcher) = (Server::start(b"{\"keys\":[]}".to_vec()).await, fetcher().await);
        let (answer, _) = fetcher.fetch(licence(server.url("body"))).collect().await.unwrap();
        assert_eq!(&answer[..], b"{\"keys\":[]}");
        let heads = server.heads();
        assert!(heads[0].starts_with("POST /body ") && has_token(&heads[0]), "{heads:?}");
        assert!(heads[0].to_lowercase().contains("content-type: application/json\r\n"), "{heads:?}");
        assert_eq!(server.bodies(), [b"{\"kids\":[]}".to_vec()]);
    });
}

#[test]
fn a_redirect_to_another_origin_takes_the_body_along_but_no_secret() {
    run(async {
        let (server, other) = (Server::start(vec![]).await, Server::start(b"{}".to_vec()).await);
        let fetcher = fetcher().await;
        // Both are asked with the same connection settings; only the port differs.
        let moved = server.url(&format!("goto?{}", other.url("body")));
        fetcher.fetch(licence(moved)).collect().await.unwrap();
        assert!(has_token(&server.heads()[0]));
        let head = other.heads().remove(0);
        assert!(head.starts_with("POST /body ") && !has_token(&head), "{head}");
        assert_eq!(other.bodies(), [b"{\"kids\":[]}".to_vec()]);
        // Within the origin they go along.
        fetcher.fetch(licence(server.url("goto?/body"))).collect().await.unwrap();
        assert!(server.heads().iter().all(|head| has_token(head)));
    });
}

#[test]
fn the_head_tells_what_later_layers_need() {
    run(async {
        let (server, fetcher) = (Server::start(b"hello".to_vec()).await, fetcher().await);
        let Some(FetchEvent::Headers(head)) = fetcher.fetch(media(server.url("dated"))).next().await else {
            panic!("no head");
        };
        assert_eq!(head.origin, BodyOrigin::Network);
        let field = |name: &str| head.fields.get(name).and_then(|value| value.to_str().ok());
        assert_eq!(field("date"), Some("Sun, 06 Nov 1994 08:49:37 GMT"));
        assert_eq!(field("cache-control"), Some("no-store"));
    });
}

/// What a key server is asked.
fn licence(url: Url) -> FetchRequest {
    let mut request = media(url);
    request.method = Method::POST;
    request.body = Bytes::from_static(b"{\"kids\":[]}");
    request.headers.insert("content-type", HeaderValue::from_static("application/json"));
    request.headers.insert("x-token", HeaderValue::from_static("a:b"));
    request
}

fn has_token(head: &str) -> bool {
    head.to_lowercase().contains("x-token: a:b\r\n")
}

/// A manifest of some kilobytes that would fill the memory.
#[test]
fn a_body_is_capped_as_it_is_after_decompression() {
    run(async {
        let server = Server::start(zipped_zeros(10 << 20)).await;
        let open = |max_bytes| FetchRequest { max_bytes, ..FetchRequest::open(server.url("zipped")) };
        let fetcher = fetcher().await;
        let (body, _) = fetcher.fetch(open(20 << 20)).collect().await.unwrap();
        assert_eq!((body.len(), body.iter().any(|byte| *byte != 0)), (10 << 20, false));
        assert_eq!(outcome(fetcher.fetch(open(1 << 20))).await, Err((FetchFailureKind::TooLarge, None)));
    });
}

/// A gzip file of one block of fixed codes (RFC 1951 3.2.6): a zero, then copies of it, 258 at a time.
fn zipped_zeros(length: usize) -> Vec<u8> {
    let copies = (length - 1) / 258;
    let literals = length - copies * 258;
    let mut bits: Vec<bool> = vec![true, true, false]; // last block, fixed codes
    let mut code = |value: u32, width: u32| bits.extend((0..width).rev().map(|bit| value >> bit & 1 == 1));
    for _ in 0..literals {
        code(0b0011_0000, 8);
    }
    for _ in 0..copies {
        code(0b1100_0101 << 5, 13);
    }
    code(0, 7);
    let mut file = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    file.extend(bits.chunks(8).map(|byte| byte.iter().rev().fold(0, |byte, bit| byte << 1 | u8::from(*bit))));
    let (zeros, mut crc) = (length, !0_u32);
    for _ in 0..zeros * 8 {
        crc = if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 };
    }
    file.extend((!crc).to_le_bytes());
    file.extend((length as u32).to_le_bytes());
    file
}

#[test]
fn ipv6_addresses_in_brackets_reach_their_server_over_http_and_https() {
    run(async {
        let Ok(listener) = tokio::net::TcpListener::bind("[::1]:0").await else {
            eprintln!("skipped: this machine has no IPv6");
            return;
        };
        let server = Server::on(listener, b"hello".to_vec());
        let fetcher = fetcher().await;
        assert_eq!(fetcher.fetch(media(server.url("body"))).collect().await.unwrap().0, &b"hello"[..]);
        // No certificate there: that it fails over encryption shows that it got so far.
        let secure = Url::parse(&server.url("body").as_str().replace("http:", "https:")).unwrap();
        let failure = fetcher.fetch(media(secure)).collect().await.unwrap_err();
        assert_eq!((failure.kind, server.connections()), (FetchFailureKind::Tls, 2), "{failure}");
    });
}
