//! How long nothing may come: before the first picture somebody wants to know soon; afterwards an outage ends by itself, and
//! only who is told to (`Config::outage_patience`) loses the patience. Nothing is skipped here.

use super::Session;
use super::loading::Locked;
use super::recovery::{START_DRIP, START_WINDOW};
use crate::io::{Blame, Severity};
use crate::snapshot::{Awaited, OutageView};
use shared::time::SessionTime;
use shared::units::ByteSize;
use std::time::Duration;

/// What has come in the present window of time before the first picture.
#[derive(Debug, Default)]
pub(super) struct StartWatch {
    /// When the window began, and what media had come in all by then.
    window: Option<(SessionTime, ByteSize)>,
    /// The window before brought next to nothing.
    dripped: bool,
    /// The viewer was told that this takes a while.
    told: bool,
}

impl Session {
    /// Why the session is over, when nothing has come for too long: the source is to blame.
    pub(super) fn lost_patience(&mut self) -> Option<String> {
        if self.playhead.started() || self.waits_for_more() {
            return self.check_patience();
        }
        if !self.loading.has_begun() || self.config.start_window == Duration::MAX {
            return None;
        }
        self.watch_start()
    }

    /// What keeps media from coming, if nothing comes for any track.
    pub(super) fn outage(&self) -> Option<OutageView> {
        if self.closed {
            return None;
        }
        let drought = self.loading.drought().map(|drought| OutageView {
            awaited: Awaited::Network,
            since: drought.since,
            why: drought.why,
            next_try: drought.next,
        });
        drought.or_else(|| self.lack_of_key()).or_else(|| self.lack_of_growth())
    }

    /// The licence that keeps playback from going on, if one does.
    fn lack_of_key(&self) -> Option<OutageView> {
        let Locked { since, why, next } = self.loading.licence_awaited()?;
        Some(OutageView { awaited: Awaited::Licence, since, why, next_try: next })
    }

    /// What is buffered is played, and a viewer who has paused waits for nothing.
    fn check_patience(&mut self) -> Option<String> {
        let waits = self.playhead.wanted && !self.playhead.clock().running() && !self.playhead.ended();
        let outage = self.outage().filter(|_| waits && self.config.outage_patience != Duration::MAX)?;
        // A network may come back; what this machine lets us open does not become more.
        let own = if self.blame == Blame::Machine { START_WINDOW } else { Duration::MAX };
        let end = outage.since + self.config.outage_patience.min(own);
        if end > self.out.now() {
            self.out.wake_at(end);
            return None;
        }
        let secs = self.out.now().since(outage.since).as_secs_f64();
        Some(format!("nothing has come for {secs:.0} s: {}", outage.why))
    }

    /// Looks at what has come whenever a window of time is over.
    fn watch_start(&mut self) -> Option<String> {
        let (now, carried) = (self.out.now(), self.network.media());
        if self.loading.can_begin(self.playhead.position(now)) {
            self.start = StartWatch::default();
            return None;
        }
        let (began, before) = *self.start.window.get_or_insert((now, carried));
        let end = began + self.config.start_window;
        if end > now {
            self.out.wake_at(end);
            return None;
        }
        let came = carried - before;
        self.start.window = Some((now, carried));
        self.out.wake_at(now + self.config.start_window);
        // Media without what their decoder needs bring no picture nearer.
        let locked = self.loading.licence_awaited().is_some();
        let useless = locked || self.loading.setups_fail_since(began + self.config.start_window / 2);
        self.judge_start(if useless { ByteSize::ZERO } else { came }, now.since(began))
    }

    fn judge_start(&mut self, came: ByteSize, within: Duration) -> Option<String> {
        let (bytes, secs) = (came.bytes(), within.as_secs_f64());
        let dripped = came < START_DRIP;
        if came == ByteSize::ZERO || (dripped && self.start.dripped) {
            let why = self.outage().map(|outage| outage.why).filter(|why| !why.is_empty());
            let why = why.map(|why| format!(" ({why})")).unwrap_or_default();
            return Some(format!("cannot begin to play: {bytes} usable bytes came within {secs:.0} s{why}"));
        }
        self.start.dripped = dripped;
        if !std::mem::replace(&mut self.start.told, true) {
            let kbps = bytes as f64 * 8e-3 / secs.max(0.001);
            let told = format!("the first picture is still being waited for: {kbps:.0} kbit/s arrive");
            self.out.notice(Severity::Warning, told);
        }
        None
    }
}
