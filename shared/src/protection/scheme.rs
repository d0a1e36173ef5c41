//! The schemes of common encryption (ISO/IEC 23001-7 clause 10).

use crate::bmff::FourCc;
use std::fmt;
use std::str::FromStr;

/// How samples are encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// Counter mode, all protected bytes (10.1).
    Cenc,
    /// Block chaining, all protected bytes (10.2).
    Cbc1,
    /// Counter mode, some blocks of many (10.3).
    Cens,
    /// Block chaining, some blocks of many; every subsample begins anew (10.4).
    Cbcs,
}

/// The mode of AES-128.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cipher {
    /// Counter mode.
    Ctr,
    /// Cipher block chaining.
    Cbc,
}

impl Scheme {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Cenc, Self::Cbc1, Self::Cens, Self::Cbcs];

    /// The code of `schm` and of `mp4protection` in a manifest.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cenc => "cenc",
            Self::Cbc1 => "cbc1",
            Self::Cens => "cens",
            Self::Cbcs => "cbcs",
        }
    }

    /// The scheme with this code.
    pub fn from_code(code: FourCc) -> Option<Self> {
        Self::ALL.into_iter().find(|scheme| scheme.name().as_bytes() == code.0)
    }

    /// Its mode of AES.
    pub fn cipher(self) -> Cipher {
        match self {
            Self::Cenc | Self::Cens => Cipher::Ctr,
            Self::Cbc1 | Self::Cbcs => Cipher::Cbc,
        }
    }

    /// The pattern of `tenc` counts.
    pub fn has_pattern(self) -> bool {
        matches!(self, Self::Cens | Self::Cbcs)
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Scheme {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|scheme| scheme.name() == text);
        found.ok_or_else(|| "expected cenc or cbcs".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_codes_agree() {
        for scheme in Scheme::ALL {
            assert_eq!(scheme.to_string().parse(), Ok(scheme));
            assert_eq!(Scheme::from_code(FourCc(scheme.name().as_bytes().try_into().unwrap())), Some(scheme));
        }
        assert_eq!(Scheme::from_code(FourCc(*b"piff")), None);
        assert!("CENC".parse::<Scheme>().is_err());
    }
}
