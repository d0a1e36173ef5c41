//! What a client sees of each fault.

use super::{Subject, media, run};
use std::io;
use tokio::io::AsyncReadExt;

#[test]
fn statuses() {
    run(async {
        let subject = Subject::start(&["--fault", "503@every=2", "--fault", "403@match=*.m4s"]).await;
        let get = async |path| subject.client.get(path).await;
        assert_eq!(get("/manifest.mpd").await.status, 200);
        let busy = get("/manifest.mpd").await;
        assert_eq!((busy.status, busy.field("retry-after"), busy.field("cache-control")), (503, "1", "no-store"));
        assert_eq!(busy.field("access-control-allow-origin"), "*");
        assert_eq!(get("/v/1.m4s").await.status, 403);
    });
}

#[test]
fn spoilt_bodies() {
    run(async {
        let whole = media();
        let half = whole.len() / 2;
        let spoil = async |kind: &str| {
            let subject = Subject::start(&["--fault", &format!("{kind}@match=*.m4s")]).await;
            assert_eq!(subject.client.get("/manifest.mpd").await.body, b"<MPD/>");
            subject.client.get("/v/1.m4s").await
        };

        let truncated = spoil("truncate").await;
        assert_eq!(truncated.field("content-length"), whole.len().to_string());
        assert!(
            truncated.body == whole[..half] && truncated.end.is_ok(),
            "{} {:?}",
            truncated.body.len(),
            truncated.end
        );

        let short = spoil("wrong-length").await;
        assert_eq!(short.field("content-length"), half.to_string());
        assert!(short.body == whole[..half] && short.end.is_ok());

        let corrupt = spoil("corrupt").await;
        let changed = corrupt.body.iter().zip(&whole).filter(|(a, b)| a != b).count();
        assert!(corrupt.body.len() == whole.len() && changed == whole.len() / 997 + 1, "{changed}");
    });
}

#[test]
fn a_reset_connection() {
    run(async {
        let subject = Subject::start(&["--fault", "reset@match=*.m4s"]).await;
        let mut stream = subject.client.send("GET", "/v/1.m4s", "").await;
        let error = stream.read_to_end(&mut vec![]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
    });
}

#[test]
fn silence_and_dripping_last_until_the_client_goes() {
    run(async {
        let subject = Subject::start(&["--fault", "silence@match=*.mpd", "--fault", "drip@match=*.m4s"]).await;
        let silent = subject.client.send("GET", "/manifest.mpd", "").await;
        let mut dripping = subject.client.send("GET", "/v/1.m4s", "").await;
        let mut received = vec![];
        let head_end = loop {
            dripping.read_buf(&mut received).await.unwrap();
            if let Some(at) = received.windows(4).position(|window| window == b"\r\n\r\n") {
                break at + 4;
            }
        };
        while received.len() < head_end + 2 {
            dripping.read_buf(&mut received).await.unwrap();
        }
        assert!(received.len() < head_end + 100, "a drip, not a stream");
        drop((silent, dripping));
        while subject.log().lines().count() < 2 {
            tokio::task::yield_now().await;
        }
        assert!(subject.log().contains("/manifest.mpd - 0 0 "), "{}", subject.log());
    });
}
