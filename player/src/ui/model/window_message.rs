//! One sentence of the window's own, such as where something was written to, and how long it stays in sight.

/// Long enough to read it twice, in seconds.
const IN_SIGHT: f64 = 10.0;

/// A message to be shown.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct WindowMessage {
    /// The sentence.
    pub words: String,
    /// When it was first seen, in the window's time.
    since: Option<f64>,
}

impl WindowMessage {
    /// To be seen from the next frame on.
    pub(crate) fn new(words: String) -> Self {
        Self { words, since: None }
    }

    /// How much longer it is to be shown, in seconds; `now` is the window's time.
    pub(crate) fn rest(&mut self, now: f64) -> f64 {
        *self.since.get_or_insert(now) + IN_SIGHT - now
    }
}
