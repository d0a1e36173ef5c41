//! Why a session is over: the end, somebody's wish, or a failure. Everything that ends it comes by here.

use super::loading::Loss;
use super::{ClockSource, Session};
use crate::io::{Blame, Cause, Content, Event, FailureKind, Input, Output, Phase, Severity};
use shared::time::PresentationTime;

impl Session {
    /// What an input says about who would be to blame if nothing could be played from now on.
    pub(super) fn note_blame(&mut self, input: &Input) {
        self.blame = match input {
            Input::Failed { failure, .. } if failure.kind == FailureKind::Content => Blame::Content,
            Input::Failed { failure, .. } if failure.kind == FailureKind::Exhausted => Blame::Machine,
            Input::Failed { .. } => Blame::Source,
            Input::Done { content: Content::Manifest { .. }, .. } => Blame::Content,
            Input::Undecodable { .. } | Input::WrongKey { .. } => Blame::Decoder,
            _ => self.blame,
        };
    }

    /// Ends the session for what loading could not mend, now or when the buffer has been played.
    pub(super) fn settle_loss(&mut self) {
        let loss = self.loading.take_loss();
        if loss.is_some() && self.loading.lacks_keys() {
            self.blame = Blame::Decoder;
        }
        match loss {
            Some(Loss::Now(why)) => self.fail(why),
            Some(Loss::AtTheEnd(why)) => self.last_words = Some(why),
            None => {}
        }
    }

    /// Everything has been played, or as much as can be.
    pub(super) fn end(&mut self) {
        if self.playhead.ended() {
            return;
        }
        if self.repeat && self.last_words.is_none() && self.loading.has_begun() {
            return self.go_on_at(self.loading.presentation().start());
        }
        self.playhead.end(&mut self.out);
        let cut_short = || self.loading.presentation().cut_short().map(str::to_owned);
        let lost = self.last_words.clone().or_else(cut_short);
        match lost.or_else(|| self.nothing_shown()).or_else(|| self.end_missing()) {
            Some(why) => self.fail(why),
            None => self.over(Cause::End),
        }
    }

    /// Whether an output that counts its pictures has had none of a film that has some.
    fn nothing_decoded(&self) -> bool {
        let counted = self.config.clock == ClockSource::Reported && self.out.journal.pictures() == Some(0);
        counted && self.totals().played_seconds > 0.0 && self.loading.has_pictures()
    }

    /// What is missing at the end, if that is more than a rounded duration: an end is an end only where the film ends.
    fn end_missing(&self) -> Option<String> {
        let missing = self.loading.missing_end()?;
        let (from, until, why) = (missing.time.start, missing.time.end, missing.why);
        Some(format!("the end is missing: nothing from {from} to {until} could be had ({why})"))
    }

    /// Why a film that came to its end was not seen at all, if so.
    fn nothing_shown(&mut self) -> Option<String> {
        if self.nothing_decoded() {
            self.blame = Blame::Decoder;
            return Some("nothing of it could be shown: no picture came out of the decoder".to_owned());
        }
        let unseen = self.totals().played_seconds == 0.0;
        let error = self.out.journal.last_notice().filter(|notice| unseen && notice.severity == Severity::Error)?;
        Some(format!("nothing of it could be shown: {}", error.message))
    }

    /// A hole that nobody looks at is left.
    pub(super) fn leap(&mut self, from: PresentationTime, to: PresentationTime, why: &str) {
        let told = format!("going on at {to}: from {from} on there is nothing to play ({why})");
        self.out.notice(Severity::Warning, told);
        self.go_on_at(to);
    }

    /// A seek of our own, in the middle of a step: what follows from it is for the next one.
    fn go_on_at(&mut self, place: PresentationTime) {
        self.seek(place);
        self.out.wake_at(self.out.now());
    }

    /// Nothing can be played any more.
    pub(super) fn fail(&mut self, message: impl Into<String>) {
        if self.closed {
            return;
        }
        let message = message.into();
        self.playhead.stop(&mut self.out);
        self.network.abort_all(&mut self.out);
        self.loading.forget_fetching();
        self.out.notice(Severity::Fatal, message.clone());
        self.closed = true;
        self.over(Cause::Failed { blame: self.blame, message });
    }

    /// Somebody ends the session. One that has ended by itself keeps its cause.
    pub(super) fn close(&mut self, cause: Cause) {
        self.network.abort_all(&mut self.out);
        self.loading.forget_fetching();
        self.playhead.stop(&mut self.out);
        if self.ended.is_none() {
            self.over(cause);
        }
        self.closed = true;
        self.out.push(Output::Quit);
    }

    fn over(&mut self, cause: Cause) {
        self.ended = Some(cause.clone());
        self.ended_at = Some(self.out.now());
        self.out.tell(Event::Ended { cause });
    }

    fn present_phase(&self) -> Phase {
        match &self.ended {
            Some(cause) if cause.is_failure() => return Phase::Failed,
            Some(_) => return Phase::Ended,
            None => {}
        }
        if !self.opening.was_asked() && !self.loading.has_begun() {
            Phase::Idle
        } else if !self.playhead.wanted {
            Phase::Paused
        } else if !self.playhead.started() {
            Phase::Loading
        } else if self.playhead.seeking() {
            Phase::Seeking
        } else if self.playhead.stalled() {
            Phase::Stalled
        } else {
            Phase::Playing
        }
    }

    pub(super) fn tell_phase(&mut self) {
        let phase = self.present_phase();
        if phase != self.phase_told {
            self.phase_told = phase;
            let position = self.position();
            self.out.tell(Event::Phase { phase, position });
        }
    }
}
