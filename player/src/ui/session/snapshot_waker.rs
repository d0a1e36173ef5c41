//! Wakes the window for snapshots that look different from the last one it was woken for. Figures may come a little
//! later than pictures, and while nothing moves only a change is worth a frame.

use super::link::Waker;
use crate::ui::reading;
use player_core::snapshot::Snapshot;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// Where the snapshots come from, once the session has been started.
type Watched = Arc<OnceLock<watch::Receiver<Arc<Snapshot>>>>;

/// Called by the drive with each snapshot.
pub(super) struct SnapshotWaker {
    watched: Watched,
    last: Mutex<Option<Arc<Snapshot>>>,
    waker: Waker,
}

impl SnapshotWaker {
    /// Figures change with the pictures if these come more often.
    const SOON: Duration = Duration::from_millis(100);

    pub(super) fn new(waker: Waker) -> Self {
        Self { watched: Arc::default(), last: Mutex::default(), waker }
    }

    /// To be set when the session has been started: the waker is made before it.
    pub(super) fn watched(&self) -> Watched {
        self.watched.clone()
    }

    /// Wakes the window if the newest snapshot looks different.
    pub(super) fn snapshot_arrived(&self) {
        let Some(snapshots) = self.watched.get() else { return (self.waker)(Self::SOON) };
        let new = snapshots.borrow().clone();
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let worth_a_look = last.as_ref().is_none_or(|last| reading::differs(last, &new));
        if worth_a_look {
            *last = Some(new);
            (self.waker)(Self::SOON);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::tests::fixtures;
    use player_core::io::Phase;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn the_same_snapshot_wakes_once_while_paused() {
        let woken = Arc::new(AtomicUsize::new(0));
        let counter = woken.clone();
        let wake = move |_| {
            counter.fetch_add(1, Ordering::Relaxed);
        };
        let waker = SnapshotWaker::new(Arc::new(wake));
        let paused = || Arc::new(Snapshot { phase: Phase::Paused, ..fixtures::playing() });
        let (tell, snapshots) = watch::channel(paused());
        waker.watched().set(snapshots).unwrap();
        waker.snapshot_arrived();
        tell.send(paused()).unwrap();
        waker.snapshot_arrived();
        assert_eq!(woken.load(Ordering::Relaxed), 1, "nothing has changed");
        tell.send(Arc::new(fixtures::playing())).unwrap();
        waker.snapshot_arrived();
        assert_eq!(woken.load(Ordering::Relaxed), 2);
    }
}
