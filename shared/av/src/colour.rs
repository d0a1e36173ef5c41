//! The colour description of a picture: primaries, transfer function, matrix and range.

use ffmpeg_next::ffi;
use serde::{Deserialize, Serialize};

/// Code points of ISO/IEC 23091-2 (CICP), as carried by bitstreams, `colr` boxes and manifests; 2 is "unspecified".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ColourDescription {
    /// `ColourPrimaries`.
    pub primaries: u8,
    /// `TransferCharacteristics`.
    pub transfer: u8,
    /// `MatrixCoefficients`.
    pub matrix: u8,
    /// `VideoFullRangeFlag`.
    pub full_range: bool,
}

impl ColourDescription {
    /// Nothing known, limited range.
    pub const UNSPECIFIED: Self = Self { primaries: 2, transfer: 2, matrix: 2, full_range: false };
    /// BT.709, limited range: high definition.
    pub const BT709: Self = Self { primaries: 1, transfer: 1, matrix: 1, full_range: false };
    /// BT.601 with 525-line primaries, limited range: standard definition.
    pub const BT601: Self = Self { primaries: 6, transfer: 6, matrix: 6, full_range: false };
    /// Red, green and blue of a screen, full range (IEC 61966-2-1).
    pub const SRGB: Self = Self { primaries: 1, transfer: 13, matrix: 0, full_range: true };

    /// The transfer function is PQ (SMPTE ST 2084) or HLG (ARIB STD-B67).
    pub const fn is_hdr(self) -> bool {
        matches!(self.transfer, 16 | 18)
    }

    /// The same with every unknown part filled in as a picture of this height most probably means it: BT.709 from
    /// 720 lines on, BT.601 below. Decoders of untagged films guess differently, so a guess must be made once and
    /// written down.
    #[must_use]
    pub fn or_guess(self, height: u32) -> Self {
        let guess = if height >= 720 { Self::BT709 } else { Self::BT601 };
        let pick = |known: u8, guess: u8| if matches!(known, 0 | 2) { guess } else { known };
        // Matrix 0 is RGB, which never reaches a 4:2:0 picture unconverted.
        Self {
            primaries: pick(self.primaries, guess.primaries),
            transfer: pick(self.transfer, guess.transfer),
            matrix: pick(self.matrix, guess.matrix),
            full_range: self.full_range,
        }
    }

    /// The row of swscale's coefficient tables (`SWS_CS_*`).
    pub(crate) const fn sws_table(self) -> i32 {
        match self.matrix {
            1 => ffi::SWS_CS_ITU709,
            4 => ffi::SWS_CS_FCC,
            7 => ffi::SWS_CS_SMPTE240M,
            9 | 10 => ffi::SWS_CS_BT2020,
            _ => ffi::SWS_CS_ITU601,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_unknown_is_guessed() {
        assert_eq!(ColourDescription::UNSPECIFIED.or_guess(1080), ColourDescription::BT709);
        assert_eq!(ColourDescription::UNSPECIFIED.or_guess(480), ColourDescription::BT601);
        let hdr = ColourDescription { primaries: 9, transfer: 16, matrix: 9, full_range: false };
        assert_eq!(hdr.or_guess(480), hdr);
        assert!(hdr.is_hdr() && !ColourDescription::BT709.is_hdr());
    }
}
