//! What can be changed about a policy while it is in charge, as data: for a menu, for the command line
//! (`throughput:safety=0.8`), for reports. What is not named has its default.

use super::{parameters, rate_rules};
use std::ops::RangeInclusive;

/// One number of a policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// How it is written in a policy's name.
    pub name: &'static str,
    /// What it does, in a few words.
    pub what: &'static str,
    /// Of the number; empty for shares of something.
    pub unit: &'static str,
    /// What is accepted.
    pub range: RangeInclusive<f64>,
    /// Smaller differences mean nothing.
    pub step: f64,
    /// When nothing is said.
    pub default: f64,
}

pub(super) const SAFETY: Parameter = Parameter {
    name: "safety",
    what: "share of the estimate that a rung may need",
    unit: "",
    range: 0.5..=1.2,
    step: 0.05,
    default: rate_rules::SAFETY,
};
pub(super) const SWITCH: Parameter = Parameter {
    name: "switch",
    what: "buffer above which BOLA decides, below half of it the estimate",
    unit: "s",
    range: 4.0..=30.0,
    step: 1.0,
    default: 10.0,
};
pub(super) const BBA_RESERVOIR: Parameter = Parameter {
    name: "reservoir",
    what: "share of the threshold up to which the lowest rung is taken",
    unit: "",
    range: 0.1..=0.6,
    step: 0.025,
    default: 0.375,
};
pub(super) const BBA_CUSHION: Parameter = Parameter {
    name: "cushion",
    what: "share of the threshold from which on the highest rung is taken",
    unit: "",
    range: 0.65..=1.0,
    step: 0.05,
    default: 0.9,
};
pub(super) const SODA_TARGET: Parameter = Parameter {
    name: "target",
    what: "share of the threshold that the plan keeps filled",
    unit: "",
    range: 0.3..=1.0,
    step: 0.05,
    default: 0.8,
};

pub(super) const CONFIDENCE: Parameter = Parameter {
    name: "confidence",
    what: "how much brighter than the forecast the outlook is",
    unit: "spreads",
    range: -1.0..=1.0,
    step: 0.05,
    default: 0.25,
};

/// Enough for the plan to see what a change and a short buffer lead to, whatever the segments last.
pub(super) const PLAN_HORIZON: Parameter =
    Parameter { name: "horizon", what: "seconds looked ahead", unit: "s", range: 6.0..=48.0, step: 3.0, default: 24.0 };

const fn horizon(most: f64) -> Parameter {
    Parameter {
        name: "horizon",
        what: "segments looked ahead",
        unit: "segments",
        range: 2.0..=most,
        step: 1.0,
        default: 5.0,
    }
}

pub(super) const MPC_HORIZON: Parameter = horizon(8.0);
pub(super) const SODA_HORIZON: Parameter = horizon(6.0);

/// The values of a policy's parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings(Vec<(&'static Parameter, f64)>);

impl Settings {
    /// Nothing is changed.
    pub fn defaults(policy: &str) -> Self {
        Self(parameters(policy).iter().map(|parameter| (parameter, parameter.default)).collect())
    }

    /// `safety=0.8,switch=6`; `None` for what is unknown, no number, or out of range.
    pub fn parse(policy: &str, text: &str) -> Option<Self> {
        let mut settings = Self::defaults(policy);
        for pair in text.split(',') {
            let (name, value) = pair.split_once('=')?;
            let value = value.trim().parse().ok()?;
            let (parameter, held) = settings.0.iter_mut().find(|(known, _)| known.name == name.trim())?;
            *held = Some(value).filter(|value| parameter.range.contains(value))?;
        }
        Some(settings)
    }

    /// Each parameter with its value, to be looked at and changed.
    pub fn all(&mut self) -> impl Iterator<Item = (&'static Parameter, &mut f64)> {
        self.0.iter_mut().map(|(parameter, value)| (*parameter, value))
    }

    /// The policy's name with what differs from the defaults: [`super::by_name`] reads it.
    pub fn write(&self, policy: &str) -> String {
        let changed = self.0.iter().filter(|(parameter, value)| *value != parameter.default);
        let pairs: Vec<_> = changed.map(|(parameter, value)| format!("{}={value}", parameter.name)).collect();
        if pairs.is_empty() { policy.to_owned() } else { format!("{policy}:{}", pairs.join(",")) }
    }

    /// The value in force. A policy asks by the constant that stands in its row of the registry, so a misspelt name does
    /// not compile; a parameter that is not in the row has its default.
    pub(super) fn of(&self, parameter: &Parameter) -> f64 {
        let set = self.0.iter().find(|(known, _)| *known == parameter);
        set.map_or(parameter.default, |(_, value)| *value)
    }

    /// [`Settings::of`] a number that counts something.
    pub(super) fn count(&self, parameter: &Parameter) -> u64 {
        self.of(parameter).round().max(1.0) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abr::{NAMES, POLICIES, by_name};

    #[test]
    fn every_parameter_can_be_set_to_both_ends_of_its_range() {
        for policy in NAMES {
            for parameter in parameters(policy) {
                assert!(parameter.range.contains(&parameter.default), "{policy} {}", parameter.name);
                for value in [parameter.range.start(), parameter.range.end()] {
                    assert!(by_name(&format!("{policy}:{}={value}", parameter.name)).is_ok());
                }
            }
        }
    }

    #[test]
    fn only_what_differs_is_written_and_it_is_read_again() {
        let mut settings = Settings::defaults("bba");
        assert_eq!(settings.write("bba"), "bba");
        settings.all().filter(|(known, _)| known.name == "reservoir").for_each(|(_, value)| *value = 0.25);
        assert_eq!(settings.write("bba"), "bba:reservoir=0.25");
        assert_eq!(Settings::parse("bba", "reservoir=0.25"), Some(settings));
    }

    #[test]
    fn what_is_set_is_in_force_and_the_rest_has_its_default() {
        let settings = Settings::parse("bba", "reservoir=0.25").unwrap();
        assert_eq!((settings.of(&BBA_RESERVOIR), settings.of(&BBA_CUSHION)), (0.25, BBA_CUSHION.default));
        assert_eq!(settings.of(&SAFETY), SAFETY.default, "not a parameter of this policy: never 0");
    }

    #[test]
    fn the_parameters_of_a_policy_have_different_names() {
        for policy in POLICIES {
            for (index, parameter) in policy.parameters.iter().enumerate() {
                let same = |other: &Parameter| other.name == parameter.name;
                assert_eq!(policy.parameters.iter().position(same), Some(index), "{} {}", policy.name, parameter.name);
            }
        }
    }

    #[test]
    fn nonsense_is_no_setting() {
        for text in ["", "safety", "safety=", "safety=NaN", "safety=9", "horizon=5", "safety=0.8,"] {
            assert_eq!(Settings::parse("throughput", text), None, "{text}");
        }
        assert_eq!(Settings::parse("bola-e", "safety=0.8"), None);
    }
}
