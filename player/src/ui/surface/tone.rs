//! HDR pictures on an ordinary screen: PQ (SMPTE ST 2084) and HLG (ARIB STD-B67, ITU-R BT.2100) become the signal of a
//! BT.709 screen whose white is the reference white of BT.2408. Highlights are rolled off as in BT.2390, by the largest
//! of the three colours, so that hues stay. Worked out once as tables for the CPU; the shader does the same by formula.

use shared_av::{ColourDescription, PixelFormat, Rational, VideoFrame, VideoFrameMut};

/// Diffuse white of an HDR picture in cd/m² (ITU-R BT.2408): as bright as white is on the screen.
const WHITE: f32 = 203.0;
/// The brightest highlight that is kept apart from others, in cd/m²: what films are mastered for.
const PEAK: f32 = 1000.0;
/// Display gamma of HLG for [`PEAK`] (BT.2100 table 5).
const HLG_GAMMA: f32 = 1.2;
/// Gamma of an ordinary screen (BT.1886).
const SCREEN_GAMMA: f32 = 2.4;
/// Rows from linear BT.2020 to linear BT.709 (BT.2087).
const TO_709: [[f32; 3]; 3] = [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]];
/// Steps of the tables that are read by light: fine enough for eight bits.
const STEPS: usize = 4096;

/// How the samples of an HDR picture are to be understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Transfer {
    Pq,
    Hlg,
}

impl Transfer {
    /// By TransferCharacteristics (ISO/IEC 23091-2 table 3); `None` for ordinary pictures.
    pub(super) fn of(colour: ColourDescription) -> Option<Self> {
        match colour.transfer {
            16 => Some(Self::Pq),
            18 => Some(Self::Hlg),
            _ => None,
        }
    }

    /// Light of one colour, 1 for reference white. That of HLG still lacks the gamma of the display.
    fn light(self, signal: f32) -> f32 {
        match self {
            Self::Pq => pq_light(signal) / WHITE,
            Self::Hlg => hlg_light(signal),
        }
    }
}

/// From signal to cd/m² (ST 2084).
fn pq_light(signal: f32) -> f32 {
    let (m1, m2, c1, c2, c3) = (0.159_301_76, 78.843_75, 0.835_937_5, 18.851_563, 18.687_5);
    let power = signal.max(0.0).powf(1.0 / m2);
    10_000.0 * ((power - c1).max(0.0) / (c2 - c3 * power)).powf(1.0 / m1)
}

/// The way back.
fn pq_signal(light: f32) -> f32 {
    let (m1, m2, c1, c2, c3) = (0.159_301_76_f32, 78.843_75, 0.835_937_5, 18.851_563, 18.687_5);
    let power = (light.max(0.0) / 10_000.0).powf(m1);
    ((c1 + c2 * power) / (1.0 + c3 * power)).powf(m2)
}

/// From signal to light of the scene, 0 to 1 (BT.2100).
fn hlg_light(signal: f32) -> f32 {
    let (a, b, c) = (0.178_832_77, 0.284_668_92, 0.559_910_7);
    if signal <= 0.5 { signal * signal / 3.0 } else { (((signal - c) / a).exp() + b) / 12.0 }
}

/// BT.2390: straight up to the knee, then a curve that reaches white at the peak. Light in, light out, 1 for white.
fn rolled_off(light: f32) -> f32 {
    let (white, peak) = (pq_signal(WHITE), pq_signal(PEAK));
    let most = white / peak;
    let knee = 1.5 * most - 0.5;
    let signal = (pq_signal(light * WHITE) / peak).min(1.0);
    if signal < knee {
        return light;
    }
    let t = (signal - knee) / (1.0 - knee);
    let (t2, t3) = (t * t, t * t * t);
    let curve = (2.0 * t3 - 3.0 * t2 + 1.0) * knee + (t3 - 2.0 * t2 + t) * (1.0 - knee) + (3.0 * t2 - 2.0 * t3) * most;
    pq_light(curve * peak) / WHITE
}

/// The same as tables.
pub(super) struct ToneMap {
    transfer: Transfer,
    light: [f32; 256],
    /// By what all colours are multiplied, by the fourth root of the largest of them over that of the peak.
    factor: Vec<f32>,
    /// Signal of the screen, by the square root of light.
    signal: Vec<u8>,
}

impl ToneMap {
    /// Works the tables out.
    pub(super) fn new(transfer: Transfer) -> Self {
        let light = std::array::from_fn(|code| transfer.light(code as f32 / 255.0));
        let step = |index: usize| index as f32 / (STEPS - 1) as f32;
        let factor = |index| {
            let light = (step(index).powi(4) * Self::MOST).max(1e-6);
            rolled_off(light) / light
        };
        let signal = |index| (step(index).powi(2).powf(1.0 / SCREEN_GAMMA) * 255.0).round() as u8;
        Self { transfer, light, factor: (0..STEPS).map(factor).collect(), signal: (0..STEPS).map(signal).collect() }
    }

    /// The most light that the tables know: the brightest that PQ can say.
    const MOST: f32 = 10_000.0 / WHITE;

    /// Red, green and blue of the screen.
    pub(super) fn map(&self, rgb: [u8; 3]) -> [u8; 3] {
        let light = self.displayed(rgb.map(|code| self.light[usize::from(code)]));
        let most = light[0].max(light[1]).max(light[2]);
        let factor = self.factor[index((most / Self::MOST).sqrt().sqrt())];
        TO_709.map(|row| {
            let mixed = (row[0] * light[0] + row[1] * light[1] + row[2] * light[2]) * factor;
            self.signal[index(mixed.max(0.0).sqrt())]
        })
    }

    /// HLG's display gamma goes by the brightness of all three.
    fn displayed(&self, light: [f32; 3]) -> [f32; 3] {
        match self.transfer {
            Transfer::Pq => light,
            Transfer::Hlg => {
                let luminance = 0.2627 * light[0] + 0.678 * light[1] + 0.0593 * light[2];
                let gain = luminance.max(1e-6).powf(HLG_GAMMA - 1.0) * PEAK / WHITE;
                light.map(|light| light * gain)
            }
        }
    }

    /// A packed picture of four bytes a pixel as it is to be shown; `None` when there is no memory for it.
    pub(super) fn picture(&self, frame: &VideoFrame, format: PixelFormat) -> Option<VideoFrame> {
        let source = frame.plane(0)?;
        let mut canvas = VideoFrameMut::new(format, frame.width(), frame.height()).ok()?;
        let target = canvas.plane_mut(0)?;
        // Red is first or third; the tables do not care which, but the matrix does.
        let order: [usize; 3] = if format == PixelFormat::Bgra { [2, 1, 0] } else { [0, 1, 2] };
        let rows = source.data.chunks(source.stride).zip(target.data.chunks_mut(target.stride));
        for (from, to) in rows.take(source.height) {
            for (from, to) in from.chunks_exact(4).zip(to.chunks_exact_mut(4)).take(source.width) {
                let mapped = self.map(order.map(|channel| from[channel]));
                for (channel, value) in order.into_iter().zip(mapped) {
                    to[channel] = value;
                }
                to[3] = from[3];
            }
        }
        Some(canvas.finish(frame.pts(), ColourDescription::SRGB, Rational::ONE))
    }
}

/// The table that was needed last.
#[derive(Default)]
pub(super) struct ToneMaps(Option<ToneMap>);

impl ToneMaps {
    /// For this picture; `None` when it is an ordinary one.
    pub(super) fn of(&mut self, frame: &VideoFrame) -> Option<&ToneMap> {
        let transfer = Transfer::of(frame.colour())?;
        if self.0.as_ref().is_none_or(|map| map.transfer != transfer) {
            self.0 = Some(ToneMap::new(transfer));
        }
        self.0.as_ref()
    }
}

/// `packed`, made of `frame`, as it is to be shown: mapped if `frame` is an HDR picture.
pub(super) fn on_screen(frame: &VideoFrame, packed: VideoFrame, format: PixelFormat) -> Option<VideoFrame> {
    match ToneMaps::default().of(frame) {
        Some(map) => map.picture(&packed, format),
        None => Some(packed),
    }
}

/// Of a value from 0 to 1.
fn index(share: f32) -> usize {
    ((share * (STEPS - 1) as f32) as usize).min(STEPS - 1)
}

/// The same as functions of a shader: `vec3 shown(vec3 rgb, int transfer)`; transfer 0 leaves it, 1 is PQ, 2 is HLG.
pub(super) const GLSL: &str = "
vec3 pq_light(vec3 s) {
    vec3 p = pow(max(s, 0.0), vec3(1.0 / 78.84375));
    return 10000.0 * pow(max(p - 0.8359375, 0.0) / (18.8515625 - 18.6875 * p), vec3(1.0 / 0.1593017578));
}
float pq_signal(float light) {
    float p = pow(max(light, 0.0) / 10000.0, 0.1593017578);
    return pow((0.8359375 + 18.8515625 * p) / (1.0 + 18.6875 * p), 78.84375);
}
vec3 hlg_light(vec3 s) {
    vec3 low = s * s / 3.0;
    vec3 high = (exp((s - 0.55991073) / 0.17883277) + 0.28466892) / 12.0;
    vec3 light = mix(low, high, step(0.5, s));
    float y = dot(light, vec3(0.2627, 0.678, 0.0593));
    return light * pow(max(y, 1e-6), 0.2) * 1000.0;
}
vec3 shown(vec3 rgb, int transfer) {
    if (transfer == 0) return rgb;
    vec3 light = (transfer == 1 ? pq_light(rgb) : hlg_light(rgb)) / 203.0;
    float most = max(max(light.r, light.g), max(light.b, 1e-6));
    float white = pq_signal(203.0);
    float peak = pq_signal(1000.0);
    float top = white / peak;
    float knee = 1.5 * top - 0.5;
    float s = min(pq_signal(most * 203.0) / peak, 1.0);
    if (s >= knee) {
        float t = (s - knee) / (1.0 - knee);
        float t2 = t * t;
        float t3 = t2 * t;
        float curve = (2.0 * t3 - 3.0 * t2 + 1.0) * knee + (t3 - 2.0 * t2 + t) * (1.0 - knee)
            + (3.0 * t2 - 2.0 * t3) * top;
        light *= pq_light(vec3(curve * peak)).r / 203.0 / most;
    }
    mat3 to_709 = mat3(1.6605, -0.1246, -0.0182, -0.5876, 1.1329, -0.1006, -0.0728, -0.0083, 1.1187);
    return pow(clamp(to_709 * light, 0.0, 1.0), vec3(1.0 / 2.4));
}
";

#[cfg(test)]
mod tests {
    use super::*;

    fn code(signal: f32) -> u8 {
        (signal * 255.0).round() as u8
    }

    #[test]
    fn the_curves_are_those_of_the_standards() {
        // ST 2084: 100 cd/m² is 0.508, 1000 is 0.752. BT.2100: half the signal of HLG is a twelfth of the light.
        assert!((pq_signal(100.0) - 0.508).abs() < 1e-3 && (pq_signal(1000.0) - 0.7518).abs() < 1e-3);
        assert!((pq_light(pq_signal(203.0)) - 203.0).abs() < 0.5);
        assert!((hlg_light(0.5) - 1.0 / 12.0).abs() < 1e-4 && (hlg_light(1.0) - 1.0).abs() < 1e-3);
    }

    #[test]
    fn black_is_black_the_peak_is_white_and_all_between_is_in_order() {
        for transfer in [Transfer::Pq, Transfer::Hlg] {
            let map = ToneMap::new(transfer);
            let greys: Vec<u8> = (0..=255_u8).map(|code| map.map([code; 3])[1]).collect();
            assert!(greys[0] == 0 && greys.is_sorted(), "{transfer:?}");
            let peak = if transfer == Transfer::Pq { code(pq_signal(PEAK)) } else { 255 };
            assert!(greys[usize::from(peak)] >= 250, "{transfer:?}: {}", greys[usize::from(peak)]);
        }
    }

    #[test]
    fn a_picture_is_not_grey_any_more() {
        // A face in daylight is about 60 cd/m²: 0.45 of PQ's signal, and more than half of the screen's.
        let map = ToneMap::new(Transfer::Pq);
        let [red, green, blue] = map.map([code(0.45); 3]);
        assert!((140..=175).contains(&green) && red.abs_diff(green) < 4 && blue.abs_diff(green) < 4, "{red} {green}");
        // What is saturated in BT.2020 is more so in the smaller space.
        let [red, green, _] = map.map([code(0.5), code(0.3), code(0.3)]);
        assert!(red > green + 60, "{red} {green}");
    }

    #[test]
    fn a_frame_is_mapped_in_the_order_of_its_bytes() {
        let mut canvas = VideoFrameMut::new(PixelFormat::Bgra, 16, 16).unwrap();
        for pixel in canvas.plane_mut(0).unwrap().data.chunks_exact_mut(4) {
            pixel.copy_from_slice(&[40, 60, 140, 255]);
        }
        let frame = canvas.finish(None, ColourDescription::SRGB, Rational::ONE);
        let map = ToneMap::new(Transfer::Pq);
        let mapped = map.picture(&frame, PixelFormat::Bgra).unwrap();
        let [red, green, blue] = map.map([140, 60, 40]);
        assert_eq!(mapped.plane(0).unwrap().data[..4], [blue, green, red, 255]);
    }
}
