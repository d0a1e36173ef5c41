//! Traces that are at hand without a file, by name.

use super::Trace;

/// Name and text of each: a link that collapses after 20 s, a saw-tooth, a train between two stations.
pub const BUILT_IN: [(&str, &str); 3] = [
    ("collapse", include_str!("../../../samples/traces/collapse.csv")),
    ("sawtooth", include_str!("../../../samples/traces/sawtooth.csv")),
    ("train", include_str!("../../../samples/traces/train.csv")),
];

impl Trace {
    /// The trace that is built in under this name.
    pub fn built_in(name: &str) -> Option<Self> {
        let (name, text) = BUILT_IN.iter().find(|(known, _)| *known == name)?;
        Self::parse(name, text).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_can_be_followed() {
        for (name, _) in BUILT_IN {
            let trace = Trace::built_in(name).unwrap();
            assert!(trace.period_ms() > 10_000.0 && trace.name() == name, "{name}");
        }
        assert_eq!(Trace::built_in("no such thing"), None);
    }
}
