//! Many simulations on all cores.

use crate::cli::{Code, CommandFailure};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Does all jobs, each thread taking the next one; results in the order of the jobs, the first failure wins.
pub(super) fn on_all_cores<J: Sync, R: Send>(
    jobs: &[J],
    work: impl Fn(&J) -> Result<R, CommandFailure> + Sync,
) -> Result<Vec<R>, CommandFailure> {
    let next = AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(jobs.len());
    let take = || {
        let mut done = vec![];
        while let Some((index, job)) = Some(next.fetch_add(1, Relaxed)).and_then(|i| Some((i, jobs.get(i)?))) {
            let result = work(job)?;
            done.push((index, result));
        }
        Ok::<_, CommandFailure>(done)
    };
    let mut all = std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(take)).collect();
        let lost =
            |_| Err(CommandFailure::new(Code::Decode, "a simulation broke off: this is a mistake of the player"));
        let parts = running.into_iter().map(|thread| thread.join().unwrap_or_else(lost));
        parts.collect::<Result<Vec<_>, _>>().map(|parts| parts.into_iter().flatten().collect::<Vec<_>>())
    })?;
    all.sort_by_key(|(index, _)| *index);
    Ok(all.into_iter().map(|(_, result)| result).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_keep_the_order_of_their_jobs() {
        let jobs: Vec<usize> = (0..100).collect();
        assert_eq!(on_all_cores(&jobs, |job| Ok(job * 2)).unwrap()[99], 198);
        let failing = |job: &usize| if *job == 50 { Err(CommandFailure::new(Code::Usage, "no")) } else { Ok(()) };
        assert!(on_all_cores(&jobs, failing).is_err());
    }
}
