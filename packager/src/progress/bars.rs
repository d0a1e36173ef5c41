//! Bars on a terminal: a line a rendition, best first, and one for the whole with the time that is left.

use crate::plan::{How, Plan, PlannedRendition};
use crate::produce::PipelineEvent;
use crate::workspace::ChunkDone;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use shared::units::ByteSize;
use std::collections::BTreeMap;

/// Steps of the whole in one pass.
const STEPS: u64 = 10_000;

/// The lines of a run.
pub(super) struct Bars {
    all: MultiProgress,
    /// In the plan's order.
    lines: Vec<Line>,
    total: ProgressBar,
    /// Of two, where there are two.
    passes_done: u64,
}

/// One rendition's line.
struct Line {
    id: String,
    bar: ProgressBar,
    /// What its positions count a second.
    per_second: f64,
    /// Its part in the whole: many bits are much work.
    weight: f64,
    /// Of the segments that are in place.
    size: ByteSize,
    seconds: f64,
    /// Ticks a second of its segments.
    timescale: f64,
}

impl Bars {
    /// Not shown before [`Self::start`].
    pub(super) fn new(plan: &Plan) -> Self {
        let passes = if plan.video_encodings().any(|(_, encoding)| encoding.two_pass) { 2 } else { 1 };
        let is_endless = plan.expected_frames.is_none();
        let total = if is_endless { ProgressBar::no_length() } else { ProgressBar::new(passes * STEPS) };
        let total =
            total.with_style(style("{prefix:>26} {bar:20} {percent:>3}% {msg:>17}  {eta} left")).with_prefix("all");
        let lines = plan.renditions.iter().map(|rendition| Line::new(plan, rendition)).collect();
        Self { all: MultiProgress::new(), lines, total, passes_done: 0 }
    }

    /// Shows them, with what an earlier run has done.
    pub(super) fn start(&mut self, done: &BTreeMap<String, Vec<ChunkDone>>) {
        for line in &mut self.lines {
            for closed in done.get(&line.id).into_iter().flatten().flat_map(|chunk| &chunk.segments) {
                line.size += closed.size;
                line.seconds += closed.duration as f64 / line.timescale;
            }
            line.bar = self.all.add(line.bar.clone());
            line.bar.tick();
        }
        self.total = self.all.add(self.total.clone());
        self.total.tick();
    }

    /// Does something with the terminal while no bar is on it.
    pub(super) fn suspend(&self, write: impl FnOnce()) {
        self.all.suspend(write);
    }

    /// The film is read again.
    pub(super) fn next_pass(&mut self) {
        self.passes_done += 1;
        for line in &self.lines {
            line.bar.reset();
        }
    }

    /// Something was coded or written.
    pub(super) fn event(&mut self, event: &PipelineEvent) {
        match event {
            PipelineEvent::Coded { representation, position } => {
                if let Some(line) = self.line(representation) {
                    line.bar.set_position(*position);
                    line.say();
                }
            }
            PipelineEvent::Closed(closed) => {
                if let Some(line) = self.line(&closed.representation) {
                    line.size += closed.size;
                    line.seconds += closed.duration as f64 / line.timescale;
                    // The encoder is ahead of the written segment; a bar that is set back would lose its speed.
                    let position = (line.seconds * line.per_second) as u64;
                    line.bar.set_position(position.max(line.bar.position()));
                    line.say();
                }
            }
            _ => return,
        }
        self.say_total();
    }

    /// Takes them off the terminal. Clearing alone is not enough: a bar that is not finished is drawn again when it is
    /// dropped.
    pub(super) fn clear(&self) {
        for line in &self.lines {
            line.bar.finish_and_clear();
        }
        self.total.finish_and_clear();
    }

    fn line(&mut self, id: &str) -> Option<&mut Line> {
        self.lines.iter_mut().find(|line| line.id == id)
    }

    fn say_total(&self) {
        let weight: f64 = self.lines.iter().map(|line| line.weight).sum();
        let done: f64 = self.lines.iter().map(|line| line.weight * line.part()).sum();
        let steps = (done / weight.max(1.0) * STEPS as f64) as u64;
        self.total.set_position(self.passes_done * STEPS + steps);
        let size: f64 = self.lines.iter().map(Line::expected_size).sum();
        self.total.set_message(about(size));
    }
}

impl Line {
    fn new(plan: &Plan, rendition: &PlannedRendition) -> Self {
        let (per_second, length) = counted(plan, rendition);
        let bar = length.map_or_else(ProgressBar::no_length, ProgressBar::new);
        let bar = bar.with_style(style("{prefix:>26} {bar:20} {percent:>3}% {msg}")).with_prefix(rendition.id.clone());
        Self {
            id: rendition.id.clone(),
            bar,
            per_second,
            weight: rendition.rate().kbps(),
            size: ByteSize::ZERO,
            seconds: 0.0,
            timescale: f64::from(plan.timescale_of(rendition).get()),
        }
    }

    /// How much of it is done, from 0 to 1; nothing where its length is unknown.
    fn part(&self) -> f64 {
        let length = self.bar.length().unwrap_or(0);
        if length == 0 { 0.0 } else { (self.bar.position() as f64 / length as f64).min(1.0) }
    }

    /// In bytes, extrapolated from the segments so far; 0 while there is none.
    fn expected_size(&self) -> f64 {
        let whole = self.bar.length().map_or(0.0, |length| length as f64 / self.per_second);
        if self.seconds > 0.0 { self.size.bytes() as f64 * whole / self.seconds } else { 0.0 }
    }

    /// Shows the speed, and the size of the whole.
    fn say(&self) {
        let speed = self.bar.per_sec() / self.per_second;
        self.bar.set_message(format!("{speed:>5.2}x {:>11}", about(self.expected_size())));
    }
}

fn about(bytes: f64) -> String {
    if bytes > 0.0 { format!("~{}", ByteSize::from_bytes(bytes as u64)) } else { String::new() }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// What the positions of a rendition count ([`PipelineEvent::Coded`]): so many a second, and so many in all.
fn counted(plan: &Plan, rendition: &PlannedRendition) -> (f64, Option<u64>) {
    match &rendition.how {
        How::EncodeVideo(_) | How::ConvertText(_) | How::Tiles(_) => (plan.rate.value(), plan.expected_frames),
        How::EncodeAudio(encoding) => {
            let rate = f64::from(encoding.sample_rate);
            let seconds = plan.expected_frames.map(|frames| plan.time_of(frames).secs_f64());
            (rate, seconds.map(|seconds| (seconds * rate) as u64))
        }
        How::Copy(track) => (f64::from(track.timescale.get()), u64::try_from(track.ends_at).ok()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ladder::LadderRequest;
    use crate::plan::tests::{identity, master, wishes};
    use crate::plan::{Wishes, plan};
    use shared_av::Rational;

    fn bars(two_pass: bool) -> Bars {
        let master = master(Rational::new(25, 1).unwrap(), 40.0);
        let ladder = LadderRequest::parse("1280x720@1800,640x360@600").unwrap();
        let wishes = Wishes { ladder, two_pass, ..wishes() };
        let (rungs, _) = wishes.ladder.rungs(master.video.as_ref().unwrap(), None, &wishes.codecs).unwrap();
        Bars::new(&plan(identity(), &master, &rungs, &wishes).unwrap())
    }

    fn coded(bars: &mut Bars, id: &str, position: u64) {
        bars.event(&PipelineEvent::Coded { representation: id.to_owned(), position });
    }

    #[test]
    fn the_best_comes_first_and_the_whole_is_the_weighted_mean() {
        let mut bars = bars(false);
        assert_eq!(bars.lines[0].id, "h264-1280x720-1800k");
        coded(&mut bars, "h264-1280x720-1800k", 500);
        let half_of_the_top = (1800.0 / 2.0 / (1800.0 + 600.0 + 128.0 + 320.0) * STEPS as f64) as u64;
        assert_eq!(bars.total.position(), half_of_the_top);
        assert_eq!(bars.total.length(), Some(STEPS));
    }

    #[test]
    fn the_second_pass_is_the_second_half() {
        let mut bars = bars(true);
        coded(&mut bars, "h264-1280x720-1800k", 1000);
        bars.next_pass();
        coded(&mut bars, "h264-1280x720-1800k", 0);
        assert_eq!((bars.total.position(), bars.total.length()), (STEPS, Some(2 * STEPS)));
    }
}
