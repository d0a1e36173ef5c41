//! H.265 by libx265.

use super::{EncoderPass, Tuning, VideoSettings, joined};
use crate::StaticHdr;

/// Key frames by count alone, constrained by the model buffer; what the film was mastered on.
pub(super) fn options(settings: &VideoSettings, tuning: &Tuning) -> Vec<(&'static str, String)> {
    let ours = ours(settings, tuning);
    let mut options = vec![
        ("preset", tuning.preset.clone()),
        ("bufsize", settings.buffer.bits().to_string()),
        ("forced-idr", "1".into()),
        ("x265-params", joined(&tuning.params, &ours)),
    ];
    options.extend(tuning.profile.iter().map(|profile| ("profile", profile.clone())));
    options.extend(tuning.tune.iter().map(|tune| ("tune", tune.clone())));
    if settings.threads > 0 {
        options.push(("threads", settings.threads.to_string()));
    }
    options
}

fn ours(settings: &VideoSettings, tuning: &Tuning) -> Vec<(&'static str, String)> {
    let gop = settings.gop.to_string();
    let mut ours = vec![
        ("log-level", "none".to_owned()),
        ("keyint", gop.clone()),
        ("min-keyint", gop),
        ("scenecut", "0".into()),
        ("open-gop", "0".into()),
        ("repeat-headers", "0".into()),
    ];
    if settings.threads > 0 {
        ours.push(("pools", settings.threads.to_string()));
    }
    match &tuning.pass {
        None => {}
        Some(EncoderPass::First(stats)) => ours.extend([("pass", "1".into()), ("stats", stats.display().to_string())]),
        Some(EncoderPass::Second(stats)) => ours.extend([("pass", "2".into()), ("stats", stats.display().to_string())]),
    }
    ours.extend(static_hdr(&tuning.hdr));
    ours
}

/// Chromaticities in units of 0.00002 and luminances in units of 0.0001 cd/m2, as the SEI messages have them.
fn static_hdr(hdr: &StaticHdr) -> impl Iterator<Item = (&'static str, String)> + use<> {
    let mastering = hdr.mastering.map(|m| {
        let unit = |value: f64, units: f64| (value * units).round() as u32;
        let point = |(x, y): (f64, f64)| format!("({},{})", unit(x, 50_000.0), unit(y, 50_000.0));
        let [r, g, b] = m.primaries.map(point);
        let (max, min) = (unit(m.max_luminance, 10_000.0), unit(m.min_luminance, 10_000.0));
        ("master-display", format!("G{g}B{b}R{r}WP{}L({max},{min})", point(m.white)))
    });
    let light = hdr.light.map(|l| ("max-cll", format!("{},{}", l.max_content, l.max_average)));
    mastering.into_iter().chain(light)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{LightLevel, Mastering};

    #[test]
    fn mastering_is_written_in_the_units_of_the_standard() {
        let mastering = Mastering {
            primaries: [(0.68, 0.32), (0.265, 0.69), (0.15, 0.06)],
            white: (0.3127, 0.329),
            max_luminance: 1000.0,
            min_luminance: 0.0001,
        };
        let light = LightLevel { max_content: 1000, max_average: 400 };
        let hdr = StaticHdr { mastering: Some(mastering), light: Some(light) };
        let written: Vec<_> = static_hdr(&hdr).collect();
        let display = "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1)";
        assert_eq!(written, [("master-display", display.to_owned()), ("max-cll", "1000,400".to_owned())]);
        assert_eq!(static_hdr(&StaticHdr::default()).count(), 0);
    }
}
