//! How much of the standing still the lowest rung would have avoided: worked out beside the window after each stall.

use crate::ui::task::Task;
use eframe::egui::Context;
use player_core::io::Phase;
use player_core::sim::what_if::avoidable_stall_seconds;
use player_core::snapshot::Snapshot;
use std::sync::Arc;

/// Of one session: asked for, under way, or known.
#[derive(Debug, Default)]
pub(crate) struct AvoidableStalls {
    /// After so many stalls it was asked for last.
    asked_after: u64,
    work: Option<Task<Option<f64>>>,
    known: Option<f64>,
}

impl AvoidableStalls {
    /// The snapshot with what is known of it by now.
    pub(crate) fn added_to(&mut self, ctx: &Context, mut snapshot: Arc<Snapshot>) -> Arc<Snapshot> {
        if let Some(found) = self.work.as_ref().and_then(Task::poll) {
            self.known = found;
            self.work = None;
        }
        let stalls = snapshot.totals.stall_count;
        if self.work.is_none() && stalls > self.asked_after && snapshot.phase != Phase::Stalled {
            self.asked_after = stalls;
            let watched = Arc::clone(&snapshot);
            self.work =
                Task::start(ctx, "avoidable-stalls", move || avoidable_stall_seconds(&watched, &watched.totals));
        }
        if self.known.is_some() {
            Arc::make_mut(&mut snapshot).totals.avoidable_stall_seconds = self.known;
        }
        snapshot
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::tests::fixtures;
    use player_core::report::Stall;
    use player_core::report::Totals;

    #[test]
    fn it_is_known_a_moment_after_a_stall_and_not_asked_for_without_one() {
        let (ctx, mut stalls) = (Context::default(), AvoidableStalls::default());
        let calm = Arc::new(fixtures::playing());
        let mut stalled = fixtures::playing();
        let stall = vec![Stall { at: 30.0, seconds: 1.5 }];
        stalled.totals = Totals { stalls: stall, stall_count: 1, stall_seconds: 1.5, ..stalled.totals };
        let stalled = Arc::new(stalled);
        let told = |stalls: &mut AvoidableStalls, snapshot: &Arc<Snapshot>| {
            stalls.added_to(&ctx, Arc::clone(snapshot)).totals.avoidable_stall_seconds
        };
        assert_eq!((told(&mut stalls, &calm), stalls.work.is_none()), (calm.totals.avoidable_stall_seconds, true));
        told(&mut stalls, &stalled);
        while stalls.work.is_some() {
            std::thread::yield_now();
            told(&mut stalls, &stalled);
        }
        let known = told(&mut stalls, &stalled);
        assert!(known.is_some_and(|seconds| (0.0..=1.5).contains(&seconds)), "{known:?}");
    }
}
