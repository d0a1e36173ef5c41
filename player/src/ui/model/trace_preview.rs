//! What the trace that the throttle follows looks like: read on a thread of its own, once a name.

use crate::drive;
use crate::ui::task::Task;
use eframe::egui::Context;
use player_core::io::LinkLimit;
use shared::trace::Trace;

/// A trace to be plotted.
#[derive(Debug, Default)]
pub(crate) struct TracePreview {
    named: String,
    reading: Option<Task<Result<Option<Trace>, String>>>,
    /// What was read, or why not.
    pub read: Option<Result<Trace, String>>,
}

impl TracePreview {
    /// A preview that has been read already.
    #[cfg(test)]
    pub(crate) fn known(name: &str, trace: Trace) -> Self {
        Self { named: name.to_owned(), reading: None, read: Some(Ok(trace)) }
    }

    /// Reads the trace of this name if it is another one.
    pub(crate) fn want(&mut self, ctx: &Context, name: &str) {
        if name != self.named {
            self.named = name.to_owned();
            self.read = None;
            let limit = LinkLimit::Trace(name.to_owned());
            self.reading = Task::start(ctx, "trace", move || drive::link(&limit));
        }
        if let Some(result) = self.reading.as_ref().and_then(Task::poll) {
            self.read = result.transpose();
            self.reading = None;
        }
    }
}
