//! Clients and folders of strangers: what waits for ever is not waited for.

use super::{Subject, package, run};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const SOON: Duration = Duration::from_millis(50);
const LATE: Duration = Duration::from_secs(300);

#[cfg(unix)]
#[test]
fn only_regular_files_are_served() {
    run(async {
        let subject = Subject::start(&[]).await;
        let folder = subject.folder.path();
        let made = std::process::Command::new("mkfifo").arg(folder.join("pipe.m4s")).status().unwrap();
        assert!(made.success());
        std::os::unix::fs::symlink("pipe.m4s", folder.join("link.m4s")).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(folder.join("socket.mpd")).unwrap();
        for path in ["/pipe.m4s", "/link.m4s", "/socket.mpd"] {
            for method in ["GET", "HEAD"] {
                assert_eq!(subject.client.ask(method, path, "").await.status, 404, "{method} {path}");
            }
        }
        assert_eq!(subject.client.get("/manifest.mpd").await.status, 200);
    });
}

#[test]
fn a_request_that_is_not_finished_ends_its_connection() {
    run(async {
        let subject = Subject::serving(package(), &[], |server| server.connections.limit(SOON, LATE)).await;
        for beginning in ["", "GET /manifest.mpd HTTP/1.1\r\nHost: x\r\nX: "] {
            let mut stream = TcpStream::connect(subject.client.0).await.unwrap();
            stream.write_all(beginning.as_bytes()).await.unwrap();
            let mut answer = vec![];
            let _ = stream.read_to_end(&mut answer).await;
            assert!(!answer.starts_with(b"HTTP/1.1 200"), "{beginning}");
        }
    });
}

#[test]
fn a_response_that_nobody_reads_ends() {
    run(async {
        let folder = package();
        let large = std::fs::File::create(folder.path().join("v/large.m4s")).unwrap();
        large.set_len(1 << 30).unwrap();
        let subject = Subject::serving(folder, &[], |server| server.connections.limit(LATE, SOON)).await;
        let _unread = subject.client.send("GET", "/v/large.m4s", "").await;
        while subject.log().lines().count() < 1 {
            tokio::task::yield_now().await;
        }
        let line = subject.log();
        let sent: u64 = line.split(' ').nth(5).and_then(|bytes| bytes.parse().ok()).unwrap();
        assert!(sent < 1 << 30, "{line}");
    });
}

#[test]
fn the_log_commands_no_terminal() {
    run(async {
        let subject = Subject::start(&[]).await;
        let mut stream = TcpStream::connect(subject.client.0).await.unwrap();
        let request = b"GET /\xc2\x9b2J HTTP/1.1\r\nHost: x\r\nRange: \xc2\x9b\r\nConnection: close\r\n\r\n";
        stream.write_all(request).await.unwrap();
        let mut answer = vec![];
        stream.read_to_end(&mut answer).await.unwrap();
        let log = subject.log();
        assert!(log.lines().all(|line| !line.contains(char::is_control)), "{log:?}");
    });
}
