//! Sessions over one trace as a page: one file with everything in it, to be read, printed and handed in. No script, nothing
//! from elsewhere.

use crate::export::markup::escaped;
use crate::ui::decision_sentences;
use crate::ui::figure;
use player_core::abr::{self, known, split};
use player_core::sim::Movie;
use player_core::sim::table::{SessionScore, figures};
use player_core::snapshot::Snapshot;
use player_core::words::{MEASURES, THINGS, Word};
use shared::trace::Trace;
use shared::units::Bitrate;

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;color:#1c2330;max-width:1040px;margin:2em auto;padding:0 1em}\
h1{font-size:26px;margin-bottom:0}h2{font-size:19px;margin:2em 0 0}p{margin:.4em 0}cite,.weak{color:#5a6472}\
table{border-collapse:collapse;margin:1em 0;font-size:13px;font-variant-numeric:tabular-nums}th,td{padding:3px 7px;text-align:right;\
border-bottom:1px solid #d9dee5}th{font-weight:600;color:#5a6472}td:first-child,th:first-child{text-align:left;white-space:nowrap}\
td.best{font-weight:700}.scroll{overflow-x:auto}svg{width:100%;height:auto;border:1px solid #d9dee5}\
dt{font-weight:600}dd{margin:0 0 .4em 1.5em}summary{cursor:pointer}li{margin:.15em 0}";

/// What all sessions have in common.
pub(super) struct Head<'a> {
    pub(super) film: &'a Movie,
    pub(super) url: &'a str,
    pub(super) link: &'a Trace,
    pub(super) name: &'a str,
    pub(super) buffer_seconds: f64,
}

/// One of them.
pub(super) struct Session<'a> {
    pub(super) score: &'a SessionScore,
    pub(super) snapshot: &'a Snapshot,
}

/// The page; `sessions` in the order in which they are to stand.
pub(super) fn page(head: &Head<'_>, sessions: &[Session<'_>]) -> String {
    let title = match sessions {
        [one] => format!("{} over {}", one.score.policy, head.name),
        several => format!("{} policies over {}", several.len(), head.name),
    };
    let title = escaped(&title);
    let parts: String = sessions.iter().enumerate().map(|(index, session)| part(index, session)).collect();
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n\
         <body>\n<h1>{title}</h1>\n{}{}{parts}<h2>Words</h2>\n<dl>\n{}</dl>\n</body>\n</html>\n",
        introduction(head),
        table(sessions),
        words()
    )
}

fn introduction(head: &Head<'_>) -> String {
    let (film, link) = (head.film, head.link);
    let rates: Vec<String> = film.kbps.iter().map(|kbps| rate(*kbps)).collect();
    let seconds = film.segment.as_secs_f64();
    let kbps = link.rows().iter().map(|row| row.kbps);
    let (least, most) = kbps.fold((f64::MAX, 0.0_f64), |(least, most), kbps| (least.min(kbps), most.max(kbps)));
    format!(
        "<p class=\"weak\">Simulated by dash-player. Film: {} segments of {seconds:.3} s in {} renditions ({}), {}. \
         Network: trace {}, {} to {}, repeated after {:.0} s. Buffer: at most {:.0} s.</p>\n",
        film.segments(),
        film.kbps.len(),
        rates.join(", "),
        escaped(head.url),
        escaped(head.name),
        rate(least),
        rate(most),
        link.period_ms() / 1e3,
        head.buffer_seconds
    )
}

fn rate(kbps: f64) -> String {
    Bitrate::from_bps_f64(kbps * 1e3).to_string()
}

/// A line a policy; the best value of the first column is set off, for it is what the others are about.
fn table(sessions: &[Session<'_>]) -> String {
    let titles: String = sessions
        .first()
        .into_iter()
        .flat_map(|first| figures(&first.score.metrics))
        .map(|(title, _)| format!("<th>{}</th>", escaped(title)))
        .collect();
    let rows: String = sessions.iter().map(|session| row(session, sessions)).collect();
    format!("<div class=\"scroll\"><table>\n<tr><th>policy</th>{titles}</tr>\n{rows}</table></div>\n")
}

fn row(session: &Session<'_>, all: &[Session<'_>]) -> String {
    let best = all.iter().map(|session| session.score.metrics.view).fold(f64::MIN, f64::max);
    let set_off = if session.score.metrics.view == best { " class=\"best\"" } else { "" };
    let cells = figures(&session.score.metrics).map(|(_, value)| format!("<td>{value:.2}</td>")).collect::<String>();
    let policy = escaped(&session.score.policy);
    format!("<tr><td{set_off}>{policy}</td>{}</tr>\n", cells.replacen("<td>", &format!("<td{set_off}>"), 1))
}

/// A policy: what it goes by, what it did, and why.
fn part(index: usize, session: &Session<'_>) -> String {
    let policy = &session.score.policy;
    let drawing = figure::charts(session.snapshot).svg_within(&format!("s{index}-"));
    let sentences = decision_sentences(session.snapshot);
    let list: String = sentences.iter().map(|sentence| format!("<li>{}</li>\n", escaped(sentence))).collect();
    format!(
        "<h2>{}</h2>\n{}{drawing}<details><summary>What it decided, and why ({})</summary>\n<ol>\n{list}</ol>\n</details>\n",
        escaped(policy),
        explanation(policy),
        sentences.len()
    )
}

fn explanation(policy: &str) -> String {
    let (name, _) = split(policy);
    match (known(name), name) {
        (Some(known), _) => format!("<p>{} <cite>{}</cite></p>\n", escaped(known.explanation), escaped(known.source)),
        (None, abr::FIXED) => "<p>Always the same rendition.</p>\n".to_owned(),
        (None, _) => "<p>The renditions that were asked for, one a segment.</p>\n".to_owned(),
    }
}

fn words() -> String {
    let entry = |Word { word, meaning }: &Word| format!("<dt>{}</dt><dd>{}</dd>\n", escaped(word), escaped(meaning));
    MEASURES.iter().chain(&THINGS).map(entry).collect()
}
