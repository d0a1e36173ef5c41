//! Why something was decided, in the past tense, from the figures of the moment: the buffer, the true size of the segment
//! and how long it would take. A rate above the estimate is no contradiction when these are beside it.

use super::rung_costs::time;
use crate::ui::format;
use player_core::abr::Rule;
use player_core::io::Decision;
use player_core::presentation::SegmentId;
use player_core::snapshot::Snapshot;
use shared::units::ByteSize;

/// The reason of a decision.
pub(crate) fn why(snapshot: &Snapshot, decision: &Decision) -> String {
    let stall = format::seconds(decision.basis.expected_stall);
    let figures = || figures(snapshot, decision);
    let buffer = buffer(decision);
    match decision.basis.rule {
        Rule::Start => "Nothing was known of the network, and this starts soonest.".to_owned(),
        Rule::Keep => format!("No change was worth it: {}.", figures()),
        Rule::Up => format!("There was room for it: {}.", figures()),
        Rule::Down => format!("It spared a stall later: {}.", figures()),
        Rule::HighestSafe => format!("The highest that risked no stall: {}.", figures()),
        Rule::Soonest => format!("The buffer was empty, and this brought a picture soonest, in about {stall}."),
        Rule::LowestAnyway => format!("Even the lowest was likely to stall, for {stall}: {}.", figures()),
        Rule::Throughput => format!("The highest below what was expected of the network: {}.", figures()),
        Rule::BufferMap => format!("The rung for this level of the buffer: {buffer}."),
        Rule::BufferScore => format!("The best score at this level of the buffer: {buffer}."),
        Rule::ShortBuffer => format!("The buffer was short, and this arrives within it: {}.", figures()),
        Rule::Wait => format!("The buffer was full enough: {buffer}."),
        Rule::TooLate => format!("The other download would have outlived the buffer by {stall}: {}.", figures()),
        Rule::Again => format!("Nothing came: {buffer}."),
        Rule::ByHand => "It was held by hand.".to_owned(),
        Rule::Fixed => "The policy knows no other rung.".to_owned(),
        Rule::Script => "It was next in the script.".to_owned(),
    }
}

fn buffer(decision: &Decision) -> String {
    format!("{} were in it", format::seconds(decision.basis.buffer))
}

/// `its 1.1 MB would take 4.9 s at 1.8 Mbit/s, and 12.4 s were in the buffer`.
fn figures(snapshot: &Snapshot, decision: &Decision) -> String {
    let buffer = format::seconds(decision.basis.buffer);
    let size = decision.action.segment().and_then(|segment| size(snapshot, segment));
    match (size, decision.basis.estimate) {
        (Some(size), Some(rate)) => {
            let (takes, size) = (format::seconds(time(size, rate)), format::short_size(size));
            format!("its {size} would take {takes} at {rate}, and {buffer} were in the buffer")
        }
        (_, Some(rate)) => format!("{rate} were expected, and {buffer} were in the buffer"),
        (_, None) => format!("{buffer} were in the buffer"),
    }
}

/// The true size, else what the rung's rate says.
fn size(snapshot: &Snapshot, segment: SegmentId) -> Option<ByteSize> {
    let presentation = snapshot.presentation.as_deref()?;
    let nominal = || {
        let bandwidth = presentation.rung(segment.rung)?.bandwidth;
        Some(bandwidth.over(presentation.segment(segment)?.duration()))
    };
    presentation.size(segment).or_else(nominal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::tests::fixtures;
    use player_core::io::{Action, Basis};
    use shared::time::SessionTime;
    use shared::units::Bitrate;
    use std::time::Duration;

    fn decision(rule: Rule, estimate: Option<u64>) -> Decision {
        let basis = Basis {
            buffer: Duration::from_millis(12_400),
            capacity: Duration::from_secs(30),
            estimate: estimate.map(Bitrate::from_kbps),
            last_rung: None,
            rule,
            expected_stall: Duration::from_millis(2100),
        };
        let action = Action::Fetch { segment: fixtures::segment_id(3, 5) };
        Decision { at: SessionTime::ZERO, track: crate::ui::kind::charted(), action, reason: String::new(), basis }
    }

    #[test]
    fn a_rung_above_the_estimate_is_explained_by_its_true_size_and_the_buffer() {
        let told = why(&fixtures::playing(), &decision(Rule::Up, Some(1800)));
        let (begin, end) =
            (told.starts_with("There was room for it: its "), " at 1.8 Mbit/s, and 12.4 s were in the buffer.");
        assert!(begin && told.ends_with(end), "{told}");
    }

    #[test]
    fn every_rule_is_told_in_whole_sentences_of_the_past() {
        use Rule::*;
        let rules = [
            Start,
            Keep,
            Up,
            Down,
            HighestSafe,
            Soonest,
            LowestAnyway,
            Throughput,
            BufferMap,
            BufferScore,
            ShortBuffer,
            Wait,
            TooLate,
            Again,
            ByHand,
            Fixed,
            Script,
        ];
        for rule in rules {
            for estimate in [None, Some(1800)] {
                let told = why(&fixtures::playing(), &decision(rule, estimate));
                let past = ["was", "were", "had", "spared", "came", "knows"];
                assert!(told.ends_with('.') && past.iter().any(|word| told.contains(word)), "{rule:?}: {told}");
            }
        }
    }
}
