//! Many simulated sessions on one page: a row a policy and family, each trace with the same weight; then a row over
//! the families, each with the same weight. For people in Markdown, for programs as JSON or CSV.

use super::score::Metrics;
use crate::report::csv::quoted;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

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
/// The name of the row over all families.
const ALL: &str = "all";

/// A figure of a session.
struct Column {
    /// For people.
    title: &'static str,
    /// For programs.
    name: &'static str,
    of: fn(&Metrics) -> f64,
}

const fn column(title: &'static str, name: &'static str, of: fn(&Metrics) -> f64) -> Column {
    Column { title, name, of }
}

const COLUMNS: [Column; 12] = [
    column("view %", "view", |m| m.view),
    column("stalls/h", "stalls_an_hour", |m| m.stalls_an_hour),
    column("avoidable stall s", "avoidable_stall_seconds", |m| m.avoidable_stall_ms / 1e3),
    column("avoidably stalled %", "avoidably_stalled_percent", |m| percent_noticed(m.avoidable_stall_ms)),
    column("mean kbit/s", "mean_kbps", |m| m.mean_kbps),
    column("rebuffering %", "rebuffering_percent", |m| 100.0 * m.rebuffer_ratio),
    column("stalled sessions %", "stalled_sessions_percent", |m| percent_noticed(m.stall_ms)),
    column("switches %", "switches_percent", |m| 100.0 * m.switch_rate),
    column("start-up s", "startup_seconds", |m| m.startup_ms / 1e3),
    column("QoE lin", "qoe_lin", |m| m.qoe_lin),
    column("QoE log", "qoe_log", |m| m.qoe_log),
    column("QoE norm", "qoe_norm", |m| m.qoe_norm),
];

fn percent_noticed(stall_ms: f64) -> f64 {
    if stall_ms > NOTICED_MS { 100.0 } else { 0.0 }
}

/// The figures of one session with their titles.
pub fn figures(metrics: &Metrics) -> impl Iterator<Item = (&'static str, f64)> {
    COLUMNS.iter().map(|column| (column.title, (column.of)(metrics)))
}

/// A policy over one family of traces, or over all.
struct Row {
    policy: String,
    family: String,
    sessions: usize,
    /// In the order of [`COLUMNS`].
    means: Vec<f64>,
}

/// The table in Markdown.
pub fn table(entries: &[SessionScore]) -> String {
    let mut text = String::from("| policy | traces | n |");
    text.extend(COLUMNS.iter().map(|column| format!(" {} |", column.title)));
    text.push_str("\n|---|---|--:|");
    text.push_str(&"--:|".repeat(COLUMNS.len()));
    text.push('\n');
    let several = entries.iter().any(|entry| entry.family != entries[0].family);
    for row in rows(entries).into_iter().filter(|row| several || row.family != ALL) {
        let family = if row.family == ALL { format!("**{ALL}**") } else { row.family };
        text.push_str(&format!("| {} | {family} | {} |", row.policy, row.sessions));
        text.extend(row.means.iter().map(|mean| format!(" {mean:.3} |")));
        text.push('\n');
    }
    text
}

/// The same as an array of objects.
pub fn json(entries: &[SessionScore]) -> String {
    let object = |row: Row| {
        let names = json!({ "policy": row.policy, "family": row.family, "sessions": row.sessions });
        let means = COLUMNS.iter().zip(row.means).map(|(column, mean)| (column.name.to_owned(), json!(mean)));
        Value::Object(names.as_object().cloned().unwrap_or_default().into_iter().chain(means).collect::<Map<_, _>>())
    };
    format!("{:#}\n", Value::Array(rows(entries).into_iter().map(object).collect()))
}

/// The same with commas between.
pub fn csv(entries: &[SessionScore]) -> String {
    let names = ["policy", "family", "sessions"].into_iter().chain(COLUMNS.iter().map(|column| column.name));
    let mut text = names.collect::<Vec<_>>().join(",") + "\n";
    for row in rows(entries) {
        let means = row.means.iter().map(f64::to_string);
        let fields = [quoted(&row.policy), quoted(&row.family), row.sessions.to_string()].into_iter().chain(means);
        text.push_str(&(fields.collect::<Vec<_>>().join(",") + "\n"));
    }
    text
}

fn rows(entries: &[SessionScore]) -> Vec<Row> {
    let mut groups: BTreeMap<&str, BTreeMap<&str, Vec<&Metrics>>> = BTreeMap::new();
    for entry in entries {
        groups.entry(&entry.policy).or_default().entry(&entry.family).or_default().push(&entry.metrics);
    }
    groups.into_iter().flat_map(|(policy, families)| rows_of(policy, &families)).collect()
}

fn rows_of(policy: &str, families: &BTreeMap<&str, Vec<&Metrics>>) -> Vec<Row> {
    let row =
        |family: &str, sessions, means| Row { policy: policy.to_owned(), family: family.to_owned(), sessions, means };
    let mut rows: Vec<Row> = families.iter().map(|(family, all)| row(family, all.len(), means(all))).collect();
    let over_all = (0..COLUMNS.len()).map(|column| mean(rows.iter().map(|row| row.means[column]))).collect();
    rows.push(row(ALL, families.values().map(Vec::len).sum(), over_all));
    rows
}

fn means(sessions: &[&Metrics]) -> Vec<f64> {
    COLUMNS.iter().map(|column| mean(sessions.iter().map(|metrics| (column.of)(metrics)))).collect()
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len().max(1) as f64;
    values.sum::<f64>() / count
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(policy: &str, family: &str, view: f64) -> SessionScore {
        let metrics = Metrics { view, avoidable_stall_ms: view, ..Metrics::default() };
        SessionScore { policy: policy.to_owned(), family: family.to_owned(), metrics }
    }

    #[test]
    fn families_weigh_the_same_however_many_traces_they_have() {
        let text = table(&[entry("p", "a", 10.0), entry("p", "a", 30.0), entry("p", "b", 60.0)]);
        let first_column: Vec<&str> = text.lines().skip(2).filter_map(|line| line.split('|').nth(4)).collect();
        assert_eq!(first_column, [" 20.000 ", " 60.000 ", " 40.000 "]);
    }

    #[test]
    fn over_one_family_people_see_each_policy_once() {
        let text = table(&[entry("p", "a", 10.0), entry("q", "a", 30.0)]);
        assert_eq!(text.lines().count(), 4, "{text}");
    }

    #[test]
    fn programs_get_the_same_rows_by_name() {
        let entries = [entry("script:0,1", "a", 50.0), entry("script:0,1", "b", 150.0)];
        let rows: Vec<Value> = serde_json::from_str(&json(&entries)).unwrap();
        let all = rows.last().unwrap();
        assert_eq!((&all["family"], &all["sessions"], &all["view"]), (&json!("all"), &json!(2), &json!(100.0)));
        assert_eq!(all["avoidably_stalled_percent"], json!(50.0));
        assert_eq!(all["avoidable_stall_seconds"], json!(0.1));
        let csv = csv(&entries);
        assert!(csv.starts_with("policy,family,sessions,view,stalls_an_hour,"), "{csv}");
        assert_eq!(csv.lines().nth(1).unwrap().split("\",").nth(1).unwrap().split(',').next(), Some("a"), "{csv}");
    }
}
