//! The first version of the report (until November 2026): rungs by their place in the ladder, segments by how many
//! come before them, and no cause of an ending. Its inputs are still those of today, so that it replays; what a session
//! tells today is put into its words here, to be compared.

use super::ReportEntry;
use crate::io::{Cause, Event, Subject};
use crate::presentation::{Presentation, RungId, SegmentId};
use serde_json::{Map, Value, json};
use shared::addressing::SegmentNumber;

/// The version that this module speaks of.
pub const VERSION: u32 = 1;

/// The line that the first version would have written of an event, without version and time; `None` when it would have
/// written none.
pub fn entry(event: &Event, presentation: &Presentation) -> Option<Value> {
    if is_new(event) {
        return None;
    }
    let mut line = serde_json::to_value(ReportEntry::from(event.clone())).ok()?;
    let members = line.as_object_mut()?.values_mut().next()?.as_object_mut()?;
    match event {
        Event::Requested(request) => {
            for name in ["track", "rung", "representation", "time"] {
                members.entry(name).or_insert(Value::Null);
            }
            put_position(members, presentation);
            if !matches!(request.subject, Subject::Media(_)) {
                members.insert("position".to_owned(), Value::Null);
            }
        }
        Event::Decided(_) => {
            if members.contains_key("number") {
                put_position(members, presentation);
            }
            put_ranks(members, presentation);
            if let Some(basis) = members.get_mut("basis").and_then(Value::as_object_mut) {
                put_ranks(basis, presentation);
            }
            return Some(line);
        }
        Event::Replaced { .. } => put_position(members, presentation),
        Event::Ended { .. } => {
            members.remove("cause");
        }
        _ => {}
    }
    put_ranks(members, presentation);
    Some(line)
}

/// What the first version did not tell: endings other than the end, sets of kinds that are not played, changes of location,
/// and pictures that are late.
fn is_new(event: &Event) -> bool {
    match event {
        Event::Ended { cause } => *cause != Cause::End,
        Event::Location { .. } | Event::Late { .. } => true,
        Event::Notice(notice) => notice.message.starts_with("left out:") && notice.message.contains("of a kind that"),
        _ => false,
    }
}

/// A segment was named by how many of its Period come before it.
fn put_position(members: &mut Map<String, Value>, presentation: &Presentation) {
    let number: Option<SegmentNumber> = members.remove("number").and_then(|n| serde_json::from_value(n).ok());
    let segment = rung(members.get("rung")).zip(number).map(|(rung, number)| SegmentId { rung, number });
    members.insert("position".to_owned(), json!(segment.map(|segment| presentation.ordinal(segment))));
}

/// A rung was named by its place in the ladder.
fn put_ranks(members: &mut Map<String, Value>, presentation: &Presentation) {
    for name in ["rung", "from", "last_rung"] {
        if let Some(value) = members.get_mut(name) {
            *value = json!(rung(Some(value)).and_then(|rung| presentation.rank(rung)));
        }
    }
}

fn rung(value: Option<&Value>) -> Option<RungId> {
    serde_json::from_value(value?.clone()).ok()
}
