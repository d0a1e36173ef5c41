//! H.264 by libx264.

use super::{Pass, Tuning, VideoSettings, joined};

/// Key frames by count alone, constrained by the model buffer.
pub(super) fn options(settings: &VideoSettings, tuning: &Tuning) -> Vec<(&'static str, String)> {
    let gop = settings.gop.to_string();
    let threads = if settings.threads == 0 { "auto".into() } else { settings.threads.to_string() };
    let ours = [("open-gop", "0".into()), ("scenecut", "0".into())];
    let mut options = vec![
        ("preset", tuning.preset.clone()),
        ("profile", tuning.profile.clone().unwrap_or_else(|| "high".into())),
        ("threads", threads),
        ("bufsize", settings.buffer.bits().to_string()),
        ("forced-idr", "1".into()),
        ("sc_threshold", "0".into()),
        ("keyint_min", gop),
        ("x264-params", joined(&tuning.params, &ours)),
    ];
    options.extend(tuning.tune.iter().map(|tune| ("tune", tune.clone())));
    if let Some(Pass::First(stats) | Pass::Second(stats)) = &tuning.pass {
        options.push(("stats", stats.display().to_string()));
    }
    options
}
