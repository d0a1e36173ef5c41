//! What people read before and after a run: the plan, the table of what was made, and what to do next. Pure.

use crate::catalogue::{Made, Summary};
use crate::layout;
use crate::plan::{How, Plan};
use shared::units::ByteSize;
use std::path::Path;

/// The plan of a film that `source` describes.
pub(super) fn plan(plan: &Plan, source: &str) -> String {
    let mut text = format!(
        "{}: {source}\n{} frames a segment ({:.3} s), {} segments a chunk, generation {}\n",
        plan.master.name,
        plan.segment_frames,
        plan.segment_duration().as_secs_f64(),
        plan.chunk_segments,
        plan.generation,
    );
    for rendition in &plan.renditions {
        text += &format!("  {:28} {}\n", rendition.id, how(&rendition.how));
    }
    let size = plan.expected_size().map_or("an unknown size".to_owned(), |size| format!("about {size}"));
    text + &format!("  {:28} {size}\n", "all")
}

fn how(how: &How) -> String {
    match how {
        How::EncodeVideo(encoding) => {
            let passes = if encoding.two_pass { ", two passes" } else { "" };
            format!("{}, peak {}, preset {}{passes}", encoding.rung.rate, encoding.rung.max_rate, encoding.preset)
        }
        How::EncodeAudio(encoding) => {
            let language = encoding.track.language.as_deref().unwrap_or("und");
            let channels = encoding.layout.channels();
            format!("{}, {} Hz, {channels} channels, {language}", encoding.rate, encoding.sample_rate)
        }
        How::Copy(track) => {
            let language = track.language.as_deref().unwrap_or("und");
            format!("{}, as it is, {} segments, {language}", track.bit_rate, track.segments.len())
        }
        How::ConvertText(text) => text.in_words(),
        How::Tiles(sheets) => format!("sheets of {}x{} pictures", sheets.columns, sheets.rows),
    }
}

/// What was made of the film that `source` describes, in `took` seconds.
pub(super) fn result(plan: &Plan, source: &str, output: &Path, summary: &Summary, took: f64) -> String {
    let judged = summary.renditions.iter().any(|made| made.quality.is_some());
    let mut text = format!("{}: {source}\n", plan.master.name);
    text += &format!("  {:28} {:>10} {:>12} {:>12}", "rendition", "size", "average", "peak");
    text += if judged { "    PSNR    SSIM\n" } else { "\n" };
    for Made { id, size, average, peak, quality } in &summary.renditions {
        text += &format!("  {id:28} {:>10} {:>12} {:>12}", size.to_string(), average.to_string(), peak.to_string());
        if let Some((psnr, ssim)) = quality.and_then(|quality| quality.psnr_db().zip(quality.mean_ssim())) {
            text += &format!(" {psnr:>4.1} dB {ssim:>7.4}");
        }
        text += "\n";
    }
    text + &whole(summary.duration.as_secs_f64(), summary.size, took) + &next(output)
}

fn whole(seconds: f64, size: ByteSize, took: f64) -> String {
    format!(
        "  {:28} {:>10} {seconds:.1} s of film, in {took:.1} s ({:.1}x)\n",
        "all",
        size.to_string(),
        seconds / took.max(1e-3)
    )
}

/// Where the package is, and the commands that one types next.
fn next(output: &Path) -> String {
    let manifest = output.join(layout::MANIFEST);
    let (folder, file) = (typed(output), typed(&manifest));
    format!("{}\n  play it:   player {file}\n  serve it:  packager serve {folder}\n", manifest.display())
}

/// A path as it is typed into a shell.
fn typed(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+,@%".contains(c);
    let text = if text.starts_with('-') { format!("./{text}") } else { text };
    if text.chars().all(is_plain) { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::tests::{identity, master, wishes};
    use crate::quality::PictureQuality;
    use shared::units::Bitrate;
    use shared_av::Rational;
    use std::time::Duration;

    fn film() -> Plan {
        crate::plan::plan(identity(), &master(Rational::new(25, 1).unwrap(), 60.0), &[], &wishes()).unwrap()
    }

    #[test]
    fn the_plan_says_what_is_there_and_how_large_it_will_be() {
        let text = plan(&film(), "1280x720, 25 fps");
        assert!(text.starts_with("film.mp4: 1280x720, 25 fps\n"), "{text}");
        // Sound of 128 and 320 kbit/s for a minute.
        assert!(text.ends_with("  all                          about 3.4 MB\n"), "{text}");
    }

    #[test]
    fn the_result_says_size_rates_quality_and_what_comes_next() {
        let made = |id: &str, quality| Made {
            id: id.into(),
            size: ByteSize::from_bytes(3_000_000),
            average: Bitrate::from_kbps(400),
            peak: Bitrate::from_kbps(650),
            quality,
        };
        let quality = PictureQuality { frames: 2, squared_error: 2e-4, ssim: 1.96 };
        let summary = Summary {
            duration: Duration::from_secs(60),
            size: ByteSize::from_bytes(6_000_000),
            renditions: vec![made("h264-640x360-400k", Some(quality)), made("aac-1-2ch-128k", None)],
        };
        let text = result(&film(), "1280x720, 25 fps", Path::new("out"), &summary, 30.0);
        let expected = "\
film.mp4: 1280x720, 25 fps
  rendition                          size      average         peak    PSNR    SSIM
  h264-640x360-400k                3.0 MB   400 kbit/s   650 kbit/s 40.0 dB  0.9800
  aac-1-2ch-128k                   3.0 MB   400 kbit/s   650 kbit/s
  all                              6.0 MB 60.0 s of film, in 30.0 s (2.0x)
out/manifest.mpd
  play it:   player out/manifest.mpd
  serve it:  packager serve out
";
        assert_eq!(text, expected);
    }

    #[test]
    fn paths_are_typed_so_that_a_shell_takes_them_as_one_word() {
        let typed = |path: &str| typed(Path::new(path));
        assert_eq!(
            [typed("films/a"), typed("a film"), typed("it's"), typed("-o")],
            ["films/a", "'a film'", r"'it'\''s'", "./-o"]
        );
    }
}
