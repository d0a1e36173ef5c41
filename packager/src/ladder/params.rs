//! Which of an encoder's own parameters a ladder may set. A ladder file may come from a stranger, and the libraries have
//! parameters that name files to read or to write, and new ones with every version: so what is not listed is refused.

use crate::codec::VideoCodec;

/// Parameters that would change where segments begin or the rate, which the plan decides.
const DECIDED: [&str; 12] = [
    "bitrate",
    "fps",
    "interlaced",
    "intra-refresh",
    "keyint",
    "min-keyint",
    "open-gop",
    "pass",
    "scenecut",
    "stats",
    "vbv-bufsize",
    "vbv-maxrate",
];

/// Of libx264, libx265 and libsvtav1: how pictures are coded. None names a file in any of them.
const ALLOWED: &str = "8x8dct amp analyse aq-bias-strength aq-mode aq-motion aq-strength asm atc-sei aud b-adapt b-bias \
    b-intra b-pyramid bframe-bias bframes bias-pct cabac cabac-idc cbqpoffs chroma-me chroma-qp-offset \
    chroma-sample-position chromaloc cll color-primaries color-range colormatrix colorprim const-vbv constrained-intra \
    content-light copy-pic cplx-blur cplxblur cpu-independent cqm crf-max crf-min crop-rect crqpoffs ctu cutree \
    dct-decimate deadzone-inter deadzone-intra deblock deterministic direct direct-pred dpb-size dynamic-rd \
    dynamic-refine early-skip enable-cdef enable-dlf enable-hdr enable-mfmv enable-overlays enable-qm \
    enable-restoration enable-tf enable-tpl-la enable-variance-boost fades fast-decode fast-intra fast-pskip \
    film-grain-denoise filler filter frame-threads frameref fullrange hdr hdr-opt hdr10 hdr10-opt hevc-aq \
    hierarchical-levels high-tier hme hme-range hme-search hrd info ip-factor ipratio level level-idc limit-modes \
    limit-refs limit-sao limit-tu lookahead lookahead-slices lookahead-threads lowpass-dct lp luminance-qp-bias \
    masking-strength master-display mastering-display matrix-coefficients max-ausize-factor max-cll max-luma max-merge \
    max-qp max-tu-size maxsection-pct mbr-overshoot-pct mbtree me me-range merange min-cu-size min-luma min-qp \
    minsection-pct mixed-refs mv-range mv-range-thread mvrange mvrange-thread nal-hrd non-deterministic nr nr-inter \
    nr-intra opt-cu-delta-qp opt-qp-pps opt-ref-list-length-pps overscan overshoot-pct partitions pb-factor pbratio \
    pic-struct pme pmode pools psnr psy psy-rd psy-rdoq qblur qcomp qg-size qm-max qm-min qp-adaptation-range qp-max \
    qp-min qp-step qpmax qpmin qpstep range ratetol rc-grain rc-lookahead rd rd-refine rdoq rdoq-level rdpenalty \
    recode-loop rect ref rskip rskip-edge-threshold sao sao-non-deblock scm selective-sao sharpness signhide \
    slice-max-mbs slice-max-size slice-min-mbs sliced-threads slices slices-max slow-firstpass splitrd-skip ssim \
    ssim-rd strict-cbr strong-intra-smoothing subme subq superres-mode sync-lookahead temporal-layers temporal-mvp \
    threads tile-columns tile-rows tmvp transfer transfer-characteristics trellis tskip tskip-fast tu-inter-depth \
    tu-intra-depth tune undershoot-pct variance-boost-strength variance-octile videoformat weight-b weightb weightp wpp";

/// Allowed in AV1 alone: for libx265 it names a file.
const OF_AV1: [&str; 1] = ["film-grain"];

/// Why a ladder may not set `name` for the format of its rung; all formats without one.
pub(super) fn refused(name: &str, codec: Option<VideoCodec>) -> Option<String> {
    // The libraries take either spelling, and `no-` before what can be turned off.
    let plain = name.replace('_', "-").to_ascii_lowercase();
    let plain = plain.strip_prefix("no-").unwrap_or(&plain);
    if DECIDED.contains(&plain) {
        return Some(format!("`{name}` is decided by the packager, or segments would not be aligned"));
    }
    let allowed = ALLOWED.split_ascii_whitespace().any(|allowed| allowed == plain)
        || (OF_AV1.contains(&plain) && codec == Some(VideoCodec::Av1));
    (!allowed).then(|| {
        format!(
            "`{name}` is not among the parameters that a ladder may set: it may name a file, or be none of this format"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_names_files_is_refused_in_every_spelling() {
        let files = "dump-yuv dump_yuv qpfile cqmfile cqm-file tcfile-in opencl-clbin opencl_clbin log-file csv recon \
            lambda-file scaling-list zonefile zones analysis-save analysis-load analysis-reuse-file dhdr10-info nalu-file \
            dolby-vision-rpu input output stat-file use-q-file stats-write aq-mode=3:dump-yuv aq-mode:csv";
        for name in files.split_whitespace().chain(["", "aq-mode ", "film-grain", "Dump-YUV"]) {
            assert!(refused(name, Some(VideoCodec::Hevc)).is_some_and(|why| why.contains(name)), "{name}");
            assert!(refused(name, None).is_some(), "{name}");
        }
    }

    #[test]
    fn what_the_plan_decides_is_told_apart() {
        for name in ["keyint", "open_gop", "no-scenecut", "stats"] {
            assert!(refused(name, None).is_some_and(|why| why.contains("decided by the packager")), "{name}");
        }
    }

    #[test]
    fn how_pictures_are_coded_is_the_ladders() {
        for name in ["aq-mode", "aq_mode", "no-sao", "ref", "psy-rd", "tune", "tile-columns"] {
            assert_eq!(refused(name, None), None, "{name}");
        }
        assert_eq!(refused("film-grain", Some(VideoCodec::Av1)), None);
    }
}
