//! `suite TRACES_DIR OUT_DIR BUFFER_SECONDS POLICY FAMILY=MOVIE.json…`: every trace of every family in virtual time.

use player_core::sim::table::{Entry, table};
use player_core::sim::{Movie, simulate};
use shared::trace::Trace;
use std::error::Error;
use std::fs;
use std::path::Path;
use std::time::Duration;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [traces, out, seconds, policy, families @ ..] = &arguments[..] else {
        return Err("usage: suite TRACES_DIR OUT_DIR BUFFER_SECONDS POLICY FAMILY=MOVIE.json…".into());
    };
    let capacity = Duration::from_secs_f64(seconds.parse()?);
    let mut entries = vec![];
    for family in families {
        let (family, movie) = family.split_once('=').ok_or("FAMILY=MOVIE.json")?;
        let movie = Movie::parse(&fs::read_to_string(movie)?)?;
        let out = Path::new(out).join(policy).join(family);
        fs::create_dir_all(&out)?;
        for file in fs::read_dir(Path::new(traces).join(family))? {
            let path = file?.path();
            let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
            let run = simulate(&movie, &Trace::parse(&name, &fs::read_to_string(&path)?)?, capacity, policy)?;
            fs::write(out.join(format!("{name}.jsonl")), run.log.to_string())?;
            entries.push(Entry { policy: policy.clone(), family: family.to_owned(), metrics: run.metrics });
        }
    }
    print!("{}", table(&entries));
    Ok(())
}
