//! What every policy owes its caller, whatever it decides by. A new policy joins by its name.

use super::*;
use crate::estimate::{Estimator, Origin, Transfer};
use proptest::prelude::*;
use shared::time::SessionTime;
use shared::units::{Bitrate, ByteSize};
use std::time::Duration;

/// A track to decide about: true sizes are a multiple of the nominal ones, or unknown.
#[derive(Debug, Clone)]
struct Track {
    ladder: Vec<Bitrate>,
    count: Option<u64>,
    duration: Duration,
    size_factor: Option<f64>,
}

impl Segments for Track {
    fn count(&self) -> Option<u64> {
        self.count
    }

    fn duration(&self, _: u64) -> Duration {
        self.duration
    }

    fn size(&self, _: u64, choice: usize) -> Option<ByteSize> {
        let nominal = self.ladder[choice].over(self.duration).bytes() as f64;
        self.size_factor.map(|factor| ByteSize::from_bytes((nominal * factor) as u64))
    }
}

/// One question: a track, what the link has carried, and the state of the buffer.
#[derive(Debug, Clone)]
struct Case {
    track: Track,
    rates: Vec<Bitrate>,
    buffer: Duration,
    capacity: Duration,
    ordinal: u64,
    last: Option<usize>,
    phase: Standing,
    playback_rate: f64,
}

impl Case {
    fn estimator(&self) -> Estimator {
        let mut estimator = Estimator::new(None);
        for (second, &rate) in (0..).zip(&self.rates) {
            estimator.on_transfer(&transfer(second, rate));
        }
        estimator
    }

    fn context<'a>(&'a self, estimate: &'a Estimator) -> Context<'a> {
        Context {
            now: SessionTime::from(Duration::from_secs(1000)),
            buffer: self.buffer,
            capacity: self.capacity,
            ordinal: self.ordinal,
            segments: &self.track,
            ladder: &self.track.ladder,
            last: self.last.filter(|&last| last < self.track.ladder.len()),
            estimate,
            beside: Bitrate::ZERO,
            phase: self.phase,
            playback_rate: self.playback_rate,
        }
    }
}

/// Two seconds of data at `rate` after 50 ms of latency.
fn transfer(second: u64, rate: Bitrate) -> Transfer {
    let request = SessionTime::from(Duration::from_secs(3 * second));
    let first_byte = request + Duration::from_millis(50);
    let time = Duration::from_secs(2);
    Transfer {
        request,
        first_byte: Some(first_byte),
        end: first_byte + time,
        size: rate.over(time),
        beside: ByteSize::ZERO,
        origin: Origin::Network,
        aborted: false,
    }
}

fn names() -> impl Iterator<Item = String> {
    NAMES.iter().map(|name| (*name).to_owned()).chain(["fixed:2".to_owned(), "script:0,3,1".to_owned()])
}

fn plain(ladder_kbps: &[u64], rate_kbps: u64, buffer_secs: u64) -> Case {
    Case {
        track: Track {
            ladder: ladder_kbps.iter().map(|&k| Bitrate::from_kbps(k)).collect(),
            count: Some(100),
            duration: Duration::from_secs(2),
            size_factor: Some(1.0),
        },
        rates: vec![Bitrate::from_kbps(rate_kbps); 6],
        buffer: Duration::from_secs(buffer_secs),
        capacity: Duration::from_secs(25),
        ordinal: 20,
        last: Some(0),
        phase: Standing::Playing,
        playback_rate: 1.0,
    }
}

/// The rung that a new policy fetches, after as many waits as it asks for.
fn fetched(name: &str, case: &Case) -> usize {
    let (mut policy, estimator) = (by_name(name).unwrap(), case.estimator());
    let mut context = case.context(&estimator);
    for _ in 0..100 {
        match policy.decide(&context).step {
            Step::Fetch { choice } => return choice,
            Step::Wait { until } => {
                assert!(until > context.now, "{name} waits without time passing");
                context.buffer = context.buffer.saturating_sub(until.since(context.now));
                context.now = until;
            }
        }
    }
    panic!("{name} never fetches");
}

/// Plays both questions of a download, from the first decision to its end, and writes down all answers.
fn transcript(name: &str, case: &Case) -> String {
    let (mut policy, mut estimator) = (by_name(name).unwrap(), case.estimator());
    let mut lines = vec![];
    let mut ask = |policy: &mut dyn Policy, estimator: &Estimator, last: Option<usize>| {
        let context = Context { last, ..case.context(estimator) };
        let answer = policy.decide(&context);
        assert!(!answer.reason.to_string().is_empty());
        lines.push(format!("{answer:?}"));
        if let Step::Fetch { choice } = answer.step {
            assert!(choice < case.track.ladder.len(), "{name} left the ladder: {answer:?}");
            let in_flight = InFlight {
                choice,
                request: context.now,
                first_byte: Some(context.now + Duration::from_millis(50)),
                received: ByteSize::from_bytes(20_000),
                size: context.size(case.ordinal, choice),
            };
            let later = Context { now: context.now + Duration::from_secs(4), ..context };
            let verdict = policy.abandon(&later, &in_flight);
            match &verdict {
                AbandonVerdict::GoOn { ask_again: Some(at) } => {
                    assert!(*at > later.now, "{name} asks to be asked at once")
                }
                AbandonVerdict::Restart { choice: to, .. } => assert!(*to < choice, "{name} restarts {choice} as {to}"),
                AbandonVerdict::GoOn { ask_again: None } => {}
            }
            lines.push(format!("{verdict:?}"));
            let transfer = transfer(400, Bitrate::from_kbps(900));
            policy.on_download(&context, &Download { ordinal: case.ordinal, choice, transfer });
            return Some(choice);
        }
        last
    };
    let last = ask(&mut *policy, &estimator, case.context(&estimator).last);
    estimator.on_transfer(&transfer(401, Bitrate::from_kbps(900)));
    ask(&mut *policy, &estimator, last);
    lines.join("\n")
}

fn cases() -> impl Strategy<Value = Case> {
    let track = (prop::collection::vec(1u64..60_000, 1..14), prop::option::of(1u64..300), 100u64..12_000)
        .prop_flat_map(|(mut kbps, count, millis)| {
            kbps.sort_unstable();
            let ladder: Vec<Bitrate> = kbps.into_iter().map(Bitrate::from_kbps).collect();
            prop::option::of(prop_oneof![Just(0.0), 0.2f64..3.0, Just(1e9)]).prop_map(move |size_factor| Track {
                ladder: ladder.clone(),
                count,
                duration: Duration::from_millis(millis),
                size_factor,
            })
        });
    let rates = prop::collection::vec((1u64..100_000).prop_map(Bitrate::from_kbps), 0..30);
    let phase =
        prop_oneof![Just(Standing::Start), Just(Standing::Seek), Just(Standing::Playing), Just(Standing::Stalled)];
    let levels = (0u64..80_000, 0u64..60_000);
    (track, rates, levels, 0u64..400, prop::option::of(0usize..14), phase, 0.0f64..4.0).prop_map(
        |(track, rates, (buffer, capacity), ordinal, last, phase, playback_rate)| Case {
            track,
            rates,
            buffer: Duration::from_millis(buffer),
            capacity: Duration::from_millis(capacity),
            ordinal,
            last,
            phase,
            playback_rate,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Never outside the ladder, never lower than the lowest, no wait or question that lets no time pass, and the
    /// same answers to the same questions: asserted in `transcript`.
    #[test]
    fn every_policy_keeps_the_contract_in_odd_situations(case in cases()) {
        for name in names() {
            prop_assert_eq!(transcript(&name, &case), transcript(&name, &case), "{} is not deterministic", name);
        }
    }

    /// More bandwidth never means a lower rung where the rate decides.
    #[test]
    fn more_bandwidth_is_never_a_lower_rung(kbps in 100u64..30_000, more in 0u64..30_000, buffer in 0u64..22) {
        for name in ["throughput", "dynamic"] {
            let at = |kbps| fetched(name, &plain(&LADDER, kbps, buffer));
            prop_assert!(at(kbps + more) >= at(kbps), "{} at {} + {} kbit/s", name, kbps, more);
        }
    }
}

const LADDER: [u64; 6] = [300, 600, 1200, 2400, 4800, 9600];

/// Plans over a finite horizon need not be monotone to the last bit, but nothing that a user could notice.
#[test]
fn a_planner_on_twice_the_bandwidth_never_chooses_lower() {
    for (kbps, buffer) in (1..60).flat_map(|n| [2, 6, 12, 20].map(|buffer| (n * 150, buffer))) {
        let at = |kbps| fetched("default", &plain(&LADDER, kbps, buffer));
        assert!(at(2 * kbps) >= at(kbps), "{kbps} kbit/s, buffer {buffer} s");
    }
}

#[test]
fn every_name_is_found() {
    for name in names() {
        assert!(by_name(&name).is_ok(), "{name}");
    }
}

/// A parameter that the policy does not read would change nothing.
#[test]
fn every_parameter_changes_some_answer() {
    let cases: Vec<Case> = (1..30)
        .flat_map(|step| [1, 4, 8, 12, 20].map(|buffer| (step * 200, buffer)))
        .map(|(kbps, buffer)| Case { last: Some(2), ..plain(&LADDER, kbps, buffer) })
        .collect();
    for policy in POLICIES {
        for parameter in policy.parameters {
            let at = |value: &f64| format!("{}:{}={value}", policy.name, parameter.name);
            let (least, most) = (at(parameter.range.start()), at(parameter.range.end()));
            let differs = cases.iter().any(|case| transcript(&least, case) != transcript(&most, case));
            assert!(differs, "{least} and {most}");
        }
    }
}

#[test]
fn an_unknown_name_says_what_there_is() {
    let error = |name: &str| by_name(name).err().unwrap().to_string();
    assert!(error("bolla").contains("bola-e"));
    for name in ["fixed:", "fixed:x", "script:", "script:1,,2", ""] {
        assert!(error(name).starts_with("unknown policy"), "{name}");
    }
}

#[test]
fn one_rung_leaves_no_choice() {
    for name in names() {
        assert_eq!(fetched(&name, &plain(&[800], 100, 1)), 0, "{name}");
        assert_eq!(fetched(&name, &plain(&[800], 90_000, 20)), 0, "{name}");
    }
}

#[test]
fn a_fast_link_and_a_full_buffer_mean_the_top_rung() {
    for name in NAMES {
        let mut case = plain(&[300, 1200, 4800], 90_000, 22);
        case.last = Some(2);
        assert_eq!(fetched(name, &case), 2, "{name}");
    }
}

#[test]
fn a_slow_link_and_no_buffer_mean_the_lowest_rung() {
    for name in NAMES {
        assert_eq!(fetched(name, &plain(&[300, 1200, 4800], 200, 0)), 0, "{name}");
    }
}

#[test]
fn nothing_known_starts_at_the_lowest_rung() {
    for name in NAMES {
        let mut case = plain(&[300, 1200, 4800], 200, 0);
        (case.rates, case.last, case.phase, case.ordinal) = (vec![], None, Standing::Start, 0);
        assert_eq!(fetched(name, &case), 0, "{name}");
    }
}

#[test]
fn the_last_session_rate_starts_a_rate_based_policy_higher() {
    for name in ["default", "throughput", "bola-e", "dynamic"] {
        let mut case = plain(&[300, 1200, 4800], 200, 4);
        (case.rates, case.last, case.phase) = (vec![], None, Standing::Start);
        let estimator = Estimator::new(Some(Bitrate::from_kbps(40_000)));
        let answer = by_name(name).unwrap().decide(&case.context(&estimator));
        assert!(matches!(answer.step, Step::Fetch { choice } if choice > 0), "{name}: {answer:?}");
    }
}

#[test]
fn a_true_peak_size_is_respected_by_the_planner() {
    let mut case = plain(&[300, 1200, 4800], 6_000, 4);
    case.last = Some(2);
    assert_eq!(fetched("default", &case), 2);
    case.track.size_factor = Some(3.0);
    assert!(fetched("default", &case) < 2);
}

#[test]
fn other_tracks_take_their_share_of_the_link() {
    let case = plain(&[300, 1200, 1800], 2_100, 6);
    let estimator = case.estimator();
    for name in ["default", "throughput", "robust-mpc"] {
        let with = |beside| Context { beside: Bitrate::from_kbps(beside), ..case.context(&estimator) };
        let choice = |context| match by_name(name).unwrap().decide(&context).step {
            Step::Fetch { choice } => choice,
            Step::Wait { .. } => usize::MAX,
        };
        assert!(choice(with(1_500)) < choice(with(0)), "{name}");
    }
}

#[test]
fn reasons_read_as_sentences() {
    let said = |name: &str, case: &Case| {
        let estimator = case.estimator();
        by_name(name).unwrap().decide(&case.context(&estimator)).reason.to_string()
    };
    let low = plain(&[300, 600, 1200], 700, 6);
    assert_eq!(said("throughput", &low), "buffer 6.0 s, estimate 700 kbit/s: 600k is the highest under the estimate");
    assert_eq!(said("fixed:1", &low), "buffer 6.0 s: 600k is the policy's only rung");
    let safe = "buffer 2.0 s, estimate 700 kbit/s: 300k is the highest that risks no stall";
    assert_eq!(said("default", &plain(&[300, 600, 1200], 700, 2)), safe);
    let empty = plain(&[300, 600, 1200], 200, 1);
    assert_eq!(said("default", &empty), "buffer 1.0 s, estimate 200 kbit/s: even 300k may stall for 2.0 s");
}

#[test]
fn a_reason_survives_json() {
    let case = plain(&[300, 600, 1200], 700, 6);
    let estimator = case.estimator();
    let answer = by_name("default").unwrap().decide(&case.context(&estimator));
    let text = serde_json::to_string(&answer).unwrap();
    assert!(text.contains("\"buffer\":6.0"), "{text}");
    assert_eq!(serde_json::from_str::<Advice>(&text).unwrap(), answer);
}

mod late_abort {
    use super::*;

    /// The default policy's verdict on a top-rung download of 1.2 MB.
    fn verdict(buffer: Duration, flowing: Duration, received: u64) -> AbandonVerdict {
        let mut case = plain(&[300, 1200, 4800], 5_000, 0);
        (case.buffer, case.last) = (buffer, Some(2));
        let estimator = case.estimator();
        let context = case.context(&estimator);
        let first_byte = SessionTime::from(Duration::from_secs(1000) - flowing);
        let in_flight = InFlight {
            choice: 2,
            request: SessionTime::from(Duration::from_millis(999_950) - flowing),
            first_byte: Some(first_byte),
            received: ByteSize::from_bytes(received),
            size: ByteSize::from_bytes(1_200_000),
        };
        by_name("default").unwrap().abandon(&context, &in_flight)
    }

    const SECS_3: Duration = Duration::from_secs(3);

    #[test]
    fn a_collapse_of_the_rate_restarts_smaller_before_the_buffer_is_dry() {
        let verdict = verdict(SECS_3, SECS_3, 100_000);
        let AbandonVerdict::Restart { choice: 0, reason } = verdict else { panic!("{verdict:?}") };
        assert_eq!((reason.rule, reason.rung), (Rule::TooLate, Some(Bitrate::from_kbps(300))));
    }

    #[test]
    fn early_moments_urgent_or_not_are_left_alone() {
        assert!(matches!(
            verdict(SECS_3, Duration::from_millis(700), 30_000),
            AbandonVerdict::GoOn { ask_again: Some(_) }
        ));
        assert!(matches!(
            verdict(Duration::from_secs(20), SECS_3, 100_000),
            AbandonVerdict::GoOn { ask_again: Some(_) }
        ));
    }

    #[test]
    fn what_is_nearly_there_is_waited_for() {
        assert!(matches!(verdict(Duration::from_millis(500), SECS_3, 1_150_000), AbandonVerdict::GoOn { .. }));
    }
}
