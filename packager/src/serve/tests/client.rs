//! As much of an HTTP client as it takes to see everything that the server sends.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub(super) struct Client(pub(super) SocketAddr);

/// A response, complete or not.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) fields: HashMap<String, String>,
    pub(super) body: Vec<u8>,
    /// How the connection ended.
    pub(super) end: Result<(), io::ErrorKind>,
}

impl Answer {
    pub(super) fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }
}

impl Client {
    pub(super) async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, "").await
    }

    pub(super) async fn post(&self, path: &str, body: &str) -> Answer {
        let fields = format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len());
        let mut stream = self.send("POST", path, &fields).await;
        stream.write_all(body.as_bytes()).await.unwrap();
        Answer::of(stream).await
    }

    /// `fields` are whole lines, each with its line end.
    pub(super) async fn ask(&self, method: &str, path: &str, fields: &str) -> Answer {
        Answer::of(self.send(method, path, fields).await).await
    }

    pub(super) async fn send(&self, method: &str, path: &str, fields: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.0).await.unwrap();
        let head = self.head(method, path, fields);
        stream.write_all(head.as_bytes()).await.unwrap();
        stream
    }

    pub(super) fn head(&self, method: &str, path: &str, fields: &str) -> String {
        format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{fields}\r\n", self.0)
    }
}

impl Answer {
    /// Everything that comes.
    pub(super) async fn of(mut stream: impl AsyncRead + Unpin) -> Self {
        let mut bytes = vec![];
        let end = stream.read_to_end(&mut bytes).await.map(|_| ()).map_err(|error| error.kind());
        let at =
            bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap_or_else(|| panic!("no head: {end:?}"));
        let head = String::from_utf8(bytes[..at].to_vec()).unwrap();
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let field = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned()));
        Answer { status, fields: lines.filter_map(field).collect(), body: bytes[at + 4..].to_vec(), end }
    }
}
