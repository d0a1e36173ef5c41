//! One line a request, written when its response has ended, however it ended:
//! `1763838000.123 GET /v/1.m4s bytes=0-99 206 100 12.3`: time (Unix seconds), method, path, range or `-`, status, bytes of the
//! body that went out, milliseconds.

use super::error::ServeError;
use super::link::{ShapedLink, unix_time};
use axum::extract::Request;
use axum::http::header::RANGE;
use shared::shown::harmless;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Where the lines go. Cheap to clone.
#[derive(Clone)]
pub(super) struct AccessLog(Option<Arc<Mutex<dyn Write + Send>>>);

impl AccessLog {
    /// Appends to a file, `-` is stderr: stdout is for the URLs.
    pub(super) fn open(path: Option<&Path>) -> Result<Self, ServeError> {
        let Some(path) = path else { return Ok(Self(None)) };
        if path.as_os_str() == "-" {
            return Ok(Self(Some(Arc::new(Mutex::new(std::io::stderr())))));
        }
        let file = OpenOptions::new().create(true).append(true).open(path);
        let file = file.map_err(|problem| ServeError::AccessLog { path: path.to_owned(), problem })?;
        Ok(Self(Some(Arc::new(Mutex::new(file)))))
    }

    #[cfg(test)]
    pub(super) fn to(sink: Arc<Mutex<dyn Write + Send>>) -> Self {
        Self(Some(sink))
    }

    /// Begins the record of a request.
    pub(super) fn begin(&self, request: &Request, link: &ShapedLink) -> AccessRecord {
        let range =
            request.headers().get(RANGE).map(|value| String::from_utf8_lossy(value.as_bytes()).replace(' ', ""));
        let began = link.now();
        let head =
            format!("{:.3} {} {} {}", unix_time(), request.method(), request.uri(), range.as_deref().unwrap_or("-"));
        let head = harmless(&head).into_owned();
        AccessRecord { log: self.clone(), link: link.clone(), began, head, status: 0, bytes: 0 }
    }

    /// A log that cannot be written must not stop the server: the line is lost.
    fn write(&self, line: &str) {
        if let Some(sink) = &self.0 {
            let _ = sink.lock().unwrap_or_else(PoisonError::into_inner).write_all(line.as_bytes());
        }
    }
}

/// A request under way; dropping it writes its line. Status 0: the client went before there was one.
pub(super) struct AccessRecord {
    log: AccessLog,
    link: ShapedLink,
    began: Duration,
    head: String,
    pub(super) status: u16,
    pub(super) bytes: u64,
}

impl Drop for AccessRecord {
    fn drop(&mut self) {
        let took_ms = (self.link.now() - self.began).as_secs_f64() * 1e3;
        self.log.write(&format!("{} {} {} {took_ms:.1}\n", self.head, self.status, self.bytes));
    }
}
