//! A trace as requests see it: each waits for its first byte, then its bits flow. Several at once share the rate
//! evenly, as connections of one player roughly do. Alone, a transfer ends exactly where the model says.

use crate::io::RequestId;
use shared::trace::Trace;
use std::time::Duration;

/// What happens next to a transfer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Happening {
    /// In ms of session time.
    pub(super) at_ms: f64,
    pub(super) id: RequestId,
    /// The last bit has come; otherwise the first byte.
    pub(super) ended: bool,
}

/// Transfers over one trace.
#[derive(Debug)]
pub(super) struct Link {
    trace: Trace,
    transfers: Vec<FlowingTransfer>,
}

#[derive(Debug)]
struct FlowingTransfer {
    id: RequestId,
    size_bits: f64,
    first_byte_ms: f64,
    flowing: bool,
    /// What was left at `anchor_ms`, since when the number of flowing transfers has not changed.
    left_bits: f64,
    anchor_ms: f64,
}

impl Link {
    pub(super) fn new(trace: Trace) -> Self {
        Self { trace, transfers: vec![] }
    }

    /// A request is made; `size_bits` will come, or nothing ever. `delay`: of the server itself.
    pub(super) fn request(&mut self, now_ms: f64, id: RequestId, size_bits: Option<f64>, delay: Duration) {
        let first_byte = || self.trace.first_byte(now_ms) + delay.as_secs_f64() * 1e3;
        let first_byte_ms = if size_bits.is_some() { first_byte() } else { f64::INFINITY };
        let size_bits = size_bits.unwrap_or(0.0);
        let transfer =
            FlowingTransfer { id, size_bits, first_byte_ms, flowing: false, left_bits: size_bits, anchor_ms: 0.0 };
        self.transfers.push(transfer);
    }

    /// What happens next if nothing else does.
    pub(super) fn next(&self) -> Option<Happening> {
        let flowing = self.flowing();
        let happening = |transfer: &FlowingTransfer| {
            let at_ms = if transfer.flowing {
                self.trace.complete(transfer.anchor_ms, transfer.left_bits * flowing)
            } else {
                transfer.first_byte_ms
            };
            Happening { at_ms, id: transfer.id, ended: transfer.flowing }
        };
        let happenings = self.transfers.iter().map(happening).filter(|happening| happening.at_ms.is_finite());
        happenings.min_by(|a, b| a.at_ms.total_cmp(&b.at_ms))
    }

    /// Takes note that it has happened.
    pub(super) fn apply(&mut self, happening: Happening) {
        if happening.ended {
            self.remove(happening.at_ms, happening.id);
            return;
        }
        self.settle(happening.at_ms);
        if let Some(transfer) = self.transfers.iter_mut().find(|transfer| transfer.id == happening.id) {
            transfer.flowing = true;
            transfer.anchor_ms = happening.at_ms;
        }
    }

    /// A transfer is over.
    pub(super) fn remove(&mut self, now_ms: f64, id: RequestId) {
        self.settle(now_ms);
        self.transfers.retain(|transfer| transfer.id != id);
    }

    /// Bits received so far by those that flow.
    pub(super) fn received(&self, now_ms: f64) -> Vec<(RequestId, f64)> {
        let flowing = self.flowing();
        let received = |t: &FlowingTransfer| {
            let since = self.trace.bits_between(t.anchor_ms, now_ms.max(t.anchor_ms)) / flowing;
            (t.id, (t.size_bits - t.left_bits + since).clamp(0.0, t.size_bits))
        };
        self.transfers.iter().filter(|transfer| transfer.flowing).map(received).collect()
    }

    fn flowing(&self) -> f64 {
        self.transfers.iter().filter(|transfer| transfer.flowing).count().max(1) as f64
    }

    /// Accounts for what has flowed, because the shares change now.
    fn settle(&mut self, now_ms: f64) {
        let flowing = self.flowing();
        for transfer in self.transfers.iter_mut().filter(|transfer| transfer.flowing) {
            let flowed = self.trace.bits_between(transfer.anchor_ms, now_ms.max(transfer.anchor_ms)) / flowing;
            transfer.left_bits = (transfer.left_bits - flowed).max(0.0);
            transfer.anchor_ms = now_ms;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::units::Bitrate;

    /// Everything that happens, as text.
    fn story(link: &mut Link) -> Vec<String> {
        let mut story = vec![];
        while let Some(next) = link.next() {
            story.push(format!("{:.0} {} {}", next.at_ms, next.id, if next.ended { "end" } else { "first" }));
            link.apply(next);
        }
        story
    }

    #[test]
    fn two_transfers_share_the_rate_while_both_flow() {
        let mut link = Link::new(Trace::constant(Bitrate::from_kbps(1000), Duration::from_millis(50)));
        link.request(0.0, RequestId(1), Some(1_000_000.0), Duration::ZERO);
        link.request(450.0, RequestId(2), Some(250_000.0), Duration::ZERO);
        // 450 000 bits alone, then half of the rate until the small one is through at 1000 ms.
        assert_eq!(story(&mut link), ["50 #1 first", "500 #2 first", "1000 #2 end", "1300 #1 end"]);
    }

    #[test]
    fn a_server_that_is_far_away_answers_later() {
        let mut link = Link::new(Trace::constant(Bitrate::from_kbps(1000), Duration::from_millis(50)));
        link.request(0.0, RequestId(1), Some(100_000.0), Duration::from_millis(100));
        assert_eq!(story(&mut link), ["150 #1 first", "250 #1 end"]);
    }

    #[test]
    fn silence_is_for_ever() {
        let mut link = Link::new(Trace::constant(Bitrate::from_kbps(1000), Duration::ZERO));
        link.request(0.0, RequestId(1), None, Duration::ZERO);
        assert_eq!(link.next(), None);
        assert_eq!(link.received(1e9), []);
    }
}
