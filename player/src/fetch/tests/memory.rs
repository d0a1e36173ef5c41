//! The test double: any URL, no network. Bodies have the validator that their holder gives them, and a request that
//! names it is answered with "not modified".

use crate::fetch::running::Sender;
use crate::fetch::source::Outcome;
use crate::fetch::{
    BodyOrigin, FaultSwitch, FetchEvent, FetchFailure, FetchRequest, Fetcher, ResponseHead, Source, Throttle,
};
use bytes::Bytes;
use reqwest::header::{ETAG, HeaderValue, IF_NONE_MATCH};
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use url::Url;

/// URLs and what they hold.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    bodies: HashMap<Url, Bytes>,
    etag: Option<&'static str>,
    asked: AtomicUsize,
}

impl FromIterator<(Url, Bytes)> for Memory {
    fn from_iter<I: IntoIterator<Item = (Url, Bytes)>>(bodies: I) -> Self {
        Self { bodies: bodies.into_iter().collect(), ..Self::default() }
    }
}

impl Memory {
    /// Every body has this validator.
    pub(super) fn with_etag(self, etag: &'static str) -> Self {
        Self { etag: Some(etag), ..self }
    }

    /// Requests so far.
    pub(super) fn asked(&self) -> usize {
        self.asked.load(SeqCst)
    }
}

impl Source for Memory {
    async fn run(&self, request: &FetchRequest, events: Sender) -> Outcome {
        self.asked.fetch_add(1, SeqCst);
        let missing = || FetchFailure::status(404, format!("{}: not held in memory", request.url));
        let body = self.bodies.get(&request.url).ok_or_else(missing)?;
        let (from, to) = request.window(body.len() as u64)?;
        let mut head =
            ResponseHead::local(request.url.clone(), request.range.is_some(), to - from, BodyOrigin::Network);
        if let Some(etag) = self.etag {
            head.fields.insert(ETAG, HeaderValue::from_static(etag));
            if request.headers.get(IF_NONE_MATCH).is_some_and(|asked| asked == etag) {
                events.head(ResponseHead { status: 304, length: Some(0), ..head }).await;
                return Ok(());
            }
        }
        events.head(head).await;
        events.chunk(body.slice(from as usize..to as usize)).await;
        Ok(())
    }
}

/// Answers every request with the same events; the last one must be `Done` or `Failed`, or the request never ends.
pub(crate) struct Scripted(Vec<FetchEvent>);

impl Scripted {
    pub(crate) fn new(events: Vec<FetchEvent>) -> Self {
        Self(events)
    }
}

impl Source for Scripted {
    async fn run(&self, _request: &FetchRequest, events: Sender) -> Outcome {
        for event in &self.0 {
            match event {
                FetchEvent::Done => return Ok(()),
                FetchEvent::Failed(failure) => return Err(failure.clone()),
                other => events.send(other.clone()).await,
            }
        }
        std::future::pending().await
    }
}

/// A fetcher over `source` alone.
pub(crate) fn fetcher_over(source: impl Source + 'static) -> Fetcher {
    Fetcher::over(source, Throttle::default(), FaultSwitch::default())
}
