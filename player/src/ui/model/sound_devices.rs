//! Which sound devices there are. Asking takes a moment, so it is done beside the window, once a menu is opened.

use crate::output::audio;
use crate::ui::task::Task;
use eframe::egui::Context;

/// Their names, when they are known.
#[derive(Debug, Default)]
pub(crate) struct SoundDevices {
    asked: Option<Task<Vec<String>>>,
    names: Option<Vec<String>>,
}

impl SoundDevices {
    /// The names; none before the answer is there. The first question starts the search.
    pub(crate) fn names(&mut self, ctx: &Context) -> Option<&[String]> {
        if self.names.is_none() && self.asked.is_none() {
            self.asked = Task::start(ctx, "sound devices", audio::device_names);
        }
        if let Some(names) = self.asked.as_ref().and_then(Task::poll) {
            self.names = Some(names);
        }
        self.names.as_deref()
    }
}
