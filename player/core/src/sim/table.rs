//! Many simulated sessions on one page: a row a policy and family, each trace with the same weight; then a row over
//! the families, each with the same weight.

use super::score::Metrics;
use std::collections::BTreeMap;
use std::fmt::Write;

/// One simulated session, by name.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionScore {
    /// The policy.
    pub policy: String,
    /// The family of the trace.
    pub family: String,
    /// What the session was worth.
    pub metrics: Metrics,
}

/// A stand-still that a viewer notices, in ms, makes a stalled session.
const NOTICED_MS: f64 = 100.0;

/// A column's value for one session.
type Value = fn(&Metrics) -> f64;

/// The columns.
const COLUMNS: [(&str, Value); 8] = [
    ("mean kbit/s", |m| m.mean_kbps),
    ("rebuffering %", |m| 100.0 * m.rebuffer_ratio),
    ("stalled sessions %", |m| if m.stall_ms > NOTICED_MS { 100.0 } else { 0.0 }),
    ("switches %", |m| 100.0 * m.switch_rate),
    ("start-up s", |m| m.startup_ms / 1e3),
    ("QoE lin", |m| m.qoe_lin),
    ("QoE log", |m| m.qoe_log),
    ("QoE norm", |m| m.qoe_norm),
];

/// The table in Markdown.
pub fn table(entries: &[SessionScore]) -> String {
    let mut groups: BTreeMap<&str, BTreeMap<&str, Vec<&Metrics>>> = BTreeMap::new();
    for entry in entries {
        groups.entry(&entry.policy).or_default().entry(&entry.family).or_default().push(&entry.metrics);
    }
    let mut text = String::from("| policy | traces | n |");
    for (name, _) in COLUMNS {
        let _ = write!(text, " {name} |");
    }
    text.push_str("\n|---|---|--:|");
    text.push_str(&"--:|".repeat(COLUMNS.len()));
    text.push('\n');
    for (policy, families) in &groups {
        let means: Vec<_> = families.iter().map(|(family, all)| (*family, all.len(), means(all))).collect();
        for (family, n, means) in &means {
            row(&mut text, policy, family, *n, means);
        }
        let over_all = COLUMNS.iter().enumerate().map(|(column, _)| mean(means.iter().map(|(_, _, m)| m[column])));
        row(
            &mut text,
            policy,
            "**all**",
            entries.iter().filter(|e| e.policy == *policy).count(),
            &over_all.collect::<Vec<_>>(),
        );
    }
    text
}

fn means(sessions: &[&Metrics]) -> Vec<f64> {
    COLUMNS.iter().map(|(_, value)| mean(sessions.iter().map(|metrics| value(metrics)))).collect()
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len().max(1) as f64;
    values.sum::<f64>() / count
}

fn row(text: &mut String, policy: &str, family: &str, sessions: usize, means: &[f64]) {
    let _ = write!(text, "| {policy} | {family} | {sessions} |");
    for mean in means {
        let _ = write!(text, " {mean:.3} |");
    }
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_weigh_the_same_however_many_traces_they_have() {
        let entry = |family: &str, mean_kbps| SessionScore {
            policy: "p".to_owned(),
            family: family.to_owned(),
            metrics: Metrics { mean_kbps, ..Metrics::default() },
        };
        let text = table(&[entry("a", 100.0), entry("a", 300.0), entry("b", 600.0)]);
        let first_column: Vec<&str> = text.lines().skip(2).filter_map(|line| line.split('|').nth(4)).collect();
        assert_eq!(first_column, [" 200.000 ", " 600.000 ", " 400.000 "]);
    }
}
