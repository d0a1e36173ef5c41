//! AV1 by libsvtav1.

use super::{Tuning, VideoSettings, joined};
use crate::StaticHdr;

/// Its presets count from 13, the fastest, to 0; these take about as long as libx264's of the same names take per
/// quality.
const PRESETS: [(&str, &str); 10] = [
    ("ultrafast", "12"),
    ("superfast", "11"),
    ("veryfast", "10"),
    ("faster", "9"),
    ("fast", "8"),
    ("medium", "7"),
    ("slow", "5"),
    ("slower", "4"),
    ("veryslow", "3"),
    ("placebo", "2"),
];

/// Key frames only by a constant distance (`gop`): its 1.x versions ignore forced ones.
pub(super) fn options(settings: &VideoSettings, tuning: &Tuning) -> Vec<(&'static str, String)> {
    let preset = PRESETS.iter().find(|(name, _)| *name == tuning.preset);
    let preset = preset.map_or(tuning.preset.as_str(), |(_, number)| number);
    let mut ours: Vec<(&str, String)> = static_hdr(&tuning.hdr).collect();
    if settings.threads > 0 {
        ours.push(("lp", settings.threads.to_string()));
    }
    let mut options = vec![("preset", preset.to_owned())];
    let params = joined(&tuning.params, &ours);
    if !params.is_empty() {
        options.push(("svtav1-params", params));
    }
    options
}

/// In plain numbers, as this library reads them.
fn static_hdr(hdr: &StaticHdr) -> impl Iterator<Item = (&'static str, String)> + use<> {
    let mastering = hdr.mastering.map(|m| {
        let point = |(x, y): (f64, f64)| format!("({x:.4},{y:.4})");
        let [r, g, b] = m.primaries.map(point);
        let luminance = format!("({:.4},{:.4})", m.max_luminance, m.min_luminance);
        ("mastering-display", format!("G{g}B{b}R{r}WP{}L{luminance}", point(m.white)))
    });
    let light = hdr.light.map(|l| ("content-light", format!("{},{}", l.max_content, l.max_average)));
    mastering.into_iter().chain(light)
}
