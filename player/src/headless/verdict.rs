//! What went wrong, for the exit code: listens to the session and remembers what its last sentence was about.

use crate::cli::{Code, Failure};
use player_core::io::{Content, Event, FailureKind, Input, Notice, Output, Severity};
use player_core::sim::Observer;
use shared::time::SessionTime;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The state of knowledge. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Verdict(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    local: bool,
    /// The code that a fatal message would have now.
    code: Code,
    fatal: Option<Failure>,
}

impl Verdict {
    /// For a manifest on disk (`local`) or elsewhere.
    pub fn new(local: bool) -> Self {
        Self(Arc::new(Mutex::new(State { local, code: Code::Io, fatal: None })))
    }

    /// Why nothing can be played, if so.
    pub fn failure(&self) -> Option<Failure> {
        self.lock().fatal.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn input(&mut self, input: &Input) {
        match input {
            Input::Failed { failure, .. } if failure.kind == FailureKind::Content => self.code = Code::Unsupported,
            Input::Failed { .. } => self.code = if self.local { Code::Input } else { Code::Io },
            Input::Done { content: Content::Manifest { .. }, .. } => self.code = Code::Unsupported,
            Input::Undecodable { .. } => self.code = Code::Decode,
            _ => {}
        }
    }

    fn notice(&mut self, notice: &Notice) {
        if notice.severity == Severity::Fatal {
            let message = notice.message.trim_end_matches('.').to_owned() + remedy(self.code);
            self.fatal.get_or_insert(Failure::new(self.code, message));
        }
    }
}

fn remedy(code: Code) -> &'static str {
    match code {
        Code::Io => "; check the address and that its server runs",
        Code::Input => "; check the path and its permissions",
        Code::Unsupported => "; `player inspect` shows what is in a manifest",
        Code::Decode | Code::Usage | Code::Differs => "",
    }
}

impl Observer for Verdict {
    fn input(&mut self, _now: SessionTime, input: &Input) {
        self.lock().input(input);
    }

    fn output(&mut self, _now: SessionTime, output: &Output) {
        if let Output::Event(Event::Notice(notice)) = output {
            self.lock().notice(notice);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use player_core::io::{Failure as Failed, RequestId};
    use shared::units::ByteSize;

    fn code_after(local: bool, input: Input) -> Code {
        let mut verdict = Verdict::new(local);
        assert_eq!(verdict.failure(), None);
        verdict.input(SessionTime::ZERO, &input);
        let notice = Notice { severity: Severity::Fatal, message: "cannot play it".into() };
        verdict.output(SessionTime::ZERO, &Output::Event(Event::Notice(notice)));
        verdict.failure().unwrap().code
    }

    #[test]
    fn the_code_tells_where_to_look() {
        let failed = |kind| Input::Failed {
            request: RequestId(1),
            received: ByteSize::ZERO,
            failure: Failed { kind, status: None, retry_after: None, message: String::new() },
        };
        let content = Content::Manifest { url: String::new(), text: String::new() };
        let done = Input::Done { request: RequestId(1), received: ByteSize::ZERO, cached: false, content };
        assert_eq!(code_after(false, failed(FailureKind::Connect)), Code::Io);
        assert_eq!(code_after(true, failed(FailureKind::Refused)), Code::Input);
        assert_eq!(code_after(false, done), Code::Unsupported);
        let undecodable = Input::Undecodable { request: RequestId(1), problem: String::new() };
        assert_eq!(code_after(false, undecodable), Code::Decode);
    }
}
