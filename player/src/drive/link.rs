//! The link that a viewer asks for: a rate, a trace from a file, or one of the traces that are built in.

use player_core::io::LinkLimit;
use shared::trace::Trace;
use shared::units::Bitrate;
use std::time::Duration;

/// Traces that are at hand without a file, by name: a collapse at 20 s, a saw-tooth, a train between two stations.
pub const TRACES: [(&str, &str); 3] = [
    ("collapse", include_str!("../../../samples/traces/collapse.csv")),
    ("sawtooth", include_str!("../../../samples/traces/sawtooth.csv")),
    ("train", include_str!("../../../samples/traces/train.csv")),
];

/// What only delays must carry something.
const UNHINDERED: Bitrate = Bitrate::from_kbps(10_000_000);

/// The link of a limit; `None` for none.
///
/// # Errors
/// A sentence for people, when a trace cannot be read or is none.
pub fn link(limit: &LinkLimit) -> Result<Option<Trace>, String> {
    match limit {
        LinkLimit::Off => Ok(None),
        LinkLimit::Rate(rate) => Ok(Some(Trace::constant(*rate, Duration::ZERO))),
        LinkLimit::Cut => Ok(Some(Trace::constant(Bitrate::ZERO, Duration::ZERO))),
        LinkLimit::Delayed { limit, by } => {
            let undelayed = link(limit)?.unwrap_or_else(|| Trace::constant(UNHINDERED, Duration::ZERO));
            Ok(Some(undelayed.delayed(*by)))
        }
        LinkLimit::Trace(name) => trace(name).map(Some),
    }
}

/// A file of this name comes first.
fn trace(name: &str) -> Result<Trace, String> {
    let built_in = TRACES.iter().find(|(known, _)| *known == name).map(|(_, text)| (*text).to_owned());
    let read = std::fs::read_to_string(name);
    let text = read.or_else(|e| built_in.ok_or_else(|| format!("Cannot read the trace {name}: {e}.")))?;
    Trace::parse(name, &text).map_err(|e| format!("{name} is not a trace: {e}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_built_in_can_be_followed() {
        for (name, _) in TRACES {
            let trace = link(&LinkLimit::Trace(name.to_owned())).unwrap().unwrap();
            assert!(trace.period_ms() > 10_000.0, "{name}");
        }
        assert!(link(&LinkLimit::Trace("no such thing".to_owned())).is_err());
    }
}
