//! `pssh` boxes (ISO/IEC 23001-7 8.1): what a licence system wants to be told of the keys. The data is its own business.

use super::KeyId;
use crate::bmff::write::{full, put_u32};
use crate::bmff::{BmffError, BoxRef, walk};
use std::fmt;
use std::str::FromStr;

/// The most boxes and the most key ids of a box that are read.
const MOST: usize = 256;

/// The number of a licence system. `Display` is the UUID, as in `urn:uuid:…` of a manifest.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SystemId(pub [u8; 16]);

impl SystemId {
    /// Google's.
    pub const WIDEVINE: Self = Self(0xedef8ba9_79d6_4ace_a3c8_27dcd51d21ed_u128.to_be_bytes());
    /// Microsoft's.
    pub const PLAYREADY: Self = Self(0x9a04f079_9840_4286_ab92_e65be0885f95_u128.to_be_bytes());
    /// Apple's. No manifest of DASH has it; packagers write it into `pssh`.
    pub const FAIRPLAY: Self = Self(0x94ce86fb_07ff_4f43_adb8_93d2fa968ca2_u128.to_be_bytes());
    /// ClearKey as the DASH-IF names it.
    pub const CLEARKEY: Self = Self(0xe2719d58_a985_b3c9_781a_b030af78d30e_u128.to_be_bytes());
    /// The W3C's common system, which lists key ids and nothing else; older manifests name ClearKey so.
    pub const COMMON: Self = Self(0x1077efec_c0b2_4d02_ace3_3c1e52e2fb4b_u128.to_be_bytes());

    /// Of the DASH-IF's list of registered systems.
    const NAMES: [(Self, &'static str); 10] = [
        (Self::WIDEVINE, "Widevine"),
        (Self::PLAYREADY, "PlayReady"),
        (Self::FAIRPLAY, "FairPlay"),
        (Self::CLEARKEY, "ClearKey"),
        (Self::COMMON, "W3C common"),
        (Self(0x5e629af5_38da_4063_8977_97ffbd9902d4_u128.to_be_bytes()), "Marlin"),
        (Self(0xf239e769_efa3_4850_9c16_a903c6932efb_u128.to_be_bytes()), "Adobe Primetime"),
        (Self(0xadb41c24_2dbf_4a6d_958b_4457c0d27b95_u128.to_be_bytes()), "Nagra"),
        (Self(0x9a27dd82_fde2_4725_8cbc_4234aa06ec09_u128.to_be_bytes()), "Verimatrix"),
        (Self(0x3d5e6d35_9b9a_41e8_b843_dd3c6e72c42c_u128.to_be_bytes()), "WisePlay"),
    ];

    /// The name that people know it by.
    pub fn name(self) -> Option<&'static str> {
        Self::NAMES.iter().find(|(id, _)| *id == self).map(|(_, name)| *name)
    }

    /// The system that a manifest means by `urn:uuid:…`.
    pub fn from_urn(urn: &str) -> Option<Self> {
        let (scheme, uuid) = urn.trim().split_at_checked("urn:uuid:".len())?;
        scheme.eq_ignore_ascii_case("urn:uuid:").then(|| uuid.parse().ok())?
    }
}

impl fmt::Display for SystemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&KeyId(self.0).uuid())
    }
}

impl fmt::Debug for SystemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name().unwrap_or(&self.to_string()))
    }
}

impl FromStr for SystemId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.parse::<KeyId>().map(|id| Self(id.0)).map_err(|_| "expected the UUID of a licence system".to_owned())
    }
}

/// One `pssh` box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pssh {
    /// Whose it is.
    pub system: SystemId,
    /// The keys that it is about; from version 1 on.
    pub key_ids: Vec<KeyId>,
    /// For the system.
    pub data: Vec<u8>,
}

impl Pssh {
    /// The W3C's common box: key ids and no data.
    pub fn common(key_ids: Vec<KeyId>) -> Self {
        Self { system: SystemId::COMMON, key_ids, data: vec![] }
    }

    /// Reads a box of this kind.
    ///
    /// # Errors
    /// When it is shorter than it says, or lists more keys than any film has.
    pub fn from_box(found: &BoxRef<'_>) -> Result<Self, BmffError> {
        let mut fields = found.fields();
        let (version, _) = fields.full()?;
        let system = SystemId(sixteen(fields.bytes(16)?));
        let count = if version == 0 { 0 } else { fields.u32()? as usize };
        if count > MOST {
            return Err(found.error(format!("lists {count} key ids")));
        }
        let key_ids = fields.bytes(16 * count)?.chunks_exact(16).map(|id| KeyId(sixteen(id))).collect();
        let length = fields.u32()? as usize;
        Ok(Self { system, key_ids, data: fields.bytes(length)?.to_vec() })
    }

    /// All of them in `boxes`: the body of `moov` or `moof`, or what a manifest has as `cenc:pssh`.
    ///
    /// # Errors
    /// See [`from_box`](Self::from_box).
    pub fn all(boxes: &[u8]) -> Result<Vec<Self>, BmffError> {
        let mut all = vec![];
        for found in walk::boxes(boxes) {
            let found = found?;
            if found.kind == b"pssh" && all.len() < MOST {
                all.push(Self::from_box(&found)?);
            }
        }
        Ok(all)
    }

    /// Appends the box: of version 0 where it lists no key, which is all that some old readers know.
    pub fn write(&self, out: &mut Vec<u8>) {
        let version = u8::from(!self.key_ids.is_empty());
        full(out, b"pssh", version, 0, |out| {
            out.extend(self.system.0);
            if version > 0 {
                put_u32(out, self.key_ids.len() as u32);
                out.extend(self.key_ids.iter().flat_map(|id| id.0));
            }
            put_u32(out, self.data.len() as u32);
            out.extend(&self.data);
        });
    }
}

/// Of a slice that has so many.
fn sixteen(bytes: &[u8]) -> [u8; 16] {
    bytes.try_into().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Version 1 for the common system with two key ids: the example of the W3C's "cenc" Initialization Data Format, 4.
    const EXAMPLE: [u8; 68] = [
        0, 0, 0, 0x44, b'p', b's', b's', b'h', 1, 0, 0, 0, 0x10, 0x77, 0xef, 0xec, 0xc0, 0xb2, 0x4d, 0x02, 0xac, 0xe3,
        0x3c, 0x1e, 0x52, 0xe2, 0xfb, 0x4b, 0, 0, 0, 2, b'0', b'1', b'2', b'3', b'4', b'5', b'6', b'7', b'8', b'9',
        b'0', b'1', b'2', b'3', b'4', b'5', b'A', b'B', b'C', b'D', b'E', b'F', b'G', b'H', b'I', b'J', b'K', b'L',
        b'M', b'N', b'O', b'P', 0, 0, 0, 0,
    ];

    #[test]
    fn the_published_example_is_read_and_written() {
        let all = Pssh::all(&EXAMPLE).unwrap();
        assert_eq!(all, [Pssh::common(vec![KeyId(*b"0123456789012345"), KeyId(*b"ABCDEFGHIJKLMNOP")])]);
        let mut written = vec![];
        all[0].write(&mut written);
        assert_eq!(written, EXAMPLE);
    }

    #[test]
    fn data_without_keys_is_version_0() {
        let widevine = Pssh { system: SystemId::WIDEVINE, key_ids: vec![], data: b"data".to_vec() };
        let mut written = vec![];
        widevine.write(&mut written);
        assert_eq!((written.len(), written[8]), (36, 0));
        assert_eq!(Pssh::all(&[&written[..], &EXAMPLE].concat()).unwrap().len(), 2);
    }

    #[test]
    fn what_claims_more_than_is_there_is_an_error() {
        for length in 9..EXAMPLE.len() {
            let mut short = EXAMPLE[..length].to_vec();
            short[3] = length as u8;
            assert!(Pssh::all(&short).is_err(), "{length}");
        }
        let mut many = EXAMPLE;
        many[28] = 0x7f;
        assert!(Pssh::all(&many).unwrap_err().to_string().contains("key ids"));
    }

    #[test]
    fn systems_have_names() {
        let urn = "urn:uuid:EDEF8BA9-79D6-4ACE-A3C8-27DCD51D21ED";
        assert_eq!(SystemId::from_urn(urn).and_then(SystemId::name), Some("Widevine"));
        assert_eq!(SystemId::WIDEVINE.to_string(), "edef8ba9-79d6-4ace-a3c8-27dcd51d21ed");
        assert_eq!(SystemId::from_urn("urn:mpeg:dash:mp4protection:2011"), None);
        assert_eq!(SystemId::from_urn("ürn:uuid:x"), None);
        assert_eq!(SystemId([7; 16]).name(), None);
    }
}
