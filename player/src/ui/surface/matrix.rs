//! From the samples of a picture to red, green and blue: ITU-R BT.601, BT.709 and BT.2020 (non-constant luminance),
//! limited and full range.

use shared_av::ColourDescription;

/// `rgb = columns * (yuv - offset)`, everything between 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Matrix {
    /// What Y, U and V contribute to red, green and blue.
    pub columns: [[f32; 3]; 3],
    /// Black and "no colour".
    pub offset: [f32; 3],
}

impl Matrix {
    /// For 8-bit samples of this meaning; unknown parts are guessed from the height.
    pub(crate) fn of(colour: ColourDescription, height: u32) -> Self {
        let colour = colour.or_guess(height);
        let (kr, kb) = luma_weights(colour.matrix);
        let (luma, chroma, black) =
            if colour.full_range { (1.0, 1.0, 0.0) } else { (255.0 / 219.0, 255.0 / 224.0, 16.0 / 255.0) };
        let kg = 1.0 - kr - kb;
        let (red, blue) = (2.0 * (1.0 - kr) * chroma, 2.0 * (1.0 - kb) * chroma);
        Self {
            columns: [[luma; 3], [0.0, -blue * kb / kg, blue], [red, -red * kr / kg, 0.0]],
            offset: [black, 128.0 / 255.0, 128.0 / 255.0],
        }
    }
}

/// Kr and Kb by MatrixCoefficients (ISO/IEC 23091-2 table 4).
fn luma_weights(matrix: u8) -> (f32, f32) {
    match matrix {
        1 => (0.2126, 0.0722),
        4 => (0.30, 0.11),
        7 => (0.212, 0.087),
        9 | 10 => (0.2627, 0.0593),
        _ => (0.299, 0.114),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the shader does to one sample.
    fn rgb8(colour: ColourDescription, yuv: [u8; 3]) -> [u8; 3] {
        let Matrix { columns, offset } = Matrix::of(colour, 720);
        let yuv: [f32; 3] = std::array::from_fn(|i| f32::from(yuv[i]) / 255.0 - offset[i]);
        std::array::from_fn(|i| {
            let sum: f32 = (0..3).map(|j| columns[j][i] * yuv[j]).sum();
            (sum.clamp(0.0, 1.0) * 255.0).round() as u8
        })
    }

    #[test]
    fn black_white_and_red() {
        assert_eq!(rgb8(ColourDescription::BT709, [16, 128, 128]), [0, 0, 0]);
        assert_eq!(rgb8(ColourDescription::BT709, [235, 128, 128]), [255, 255, 255]);
        // The 8-bit codes of pure red, rounded as the standards do.
        for (colour, yuv) in [(ColourDescription::BT601, [81, 90, 240]), (ColourDescription::BT709, [63, 102, 240])] {
            let [r, g, b] = rgb8(colour, yuv);
            assert!(r >= 252 && g <= 3 && b <= 3, "{colour:?}: {r} {g} {b}");
        }
    }

    #[test]
    fn full_range_uses_every_code() {
        let full = ColourDescription { full_range: true, ..ColourDescription::BT709 };
        assert_eq!(rgb8(full, [0, 128, 128]), [0, 0, 0]);
        assert_eq!(rgb8(full, [255, 128, 128]), [255, 255, 255]);
    }

    #[test]
    fn untagged_pictures_are_guessed_by_height() {
        assert_eq!(Matrix::of(ColourDescription::UNSPECIFIED, 480), Matrix::of(ColourDescription::BT601, 480));
        assert_eq!(Matrix::of(ColourDescription::UNSPECIFIED, 1080), Matrix::of(ColourDescription::BT709, 1080));
    }
}
