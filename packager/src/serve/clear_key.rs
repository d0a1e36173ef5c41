//! The licence server of `--clearkey`: a POST to `/clearkey` with key ids is answered with their keys (W3C Encrypted Media
//! Extensions 9.1). Nobody is asked who he is: whoever can reach it gets the keys. No key gets into a log or an error.

use super::error::ServeError;
use axum::body::{Body, to_bytes};
use axum::http::header::{ALLOW, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use shared::protection::clear_key::{MAX_BODY, answer, read_request};
use shared::protection::{ContentKey, KeyId};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;
use tokio::time::timeout;

/// Where licences are asked for.
pub(super) const PATH: &str = "/clearkey";
/// More than a file of the most keys has.
const LARGEST_FILE: u64 = 1 << 20;
/// How long the body of a request may take.
const BODY_LIMIT: Duration = Duration::from_secs(10);

/// The keys that are given out.
pub(super) struct KeyStore(BTreeMap<KeyId, ContentKey>);

impl KeyStore {
    /// Reads a file of lines `KID:KEY`.
    pub(super) fn read(path: &Path) -> Result<Self, ServeError> {
        let unreadable = |problem| ServeError::KeyFile { path: path.to_owned(), problem };
        if std::fs::metadata(path).map_err(unreadable)?.len() > LARGEST_FILE {
            return Err(unreadable(std::io::Error::other("larger than any file of keys")));
        }
        let text = std::fs::read(path).map_err(unreadable)?;
        let keys = ContentKey::read_lines(&String::from_utf8_lossy(&text));
        let keys = keys.map_err(|problem| ServeError::Keys { path: path.to_owned(), problem })?;
        Ok(Self(keys.into_iter().map(|key| (key.id, key)).collect()))
    }

    /// Answers a request to [`PATH`].
    pub(super) async fn answer(&self, method: &Method, body: Body) -> Response {
        if method != Method::POST {
            return (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "POST, OPTIONS")]).into_response();
        }
        match timeout(BODY_LIMIT, to_bytes(body, MAX_BODY)).await {
            Ok(Ok(body)) => self.licence(&body),
            Ok(Err(_)) => refused(StatusCode::PAYLOAD_TOO_LARGE, "the request is too large or broken off"),
            Err(_) => refused(StatusCode::REQUEST_TIMEOUT, "the request did not come to its end"),
        }
    }

    /// All keys that are asked for, or none.
    fn licence(&self, body: &[u8]) -> Response {
        let ids = match read_request(body) {
            Ok(ids) => ids,
            Err(problem) => return refused(StatusCode::BAD_REQUEST, problem),
        };
        let keys: Result<Vec<ContentKey>, KeyId> = ids.iter().map(|id| self.0.get(id).copied().ok_or(*id)).collect();
        match keys {
            Ok(keys) => given(&answer(&keys)),
            Err(unknown) => refused(StatusCode::NOT_FOUND, &format!("no key with the id {unknown}")),
        }
    }
}

/// With its length: what is said of a body that goes wrong on purpose counts from it.
fn given(licence: &str) -> Response {
    let fields = [(CONTENT_TYPE, "application/json".to_owned()), (CONTENT_LENGTH, licence.len().to_string())];
    (fields, licence.to_owned()).into_response()
}

fn refused(status: StatusCode, why: &str) -> Response {
    (status, format!("{why}\n")).into_response()
}
