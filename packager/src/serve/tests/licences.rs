//! `--clearkey`: licences, as players in browsers ask for them.

use super::{Subject, package, run};
use crate::error::Exit;
use crate::serve::clear_key::KeyStore;
use std::path::PathBuf;

const KEYS: &str = "# a film\n00112233445566778899aabbccddeeff:0123456789abcdef0123456789abcdef\n";
const ASKED: &str = r#"{"kids":["ABEiM0RVZneImaq7zN3u_w"],"type":"temporary"}"#;
const GIVEN: &str =
    r#"{"keys":[{"kty":"oct","kid":"ABEiM0RVZneImaq7zN3u_w","k":"ASNFZ4mrze8BI0VniavN7w"}],"type":"temporary"}"#;

fn keyfile(folder: &tempfile::TempDir, text: &str) -> PathBuf {
    let path = folder.path().join("keys.txt");
    std::fs::write(&path, text).unwrap();
    path
}

async fn subject() -> (tempfile::TempDir, Subject) {
    let elsewhere = tempfile::TempDir::new().unwrap();
    let keys = keyfile(&elsewhere, KEYS);
    let subject = Subject::serving(package(), &["--clearkey", keys.to_str().unwrap()], |_| {}).await;
    (elsewhere, subject)
}

#[test]
fn a_key_is_given_for_its_id_and_stands_in_no_log() {
    run(async {
        let (_keys, subject) = subject().await;
        let answer = subject.client.post("/clearkey", ASKED).await;
        assert_eq!((answer.status, answer.field("content-type")), (200, "application/json"));
        assert_eq!(String::from_utf8_lossy(&answer.body), GIVEN);
        assert_eq!((answer.field("cache-control"), answer.field("access-control-allow-origin")), ("no-store", "*"));
        let log = subject.log();
        assert!(log.contains("POST /clearkey - 200") && !log.contains("ASNF") && !log.contains("0123"), "{log}");
    });
}

#[test]
fn everything_else_is_refused_without_a_key() {
    run(async {
        let (_keys, subject) = subject().await;
        let unknown = r#"{"kids":["ABEiM0RVZneImaq7zN3u_w","AAAAAAAAAAAAAAAAAAAAAA"]}"#;
        let large = format!("{}{ASKED}", " ".repeat(1 << 17));
        for (body, status) in [("", 400), ("[1", 400), (r#"{"kids":["AA"]}"#, 400), (unknown, 404), (&large, 413)] {
            let answer = subject.client.post("/clearkey", body).await;
            assert_eq!(answer.status, status);
            assert!(!String::from_utf8_lossy(&answer.body).contains("ASNF"));
        }
        assert_eq!(subject.client.get("/clearkey").await.status, 405);
        assert_eq!(subject.client.get("/manifest.mpd").await.status, 200);
        let plain = Subject::start(&[]).await;
        assert_eq!(plain.client.post("/clearkey", ASKED).await.status, 405, "nobody gives licences here");
    });
}

#[test]
fn a_page_of_another_origin_may_ask() {
    run(async {
        let (_keys, subject) = subject().await;
        let fields = "Origin: http://player.example\r\nAccess-Control-Request-Method: POST\r\n\
            Access-Control-Request-Headers: content-type\r\n";
        let answer = subject.client.ask("OPTIONS", "/clearkey", fields).await;
        assert!(matches!(answer.status, 200 | 204), "{answer:?}");
        assert!(answer.field("access-control-allow-methods").contains("POST"));
        assert!(answer.field("access-control-allow-headers").contains("content-type"));
    });
}

#[test]
fn a_file_that_is_none_of_keys_is_named_with_its_line() {
    let folder = tempfile::TempDir::new().unwrap();
    let error = KeyStore::read(&keyfile(&folder, "00112233445566778899aabbccddeeff:01234")).err().unwrap();
    let told = error.to_string();
    assert_eq!(error.exit(), Exit::NotMedia);
    assert!(told.contains("keys.txt: line 1") && told.contains("32 hexadecimal") && !told.contains("01234"), "{told}");
    let error = KeyStore::read(&folder.path().join("none")).err().unwrap();
    assert!(error.exit() == Exit::Input && error.to_string().contains("KID:KEY"), "{error}");
}
