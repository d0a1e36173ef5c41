//! The layer of the emulated link.
//!
//! Its work is done beneath its inner source, not on the events that pass through it. A link is felt by a server only if
//! unread bytes fill the socket, and reqwest can neither wrap its sockets nor limit their receive buffers; so a relay in
//! this process stands between reqwest and the network (see [`super::relay`]). The layer owns that relay: the sources
//! within reach the network through its address, and it ends with the layer. Files pass the same link by themselves (see
//! [`super::file`]).

use super::relay::Relay;
use super::request::FetchRequest;
use super::running::Sender;
use super::source::{Outcome, Source};

/// Keeps the relay alive through which `inner` reaches the network.
#[derive(Debug)]
pub struct Throttled<S> {
    inner: S,
    _relay: Relay,
}

impl<S: Source> Throttled<S> {
    /// `inner` must reach the network through [`Relay::proxy_url`] of `relay` and by no other way.
    pub(super) fn new(inner: S, relay: Relay) -> Self {
        Self { inner, _relay: relay }
    }
}

impl<S: Source> Source for Throttled<S> {
    async fn run(&self, request: &FetchRequest, events: Sender) -> Outcome {
        self.inner.run(request, events).await
    }
}
