//! How a decision is told: with the figures that it was based on, and the rung by the name that people know it by.

use super::lane::LaneId;
use super::{Desk, Loading};
use crate::abr::{Reason, Rule};
use crate::io::{Action, Basis, Decision, Event};
use crate::presentation::RungId;
use std::time::Duration;

impl Loading {
    /// Tells a decision.
    pub(super) fn tell_decision(&self, lane: LaneId, action: Action, reason: &Reason, desk: &mut Desk<'_>) {
        let reason = &self.as_of_now(reason);
        let name = action.segment().and_then(|segment| self.name_of_rung(segment.rung));
        let lane = &self.lanes[lane];
        let basis = Basis {
            buffer: reason.buffer,
            capacity: desk.config.buffer_target,
            estimate: reason.estimate,
            last_rung: lane.last_rung,
            rule: reason.rule,
            expected_stall: reason.expected_stall,
        };
        let reason = name.map_or_else(|| reason.to_string(), |name| reason.sentence(&name));
        desk.out.tell(Event::Decided(Decision { at: desk.out.now(), track: lane.kind, action, reason, basis }));
    }

    /// While nothing comes, an estimate is of yesterday, and so is every plan.
    fn as_of_now(&self, reason: &Reason) -> Reason {
        match self.drought() {
            None => reason.clone(),
            Some(_) => Reason { rule: Rule::Again, estimate: None, expected_stall: Duration::ZERO, ..reason.clone() },
        }
    }

    /// The rung as people call it: `360p (600 kbit/s)`. A rung without a picture size is called by its rate anyway.
    fn name_of_rung(&self, rung: RungId) -> Option<String> {
        let rung = self.presentation.rung(rung)?;
        let sized = rung.size.is_some();
        Some(if sized { format!("{} ({})", rung.label, rung.bandwidth) } else { rung.label.clone() })
    }
}
