//! Sharing one bottleneck link fairly between all open responses: says when the next bytes of a response may pass. Pure:
//! the caller passes the time in milliseconds and does the waiting. The origin and the player's throttle use it.
//!
//! The link is a queue that serves pieces in the order in which they are offered: a piece arrives when the link has
//! carried everything before it and then the piece itself. Each response offers one small piece at a time and the
//! next one when that has arrived, so the queue is a round robin and the responses get equal shares without anybody
//! counting them.
//!
//! * By any instant the link has passed no more than the integral of its trace since its clock started.
//! * What an idle link could have carried is lost, as on a real one.
//! * Timers are late. As long as a response comes back with its next piece within [`FORGIVEN_MS`] the link counts as
//!   busy meanwhile, or the trace could never be reached.

use crate::trace::{Interval, Trace};

/// For how long after its last piece a link with an empty queue still counts as busy, in ms. Longer than the delays of
/// timers and of scheduling on a loaded machine, and shorter than what a viewer or an estimator notices.
pub const FORGIVEN_MS: f64 = 50.0;
/// A piece is what the link carries in this time, in ms, within the two bounds below.
const PIECE_MS: f64 = 10.0;
const LEAST_PIECE: usize = 512;
const LARGEST_PIECE: usize = 16 * 1024;

/// A link, its clock and its queue. Without a trace everything passes at once.
#[derive(Debug, Clone, Default)]
pub struct Pacer {
    link: Option<Trace>,
    /// When the link's clock started.
    began_ms: Option<f64>,
    /// When everything in the queue will have arrived.
    free_ms: f64,
    /// Nothing passes, while the link's clock goes on.
    cut: bool,
}

/// One response on its way through the link.
#[derive(Debug, Clone, Copy, Default)]
pub struct Flow {
    /// When its first byte may come, later when its last piece arrived.
    ready_ms: f64,
}

impl Flow {
    /// When the first byte may come, as long as no piece was offered.
    pub fn first_byte_ms(&self) -> f64 {
        self.ready_ms
    }
}

/// What becomes of a piece that was offered.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Turn {
    /// The response is still waiting for its first byte: offer the piece again then.
    AskAgain(f64),
    /// The piece arrives then; not an instant earlier.
    Arrives(f64),
    /// There is no link to wait for.
    Free,
}

impl Pacer {
    /// A link that follows `link` from the first request on.
    pub fn new(link: Option<Trace>) -> Self {
        Self { link, ..Self::default() }
    }

    /// Replaces the link from now on, and ends a cut. What is still in the old one's queue must be offered again. If
    /// requests have been made, another course of rates starts now; the same one, with another latency say, goes on.
    pub fn set(&mut self, now_ms: f64, link: Option<Trace>) {
        if !same_course(self.link.as_ref(), link.as_ref()) {
            self.began_ms = self.began_ms.map(|_| now_ms);
        }
        self.link = link;
        self.free_ms = now_ms;
        self.cut = false;
    }

    /// Nothing passes until the link is [`Pacer::set`] again. What is in the queue must be offered again.
    pub fn cut(&mut self) {
        self.cut = true;
    }

    /// A request leaves for the server; the first one starts the clock.
    pub fn request(&mut self, now_ms: f64) -> Flow {
        let began_ms = *self.began_ms.get_or_insert(now_ms);
        let first_byte = self.link.as_ref().map(|link| began_ms + link.first_byte(now_ms - began_ms));
        Flow { ready_ms: first_byte.unwrap_or(now_ms) }
    }

    /// Offers the next piece of a response. `flow` remembers when it arrives.
    pub fn offer(&mut self, now_ms: f64, flow: &mut Flow, bytes: usize) -> Turn {
        let began_ms = *self.began_ms.get_or_insert(now_ms);
        if self.cut {
            return Turn::AskAgain(f64::INFINITY);
        }
        let Some(link) = &self.link else { return Turn::Free };
        if flow.ready_ms > now_ms {
            return Turn::AskAgain(flow.ready_ms);
        }
        let idle_since = self.free_ms.max(flow.ready_ms).max(began_ms);
        let start = if now_ms - idle_since > FORGIVEN_MS { now_ms } else { idle_since };
        let arrives = began_ms + link.complete(start - began_ms, bytes as f64 * 8.0);
        self.free_ms = arrives;
        flow.ready_ms = arrives;
        Turn::Arrives(arrives)
    }

    /// How many bytes of a response to offer at a time: few enough that the responses alternate smoothly.
    pub fn piece(&self, now_ms: f64) -> usize {
        match self.conditions(now_ms) {
            Some(row) => ((row.kbps * PIECE_MS / 8.0) as usize).clamp(LEAST_PIECE, LARGEST_PIECE),
            None => LARGEST_PIECE,
        }
    }

    /// What the link is like now; `None` without one.
    pub fn conditions(&self, now_ms: f64) -> Option<Interval> {
        const NOTHING: Interval = Interval { duration_ms: f64::INFINITY, kbps: 0.0, latency_ms: 0.0 };
        let began_ms = self.began_ms.unwrap_or(now_ms);
        let link = self.link.as_ref().map(|link| link.at(now_ms - began_ms));
        if self.cut { Some(NOTHING) } else { link }
    }

    /// The trace that is followed, if any.
    pub fn link(&self) -> Option<&Trace> {
        self.link.as_ref()
    }
}

/// Whether the rates are the same over time.
fn same_course(a: Option<&Trace>, b: Option<&Trace>) -> bool {
    let rates = |trace: &Trace| -> Vec<_> { trace.rows().iter().map(|row| (row.duration_ms, row.kbps)).collect() };
    a.map(rates) == b.map(rates)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Bitrate;
    use proptest::prelude::*;
    use std::time::Duration;

    fn trace(rows: &[(f64, f64, f64)]) -> Trace {
        let interval = |&(duration_ms, kbps, latency_ms): &_| Interval { duration_ms, kbps, latency_ms };
        Trace::new("test", rows.iter().map(interval).collect()).unwrap()
    }

    /// A response that never ends: every piece is followed by the next, late by what a timer is late.
    struct Stream {
        flow: Flow,
        next_ms: f64,
        in_flight: usize,
        received: usize,
    }

    /// Runs `responses` for `until_ms` on `link` in virtual time. `check` sees (time, bytes passed in all).
    fn run(
        link: Trace,
        responses: usize,
        until_ms: f64,
        late_ms: f64,
        mut check: impl FnMut(f64, usize),
    ) -> Vec<usize> {
        let mut pacer = Pacer::new(Some(link));
        let mut streams: Vec<_> = (0..responses)
            .map(|_| Stream { flow: pacer.request(0.0), next_ms: 0.0, in_flight: 0, received: 0 })
            .collect();
        loop {
            let now = streams.iter().map(|s| s.next_ms).fold(f64::INFINITY, f64::min);
            if now > until_ms {
                return streams.iter().map(|s| s.received).collect();
            }
            let stream = streams.iter_mut().find(|s| s.next_ms == now).unwrap();
            stream.received += std::mem::take(&mut stream.in_flight);
            let bytes = pacer.piece(now);
            stream.next_ms = match pacer.offer(now, &mut stream.flow, bytes) {
                Turn::AskAgain(at) => at + late_ms,
                Turn::Arrives(at) => {
                    stream.in_flight = bytes;
                    (at + late_ms).max(now)
                }
                Turn::Free => panic!("there is a link"),
            };
            check(now, streams.iter().map(|s| s.received).sum());
        }
    }

    proptest! {
        /// Whatever the trace, the number of responses and the lateness: never ahead of the integral, and with
        /// timers as good as real ones nine tenths of it are used.
        #[test]
        fn the_link_keeps_to_its_trace(
            spec in prop::collection::vec((200.0f64..5e3, 0.0f64..3e4, 0.0f64..200.0), 1..6),
            responses in 1usize..7, late_ms in 0.0f64..120.0,
        ) {
            let mut spec = spec;
            spec[0].1 += 500.0;
            let link = trace(&spec);
            let passed = run(link.clone(), responses, 30e3, late_ms, |now, passed| {
                assert!(passed as f64 * 8.0 <= link.bits_between(0.0, now) + 1.0, "{passed} bytes by {now} ms");
            });
            let most = link.bits_between(0.0, 30e3);
            let waiting = link.bits_between(0.0, link.first_byte(0.0));
            let total = passed.iter().sum::<usize>() as f64 * 8.0;
            if late_ms < 5.0 {
                let in_flight = (responses * LARGEST_PIECE * 8) as f64;
                prop_assert!(total >= 0.9 * (most - waiting) - in_flight, "{total} of {most} bits");
            }
        }
    }

    #[test]
    fn responses_share_equally() {
        let shares = run(trace(&[(1000.0, 4000.0, 20.0)]), 4, 20e3, 0.5, |_, _| {});
        let least = shares.iter().min().unwrap();
        let most = shares.iter().max().unwrap();
        assert!(most - least <= 2 * LARGEST_PIECE, "{shares:?}");
    }

    #[test]
    fn the_first_byte_waits_for_the_latency_and_nobody_waits_with_it() {
        let mut pacer = Pacer::new(Some(trace(&[(1000.0, 800.0, 100.0)])));
        let mut early = pacer.request(5_000.0);
        assert_eq!(pacer.offer(5_000.0, &mut early, 1000), Turn::AskAgain(5_100.0));
        assert_eq!(pacer.offer(5_100.0, &mut early, 1000), Turn::Arrives(5_110.0));
        let mut late = pacer.request(5_105.0);
        assert_eq!(pacer.offer(5_105.0, &mut late, 1000), Turn::AskAgain(5_205.0));
        assert_eq!(pacer.offer(5_110.0, &mut early, 1000), Turn::Arrives(5_120.0));
    }

    #[test]
    fn an_idle_link_saves_nothing_up() {
        let mut pacer = Pacer::new(Some(Trace::constant(Bitrate::from_kbps(80), Duration::ZERO)));
        let mut flow = pacer.request(0.0);
        assert_eq!(pacer.offer(1.0, &mut flow, 100), Turn::Arrives(flow.ready_ms));
        let mut flow = pacer.request(60_000.0);
        let Turn::Arrives(at) = pacer.offer(60_001.0, &mut flow, 100) else { panic!("the latency is over") };
        assert!((60_010.0..60_012.0).contains(&at), "{at}");
    }

    #[test]
    fn a_new_link_applies_at_once_and_its_clock_starts_then() {
        let mut pacer = Pacer::new(Some(trace(&[(1e6, 0.0, 0.0), (1.0, 1.0, 0.0)])));
        let mut flow = pacer.request(0.0);
        let Turn::Arrives(at) = pacer.offer(1.0, &mut flow, 1000) else { panic!("the latency is over") };
        assert!(at > 1e6);
        pacer.set(2_000.0, Some(trace(&[(10.0, 800.0, 0.0), (1e6, 8.0, 0.0)])));
        assert_eq!(pacer.conditions(2_005.0).map(|row| row.kbps), Some(800.0));
        let mut again = Flow::default();
        assert_eq!(pacer.offer(2_000.0, &mut again, 1000), Turn::Arrives(2_010.0));
        pacer.set(2_001.0, None);
        assert_eq!(pacer.offer(2_001.0, &mut again, 1000), Turn::Free);
    }

    #[test]
    fn a_trace_goes_on_after_a_cut_and_with_another_latency() {
        let link = trace(&[(1_000.0, 800.0, 0.0), (1_000.0, 80.0, 0.0)]);
        let mut pacer = Pacer::new(Some(link.clone()));
        let mut flow = pacer.request(0.0);
        pacer.cut();
        assert_eq!(pacer.offer(100.0, &mut flow, 1000), Turn::AskAgain(f64::INFINITY));
        assert_eq!(pacer.conditions(100.0).map(|row| row.kbps), Some(0.0));
        pacer.set(1_500.0, Some(link.delayed(Duration::from_millis(50))));
        assert_eq!(pacer.offer(1_500.0, &mut flow, 1000), Turn::Arrives(1_600.0), "in the second half of the trace");
        assert_eq!(pacer.conditions(1_500.0).map(|row| row.kbps), Some(80.0));
    }
}
