//! Starts and holds the media clock as the session wishes and the decoders permit, and says what the output is doing.
//! Time is an argument.

use crate::output::{Mailbox, OutputClock};
use player_core::io::{Epoch, Rendering};
use player_core::kinds::OutputSink;
use shared::time::PresentationTime;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Sound that must be decoded before the clock is started, so that it does not stop at once.
const PREROLL: Duration = Duration::from_millis(100);
/// Between two reports while nothing changes.
const REPORT: Duration = Duration::from_millis(100);
/// A picture that comes later than this is late to a viewer.
const LATE: Duration = Duration::from_millis(100);
/// Between two looks while the clock runs, and while it waits for the decoders.
const LOOK: Duration = Duration::from_millis(50);
const IMPATIENT: Duration = Duration::from_millis(5);

/// Which tracks are being played.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Playing {
    pub(super) video: bool,
    pub(super) sound: bool,
    /// Segments wait for the picture decoder: pictures are late, not missing.
    pub(super) video_busy: bool,
}

/// The state of the output.
pub(super) struct Playout<F> {
    clock: OutputClock,
    mailbox: Arc<Mailbox<F>>,
    epoch: Epoch,
    wanted: bool,
    state: Rendering,
    told: Option<Instant>,
}

/// What the session is told.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct OutputReport {
    pub(super) position: PresentationTime,
    pub(super) state: Rendering,
    pub(super) epoch: Epoch,
}

impl<F> Playout<F> {
    pub(super) fn new(clock: OutputClock, mailbox: Arc<Mailbox<F>>) -> Self {
        Self { clock, mailbox, epoch: Epoch::default(), wanted: false, state: Rendering::Paused, told: None }
    }

    /// The session lets it run.
    pub(super) fn play(&mut self) {
        self.wanted = true;
    }

    /// The session holds it.
    pub(super) fn pause(&mut self, now: Instant) {
        self.wanted = false;
        self.clock.hold(now, None);
        self.enter(Rendering::Paused);
    }

    /// Everything begins anew at `from`, held.
    pub(super) fn flush(&mut self, epoch: Epoch, from: PresentationTime) {
        self.epoch = epoch;
        self.wanted = false;
        self.clock.flush(epoch, from);
        self.enter(Rendering::Paused);
    }

    /// Looks at clock, mailbox and sound; a report when it is due.
    pub(super) fn look(&mut self, now: Instant, playing: Playing) -> Option<OutputReport> {
        if self.wanted {
            self.advance(now, playing);
        }
        if self.told.is_some_and(|told| now.saturating_duration_since(told) < REPORT) {
            return None;
        }
        self.told = Some(now);
        Some(OutputReport { position: self.clock.position(now), state: self.state, epoch: self.epoch })
    }

    /// When to look again.
    pub(super) fn next_look(&self, now: Instant) -> Instant {
        if !self.wanted || self.state == Rendering::Finished {
            return now + REPORT;
        }
        if !self.clock.runs() {
            return now + IMPATIENT;
        }
        let position = self.clock.position(now);
        let dry_in = self.mailbox.level().covered.map_or(LOOK, |end| end.since(position));
        now + dry_in.clamp(IMPATIENT, LOOK)
    }

    /// Whether the picture at `now` should have been another one for a while, although its media is there: it is in the
    /// decoder, or waits for somebody to show it.
    pub(super) fn is_late(&self, now: Instant, playing: Playing) -> bool {
        let level = self.mailbox.level();
        let expected = self.mailbox.next_pts().or(level.covered.filter(|_| playing.video_busy && !level.finished));
        let running = self.wanted && playing.video && self.clock.runs();
        running && expected.is_some_and(|expected| self.clock.position(now) > expected + LATE)
    }

    fn advance(&mut self, now: Instant, playing: Playing) {
        let position = self.clock.position(now);
        if self.finished(now, position, playing) {
            self.clock.hold(now, None);
            self.enter(Rendering::Finished);
        } else if !self.clock.runs() {
            if self.ready(position, playing) {
                self.clock.start(now, playing.sound);
                self.enter(Rendering::Playing);
            }
        } else if let Some(sink) = self.starved(position, playing) {
            let limit = self.mailbox.level().covered.filter(|_| sink == OutputSink::Screen);
            self.clock.hold(now, limit);
            self.enter(Rendering::Starved);
        }
    }

    fn finished(&self, now: Instant, position: PresentationTime, playing: Playing) -> bool {
        let picture = !playing.video || self.mailbox.level().played_out(position);
        let sound = !playing.sound || self.clock.sound_played_out(now);
        picture && sound && (playing.video || playing.sound)
    }

    fn ready(&self, position: PresentationTime, playing: Playing) -> bool {
        let level = self.mailbox.level();
        let picture = !playing.video || (self.mailbox.ready() && !level.starved(position));
        picture && (!playing.sound || self.clock.sound_ready(self.epoch, PREROLL))
    }

    fn starved(&self, position: PresentationTime, playing: Playing) -> Option<OutputSink> {
        if playing.video && !playing.video_busy && self.mailbox.level().starved(position) {
            return Some(OutputSink::Screen);
        }
        (playing.sound && self.clock.sound_starved(self.epoch)).then_some(OutputSink::Speakers)
    }

    /// A change is reported at once.
    fn enter(&mut self, state: Rendering) {
        if self.state != state {
            self.state = state;
            self.told = None;
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::disallowed_methods, reason = "an arbitrary start: only distances from it matter")]

    use super::*;
    use crate::output::Timed;
    use crate::output::audio::{Format, Renderer, Writer, pipe};

    const EPOCH: Epoch = Epoch(1);
    const VIDEO: Playing = Playing { video: true, sound: false, video_busy: false };
    const SOUND: Playing = Playing { video: false, sound: true, video_busy: false };
    /// A frame is a millisecond.
    const FORMAT: Format = Format { rate: 1000, channels: 1 };

    fn ms(millis: i64) -> PresentationTime {
        PresentationTime::from_millis(millis)
    }

    /// A playout of an epoch that begins at 0, with everything around it.
    struct Subject {
        playout: Playout<()>,
        mailbox: Arc<Mailbox<()>>,
        writer: Writer,
        renderer: Renderer,
        start: Instant,
    }

    impl Subject {
        fn new() -> Self {
            let (mut writer, renderer, meter) = pipe(FORMAT, Duration::from_secs(10));
            let mailbox = Arc::new(Mailbox::new(16));
            let mut playout = Playout::new(OutputClock::new(meter), Arc::clone(&mailbox));
            playout.flush(EPOCH, ms(0));
            mailbox.flush(EPOCH);
            writer.begin(EPOCH, ms(0));
            Self { playout, mailbox, writer, renderer, start: Instant::now() }
        }

        fn at(&self, millis: u64) -> Instant {
            self.start + Duration::from_millis(millis)
        }

        fn look(&mut self, millis: u64, playing: Playing) -> Option<(PresentationTime, Rendering)> {
            let now = self.at(millis);
            self.playout.look(now, playing).map(|report| {
                assert_eq!(report.epoch, EPOCH);
                (report.position, report.state)
            })
        }

        fn picture(&self, from: i64, to: i64) {
            assert!(self.mailbox.push(Timed { pts: ms(from), end: ms(to), epoch: EPOCH, picture: () }));
        }

        /// Whoever shows pictures has taken those due.
        fn show(&self, millis: i64) {
            drop(self.mailbox.take_due(ms(millis)));
        }

        fn sound(&mut self, frames: usize) {
            assert!(self.writer.write(&vec![0.5; frames], &|| true));
        }

        /// The device takes so much at `millis`.
        fn hear(&mut self, millis: u64, frames: usize) {
            let at = self.at(millis);
            self.renderer.fill(&mut vec![0.0; frames], at, at);
        }
    }

    #[test]
    fn playback_begins_with_the_first_picture_and_that_is_told_at_once() {
        let mut subject = Subject::new();
        subject.playout.play();
        assert_eq!(subject.look(0, VIDEO), Some((ms(0), Rendering::Paused)));
        assert_eq!(subject.look(10, VIDEO), None, "there is nothing to show and nothing new to tell");
        subject.picture(0, 40);
        assert_eq!(subject.look(20, VIDEO), Some((ms(0), Rendering::Playing)));
        assert_eq!(subject.look(50, VIDEO), None);
        assert_eq!(subject.look(120, VIDEO), Some((ms(100), Rendering::Playing)), "ten times a second");
    }

    #[test]
    fn it_stands_where_the_pictures_end_until_there_are_more() {
        let mut subject = Subject::new();
        subject.playout.play();
        subject.picture(0, 200);
        subject.look(0, VIDEO);
        subject.show(0);
        assert_eq!(subject.look(250, VIDEO), Some((ms(200), Rendering::Starved)), "not beyond what there is");
        assert_eq!(subject.look(400, VIDEO), Some((ms(200), Rendering::Starved)));
        subject.picture(200, 400);
        assert_eq!(subject.look(410, VIDEO), Some((ms(200), Rendering::Playing)));
    }

    #[test]
    fn while_the_decoder_is_busy_pictures_are_late_and_not_missing() {
        let mut subject = Subject::new();
        subject.playout.play();
        subject.picture(0, 200);
        subject.look(0, VIDEO);
        subject.show(0);
        let busy = Playing { video_busy: true, ..VIDEO };
        assert_eq!(subject.look(250, busy), Some((ms(250), Rendering::Playing)));
    }

    #[test]
    fn a_picture_that_the_decoder_or_the_screen_owes_is_late() {
        let mut subject = Subject::new();
        let busy = Playing { video_busy: true, ..VIDEO };
        subject.playout.play();
        subject.picture(0, 200);
        subject.look(0, busy);
        subject.show(0);
        let late = |subject: &Subject, millis, playing| subject.playout.is_late(subject.at(millis), playing);
        assert!(!late(&subject, 290, busy) && late(&subject, 310, busy));
        assert!(!late(&subject, 310, VIDEO), "it waits for the network");
        subject.picture(240, 280);
        assert!(!late(&subject, 330, VIDEO) && late(&subject, 350, VIDEO), "nobody takes it");
        subject.playout.pause(subject.at(360));
        assert!(!late(&subject, 900, busy), "who has paused waits for nothing");
    }

    #[test]
    fn the_end_comes_when_the_last_picture_has_been_on_the_screen_to_its_end() {
        let mut subject = Subject::new();
        subject.playout.play();
        subject.picture(0, 200);
        subject.mailbox.finish(EPOCH);
        subject.look(0, VIDEO);
        subject.show(0);
        assert_eq!(subject.look(150, VIDEO), Some((ms(150), Rendering::Playing)));
        let (position, state) = subject.look(210, VIDEO).unwrap();
        assert_eq!(state, Rendering::Finished);
        assert!(position >= ms(200));
        assert_eq!(subject.playout.next_look(subject.at(210)), subject.at(310), "nothing is urgent any more");
    }

    #[test]
    fn a_pause_holds_the_position_and_playing_goes_on_from_there() {
        let mut subject = Subject::new();
        subject.playout.play();
        subject.picture(0, 1000);
        subject.look(0, VIDEO);
        subject.playout.pause(subject.at(300));
        assert_eq!(subject.look(310, VIDEO), Some((ms(300), Rendering::Paused)));
        assert_eq!(subject.look(900, VIDEO), Some((ms(300), Rendering::Paused)));
        subject.playout.play();
        assert_eq!(subject.look(1000, VIDEO), Some((ms(300), Rendering::Playing)));
    }

    #[test]
    fn sound_begins_with_a_tenth_of_a_second_in_the_ring_and_the_samples_heard_are_the_clock() {
        let mut subject = Subject::new();
        subject.playout.play();
        subject.sound(99);
        assert_eq!(subject.look(0, SOUND), Some((ms(0), Rendering::Paused)));
        subject.sound(101);
        assert_eq!(subject.look(10, SOUND), Some((ms(0), Rendering::Playing)));
        subject.hear(20, 80);
        assert_eq!(subject.look(400, SOUND), Some((ms(80), Rendering::Playing)), "no further than what was taken");
        subject.hear(410, 120);
        assert_eq!(subject.look(420, SOUND), Some((ms(90), Rendering::Starved)), "the ring is empty");
        subject.writer.finish();
        let (_, state) = subject.look(700, SOUND).unwrap();
        assert_eq!(state, Rendering::Finished);
    }

    #[test]
    fn what_is_not_played_is_not_waited_for() {
        let mut subject = Subject::new();
        subject.playout.play();
        subject.picture(0, 1000);
        let both = Playing { sound: true, ..VIDEO };
        assert_eq!(subject.look(0, both), Some((ms(0), Rendering::Paused)), "sound is missing");
        assert_eq!(subject.look(10, VIDEO), Some((ms(0), Rendering::Playing)), "there is none");
    }

    #[test]
    fn it_looks_again_sooner_when_something_is_about_to_happen() {
        let mut subject = Subject::new();
        let now = subject.at(0);
        let wait = |subject: &Subject| subject.playout.next_look(now).duration_since(now);
        assert_eq!(wait(&subject), REPORT, "held");
        subject.playout.play();
        assert_eq!(wait(&subject), IMPATIENT, "waiting for the decoders");
        subject.picture(0, 20);
        subject.look(0, VIDEO);
        assert_eq!(wait(&subject), Duration::from_millis(20), "running dry");
        subject.picture(20, 1000);
        assert_eq!(wait(&subject), LOOK);
    }

    #[test]
    fn a_flush_goes_elsewhere_and_stands() {
        let mut subject = Subject::new();
        subject.playout.play();
        subject.picture(0, 1000);
        subject.look(0, VIDEO);
        subject.playout.flush(EPOCH, ms(7000));
        assert_eq!(subject.look(10, VIDEO), Some((ms(7000), Rendering::Paused)));
        assert_eq!(subject.look(200, VIDEO), Some((ms(7000), Rendering::Paused)), "until the next wish to play");
    }
}
