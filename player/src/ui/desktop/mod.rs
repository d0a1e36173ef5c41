//! The desktop around the window: media keys and players' panels (MPRIS), and a screen that stays on while a film plays.
//! All of it on a thread of its own, because a bus may be slow to answer, or not be there at all: that is no error.
#![expect(clippy::disallowed_methods, reason = "the desktop is told at a pace of its own, which is no session's time")]

mod awake;
mod media;
mod mpris;
mod obey;

pub(crate) use media::{MediaWish, Told};
pub(crate) use obey::obey;

use awake::Awake;
use eframe::egui::Context;
use media::MediaState;
use mpris::Mpris;
use player_core::snapshot::Snapshot;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;
use tokio::sync::watch;

/// Wishes that wait for the window; further ones are dropped.
const MOST_WISHES: usize = 64;
/// The desktop is told of changes this often at most: it shows words, not pictures.
const BETWEEN: Duration = Duration::from_millis(100);

/// The window's end.
pub(crate) struct Desktop {
    tell: watch::Sender<Told>,
    wishes: Receiver<MediaWish>,
}

/// Where the desktop's wishes go: to the window, which is woken for each.
#[derive(Clone)]
pub(crate) struct WishSender {
    wishes: SyncSender<MediaWish>,
    window: Context,
}

impl WishSender {
    fn send(&self, wish: MediaWish) {
        let _ = self.wishes.try_send(wish); // full: the window does not keep up, or is gone
        self.window.request_repaint();
    }
}

impl Desktop {
    /// Starts the thread. Without one the desktop knows nothing of the player, and the player plays on.
    pub(crate) fn start(window: &Context) -> Self {
        let (tell, told) = watch::channel(Told::default());
        let (sender, wishes) = sync_channel(MOST_WISHES);
        let sender = WishSender { wishes: sender, window: window.clone() };
        drop(std::thread::Builder::new().name("desktop".into()).spawn(move || run(told, sender)));
        Self { tell, wishes }
    }

    /// What the window knows, if it is not the same as before.
    pub(crate) fn tell(&self, told: Told) {
        self.tell.send_if_modified(|known| {
            let changed = !known.is_same(&told);
            if changed {
                *known = told;
            }
            changed
        });
    }

    /// What the desktop wants, oldest first.
    pub(crate) fn wishes(&self) -> impl Iterator<Item = MediaWish> + '_ {
        self.wishes.try_iter()
    }
}

fn run(told: watch::Receiver<Told>, wishes: WishSender) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    if let Ok(runtime) = runtime {
        runtime.block_on(serve(told, wishes));
    }
}

/// Until the window is gone.
async fn serve(mut told: watch::Receiver<Told>, wishes: WishSender) {
    let mpris = Mpris::open(&wishes).await;
    let mut awake = Awake::new(mpris.as_ref().map(Mpris::connection));
    loop {
        let now = told.borrow_and_update().clone();
        let snapshot = now.snapshots.as_ref().map(|snapshots| Arc::clone(&snapshots.borrow()));
        let state = MediaState::of(&now, snapshot.as_deref());
        awake.keep(state.plays()).await;
        if let Some(mpris) = &mpris {
            mpris.show(state).await;
        }
        tokio::time::sleep(BETWEEN).await;
        tokio::select! {
            changed = told.changed() => if changed.is_err() { return },
            () = changes(now.snapshots) => {}
            () = tokio::time::sleep(awake::AGAIN) => {}
        }
    }
}

/// Until there is a new snapshot; for ever when there is no session, or none any more.
async fn changes(snapshots: Option<watch::Receiver<Arc<Snapshot>>>) {
    let changed = match snapshots {
        Some(mut snapshots) => {
            snapshots.mark_unchanged();
            snapshots.changed().await.is_ok()
        }
        None => false,
    };
    if !changed {
        std::future::pending::<()>().await;
    }
}
