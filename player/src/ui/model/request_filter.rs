//! Which requests the table shows.

use crate::ui::kind;
use player_core::kinds::TrackKind;
use player_core::snapshot::{RequestState, RequestView};

/// One of the filters above the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RequestFilter {
    /// Every request.
    All,
    /// For tracks of a kind.
    Of(TrackKind),
    /// Failed or given up.
    Trouble,
}

impl RequestFilter {
    /// All filters with their names, in the order of their buttons.
    pub(crate) fn all() -> impl Iterator<Item = (Self, &'static str)> {
        let kinds = kind::all().filter_map(|(kind, style)| Some((Self::Of(kind), style.filter?)));
        std::iter::once((Self::All, "All")).chain(kinds).chain([(Self::Trouble, "Trouble")])
    }

    /// Whether `request` is in the table.
    pub(crate) fn accepts(self, request: &RequestView) -> bool {
        match self {
            Self::All => true,
            Self::Of(kind) => request.subject.track() == Some(kind),
            Self::Trouble => matches!(request.state, RequestState::Failed | RequestState::Aborted),
        }
    }
}
