//! The session so far under every policy, worked out beside the window.

use crate::ui::export;
use crate::ui::task::Task;
use eframe::egui::Context;
use player_core::abr;
use player_core::history::History;
use player_core::io::Command;
use player_core::report::Totals;
use player_core::sim::what_if::{Rerun, Scenario};
use player_core::snapshot::{RequestState, Snapshot};
use shared::time::SessionTime;
use std::sync::Arc;

/// The trials of all policies: asked for, under way, or known.
#[derive(Debug, Default)]
pub(crate) struct PolicyTrials {
    work: Option<Task<Result<Findings, String>>>,
    /// The latest answer.
    pub found: Option<Result<Findings, String>>,
    /// The row whose curves are shown.
    pub chosen: usize,
    /// Reports of the trials on their way into a folder.
    writing: Option<Task<Result<String, String>>>,
}

/// The results of all trials.
#[derive(Debug, Clone)]
pub(crate) struct Findings {
    /// Until when the session was watched.
    pub at: SessionTime,
    /// Its figures.
    pub watched: Totals,
    /// Its curves.
    pub history: Arc<History>,
    /// First what was played, again; then every policy, the best first.
    pub runs: Vec<Trial>,
    /// Length of the film that was fetched, for the axis.
    pub seconds: f64,
    /// Requests that failed: there are none in virtual time.
    pub failed: usize,
    /// Seconds that the session stands still when it is held at the lowest rung: nobody can avoid them.
    pub unavoidable: f64,
}

/// The session under one policy.
#[derive(Debug, Clone)]
pub(crate) struct Trial {
    pub name: String,
    pub outcome: Rerun,
}

impl PolicyTrials {
    /// Starts the trials on a thread of their own.
    pub(crate) fn ask(&mut self, ctx: &Context, snapshot: &Snapshot) {
        let snapshot = snapshot.clone();
        self.work = Task::start(ctx, "what-if", move || find(&snapshot));
        self.chosen = 0;
    }

    /// Starts to write a report of each trial into a new folder.
    pub(crate) fn write(&mut self, ctx: &Context, snapshot: &Snapshot) {
        if self.writing.is_none() {
            let snapshot = snapshot.clone();
            self.writing = Task::start(ctx, "what-if reports", move || written(&snapshot));
        }
    }

    /// When the reports are through, a sentence for people.
    pub(crate) fn told(&mut self) -> Option<String> {
        let result = self.writing.as_ref()?.poll()?;
        self.writing = None;
        Some(result.unwrap_or_else(|problem| format!("No report was written: {problem}.")))
    }

    /// Takes the answer when it is there; tells whether it is still being worked out.
    pub(crate) fn look(&mut self) -> bool {
        if let Some(found) = self.work.as_ref().and_then(Task::poll) {
            self.found = Some(found);
            self.work = None;
        }
        self.work.is_some()
    }
}

fn written(snapshot: &Snapshot) -> Result<String, String> {
    let folder = export::new_folder_here("what-if")?;
    let scenario = Scenario::of(snapshot).map_err(|error| error.to_string())?;
    for name in names(snapshot) {
        let report = scenario.report(&name, &snapshot.url).map_err(|error| error.to_string())?;
        let path = folder.join(format!("{name}.jsonl"));
        std::fs::write(&path, report).map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    }
    Ok(format!("Reports of every policy in {}", folder.display()))
}

/// Plays the session again as it was, then under every policy.
///
/// # Errors
/// A sentence for people, when there is not enough of a session to be played again.
pub(crate) fn find(snapshot: &Snapshot) -> Result<Findings, String> {
    let scenario = Scenario::of(snapshot).map_err(|error| error.to_string())?;
    let again = scenario.run_as_played().map_err(|error| error.to_string())?;
    let lowest = scenario.run(abr::LOWEST).map_err(|error| error.to_string())?;
    let mut others = vec![];
    for name in names(snapshot) {
        let outcome = scenario.run(&name).map_err(|error| error.to_string())?;
        others.push(Trial { name, outcome });
    }
    others.sort_by(|a, b| b.outcome.totals.view.total_cmp(&a.outcome.totals.view));
    let first = Trial { name: "as played, again".to_owned(), outcome: again };
    Ok(Findings {
        at: snapshot.at,
        watched: snapshot.totals.clone(),
        history: Arc::clone(&snapshot.history),
        runs: std::iter::once(first).chain(others).collect(),
        seconds: snapshot.at.secs_f64(),
        failed: snapshot.requests.iter().filter(|request| request.state == RequestState::Failed).count(),
        unavoidable: stalled(&lowest.totals),
    })
}

/// Every policy by name, and the one in charge if it is another.
fn names(snapshot: &Snapshot) -> Vec<String> {
    let mut names: Vec<String> = abr::NAMES.iter().map(|name| (*name).to_owned()).collect();
    if !names.contains(&snapshot.policy) {
        names.push(snapshot.policy.clone());
    }
    names
}

impl Findings {
    /// Seconds of standing still that the lowest rung would have avoided.
    pub(crate) fn avoidable(&self, totals: &Totals) -> f64 {
        (stalled(totals) - self.unavoidable).max(0.0)
    }

    /// How much the trial with the policy that was played differs from the session itself, in a sentence.
    pub(crate) fn closeness(&self) -> Option<String> {
        let again = &self.runs.first()?.outcome.totals;
        let rate = again.mean_bitrate_kbps / self.watched.mean_bitrate_kbps;
        // Adding 0.0 turns a negative zero into zero, so that no "-0" is shown.
        let rounded = |value: f64, to: f64| (value * to).round() / to + 0.0;
        let percent = rounded((rate - 1.0) * 100.0, 1.0);
        let stalled = rounded(stalled(again) - stalled(&self.watched), 10.0);
        rate.is_finite()
            .then(|| format!("Played again it lands at {percent:+.0} % rate and {stalled:+.1} s of stalls."))
    }

    /// The causes, in a sentence, when that difference is large.
    pub(crate) fn why_far(&self) -> Option<String> {
        const FAR: f64 = 0.1;
        const FAR_STALLED: f64 = 1.0;
        let again = &self.runs.first()?.outcome.totals;
        let rate = again.mean_bitrate_kbps / self.watched.mean_bitrate_kbps;
        let close = (rate - 1.0).abs() < FAR && (stalled(again) - stalled(&self.watched)).abs() < FAR_STALLED;
        let measured = self.measured();
        let given_up = self.watched.segments_abandoned;
        let causes = [
            (self.failed > 0).then(|| format!("{} failed: here none does", counted(self.failed as u64, "request"))),
            (given_up > 0).then(|| {
                format!(
                    "{} given up: a moment earlier or later, and all that follows differs",
                    counted(given_up, "download")
                )
            }),
            (measured < 0.5).then(|| {
                format!(
                    "the network was busy {:.0} % of the time: what it could carry else is guessed",
                    measured * 100.0
                )
            }),
        ];
        let causes: Vec<_> = causes.into_iter().flatten().collect();
        (!close && !causes.is_empty()).then(|| format!("Why it is not closer: {}.", causes.join("; ")))
    }

    /// The part of the session in which the network had something to carry.
    fn measured(&self) -> f64 {
        let (Some(first), Some(last)) = (self.history.points.first(), self.history.points.last()) else { return 0.0 };
        let busy = last.delivered.busy.saturating_sub(first.delivered.busy).as_secs_f64();
        busy / last.at.since(first.at).as_secs_f64().max(1e-3)
    }

    /// Whether the viewer did something that makes the comparison less exact.
    pub(crate) fn meddled(&self) -> bool {
        let steers = |command: &Command| matches!(command, Command::Seek(_) | Command::Rate(_) | Command::Pause);
        self.history.wishes.iter().any(|wish| steers(&wish.command))
    }
}

/// `1 request`, `3 requests`.
fn counted(number: u64, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

/// Seconds of standing still.
pub(crate) fn stalled(totals: &Totals) -> f64 {
    totals.stalls.iter().fold(0.0, |sum, stall| sum + stall.seconds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::tests::fixtures;

    #[test]
    fn a_run_that_is_far_off_says_why() {
        let mut found = find(&fixtures::playing()).unwrap();
        found.watched.mean_bitrate_kbps = 9_999.0;
        found.watched.segments_abandoned = 1;
        found.failed = 2;
        let why = found.why_far().unwrap();
        assert!(why.contains("1 download given up") && why.contains("2 requests failed"), "{why}");
        found.watched = found.runs[0].outcome.totals.clone();
        assert_eq!(found.why_far(), None, "what is close needs no excuse");
    }

    #[test]
    fn every_policy_is_tried_and_the_one_played_comes_first() {
        let found = find(&fixtures::playing()).unwrap();
        assert_eq!(found.runs.len(), 1 + abr::NAMES.len());
        assert_eq!(found.runs[0].name, "as played, again");
        let view: Vec<f64> = found.runs[1..].iter().map(|run| run.outcome.totals.view).collect();
        assert!(view.is_sorted_by(|a, b| a >= b), "{view:?}");
        let avoidable = found.runs.iter().map(|run| found.avoidable(&run.outcome.totals));
        assert!(avoidable.zip(&found.runs).all(|(secs, run)| secs <= stalled(&run.outcome.totals)));
        assert!(found.closeness().is_some_and(|words| words.contains('%')));
    }
}
