//! A web server of a few lines that also misbehaves on request: what each path does is in [`answer`].

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

/// Runs until dropped; remembers the heads of all requests, and the bodies of those that have one.
pub(super) struct Server {
    address: SocketAddr,
    seen: Seen,
    connections: Arc<Mutex<usize>>,
    task: tokio::task::JoinHandle<()>,
}

#[derive(Clone, Default)]
struct Seen {
    heads: Arc<Mutex<Vec<String>>>,
    bodies: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    pub(super) async fn start(body: Vec<u8>) -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").await.unwrap(), body)
    }

    pub(super) fn on(listener: TcpListener, body: Vec<u8>) -> Self {
        let address = listener.local_addr().unwrap();
        let (seen, connections) = (Seen::default(), Arc::<Mutex<usize>>::default());
        let (noted, opened) = (seen.clone(), connections.clone());
        let task = tokio::spawn(async move {
            let mut running = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                *opened.lock().unwrap() += 1;
                running.spawn(converse(stream, body.clone(), noted.clone()));
            }
        });
        Self { address, seen, connections, task }
    }

    pub(super) fn url(&self, path: &str) -> Url {
        Url::parse(&format!("http://{}/{path}", self.address)).unwrap()
    }

    pub(super) fn heads(&self) -> Vec<String> {
        self.seen.heads.lock().unwrap().clone()
    }

    pub(super) fn bodies(&self) -> Vec<Vec<u8>> {
        self.seen.bodies.lock().unwrap().clone()
    }

    pub(super) fn connections(&self) -> usize {
        *self.connections.lock().unwrap()
    }
}

/// Requests one after the other, until the client or an answer ends the connection.
async fn converse(stream: TcpStream, body: Vec<u8>, seen: Seen) {
    let mut stream = BufReader::new(stream);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if stream.read_line(&mut head).await.unwrap_or(0) == 0 {
                return;
            }
        }
        seen.heads.lock().unwrap().push(head.clone());
        if let Some(length) = content_length(&head) {
            let mut body = vec![0; length];
            if stream.read_exact(&mut body).await.is_err() {
                return;
            }
            seen.bodies.lock().unwrap().push(body);
        }
        if !answer(stream.get_mut(), &head, &body).await.unwrap_or(false) {
            return;
        }
    }
}

/// Answers by path; false ends the connection.
async fn answer(stream: &mut TcpStream, head: &str, body: &[u8]) -> std::io::Result<bool> {
    let path = head.split(' ').nth(1).unwrap_or_default();
    let mut send = async |status: &str, fields: &str, body: &[u8]| {
        let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n{fields}\r\n", body.len());
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(body).await
    };
    match path {
        "/whole" => send("200 OK", "", body).await?,
        "/body" => match range(head) {
            Some((from, _)) if from >= body.len() => send("416 Range Not Satisfiable", "", b"").await?,
            Some((from, to)) => {
                let to = to.min(body.len() - 1);
                let said = format!("Content-Range: bytes {from}-{to}/{}\r\n", body.len());
                send("206 Partial Content", &said, &body[from..=to]).await?;
            }
            None => send("200 OK", "", body).await?,
        },
        "/other-range" => send("206 Partial Content", "Content-Range: bytes 7-9/100\r\n", b"abc").await?,
        "/etag" if head.to_lowercase().contains("if-none-match: \"v1\"") => send("304 Not Modified", "", b"").await?,
        "/etag" => send("200 OK", "ETag: \"v1\"\r\n", body).await?,
        "/dated" => {
            send("200 OK", "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nCache-Control: no-store\r\n", body).await?;
        }
        "/busy" => send("503 Service Unavailable", "Retry-After: 7\r\n", b"").await?,
        "/until" => {
            let date = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nRetry-After: Sun, 06 Nov 1994 08:50:37 GMT\r\n";
            send("429 Too Many Requests", date, b"").await?;
        }
        "/redirect" => send("302 Found", "Location: /body\r\n", b"").await?,
        "/loop" => send("302 Found", "Location: /loop\r\n", b"").await?,
        "/to-file" => send("302 Found", "Location: file:///etc/passwd\r\n", b"").await?,
        "/to-ftp" => send("302 Found", "Location: ftp://127.0.0.1/x\r\n", b"").await?,
        goto if goto.starts_with("/goto?") => {
            send("307 Temporary Redirect", &format!("Location: {}\r\n", &goto[6..]), b"moved").await?;
        }
        set if set.starts_with("/cookie?") => send("200 OK", &format!("Set-Cookie: {}\r\n", &set[8..]), body).await?,
        "/cookie-and-away" => send("302 Found", "Set-Cookie: away=1\r\nLocation: /body\r\n", b"").await?,
        "/zipped" => send("200 OK", "Content-Encoding: gzip\r\n", body).await?,
        packed if packed.starts_with("/packed?") => {
            send("200 OK", &format!("Content-Encoding: {}\r\n", &packed[8..]), body).await?;
        }
        "/truncated" => {
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len() + 1);
            stream.write_all(head.as_bytes()).await?;
            stream.write_all(body).await?;
            return Ok(false);
        }
        "/broken-off" => {
            let from = range(head).map_or(0, |(from, _)| from);
            stream.write_all(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len()).as_bytes()).await?;
            stream.write_all(&body[..from + 100]).await?;
            return Ok(false);
        }
        "/nonsense" => {
            stream.write_all(b"SSH-2.0-OpenSSH_9.2\r\n").await?;
            return Ok(false);
        }
        "/hang-up" => return Ok(false),
        "/silent" => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab").await?;
            std::future::pending::<()>().await;
        }
        "/mute" => std::future::pending().await,
        "/loris" => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nX-Slow: ").await?;
            while stream.write_all(b"a").await.is_ok() {
                tokio::time::timeout(Duration::from_millis(20), std::future::pending::<()>()).await.unwrap_err();
            }
        }
        "/drip" => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n").await?;
            while stream.write_all(b"a").await.is_ok() {
                tokio::time::timeout(Duration::from_millis(5), std::future::pending::<()>()).await.unwrap_err();
            }
        }
        "/endless-head" => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n").await?;
            while stream.write_all(b"X-More: and more\r\n").await.is_ok() {}
        }
        "/two-lengths" => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 2\r\n\r\nhello").await?;
        }
        "/endless" => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
            while stream.write_all(&[0; 4096]).await.is_ok() {}
            return Ok(false);
        }
        _ => send("404 Not Found", "", b"").await?,
    }
    Ok(true)
}

fn content_length(head: &str) -> Option<usize> {
    head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ").and_then(|n| n.parse().ok()))
}

fn range(head: &str) -> Option<(usize, usize)> {
    let line = head.lines().find_map(|line| line.to_lowercase().strip_prefix("range: bytes=").map(str::to_owned))?;
    let (from, to) = line.split_once('-')?;
    Some((from.parse().ok()?, to.parse().unwrap_or(usize::MAX)))
}

/// Longer than anything in these tests takes: for what must end by itself.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);
