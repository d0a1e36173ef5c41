//! What the window knows, without a pixel: the state of the window itself, and what its panels show, worked out of
//! snapshots or on threads beside the window. Nothing in here paints or reads the pointer; `panels` and `chart` do.

pub(crate) mod adaptation_preferences;
pub(crate) mod avoidable_stalls;
pub(crate) mod card_pictures;
pub(crate) mod chart_view;
pub(crate) mod completion;
pub(crate) mod controls;
pub(crate) mod decision_rows;
pub(crate) mod decision_words;
pub(crate) mod film_scene;
pub(crate) mod film_segments;
pub(crate) mod folder_listing;
pub(crate) mod guide;
pub(crate) mod headline;
pub(crate) mod known_films;
pub(crate) mod now;
pub(crate) mod osd;
pub(crate) mod places;
pub(crate) mod playlist;
pub(crate) mod policy_trials;
pub(crate) mod remembered;
pub(crate) mod request_filter;
pub(crate) mod request_rows;
pub(crate) mod rung_costs;
pub(crate) mod sound_devices;
pub(crate) mod throttle_setting;
pub(crate) mod title;
pub(crate) mod totals_rows;
pub(crate) mod trace_preview;
pub(crate) mod window_message;
pub(crate) mod window_place;
pub(crate) mod window_state;
pub(crate) mod wishes;
