//! The link that a viewer asks for: a rate, a trace from a file, or one of the traces that are built in.

use player_core::io::LinkLimit;
use shared::trace::Trace;
use shared::units::Bitrate;
use std::time::Duration;

/// The rate of a link that only delays.
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

/// A file of this name comes before a trace that is built in.
fn trace(name: &str) -> Result<Trace, String> {
    match std::fs::read_to_string(name) {
        Ok(text) => Trace::parse(name, &text).map_err(|e| format!("{name} is not a trace: {e}.")),
        Err(e) => Trace::built_in(name).ok_or_else(|| format!("Cannot read the trace {name}: {e}.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_built_in_can_be_followed() {
        assert!(link(&LinkLimit::Trace("collapse".to_owned())).unwrap().is_some());
        assert!(link(&LinkLimit::Trace("no such thing".to_owned())).is_err());
    }

    fn conditions(limit: &LinkLimit) -> Option<(f64, f64)> {
        let row = link(limit).unwrap()?.at(0.0);
        Some((row.kbps, row.latency_ms))
    }

    #[test]
    fn limits_become_links() {
        assert_eq!(conditions(&LinkLimit::Off), None);
        assert_eq!(conditions(&LinkLimit::Rate(Bitrate::from_kbps(800))), Some((800.0, 0.0)));
        assert_eq!(conditions(&LinkLimit::Cut), Some((0.001, 0.0)), "as good as nothing: a link must carry something");
    }

    #[test]
    fn a_delay_adds_to_whatever_limit_there_is() {
        let delayed = |limit| LinkLimit::Delayed { limit: Box::new(limit), by: Duration::from_millis(120) };
        assert_eq!(conditions(&delayed(LinkLimit::Rate(Bitrate::from_kbps(800)))), Some((800.0, 120.0)));
        assert_eq!(conditions(&delayed(LinkLimit::Off)), Some((UNHINDERED.bps() as f64 / 1e3, 120.0)));
        assert!(link(&delayed(LinkLimit::Trace("no such thing".to_owned()))).is_err());
    }

    #[test]
    fn a_file_is_read_and_what_is_wrong_with_it_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("trace.csv");
        let limit = LinkLimit::Trace(path.to_str().unwrap().to_owned());
        assert!(link(&limit).unwrap_err().starts_with("Cannot read the trace"));
        std::fs::write(&path, "duration_ms,kbps,latency_ms\n1000,640,20\n").unwrap();
        assert_eq!(conditions(&limit), Some((640.0, 20.0)));
        std::fs::write(&path, "nonsense").unwrap();
        assert!(link(&limit).unwrap_err().contains("is not a trace"));
    }
}
