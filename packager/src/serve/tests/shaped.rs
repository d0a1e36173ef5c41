//! The link on real sockets: only the upper bound, which no busy machine can break. That it is used fully is shown in
//! virtual time, in `shared::pacer`.
#![expect(clippy::disallowed_methods, reason = "compares what came with what the link could have carried by now")]

use super::{Subject, run};
use shared::trace::Trace;
use std::time::{Duration, Instant};
use tokio::io::AsyncReadExt;

const ALLOWANCE: f64 = 64.0 * 1024.0;

#[test]
fn responses_together_never_overtake_the_trace() {
    run(async {
        let text = "duration_ms,kbps,latency_ms\n300,6000,30\n200,0,30\n300,1500,30\n";
        let trace = Trace::parse("test", text).unwrap();
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let subject = Subject::start(&["--throttle", file.path().to_str().unwrap(), "--delay", "20"]).await;
        let began = Instant::now();
        let mut streams = vec![];
        for _ in 0..3 {
            streams.push(subject.client.send("GET", "/v/1.m4s", "").await);
        }
        let [a, b, c] = &mut streams[..] else { panic!("three") };
        let (mut received, mut first_byte) = ([0; 3], None);
        let (mut x, mut y, mut z) = ([0; 4096], [0; 4096], [0; 4096]);
        while began.elapsed() < Duration::from_millis(1500) {
            let (index, read) = tokio::select! {
                read = a.read(&mut x) => (0, read), read = b.read(&mut y) => (1, read), read = c.read(&mut z) => (2, read),
            };
            let now_ms = began.elapsed().as_secs_f64() * 1e3;
            first_byte.get_or_insert(now_ms);
            received[index] += read.unwrap();
            let total = received.iter().sum::<usize>() as f64;
            assert!(total <= trace.bits_between(0.0, now_ms) / 8.0 + ALLOWANCE, "{total} bytes by {now_ms} ms");
        }
        assert!(first_byte.is_some_and(|ms| ms >= 50.0), "{first_byte:?}");
        assert!(received.iter().all(|&bytes| bytes > 1000), "{received:?}");
    });
}
