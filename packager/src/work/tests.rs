//! Plans cut into jobs, and a film made by different runners in different orders.

use super::*;
use crate::ladder::LadderRequest;
use crate::mux::SegmentClosed;
use crate::plan::tests::{identity, master, wishes};
use crate::plan::{Plan, Wishes, plan};
use crate::probe;
use crate::produce::Pass;
use crate::publish::Store;
use crate::sample::{self, SampleSpec};
use crate::testing::Begun;
use shared::time::Timescale;
use shared::units::ByteSize;
use shared_av::Rational;
use std::path::Path;

/// Frames of four chunks, the last of which is short, at two a second.
const FRAMES: u64 = 400;
const SECONDS: f64 = 200.0;

fn two_a_second(wishes: &Wishes) -> Plan {
    let master = master(Rational::new(2, 1).unwrap(), SECONDS);
    let (rungs, _) = wishes.ladder.rungs(master.video.as_ref().unwrap(), None, &wishes.codecs).unwrap();
    plan(identity(), &master, &rungs, wishes).unwrap()
}

fn small() -> Wishes {
    let ladder = LadderRequest::parse("160x120@60,80x60@30").unwrap();
    Wishes { ladder, reproducible: true, preset: "ultrafast".into(), ..wishes() }
}

fn chunk(id: &str, number: u32, reorder: u32) -> ChunkDone {
    let timing = Timing { timescale: Timescale::new(10_000).unwrap(), reorder, priming: 0 };
    ChunkDone { representation: id.into(), chunk: number, timing, segments: vec![], quality: None }
}

/// A run of `plan` that has done `done` before.
fn begun(plan: Plan, done: &[(&str, u32)]) -> Begun {
    let mut chunks: BTreeMap<String, Vec<ChunkDone>> = BTreeMap::new();
    for (id, number) in done {
        chunks.entry((*id).to_owned()).or_default().push(chunk(id, *number, 0));
    }
    Begun::new(plan, chunks)
}

/// First chunk and end of each stretch, and how many renditions are made of it.
fn stretches(done: &[(&str, u32)], count: usize, pass: Pass) -> Vec<(u64, Option<u64>, usize)> {
    let begun = begun(two_a_second(&small()), done);
    let jobs = in_stretches(&begun.run(pass), FRAMES, count);
    jobs.into_iter().map(|job| (job.first, job.end, job.renditions.len())).collect()
}

#[test]
fn a_film_is_cut_into_stretches_of_about_the_same_length_and_sound_is_one() {
    let (video, audio) = (2, 2);
    let sound = (0, None, audio);
    assert_eq!(stretches(&[], 1, Pass::Last), [(0, None, video), sound]);
    assert_eq!(stretches(&[], 2, Pass::Last), [(0, Some(2), video), (2, None, video), sound]);
    assert_eq!(stretches(&[], 3, Pass::Last), [(0, Some(2), video), (2, None, video), sound]);
    let single = [(0, Some(1), video), (1, Some(2), video), (2, Some(3), video), (3, None, video), sound];
    assert_eq!(stretches(&[], 9, Pass::Last), single);
    assert_eq!(stretches(&[], 2, Pass::First), [], "nothing has two passes");
}

#[test]
fn what_is_done_is_not_done_again_wherever_it_lies() {
    let plan = two_a_second(&small());
    let ids: Vec<&str> = plan.video_encodings().map(|(id, _)| id).collect();
    let (top, low) = (ids[0], ids[1]);
    let sound = (0, None, 2);
    assert_eq!(stretches(&[(top, 1), (low, 1)], 1, Pass::Last), [(0, Some(1), 2), (2, None, 2), sound]);
    assert_eq!(stretches(&[(top, 1)], 1, Pass::Last), [(0, None, 2), sound], "the other one lacks it");
    let all: Vec<(&str, u32)> = (0..4).flat_map(|n| [(top, n), (low, n)]).collect();
    assert_eq!(stretches(&all, 3, Pass::Last), [sound]);
}

#[test]
fn one_piece_needs_to_know_nothing() {
    let begun = begun(two_a_second(&small()), &[]);
    let whole = jobs(&begun.run(Pass::Last), None, 1);
    assert!(whole.len() == 1 && whole[0].is_whole());
    assert!(begun.plan.renditions.iter().all(|rendition| whole[0].makes(&rendition.id)));
}

#[test]
fn a_job_survives_the_way_to_another_machine() {
    let job = Job { first: 2, end: Some(5), renditions: vec!["h264-160x120-60k".into()] };
    let text = serde_json::to_string(&job).unwrap();
    assert_eq!(serde_json::from_str::<Job>(&text).unwrap(), job);
}

#[test]
fn chunks_on_another_axis_than_the_first_are_made_again() {
    let mut chunks = BTreeMap::from([("v".to_owned(), vec![chunk("v", 2, 0), chunk("v", 0, 512), chunk("v", 1, 512)])]);
    assert!(forget_odd_ones(&mut chunks));
    assert_eq!(chunks["v"].iter().map(|chunk| chunk.chunk).collect::<Vec<_>>(), [0, 1]);
    assert!(!forget_odd_ones(&mut chunks));
    let mut without_first = BTreeMap::from([("v".to_owned(), vec![chunk("v", 2, 0)])]);
    assert!(!forget_odd_ones(&mut without_first), "nothing is known of the first one yet");
}

/// Does the jobs one by one in an order that depends on a seed.
struct Shuffled(u64);

impl Runner for Shuffled {
    fn run(&self, work: &Work<'_>, jobs: &[Job], on_event: &mut OnEvent<'_>) -> Result<(), PackagerError> {
        let mut seed = self.0;
        let mut left: Vec<&Job> = jobs.iter().collect();
        while !left.is_empty() {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let job = left.remove((seed >> 33) as usize % left.len());
            Threads { at_once: 1 }.run(work, std::slice::from_ref(job), on_event)?;
        }
        Ok(())
    }
}

/// A film whose pictures are two a second.
fn film(folder: &Path) -> Master {
    let path = folder.join("film.mp4");
    let rate = Rational::new(2, 1).unwrap();
    let spec = SampleSpec { seconds: SECONDS, width: 160, height: 120, rate, audio: true };
    sample::run(&spec, &path).unwrap();
    Master::new(&path, &folder.join("out"), false, &|| Ok(())).unwrap()
}

fn planned(input: &Master) -> Plan {
    let wishes = small();
    let source = input.open().unwrap();
    let master = probe::inspect(source.name(), source.info()).unwrap();
    let (rungs, _) = wishes.ladder.rungs(master.video.as_ref().unwrap(), None, &wishes.codecs).unwrap();
    plan(identity(), &master, &rungs, &wishes).unwrap()
}

/// What came of a run.
#[derive(PartialEq)]
struct Made {
    /// By path.
    files: BTreeMap<String, Vec<u8>>,
    /// The sizes of the segments that were told of.
    told: BTreeMap<(String, u64), ByteSize>,
}

fn made(input: &Master, runner: &dyn Runner, count: usize) -> Made {
    let begun = begun(planned(input), &[]);
    let division = Division::new(&begun.plan, input, count, None).unwrap();
    assert_eq!(division.note(), None);
    let mut told = BTreeMap::new();
    run(&division.work(&begun.run(Pass::Last), input), runner, &mut |event| {
        if let PipelineEvent::Closed(SegmentClosed { representation, number, size, .. }) = event {
            told.insert((representation, number), size);
        }
        Ok(())
    })
    .unwrap();
    let store = begun.publisher.store();
    let paths = store.list().unwrap();
    let bytes = |path: &String| store.get(path).unwrap().unwrap();
    Made { files: paths.iter().map(|path| (path.clone(), bytes(path))).collect(), told }
}

#[test]
fn bytes_do_not_depend_on_who_does_the_jobs_and_when() {
    let folder = tempfile::tempdir().unwrap();
    let input = film(folder.path());
    let straight = made(&input, &Threads { at_once: 1 }, 1);
    assert!(straight.files.len() > 4 * 15 * 2, "{}", straight.files.len());
    for (count, at_once) in [(2, 3), (3, 2), (9, 4)] {
        assert!(made(&input, &Threads { at_once }, count) == straight, "{count} stretches, {at_once} at once");
    }
    for seed in 1..4 {
        assert!(made(&input, &Shuffled(seed), 9) == straight, "in the order of seed {seed}");
    }
}

#[test]
fn a_film_that_cannot_be_cut_is_made_in_one_piece_with_a_note() {
    let folder = tempfile::tempdir().unwrap();
    let input = film(folder.path());
    let plan = planned(&input);
    let note = |plan: &Plan, wanted| Division::new(plan, &input, wanted, None).unwrap().note();
    assert_eq!(note(&plan, 1), None);
    assert_eq!(note(&plan, 3), None);
    let sound_alone = Plan { source: None, ..plan.clone() };
    assert_eq!(note(&sound_alone, 1), None, "nobody asked");
    let said = "the film is made in one piece: it has no pictures";
    assert_eq!(note(&sound_alone, 2).as_deref(), Some(said));
    let begun = begun(sound_alone, &[]);
    let division = Division::new(&begun.plan, &input, 2, None).unwrap();
    let run = begun.run(Pass::Last);
    let work = division.work(&run, &input);
    assert!(work.survey.is_none() && jobs(&run, work.survey, work.count)[0].is_whole());
}

/// What a job reads of the film.
#[test]
fn a_job_reads_its_stretch_and_what_it_makes_sound_of() {
    let folder = tempfile::tempdir().unwrap();
    let input = film(folder.path());
    let begun = begun(planned(&input), &[]);
    let division = Division::new(&begun.plan, &input, 2, None).unwrap();
    let run = begun.run(Pass::Last);
    let work = division.work(&run, &input);
    let parts: Vec<MasterPart> = jobs(&run, work.survey, 2).iter().map(|job| work.part(job)).collect();
    let slots: Vec<(u64, Option<u64>)> = parts.iter().map(|part| (part.first, part.end)).collect();
    assert_eq!(slots, [(0, Some(240)), (240, None), (0, None)]);
    assert_eq!(parts.iter().map(|part| part.pictures).collect::<Vec<_>>(), [true, true, false]);
    assert_eq!(parts.iter().map(|part| part.sounds.len()).collect::<Vec<_>>(), [0, 0, 1]);
    assert!(parts[0].from.is_none() && parts.iter().all(|part| part.film_end.is_some() && part.shape.is_some()));
}

#[test]
fn the_first_failure_ends_a_run_on_any_number_of_jobs() {
    let folder = tempfile::tempdir().unwrap();
    let input = film(folder.path());
    for count in [1, 3] {
        let begun = begun(planned(&input), &[]);
        let division = Division::new(&begun.plan, &input, count, None).unwrap();
        let mut segments = 0;
        let failed = run(&division.work(&begun.run(Pass::Last), &input), &*division.runner(), &mut |event| {
            segments += u32::from(matches!(event, PipelineEvent::Closed(_)));
            if segments == 2 { Err(PackagerError::new(Exit::Output, "enough")) } else { Ok(()) }
        });
        assert_eq!(failed.unwrap_err().message, "enough");
        assert!(begun.run(Pass::Last).is_stopped());
    }
}

#[test]
fn who_is_stopped_from_outside_can_be_resumed() {
    let folder = tempfile::tempdir().unwrap();
    let input = film(folder.path());
    let begun = begun(planned(&input), &[]);
    begun.stop.store(true, std::sync::atomic::Ordering::Relaxed);
    let division = Division::new(&begun.plan, &input, 2, None).unwrap();
    let ended = run(&division.work(&begun.run(Pass::Last), &input), &*division.runner(), &mut |_| Ok(()));
    assert_eq!(ended.unwrap_err().exit, Exit::Interrupted);
}
