//! Requests as rows for people: those that fail in the same way one after the other are one row, so that an outage does
//! not push everything else out of sight.

use crate::ui::reading;
use player_core::snapshot::{RequestState, RequestView};

/// A request, or several that failed in the same way.
#[derive(Debug, PartialEq)]
pub(crate) struct RequestRow<'a> {
    /// The one that is shown.
    pub newest: &'a RequestView,
    /// The first of them.
    pub oldest: &'a RequestView,
    /// How many they are.
    pub count: usize,
    /// How they went, in a word.
    pub status: String,
}

/// Newest first, as `requests` are.
pub(crate) fn rows<'a>(requests: impl Iterator<Item = &'a RequestView>) -> Vec<RequestRow<'a>> {
    let mut rows: Vec<RequestRow<'a>> = vec![];
    for request in requests {
        let status = reading::status(request);
        match rows.last_mut() {
            Some(row)
                if request.state == RequestState::Failed
                    && row.newest.state == request.state
                    && row.status == status =>
            {
                row.oldest = request;
                row.count += 1;
            }
            _ => rows.push(RequestRow { newest: request, oldest: request, count: 1, status }),
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::tests::fixtures;

    #[test]
    fn failures_of_the_same_kind_in_a_row_are_one() {
        let requests = &fixtures::meddled().requests;
        let failed = requests.iter().find(|request| request.state == RequestState::Failed).unwrap();
        let good = requests.iter().find(|request| request.state == RequestState::Done).unwrap();
        let other = RequestView { failure: None, ..failed.clone() };
        let folded = rows([good, failed, failed, failed, &other, good, good, failed].into_iter());
        let counts: Vec<(&str, usize)> = folded.iter().map(|row| (row.status.as_str(), row.count)).collect();
        assert_eq!(counts, [("ok", 1), ("503", 3), ("failed", 1), ("ok", 1), ("ok", 1), ("503", 1)]);
    }
}
