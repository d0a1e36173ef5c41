//! When a Period starts and ends (ISO/IEC 23009-1 5.3.2.1).

use crate::mpd::model::Mpd;
use crate::time::PresentationTime;

/// On the axis of the presentation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Span {
    pub(super) start: PresentationTime,
    /// `None`: as long as its media.
    pub(super) end: Option<PresentationTime>,
}

/// Start and end of Period `index`, whose predecessor ends at `previous_end`. Where the document states several ends that
/// differ, the earliest one holds: media up to there exist by every statement.
pub(super) fn span(mpd: &Mpd, index: usize, previous_end: Option<PresentationTime>) -> Span {
    let at = |index: usize| mpd.periods.get(index);
    let stated_start = |index: usize| at(index)?.start.map(|start| PresentationTime::from_nanos(start.nanos()));
    let start = stated_start(index).or(previous_end).unwrap_or_default();
    let own = at(index).and_then(|period| period.duration).map(|duration| start + duration.duration());
    let next = stated_start(index + 1).filter(|next| *next > start);
    let is_last = index + 1 == mpd.periods.len();
    let whole = mpd.media_presentation_duration.filter(|_| is_last);
    let whole = whole.map(|duration| PresentationTime::from_nanos(duration.nanos())).filter(|end| *end > start);
    Span { start, end: [own, next, whole].into_iter().flatten().min() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mpd::datatype::XsDuration;
    use crate::mpd::model::Period;

    /// Periods as (start, duration) in seconds to `start-end`.
    fn spans(periods: &[(Option<i64>, Option<i64>)], whole: Option<i64>) -> String {
        let time = |secs: i64| XsDuration::from_nanos(secs * 1_000_000_000);
        let period = |&(start, duration): &(Option<i64>, Option<i64>)| Period {
            start: start.map(time),
            duration: duration.map(time),
            ..Period::default()
        };
        let mpd = Mpd {
            periods: periods.iter().map(period).collect(),
            media_presentation_duration: whole.map(time),
            ..Mpd::default()
        };
        let mut end = None;
        let mut shown = Vec::new();
        for index in 0..mpd.periods.len() {
            let span = span(&mpd, index, end);
            end = span.end;
            let until = end.map_or("?".to_owned(), |end| end.secs_f64().to_string());
            shown.push(format!("{}-{until}", span.start.secs_f64()));
        }
        shown.join(" ")
    }

    #[test]
    fn starts_and_ends_follow_the_standard() {
        assert_eq!(spans(&[(None, None)], Some(10)), "0-10");
        assert_eq!(spans(&[(None, None)], None), "0-?");
        assert_eq!(spans(&[(None, Some(4)), (None, Some(6))], None), "0-4 4-10");
        assert_eq!(spans(&[(Some(0), None), (Some(4), None)], Some(10)), "0-4 4-10");
        assert_eq!(spans(&[(Some(0), Some(3)), (Some(4), None)], Some(10)), "0-3 4-10");
        assert_eq!(spans(&[(Some(0), Some(5)), (Some(4), Some(9))], Some(10)), "0-4 4-10");
    }
}
