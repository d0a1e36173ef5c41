//! H.264 by libx264.

use super::{EncoderPass, Tuning, VideoSettings, joined};

/// Key frames by count alone, constrained by the model buffer.
pub(super) fn options(settings: &VideoSettings, tuning: &Tuning) -> Vec<(&'static str, String)> {
    let gop = settings.gop.to_string();
    let threads = if settings.threads == 0 { "auto".into() } else { settings.threads.to_string() };
    let mut options = vec![
        ("preset", tuning.preset.clone()),
        ("profile", tuning.profile.clone().unwrap_or_else(|| "high".into())),
        ("threads", threads),
        ("bufsize", settings.buffer.bits().to_string()),
        ("forced-idr", "1".into()),
        ("sc_threshold", "0".into()),
        ("keyint_min", gop),
        ("x264-params", params(tuning, has_avx512())),
    ];
    options.extend(tuning.tune.iter().map(|tune| ("tune", tune.clone())));
    if let Some(EncoderPass::First(stats) | EncoderPass::Second(stats)) = &tuning.pass {
        options.push(("stats", stats.display().to_string()));
    }
    options
}

/// libx264's own parameters; of two with the same name it takes the later one.
///
/// libx264 must not use AVX-512. Its `mbtree_propagate_list` for AVX-512 (common/x86/mc-a2.asm) handles eight
/// macroblocks at a time without a mask for the rest of a row, so in pictures whose width is no multiple of eight
/// macroblocks (854, 426, 320) it adds costs read from memory that nobody has written. The quantisers, and with them
/// the bytes, then differ from run to run. The function for AVX2 leaves the rest out. Found in core 164 r3095; with
/// AVX2 the encoder is as fast within 1 %, and its bytes are the same at all other widths.
fn params(tuning: &Tuning, avx512: bool) -> String {
    let user = tuning.params.iter().cloned();
    let user_and_processor: Vec<_> =
        avx512.then(|| ("asm".to_owned(), "avx2".to_owned())).into_iter().chain(user).collect();
    joined(&user_and_processor, &[("open-gop", "0".into()), ("scenecut", "0".into())])
}

/// Whether libx264 would choose AVX-512, and may be told to use AVX2: for libx264 that includes FMA, LZCNT and BMI.
#[cfg(target_arch = "x86_64")]
fn has_avx512() -> bool {
    use std::arch::is_x86_feature_detected as has;
    has!("avx512bw") && has!("avx2") && has!("fma") && has!("lzcnt") && has!("bmi1") && has!("bmi2")
}

#[cfg(not(target_arch = "x86_64"))]
fn has_avx512() -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn avx512_is_avoided_unless_the_user_asks_for_it() {
        let asked = Tuning { params: vec![("asm".into(), "avx512".into())], ..Tuning::default() };
        assert_eq!(params(&Tuning::default(), false), "open-gop=0:scenecut=0");
        assert_eq!(params(&Tuning::default(), true), "asm=avx2:open-gop=0:scenecut=0");
        assert_eq!(params(&asked, true), "asm=avx2:asm=avx512:open-gop=0:scenecut=0");
    }
}
