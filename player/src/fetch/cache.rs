//! Bodies with their validators (RFC 9110 8.8, 13.1), in memory: a manifest is asked for again and again, and a server
//! that still has the same one says so in a hundred bytes. For requests marked as `cached`; media is never kept here.

use bytes::Bytes;
use reqwest::header::{ETAG, HeaderMap, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use url::Url;

/// More documents than a session asks for repeatedly; when full, all are forgotten and asked for once more.
const MOST_ENTRIES: usize = 32;

/// Cheap to clone; clones share what they hold.
#[derive(Debug, Clone, Default)]
pub struct Cache(Arc<Mutex<HashMap<Url, Entry>>>);

/// A body as it was received, and where.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) body: Bytes,
    pub(super) found: Url,
    etag: Option<HeaderValue>,
    modified: Option<HeaderValue>,
}

impl Cache {
    pub(super) fn get(&self, url: &Url) -> Option<Entry> {
        self.entries().get(url).cloned()
    }

    /// Keeps `body`, if the server gave anything to ask with later.
    pub(super) fn put(&self, url: &Url, found: &Url, headers: &HeaderMap, body: Bytes) {
        let (etag, modified) = (headers.get(ETAG).cloned(), headers.get(LAST_MODIFIED).cloned());
        let mut entries = self.entries();
        entries.remove(url);
        if etag.is_none() && modified.is_none() {
            return;
        }
        if entries.len() >= MOST_ENTRIES {
            entries.clear();
        }
        entries.insert(url.clone(), Entry { body, found: found.clone(), etag, modified });
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<Url, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    /// The header fields that ask whether this body is still the current one.
    pub(super) fn conditions(&self) -> HeaderMap {
        let fields = [(IF_NONE_MATCH, &self.etag), (IF_MODIFIED_SINCE, &self.modified)];
        fields.into_iter().filter_map(|(name, value)| Some((name, value.clone()?))).collect()
    }
}
