//! Is it one segment that does not come, or everything? Where no other lane can tell, what follows the segment is asked for
//! now and then: if that comes while the segment does not, the segment is given up like one that is missing. What is
//! fetched for this is not kept: most of the time the segment itself comes next. What is said not to be there needs no such
//! witness.

use super::lane::{Aim, Fetching, LaneId};
use super::{Desk, Loading};
use crate::io::Output;
use crate::presentation::{Obtainable, Segment};
use crate::session::network::InProgress;
use crate::session::recovery::{BEYOND_EVERY, LEAST_ATTEMPTS_WHILE_WAITING};

impl Loading {
    /// Asks for what follows the next segment in the pause between two attempts at that, if it is time for it.
    pub(super) fn look_beyond(&mut self, lane: LaneId, desk: &mut Desk<'_>) {
        let trouble = &self.lanes[lane].trouble;
        let due = trouble.attempts >= LEAST_ATTEMPTS_WHILE_WAITING.max(trouble.looked + BEYOND_EVERY);
        if !due || trouble.lasting || trouble.beyond.is_some() || self.fails_alone(lane, desk.out) {
            return;
        }
        if let Some(segment) = self.beyond_next(lane, desk) {
            self.lanes[lane].trouble.looked = self.lanes[lane].trouble.attempts;
            self.fetch(lane, segment, Aim::Beyond, desk);
        }
    }

    /// The pause is over: what has not begun to come does not keep the segment itself waiting.
    pub(super) fn drop_look_beyond(&mut self, lane: LaneId, desk: &mut Desk<'_>) {
        let looks = |fetching: &&Fetching| fetching.aim == Aim::Beyond;
        let Some(fetching) = self.lanes[lane].fetching.as_ref().filter(looks) else { return };
        let begun = desk.network.get(fetching.request).is_some_and(|running| running.first_byte.is_some());
        let over = self.lanes[lane].not_before;
        match (begun, over > desk.out.now()) {
            (true, _) => {}
            (false, true) => desk.out.wake_at(over),
            (false, false) => self.stop_fetching(lane, desk),
        }
    }

    /// What follows the next segment of a lane, in its lowest rung: little is lost with it.
    fn beyond_next(&mut self, lane: LaneId, desk: &mut Desk<'_>) -> Option<Segment> {
        let next = self.next_segment(lane, desk)?;
        let rung = *self.choices(lane, desk).rungs.first()?;
        let beyond = self.presentation.nth_segment(rung, self.presentation.ordinal(next.id) + 1)?;
        let there = matches!(self.presentation.reach(beyond, desk.out.wall()), Obtainable::There);
        self.presentation.segment(beyond).filter(|_| there)
    }

    /// It came: the segment before it is asked for again at once, and given up if it fails once more a little later.
    pub(super) fn beyond_arrived(&mut self, lane: LaneId, running: &InProgress, desk: &mut Desk<'_>) {
        let now = desk.out.now();
        self.lanes[lane].trouble.beyond = Some(now);
        self.lanes[lane].not_before = now;
        desk.out.journal.wasted(running.received);
        desk.out.push(Output::Discard(running.request.id));
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Bench, Video, place, status};
    use crate::presentation::testing::{VIDEO, film};

    /// The segment from second 2 on fails; what is done with each request for another one is said by `beyond`. Tells what
    /// was asked for and what was thrown away.
    fn failing(beyond: impl Fn(&mut Bench, &str)) -> (Bench, Vec<String>) {
        let mut bench = Bench::new(film(20, &[VIDEO.kbps(&[300])]));
        bench.run(1);
        bench.stand(0.0);
        let mut asked = vec![];
        for _ in 0..200 {
            asked.extend(bench.step().into_iter().filter(|line| line.starts_with("discard")));
            for name in bench.running() {
                asked.push(name.clone());
                if name == "v300@2" {
                    bench.fail(&name, &status(503));
                } else {
                    beyond(&mut bench, &name);
                }
            }
            if bench.lane(Video).next > place(2.0) {
                break;
            }
            bench.pass(0.25);
        }
        (bench, asked)
    }

    #[test]
    fn a_segment_that_fails_while_the_one_behind_it_comes_is_given_up() {
        let (bench, asked) = failing(|bench, name| bench.arrive(name));
        let beyond = asked.iter().filter(|name| *name == "v300@4").count();
        assert_eq!((bench.buffered(Video), beyond), (vec!["v300@0".to_owned(), "hole 2-4".to_owned()], 1));
        assert!((6..14).contains(&asked.len()), "{asked:?}");
    }

    #[test]
    fn when_nothing_comes_a_look_is_taken_behind_it_after_three_attempts_and_nothing_is_given_up() {
        let (bench, asked) = failing(|bench, name| drop(bench.fail(name, &status(503))));
        assert_eq!(bench.buffered(Video), ["v300@0"]);
        let looks = asked.iter().filter(|name| *name == "v300@4").count();
        let attempts = asked.len() - looks;
        assert!(looks > 5 && looks.abs_diff(attempts / 3) <= 2, "{looks} after {attempts}");
    }

    #[test]
    fn who_does_not_answer_in_the_pause_keeps_nobody_waiting() {
        let (bench, asked) = failing(|_, _| ());
        let (looks, attempts): (Vec<_>, Vec<_>) = asked.iter().partition(|name| *name == "v300@4");
        assert!(!looks.is_empty() && attempts.len() > 30, "{asked:?}");
        assert_eq!(bench.buffered(Video), ["v300@0"]);
    }

    #[test]
    fn what_came_for_the_answer_alone_is_thrown_away() {
        let (mut bench, asked) = failing(|bench, name| bench.arrive(name));
        assert!(asked.contains(&"discard v300@4".to_owned()), "{asked:?}");
        assert!(bench.wasted() > 0);
        assert_eq!(bench.fetches(), ["v300@4"], "it is next now");
    }
}
