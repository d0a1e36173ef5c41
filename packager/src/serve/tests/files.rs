//! Ranges, validators, types, caching, CORS, and that nothing outside of the folder is served.

use super::{Line, Subject, media, run};
use crate::serve::{ServeError, Server, addresses};
use clap::Parser;
use std::net::SocketAddr;
use std::path::Path;

#[test]
fn a_manifest_and_a_segment_with_their_descriptions() {
    run(async {
        let subject = Subject::start(&[]).await;
        let manifest = subject.client.get("/manifest.mpd").await;
        assert_eq!((manifest.status, &manifest.body[..]), (200, &b"<MPD/>"[..]));
        assert_eq!(manifest.field("content-type"), "application/dash+xml");
        assert!(manifest.field("cache-control").contains("max-age=60"), "{manifest:?}");
        let segment = subject.client.get("/v/1.m4s").await;
        assert!(segment.body == media() && segment.end.is_ok());
        assert_eq!(segment.field("content-type"), "video/iso.segment");
        assert_eq!(segment.field("content-length"), media().len().to_string());
        assert!(segment.field("cache-control").contains("immutable"));
        assert_eq!((segment.field("access-control-allow-origin"), segment.field("timing-allow-origin")), ("*", "*"));
        assert!(segment.field("access-control-expose-headers").contains("content-range"));
        let head = subject.client.ask("HEAD", "/v/1.m4s", "").await;
        assert_eq!((head.status, head.body.len()), (200, 0));
        assert_eq!(head.field("content-length"), media().len().to_string());
    });
}

#[test]
fn a_manifest_that_still_grows_is_not_kept() {
    run(async {
        let subject = Subject::start(&[]).await;
        std::fs::write(subject.folder.path().join("manifest.mpd"), r#"<MPD type="dynamic"/>"#).unwrap();
        assert!(subject.client.get("/manifest.mpd").await.field("cache-control").contains("max-age=1,"));
        std::fs::write(subject.folder.path().join("manifest.mpd"), r#"<MPD type="static"/>"#).unwrap();
        assert!(subject.client.get("/manifest.mpd").await.field("cache-control").contains("max-age=60,"));
    });
}

#[test]
fn ranges() {
    run(async {
        let subject = Subject::start(&[]).await;
        let (whole, total) = (media(), media().len());
        let ask = async |range: &str| subject.client.ask("GET", "/v/1.m4s", &format!("Range: bytes={range}\r\n")).await;
        for (range, from, to) in [("10-19", 10, 20), ("199990-", 199_990, total), ("-5", total - 5, total)] {
            let part = ask(range).await;
            assert_eq!((part.status, &part.body[..]), (206, &whole[from..to]), "{range}");
            assert_eq!(part.field("content-range"), format!("bytes {from}-{}/{total}", to - 1));
        }
        for nothing in ["200000-", "-0", "999999999999999999999999-"] {
            let refused = ask(nothing).await;
            assert_eq!((refused.status, refused.field("content-range")), (416, "bytes */200000"), "{nothing}");
        }
        for all in ["0-99999999999999999999999", "-99999999999999999999999", "-200001"] {
            let part = ask(all).await;
            assert_eq!((part.status, part.field("content-range")), (206, "bytes 0-199999/200000"), "{all}");
            assert!(part.body == whole, "{all}");
        }
        for ignored in ["5-4", "x", "", "1-2,x", "+1-2"] {
            assert_eq!(ask(ignored).await.status, 200, "{ignored}");
        }
        let twice = subject.client.ask("GET", "/v/1.m4s", "Range: bytes=0-1\r\nRange: bytes=5-6\r\n").await;
        let head = subject.client.ask("HEAD", "/v/1.m4s", "Range: bytes=0-1\r\n").await;
        assert_eq!((twice.status, head.status), (200, 200), "ranges are one header, and for GET");
        assert_eq!(head.field("content-length"), total.to_string());
        let several = ask("0-1,5-6").await;
        assert_eq!((several.status, several.body.len()), (200, total));
    });
}

#[test]
fn validators() {
    run(async {
        let subject = Subject::start(&[]).await;
        let first = subject.client.get("/v/1.m4s").await;
        let ask = async |fields: String| subject.client.ask("GET", "/v/1.m4s", &fields).await.status;
        let (etag, modified) = (first.field("etag"), first.field("last-modified"));
        assert_eq!(ask(format!("If-None-Match: {etag}\r\n")).await, 304);
        assert_eq!(ask(format!("If-Modified-Since: {modified}\r\n")).await, 304);
        assert_eq!(ask("If-None-Match: \"other\"\r\n".to_owned()).await, 200);
        // A part is only served while it belongs to the parts that the client has.
        assert_eq!(ask(format!("Range: bytes=0-9\r\nIf-Range: {etag}\r\n")).await, 206);
        assert_eq!(ask(format!("Range: bytes=0-9\r\nIf-Range: {modified}\r\n")).await, 206);
        assert_eq!(ask("Range: bytes=0-9\r\nIf-Range: \"other\"\r\n".to_owned()).await, 200);
        assert_eq!(ask(format!("Range: bytes=0-9\r\nIf-Range: W/{etag}\r\n")).await, 200);
    });
}

#[test]
fn nothing_outside_of_the_folder() {
    run(async {
        let subject = Subject::start(&[]).await;
        let secret = tempfile::NamedTempFile::new().unwrap();
        std::os::unix::fs::symlink(secret.path(), subject.folder.path().join("link")).unwrap();
        std::os::unix::fs::symlink("manifest.mpd", subject.folder.path().join("inside.mpd")).unwrap();
        let name = secret.path().file_name().unwrap().to_str().unwrap();
        let traversals = [
            "/link".to_owned(),
            format!("/../{name}"),
            format!("/%2e%2e/{name}"),
            format!("/..%2f{name}"),
            format!("/v/../../{name}"),
            format!("/%5c..%5c{name}"),
            format!("/{}", secret.path().display()),
            "/manifest.mpd%00".to_owned(),
            "/v".to_owned(),
        ];
        for path in traversals {
            let answer = subject.client.get(&path).await;
            assert!(matches!(answer.status, 404 | 307), "{path}: {answer:?}");
            assert!(answer.status != 404 || answer.field("cache-control").contains("max-age=1"), "{path}");
        }
        assert_eq!(subject.client.get("/inside.mpd").await.status, 200);
        assert_eq!(subject.client.ask("POST", "/manifest.mpd", "Content-Length: 0\r\n").await.status, 405);
    });
}

#[test]
fn a_browser_may_ask_for_ranges() {
    run(async {
        let subject = Subject::start(&[]).await;
        let fields = "Origin: http://player.example\r\nAccess-Control-Request-Method: GET\r\n";
        let answer = subject.client.ask("OPTIONS", "/v/1.m4s", fields).await;
        assert!(matches!(answer.status, 200 | 204), "{answer:?}");
        assert!(answer.field("access-control-allow-headers").contains("range"));
        assert!(answer.field("access-control-allow-headers").contains("cmcd-session"));
    });
}

#[test]
fn the_log_has_a_line_a_request() {
    run(async {
        let subject = Subject::start(&[]).await;
        subject.client.get("/manifest.mpd").await;
        subject.client.ask("GET", "/v/1.m4s", "Range: bytes=0-99\r\n").await;
        subject.client.ask("HEAD", "/v/2.m4s", "").await;
        let log = subject.log();
        let lines: Vec<Vec<&str>> = log.lines().map(|line| line.split(' ').collect()).collect();
        let seen: Vec<&[&str]> = lines.iter().map(|fields| &fields[1..6]).collect();
        let expected = [
            ["GET", "/manifest.mpd", "-", "200", "6"],
            ["GET", "/v/1.m4s", "bytes=0-99", "206", "100"],
            ["HEAD", "/v/2.m4s", "-", "404", "0"],
        ];
        assert_eq!(seen, expected);
        assert!(lines.iter().all(|fields| fields.len() == 7 && fields[6].parse::<f64>().is_ok()), "{log}");
    });
}

#[test]
fn the_addresses_of_all_manifests() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("a film/v")).unwrap();
    for name in ["b.mpd", "a film/manifest.mpd", "a film/v/1.m4s"] {
        std::fs::write(folder.path().join(name), "").unwrap();
    }
    let address: SocketAddr = "0.0.0.0:81".parse().unwrap();
    let expected = ["http://127.0.0.1:81/a%20film/manifest.mpd", "http://127.0.0.1:81/b.mpd"];
    assert_eq!(addresses::of(folder.path(), "http", address), expected);
    assert_eq!(addresses::of(&folder.path().join("a film/v"), "http", address), ["http://127.0.0.1:81/"]);
}

#[test]
fn the_page_at_the_root_links_every_manifest() {
    run(async {
        let subject = Subject::start(&[]).await;
        std::fs::create_dir(subject.folder.path().join("a film")).unwrap();
        std::fs::write(subject.folder.path().join("a film/manifest.mpd"), "<MPD/>").unwrap();
        let page = subject.client.get("/").await;
        assert_eq!((page.status, page.field("content-type")), (200, "text/html; charset=utf-8"));
        let text = String::from_utf8(page.body.clone()).unwrap();
        assert!(text.contains("./a%20film/manifest.mpd") && text.contains("./manifest.mpd"), "{text}");
        assert_eq!(subject.client.ask("HEAD", "/", "").await.field("content-length"), text.len().to_string());
    });
}

#[test]
fn what_keeps_it_from_starting() {
    run(async {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        std::fs::write(path("text"), "hello").unwrap();
        let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap().to_string();
        let here = path("");
        let error = async |options: &[&str]| -> ServeError {
            let args = Line::parse_from(["serve"].iter().chain(options)).serve;
            Server::bind(args).await.map(|_| ()).unwrap_err()
        };
        let cases: [(&[&str], u8, &str); 8] = [
            (&[&path("missing")], 3, "missing"),
            (&[&path("text")], 3, "text"),
            (&[&here, "--listen", &address], 6, "--listen"),
            (&[&here, "--throttle", &path("none.csv")], 3, "none.csv"),
            (&[&here, "--throttle", &path("text")], 4, "header"),
            (&[&here, "--throttle", "colapse"], 3, "collapse"),
            (&[&here, "--throttle", "0"], 2, "kbit/s"),
            (&[&here, "--throttle", "4MB/s"], 2, "bytes"),
        ];
        for (options, code, words) in cases {
            let error = error(options).await;
            assert_eq!(error.exit() as u8, code, "{error}");
            assert!(error.to_string().contains(words), "{error}");
        }
        assert!(!Path::new(&path("none.csv")).exists());
    });
}
