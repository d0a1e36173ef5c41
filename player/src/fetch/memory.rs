//! Resources held in memory, for tests: any URL, no network.

use super::request::{Failure, FailureKind, FetchEvent, FetchRequest, Sender};
use bytes::Bytes;
use std::collections::HashMap;
use std::sync::Arc;
use url::Url;

/// URLs and what they hold. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Memory(Arc<HashMap<Url, Bytes>>);

impl FromIterator<(Url, Bytes)> for Memory {
    fn from_iter<I: IntoIterator<Item = (Url, Bytes)>>(resources: I) -> Self {
        Self(Arc::new(resources.into_iter().collect()))
    }
}

impl Memory {
    pub(super) async fn run(&self, request: &FetchRequest, events: &Sender) -> Result<FetchEvent, Failure> {
        let missing = || Failure {
            status: Some(404),
            ..Failure::new(FailureKind::Status, format!("{}: not held in memory", request.url))
        };
        let body = self.0.get(&request.url).ok_or_else(missing)?;
        events.whole(request, request.url.clone(), body.clone()).await
    }
}
