//! What the process has cost so far.

/// The kernel reports CPU time in these parts of a second to every program, whatever it counts in itself
/// (`USER_HZ`, proc(5)).
const TICKS_A_SECOND: f64 = 100.0;

/// CPU time of all threads, in seconds; 0 where the system does not tell.
pub fn cpu_seconds() -> f64 {
    std::fs::read_to_string("/proc/self/stat").ok().and_then(|stat| parse(&stat)).unwrap_or(0.0)
}

/// Fields 14 and 15 of proc_pid_stat(5); the name in field 2 may hold anything, parentheses included.
fn parse(stat: &str) -> Option<f64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_ascii_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<f64>().ok();
    Some((ticks()? + ticks()?) / TICKS_A_SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_and_system_time_count_whatever_the_name() {
        let stat = "4711 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 150 50 7 8 20 0 3 0";
        assert_eq!(parse(stat), Some(2.0));
        assert_eq!(parse("nonsense"), None);
    }
}
