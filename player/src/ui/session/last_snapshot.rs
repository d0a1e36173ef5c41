//! The snapshot that the window shows, and when it is replaced. Pictures come far more often than figures can be read,
//! and a new snapshot means painting the panels again; so one is shown for a while before the next is taken.

use crate::ui::model::avoidable_stalls::AvoidableStalls;
use eframe::egui::{Context, Event};
use player_core::snapshot::Snapshot;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// How long a snapshot is shown at least.
const STAND: Duration = Duration::from_millis(250);
/// How long after a click or a key every new snapshot is shown at once: the viewer waits for the effect.
const ATTENTIVE: Duration = Duration::from_secs(1);

/// The snapshot on the screen. Times are egui's, in seconds since the window opened.
#[derive(Default)]
pub(crate) struct LastSnapshot {
    seen: Option<(f64, Arc<Snapshot>)>,
    touched: Option<f64>,
    avoidable: AvoidableStalls,
}

impl LastSnapshot {
    /// The newest snapshot, or the one on the screen while it must still be shown; in that case a repaint is asked for
    /// when its time is over.
    pub(crate) fn at(&mut self, ctx: &Context, snapshots: &mut watch::Receiver<Arc<Snapshot>>) -> Arc<Snapshot> {
        let (now, touched) = ctx.input(|input| (input.time, input.events.iter().any(is_action)));
        if touched {
            self.touched = Some(now);
        }
        if let (Some(left), Some((_, seen))) = (self.stands(now), &self.seen) {
            if snapshots.has_changed().unwrap_or(false) {
                ctx.request_repaint_after(left);
            }
            return seen.clone();
        }
        let newest = snapshots.borrow_and_update().clone();
        let seen = self.avoidable.added_to(ctx, newest);
        self.seen = Some((now, seen.clone()));
        seen
    }

    /// How much longer the snapshot on the screen is to be shown; `None` when it may be replaced.
    fn stands(&self, now: f64) -> Option<Duration> {
        let is_over = |since: f64, span: Duration| now - since >= span.as_secs_f64();
        let (at, _) = self.seen.as_ref().filter(|(at, _)| !is_over(*at, STAND))?;
        let attentive = self.touched.is_some_and(|touched| !is_over(touched, ATTENTIVE));
        (!attentive).then(|| STAND.saturating_sub(Duration::from_secs_f64((now - at).max(0.0))))
    }
}

/// Whether the viewer did something: any event but a movement of the pointer.
fn is_action(event: &Event) -> bool {
    !matches!(event, Event::PointerMoved(_) | Event::MouseMoved(_) | Event::PointerGone)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::reading;
    use eframe::egui::{Key, Modifiers, RawInput, pos2};
    use player_core::io::Phase;

    /// What is seen at each time, as the phases that the session went through.
    fn look(times: &[(f64, Phase, Vec<Event>)]) -> Vec<Phase> {
        let ctx = Context::default();
        let snapshot = |phase| Arc::new(Snapshot { phase, ..reading::nothing() });
        let (tell, mut snapshots) = watch::channel(snapshot(Phase::Idle));
        let mut look = LastSnapshot::default();
        let mut at = |(time, phase, events): &(f64, Phase, Vec<Event>)| {
            tell.send(snapshot(*phase)).unwrap();
            let input = RawInput { time: Some(*time), events: events.clone(), ..RawInput::default() };
            let mut seen = Phase::Idle;
            ctx.run_ui(input, |ui| seen = look.at(ui.ctx(), &mut snapshots).phase).textures_delta.clear();
            seen
        };
        times.iter().map(&mut at).collect()
    }

    #[test]
    fn figures_stand_for_a_moment() {
        let pointer = Event::PointerMoved(pos2(5.0, 5.0));
        let seen = look(&[
            (0.0, Phase::Playing, vec![]),
            (0.1, Phase::Stalled, vec![]),
            (0.2, Phase::Stalled, vec![pointer]),
            (0.3, Phase::Stalled, vec![]),
        ]);
        assert_eq!(seen, [Phase::Playing, Phase::Playing, Phase::Playing, Phase::Stalled]);
    }

    #[test]
    fn what_a_key_does_is_seen_at_once() {
        let key = Event::Key {
            key: Key::Space,
            physical_key: None,
            pressed: true,
            repeat: false,
            modifiers: Modifiers::NONE,
        };
        let seen =
            look(&[(0.0, Phase::Playing, vec![]), (0.02, Phase::Playing, vec![key]), (0.06, Phase::Paused, vec![])]);
        assert_eq!(seen[2], Phase::Paused);
    }
}
